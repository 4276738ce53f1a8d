/* leak_large.c -- three blocks of 1 MiB are forgotten. */
#include "tests/bugs/bug.h"

int main(int argc, char** argv) {
  const bool bug = bug_begin(argc, argv);
  for (int i = 0; i < 3; i++) {
    char* p = bug_block(1 << 20);
    if (!bug) free(p);
  }
  return 0;
}
