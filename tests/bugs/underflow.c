/* underflow.c -- the byte before a block is read. */
#include "tests/bugs/bug.h"

int main(int argc, char** argv) {
  const bool bug = bug_begin(argc, argv);
  char* other = bug_block(32);
  char* p = bug_block(32);
  bug_use(bug_hide(p)[bug ? -1 : 0]);
  free(p);
  free(other);
  return 0;
}
