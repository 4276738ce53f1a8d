/* overflow_calloc.c -- the byte behind a block of 48 bytes from calloc is read. */
#include "tests/bugs/bug.h"

int main(int argc, char** argv) {
  const bool bug = bug_begin(argc, argv);
  char* p = bug_hide(calloc(3, 16));
  BUG_CHECK(p != NULL);
  bug_use(p[bug ? 48 : 47]);
  free(p);
  return 0;
}
