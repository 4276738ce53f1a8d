/* underflow_large.c -- the byte before a block of 1 MiB is written. */
#include "tests/bugs/bug.h"

int main(int argc, char** argv) {
  const bool bug = bug_begin(argc, argv);
  char* p = bug_block(1 << 20);
  bug_hide(p)[bug ? -1 : 0] = 1;
  free(p);
  return 0;
}
