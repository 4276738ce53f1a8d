/* overflow_realloc.c -- the byte behind a block that realloc has made smaller is written. */
#include "tests/bugs/bug.h"

int main(int argc, char** argv) {
  const bool bug = bug_begin(argc, argv);
  char* p = bug_hide(realloc(bug_block(100), 90));
  BUG_CHECK(p != NULL);
  p[bug ? 90 : 89] = 1;
  free(p);
  return 0;
}
