/* race_handover.c -- a block goes to another thread through a plain pointer, with nothing that orders the two. */
#include "tests/bugs/bug.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static bool bug;
static char* block;

static void* give(void* unused) {
  if (!bug) pthread_mutex_lock(&lock);
  block = bug_block(40);
  if (!bug) pthread_mutex_unlock(&lock);
  bug_signal_send();
  return unused;
}

static void* take(void* unused) {
  bug_signal_wait();
  if (!bug) pthread_mutex_lock(&lock);
  bug_use(block[9]);
  free(block);
  if (!bug) pthread_mutex_unlock(&lock);
  return unused;
}

int main(int argc, char** argv) {
  bug = bug_begin(argc, argv);
  bug_signal_make();
  const pthread_t a = bug_start(give, NULL), b = bug_start(take, NULL);
  bug_join(a);
  bug_join(b);
  return 0;
}
