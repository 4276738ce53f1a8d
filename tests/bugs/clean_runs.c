/* clean_runs.c -- no bug: a thread makes runs of equal blocks, another frees them all, and both go on with their memory. */
#include "tests/bugs/bug.h"

enum { BLOCKS = 1500, ROUNDS = 4 };

static const size_t sizes[] = {16, 40, 200, 3000};
static char* blocks[BLOCKS];
static pthread_barrier_t barrier;

static void make(size_t size) {
  for (size_t i = 0; i < BLOCKS; i++) blocks[i] = bug_block(size);
}

static void* others(void* unused) {
  for (int round = 0; round < ROUNDS; round++) {
    pthread_barrier_wait(&barrier);
    for (size_t i = 0; i < BLOCKS; i++) {
      BUG_CHECK(blocks[i][sizes[round] - 1] == 7);
      blocks[i][0] = 1;
      free(blocks[i]);
    }
    make(sizes[round]);
    pthread_barrier_wait(&barrier);
  }
  return unused;
}

int main(int argc, char** argv) {
  bug_begin(argc, argv);
  BUG_CHECK(pthread_barrier_init(&barrier, NULL, 2) == 0);
  const pthread_t id = bug_start(others, NULL);
  for (int round = 0; round < ROUNDS; round++) {
    make(sizes[round]);
    pthread_barrier_wait(&barrier);
    pthread_barrier_wait(&barrier);
    for (size_t i = 0; i < BLOCKS; i++) free(blocks[i]);
  }
  bug_join(id);
  BUG_CHECK(pthread_barrier_destroy(&barrier) == 0);
  return 0;
}
