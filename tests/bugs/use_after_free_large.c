/* use_after_free_large.c -- a byte of a block of 1 MiB is written after the block was freed. */
#include "tests/bugs/bug.h"

int main(int argc, char** argv) {
  const bool bug = bug_begin(argc, argv);
  char* p = bug_block(1 << 20);
  if (!bug) p[70000] = 1;
  free(p);
  if (bug) bug_hide(p)[70000] = 1;
  return 0;
}
