/* overflow_full.c -- the byte behind a block of 32 bytes is written: a size that fills its class. */
#include "tests/bugs/bug.h"

int main(int argc, char** argv) {
  const bool bug = bug_begin(argc, argv);
  char* p = bug_block(32);
  bug_hide(p)[bug ? 32 : 31] = 1;
  free(p);
  return 0;
}
