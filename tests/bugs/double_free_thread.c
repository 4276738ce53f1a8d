/* double_free_thread.c -- a block is freed by the thread that made it, and then by another. */
#include "tests/bugs/bug.h"

static char* block;

static void* run(void* unused) {
  free(bug_hide(block));
  return unused;
}

int main(int argc, char** argv) {
  const bool bug = bug_begin(argc, argv);
  block = bug_block(40);
  if (bug) free(bug_hide(block));
  bug_join(bug_start(run, NULL));
  return 0;
}
