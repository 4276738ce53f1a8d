/* overflow_slack.c -- the byte behind a block of 20 bytes is written; its size class has room for it. */
#include "tests/bugs/bug.h"

int main(int argc, char** argv) {
  const bool bug = bug_begin(argc, argv);
  char* p = bug_block(20);
  bug_hide(p)[bug ? 20 : 19] = 1;
  free(p);
  return 0;
}
