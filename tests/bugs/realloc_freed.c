/* realloc_freed.c -- realloc is given a block that was freed. */
#include "tests/bugs/bug.h"

int main(int argc, char** argv) {
  const bool bug = bug_begin(argc, argv);
  char* p = bug_block(40);
  if (bug) free(p);
  free(realloc(bug_hide(p), 60));
  return 0;
}
