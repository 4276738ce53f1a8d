/* leak_after_send.c -- 3,000 blocks are lost, some where another thread freed blocks that were sent to their page. */
#include "tests/bugs/bug.h"

enum { SENT = 600, LOST = 3000, SIZE = 500 };

static char* blocks[LOST];

static void* free_all(void* unused) {
  for (int i = 0; i < SENT; i++) free(blocks[i]);
  for (int i = 0; i < 64; i++) free(bug_block(300));
  return unused;
}

int main(int argc, char** argv) {
  const bool bug = bug_begin(argc, argv);
  for (int i = 0; i < SENT; i++) blocks[i] = bug_block(SIZE);
  bug_join(bug_start(free_all, NULL));
  for (int i = 0; i < LOST; i++) blocks[i] = bug_block(SIZE);
  for (int i = 0; i < LOST; i++)
    if (!bug) free(blocks[i]);
  memset(blocks, 0, sizeof blocks);
  bug_hide(blocks);
  return 0;
}
