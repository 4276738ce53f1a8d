/* race_read_free.c -- a thread writes a block before another thread frees it: earlier in time, ordered by nothing. */
#include "tests/bugs/bug.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static bool bug;

static void* run(void* block) {
  if (!bug) pthread_mutex_lock(&lock);
  bug_hide(block)[9] = 1;
  if (!bug) pthread_mutex_unlock(&lock);
  bug_signal_send();
  return NULL;
}

int main(int argc, char** argv) {
  bug = bug_begin(argc, argv);
  bug_signal_make();
  char* p = bug_block(40);
  const pthread_t a = bug_start(run, p);
  bug_signal_wait();
  if (!bug) pthread_mutex_lock(&lock);
  free(p);
  if (!bug) pthread_mutex_unlock(&lock);
  bug_join(a);
  return 0;
}
