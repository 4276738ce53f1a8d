/* warm_loop.c -- malloc and free of every size from 16 bytes to 1 MiB, over and over, for counting system calls.
 *
 * usage: warm_loop ITERATIONS
 * For each size (powers of two, and an odd one between each two): ITERATIONS times one block, then ITERATIONS blocks,
 * eight live at a time. The first and the last byte of each block are written. */
#include "../../bench/measure.h"

enum { SMALLEST = 16, LARGEST = 1 << 20, LIVE = 8 };

static void one_at_a_time(size_t size, size_t iterations) {
  for (size_t i = 0; i < iterations; i++) free(block_new(size));
}

static void eight_live(size_t size, size_t iterations) {
  char* live[LIVE] = {NULL};
  for (size_t i = 0; i < iterations; i++) {
    free(live[i % LIVE]);
    live[i % LIVE] = block_new(size);
  }
  for (size_t i = 0; i < LIVE; i++) free(live[i]);
}

int main(int argc, char** argv) {
  size_t iterations = argument(argc, argv, 1, 1000);
  for (size_t size = SMALLEST; size <= LARGEST; size *= 2) {
    size_t odd = size + size / 2 - 7;
    one_at_a_time(size, iterations);
    eight_live(size, iterations);
    if (odd < LARGEST) {
      one_at_a_time(odd, iterations);
      eight_live(odd, iterations);
    }
  }
  return 0;
}
