/* aligned.c -- random pairs of free and aligned allocation over a constant live volume.
 *
 * usage: aligned [LIVE_MIB [PAIRS]]         default 10 10000000
 * A pair gives back a random block and puts a new one of 16 to 1,039 bytes in its place, aligned to 32 (every other one), 64
 * (every fourth), and so on up to 4,096. PAIRS are timed after a warm-up that replaces every block about four times.
 * Every block has a stamp, which is checked before it goes. `time` is nanoseconds of wall time per pair. */
#include BENCH_BLOCKS

#include "stamp.h"

enum { SMALLEST = 16, SIZES = 1024, AVERAGE = SMALLEST + SIZES / 2, LEAST_ALIGNED = 32, DOUBLINGS = 7 };

static char* aligned_new(uint64_t word, size_t mark) {
  /* The bits of the size are 0 to 9, those of the alignment 10 to 16, and the slot comes from the upper half. */
  size_t doubled = 0;
  while (doubled < DOUBLINGS && (word >> (10 + doubled) & 1) != 0) doubled++;
  char* block = block_get_aligned((size_t)LEAST_ALIGNED << doubled, SMALLEST + (size_t)(word & (SIZES - 1)));
  stamp_put(block, mark);
  return block;
}

static void give_back(char** slots, size_t which) {
  stamp_check(slots[which], which);
  block_release(slots[which]);
}

static void replace(char** slots, size_t count, size_t pairs, uint64_t* random) {
  for (size_t i = 0; i < pairs; i++) {
    uint64_t word = random_next(random);
    size_t which = random_below(word, count);
    give_back(slots, which);
    slots[which] = aligned_new(word, which);
  }
}

int main(int argc, char** argv) {
  size_t count = (argument(argc, argv, 1, 10) << 20) / AVERAGE;
  size_t pairs = argument(argc, argv, 2, 10000000);
  if (count == 0 || pairs == 0) give_up("arguments");
  char** slots = table_new(count, sizeof(char*));
  uint64_t random = random_seed(0);
  blocks_begin(AVERAGE, 0);
  for (size_t i = 0; i < count; i++) slots[i] = aligned_new(random_next(&random), i);
  replace(slots, count, 4 * count, &random);
  struct measured begun = measured_begin();
  replace(slots, count, pairs, &random);
  report_wall(&begun, 1e9 / (double)pairs);
  for (size_t i = 0; i < count; i++) give_back(slots, i);
  return 0;
}
