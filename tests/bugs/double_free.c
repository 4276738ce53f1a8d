/* double_free.c -- a block is freed twice, at once. */
#include "tests/bugs/bug.h"

int main(int argc, char** argv) {
  const bool bug = bug_begin(argc, argv);
  char* p = bug_block(40);
  free(p);
  if (bug) free(bug_hide(p));
  return 0;
}
