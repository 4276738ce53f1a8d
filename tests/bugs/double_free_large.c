/* double_free_large.c -- a block of 1 MiB is freed twice. */
#include "tests/bugs/bug.h"

int main(int argc, char** argv) {
  const bool bug = bug_begin(argc, argv);
  char* p = bug_block(1 << 20);
  free(p);
  if (bug) free(bug_hide(p));
  return 0;
}
