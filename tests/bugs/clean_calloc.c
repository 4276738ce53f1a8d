/* clean_calloc.c -- no bug: blocks from calloc are zero and may be read, in memory that was written before too. */
#include "tests/bugs/bug.h"

enum { BLOCKS = 50 };

static void* run(void* unused) {
  for (size_t size = 1; size < 1 << 21; size = size * 4 + 1) {
    const size_t n = size < 10000 ? BLOCKS : 3;
    char* blocks[BLOCKS];
    for (int round = 0; round < 3; round++) {
      for (size_t i = 0; i < n; i++) {
        blocks[i] = bug_hide(calloc(1, size));
        BUG_CHECK(blocks[i] != NULL);
        for (size_t k = 0; k < size; k += size < 10000 ? 1 : 97) BUG_CHECK(blocks[i][k] == 0);
        memset(blocks[i], 3, size);
      }
      for (size_t i = 0; i < n; i++) free(blocks[i]);
    }
  }
  return unused;
}

int main(int argc, char** argv) {
  bug_begin(argc, argv);
  bug_twice(run, NULL);
  return 0;
}
