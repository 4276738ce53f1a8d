/* uninitialised_realloc.c -- a branch depends on a byte that realloc has added to a block and nobody wrote. */
#include "tests/bugs/bug.h"

int main(int argc, char** argv) {
  const bool bug = bug_begin(argc, argv);
  char* p = bug_hide(realloc(bug_block(20), 30));
  BUG_CHECK(p != NULL);
  if (p[bug ? 25 : 15] == 5) bug_use(1);
  free(p);
  return 0;
}
