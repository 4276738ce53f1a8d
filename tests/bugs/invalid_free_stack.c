/* invalid_free_stack.c -- free is given an address on the stack. */
#include "tests/bugs/bug.h"

int main(int argc, char** argv) {
  const bool bug = bug_begin(argc, argv);
  _Alignas(16) char array[64];
  if (bug) free(bug_hide(array));
  return 0;
}
