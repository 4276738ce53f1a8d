/* bursts.c -- bursts of 10 to 10,000 equal blocks of 16 bytes to 8 KiB, given back in the order of allocation or from the last
 * on: a table of cells.
 *
 * usage: bursts [PAIRS]         default 400000
 * A cell is a number of blocks, a size and an order; its burst is repeated until there were PAIRS pairs of malloc and free, and
 * at least twice, after one that is not timed. Prints a line `cell NUMBERxSIZE-ORDER=…` for each, in nanoseconds of processor
 * time per pair, and the geometric mean of all cells as `time`. Blocks are looked at before they go. */
#include BENCH_BLOCKS

#include "stamp.h"

static const size_t numbers[] = {10, 30, 100, 300, 1000, 3000, 10000};
static const size_t sizes[] = {16, 64, 256, 1024, 2048, 8192};
enum { NUMBERS = sizeof numbers / sizeof numbers[0], SIZES = sizeof sizes / sizeof sizes[0], MOST = 10000 };

static double processor_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void burst(char** blocks, size_t count, size_t size, int last_first) {
  for (size_t i = 0; i < count; i++) {
    blocks[i] = block_get(size);
    stamp_put(blocks[i], i);
  }
  for (size_t i = 0; i < count; i++) {
    size_t which = last_first ? count - 1 - i : i;
    stamp_check(blocks[which], which);
    block_release(blocks[which]);
  }
}

/* Nanoseconds per pair. */
static double cell(char** blocks, size_t count, size_t size, int last_first, size_t pairs) {
  size_t repeats = pairs / count < 2 ? 2 : pairs / count;
  burst(blocks, count, size, last_first);
  double begun = processor_ns();
  for (size_t r = 0; r < repeats; r++) burst(blocks, count, size, last_first);
  return (processor_ns() - begun) / ((double)repeats * (double)count);
}

/* The geometric mean without a library of mathematics: the product's root by halving the distance. */
static double root_of(double product, size_t n) {
  double low = 0, high = product > 1 ? product : 1;
  for (int i = 0; i < 200; i++) {
    double middle = (low + high) / 2, power = 1;
    for (size_t k = 0; k < n; k++) power *= middle;
    if (power > product)
      high = middle;
    else
      low = middle;
  }
  return low;
}

int main(int argc, char** argv) {
  size_t pairs = argument(argc, argv, 1, 400000);
  if (pairs == 0) give_up("arguments");
  char** blocks = table_new(MOST, sizeof(char*));
  blocks_begin(sizes[SIZES - 1], 0);
  struct measured begun = measured_begin();
  double mean = 1;
  for (size_t s = 0; s < SIZES; s++) {
    double product = 1;
    for (size_t n = 0; n < NUMBERS; n++) {
      for (int last_first = 0; last_first < 2; last_first++) {
        double ns = cell(blocks, numbers[n], sizes[s], last_first, pairs);
        say("cell %zux%zu-%s=%.3f\n", numbers[n], sizes[s], last_first ? "last" : "first", ns);
        product *= ns;
      }
    }
    mean *= root_of(product, (size_t)2 * NUMBERS);
  }
  report(&begun, root_of(mean, SIZES));
  return 0;
}
