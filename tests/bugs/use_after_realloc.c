/* use_after_realloc.c -- a byte of a block is read through its old address after realloc. */
#include "tests/bugs/bug.h"

int main(int argc, char** argv) {
  const bool bug = bug_begin(argc, argv);
  char* p = bug_block(40);
  char* q = bug_hide(realloc(p, 41));
  BUG_CHECK(q != NULL);
  bug_use(bug ? bug_hide(p)[9] : q[9]);
  free(q);
  return 0;
}
