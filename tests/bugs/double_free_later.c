/* double_free_later.c -- a block is freed twice, and hundreds of others, of its class and not, in between. */
#include "tests/bugs/bug.h"

enum { OTHERS = 500 };

int main(int argc, char** argv) {
  const bool bug = bug_begin(argc, argv);
  static char* others[OTHERS];
  char* p = bug_block(40);
  for (size_t i = 0; i < OTHERS; i++) others[i] = bug_block(i % 2 == 0 ? 40 : i);
  free(p);
  for (size_t i = 0; i < OTHERS; i++) free(others[i]);
  if (bug) free(bug_hide(p));
  return 0;
}
