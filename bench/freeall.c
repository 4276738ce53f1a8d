/* freeall.c -- allocate a volume, give all of it back, again and again.
 *
 * usage: freeall [fixed|mixed [MIB [ROUNDS]]]         default fixed 100 150
 * fixed: blocks of 1 KiB; mixed: 16 to 1,039 bytes. Given back in the order of allocation. Every page is touched, and every
 * block has a stamp, which is checked before it goes. `time` is milliseconds of wall time per round. */
#include BENCH_BLOCKS

#include "stamp.h"

enum { FIXED = 1024, SMALLEST = 16, SIZES = 1024, AVERAGE = SMALLEST + SIZES / 2 };

int main(int argc, char** argv) {
  int mixed = argc > 1 && strcmp(argv[1], "mixed") == 0;
  size_t mib = argument(argc, argv, 2, 100);
  size_t rounds = argument(argc, argv, 3, 150);
  size_t count = (mib << 20) / (mixed ? (size_t)AVERAGE : (size_t)FIXED);
  if (count == 0 || rounds == 0) give_up("arguments");
  char** blocks = table_new(count, sizeof(char*));
  uint64_t random = random_seed(0);
  blocks_begin(mixed ? AVERAGE : FIXED, 0);
  struct measured begun = measured_begin();
  for (size_t round = 0; round < rounds; round++) {
    for (size_t i = 0; i < count; i++) {
      blocks[i] = block_get(mixed ? SMALLEST + (size_t)(random_next(&random) & (SIZES - 1)) : (size_t)FIXED);
      stamp_put(blocks[i], i);
    }
    for (size_t i = 0; i < count; i++) {
      stamp_check(blocks[i], i);
      block_release(blocks[i]);
    }
  }
  report_wall(&begun, 1e3 / (double)rounds);
  return 0;
}
