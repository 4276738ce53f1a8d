/* uninitialised_large.c -- a branch depends on a byte of a block of 1 MiB that was never written. */
#include "tests/bugs/bug.h"

int main(int argc, char** argv) {
  const bool bug = bug_begin(argc, argv);
  char* p = bug_hide(malloc(1 << 20));
  BUG_CHECK(p != NULL);
  if (!bug) memset(p, 1, 1 << 20);
  if (bug_hide(p)[70000] == 5) bug_use(1);
  free(p);
  return 0;
}
