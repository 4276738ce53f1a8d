/* invalid_free_middle.c -- free is given an address in the middle of a block. */
#include "tests/bugs/bug.h"

int main(int argc, char** argv) {
  const bool bug = bug_begin(argc, argv);
  char* p = bug_block(100);
  if (bug) free(bug_hide(p + 16));
  free(p);
  return 0;
}
