/* large.c -- a few large blocks are kept, and a random one of them is replaced, again and again.
 *
 * usage: large [REPLACEMENTS [BLOCKS [SMALLEST_MIB [LARGEST_MIB]]]]         default 100 20 5 25
 * Sizes are uniform from SMALLEST_MIB to LARGEST_MIB MiB. One byte in every OS page of a new block is written; the stamps at
 * its beginning and in its middle are checked before it goes. Filling the table, and emptying it, is not timed.
 * `time` is milliseconds of wall time per replaced block. */
#include BENCH_BLOCKS

#include "stamp.h"

enum { MOST = 1024 };

struct large {
  char* start;
  size_t middle; /* where the second stamp lies */
};

static struct large large_new(uint64_t word, size_t smallest, size_t largest, size_t mark) {
  size_t size = smallest + random_below(word, largest - smallest + 1);
  struct large block = {block_get(size), size / 2};
  stamp_pages(block.start, size);
  stamp_put(block.start, mark);
  stamp_put(block.start + block.middle, mark);
  return block;
}

static void large_end(const struct large* block, size_t mark) {
  stamp_check(block->start, mark);
  stamp_check(block->start + block->middle, mark);
  block_release(block->start);
}

int main(int argc, char** argv) {
  size_t replacements = argument(argc, argv, 1, 100);
  size_t count = argument(argc, argv, 2, 20);
  size_t smallest = argument(argc, argv, 3, 5) << 20;
  size_t largest = argument(argc, argv, 4, 25) << 20;
  static struct large blocks[MOST];
  if (replacements == 0 || count == 0 || count > MOST || smallest == 0 || largest < smallest) give_up("arguments");
  uint64_t random = random_seed(0);
  blocks_begin(largest, 0);
  for (size_t i = 0; i < count; i++) blocks[i] = large_new(random_next(&random), smallest, largest, i);
  struct measured begun = measured_begin();
  for (size_t i = 0; i < replacements; i++) {
    size_t which = random_below(random_next(&random), count);
    large_end(&blocks[which], which);
    blocks[which] = large_new(random_next(&random), smallest, largest, which);
  }
  report_wall(&begun, 1e3 / (double)replacements);
  for (size_t i = 0; i < count; i++) large_end(&blocks[i], i);
  return 0;
}
