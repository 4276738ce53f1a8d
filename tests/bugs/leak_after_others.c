/* leak_after_others.c -- 200 blocks are lost where the pages of smaller ones were, whose lines knew of them. */
#include "tests/bugs/bug.h"

enum { FORMER = 1000, LOST = 200 };

int main(int argc, char** argv) {
  const bool bug = bug_begin(argc, argv);
  static char* blocks[FORMER];
  for (int i = 0; i < FORMER; i++) blocks[i] = bug_block(4064);
  for (int i = 0; i < FORMER; i++) free(blocks[i]);
  for (int i = 0; i < LOST; i++) blocks[i] = bug_block(65504);
  for (int i = 0; i < LOST; i++)
    if (!bug) free(blocks[i]);
  memset(blocks, 0, sizeof blocks);
  bug_hide(blocks);
  return 0;
}
