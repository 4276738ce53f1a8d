/* fragment.c -- small blocks that leave a few behind everywhere, then big ones.
 *
 * usage: fragment [MIB [ROUNDS]]         default 100 15
 * A round allocates MIB MiB in blocks of 16 to 271 bytes, gives back all but every hundredth, allocates MIB MiB in blocks of
 * 4 to 8 KiB, gives those back and the hundredths. What the big blocks cannot use of the small ones' memory shows in the
 * peak, unless it has been given back to the system. Every block has a stamp, which is checked before it goes.
 * `time` is milliseconds of wall time per round. */
#include BENCH_BLOCKS

#include "stamp.h"

enum { SMALLEST = 16, SMALL_SIZES = 256, SMALL_AVERAGE = SMALLEST + SMALL_SIZES / 2 };
enum { BIG = 4096, BIG_SIZES = 4096, BIG_AVERAGE = BIG + BIG_SIZES / 2 };
enum { KEPT_OF = 100 };

static void fill(char** blocks, size_t count, size_t smallest, size_t sizes, uint64_t* random) {
  for (size_t i = 0; i < count; i++) {
    blocks[i] = block_get(smallest + random_below(random_next(random), sizes));
    stamp_put(blocks[i], i);
  }
}

static void give_back(char* block, size_t mark) {
  stamp_check(block, mark);
  block_release(block);
}

int main(int argc, char** argv) {
  size_t mib = argument(argc, argv, 1, 100);
  size_t rounds = argument(argc, argv, 2, 15);
  size_t small = (mib << 20) / SMALL_AVERAGE;
  size_t big = (mib << 20) / BIG_AVERAGE;
  if (mib == 0 || rounds == 0) give_up("arguments");
  char** small_blocks = table_new(small, sizeof(char*));
  char** big_blocks = table_new(big, sizeof(char*));
  uint64_t random = random_seed(0);
  blocks_begin(SMALL_AVERAGE, 0);
  struct measured begun = measured_begin();
  for (size_t round = 0; round < rounds; round++) {
    fill(small_blocks, small, SMALLEST, SMALL_SIZES, &random);
    for (size_t i = 0; i < small; i++) {
      if (i % KEPT_OF != 0) give_back(small_blocks[i], i);
    }
    fill(big_blocks, big, BIG, BIG_SIZES, &random);
    for (size_t i = 0; i < big; i++) give_back(big_blocks[i], i);
    for (size_t i = 0; i < small; i += KEPT_OF) give_back(small_blocks[i], i);
  }
  report_wall(&begun, 1e3 / (double)rounds);
  return 0;
}
