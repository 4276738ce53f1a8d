/* use_after_free.c -- a byte of a small block is read after the block was freed. */
#include "tests/bugs/bug.h"

int main(int argc, char** argv) {
  const bool bug = bug_begin(argc, argv);
  char* p = bug_block(40);
  if (!bug) bug_use(p[9]);
  free(p);
  if (bug) bug_use(bug_hide(p)[9]);
  return 0;
}
