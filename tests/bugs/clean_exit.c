/* clean_exit.c -- no bug: threads end while blocks that they made are in use; those who come later use and free them. */
#include "tests/bugs/bug.h"

enum { BLOCKS = 400, THREADS = 8 };

static char* blocks[THREADS][BLOCKS];

static size_t size_of(size_t i) { return 1 + i * 37 % 5000; }

/* Makes its blocks, and frees those of the thread two before it, which has ended. */
static void* run(void* arg) {
  char*(*mine)[BLOCKS] = (char*(*)[BLOCKS])arg;
  const size_t number = (size_t)(mine - blocks);
  for (size_t i = 0; i < BLOCKS; i++) (*mine)[i] = bug_block(size_of(i));
  if (number < 2) return NULL;
  for (size_t i = 0; i < BLOCKS; i++) {
    char* p = blocks[number - 2][i];
    BUG_CHECK(p[0] == 7 && p[size_of(i) - 1] == 7);
    p[0] = 8;
    free(p);
  }
  return NULL;
}

int main(int argc, char** argv) {
  bug_begin(argc, argv);
  for (size_t i = 0; i < THREADS; i += 2) {
    const pthread_t a = bug_start(run, &blocks[i]), b = bug_start(run, &blocks[i + 1]);
    bug_join(a);
    bug_join(b);
  }
  for (size_t t = THREADS - 2; t < THREADS; t++)
    for (size_t i = 0; i < BLOCKS; i++) free(blocks[t][i]);
  return 0;
}
