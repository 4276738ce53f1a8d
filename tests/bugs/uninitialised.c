/* uninitialised.c -- a branch depends on a byte of a block that was never written. */
#include "tests/bugs/bug.h"

int main(int argc, char** argv) {
  const bool bug = bug_begin(argc, argv);
  char* p = bug_block(64); /* its memory is written, and then given out again */
  free(p);
  p = bug_hide(malloc(64));
  BUG_CHECK(p != NULL);
  if (!bug) memset(p, 1, 64);
  if (bug_hide(p)[40] == 5) bug_use(1);
  free(p);
  return 0;
}
