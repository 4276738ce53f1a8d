/* race_free.c -- a thread reads a block after another thread has freed it: later in time, ordered by nothing. */
#include "tests/bugs/bug.h"

static bool bug;

static void* run(void* block) {
  bug_signal_wait();
  if (bug) bug_use(bug_hide(block)[9]);
  return NULL;
}

int main(int argc, char** argv) {
  bug = bug_begin(argc, argv);
  bug_signal_make();
  char* p = bug_block(40);
  const pthread_t a = bug_start(run, p);
  free(p);
  bug_signal_send();
  bug_join(a);
  return 0;
}
