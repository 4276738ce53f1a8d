/* requests.c -- a request allocates N blocks and gives them all back at its end, one request after the other.
 *
 * usage: requests [BLOCKS [REQUESTS [SMALLEST [LARGEST]]]]         default 1000 20000 16 1039
 * Sizes are uniform. The blocks go in the order of their allocation. Every block has a stamp, which is checked before it goes.
 * `time` is nanoseconds of wall time per block. */
#include BENCH_BLOCKS

#include "stamp.h"

int main(int argc, char** argv) {
  size_t count = argument(argc, argv, 1, 1000);
  size_t requests = argument(argc, argv, 2, 20000);
  size_t smallest = argument(argc, argv, 3, 16);
  size_t largest = argument(argc, argv, 4, 1039);
  if (count == 0 || requests == 0 || smallest < sizeof(uint32_t) || largest < smallest) give_up("arguments");
  char** blocks = table_new(count, sizeof(char*));
  uint64_t random = random_seed(0);
  blocks_begin(largest, 0);
  struct measured begun = measured_begin();
  for (size_t request = 0; request < requests; request++) {
    for (size_t i = 0; i < count; i++) {
      blocks[i] = block_get(smallest + random_below(random_next(&random), largest - smallest + 1));
      stamp_put(blocks[i], i);
    }
    for (size_t i = 0; i < count; i++) {
      stamp_check(blocks[i], i);
      block_release(blocks[i]);
    }
  }
  report_wall(&begun, 1e9 / ((double)requests * (double)count));
  return 0;
}
