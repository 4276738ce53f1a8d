/* leak_small.c -- ten blocks of 40 bytes are forgotten. */
#include "tests/bugs/bug.h"

int main(int argc, char** argv) {
  const bool bug = bug_begin(argc, argv);
  for (int i = 0; i < 10; i++) {
    char* p = bug_block(40);
    if (!bug) free(p);
  }
  return 0;
}
