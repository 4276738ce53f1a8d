/* trim.c -- malloc_trim where an eighth of the blocks is still alive.
 *
 * usage: trim [MIB]         default 650
 * MIB MiB in blocks of 16 bytes to 8 KiB, each doubling as frequent as the others. Sixteen blocks in a row stay, 112 go, and
 * so on; then malloc_trim(0) is called, which is the C library's own where the allocator has none.
 * `time` is milliseconds of wall time of the frees and the trim, `resident_kib` what is resident behind it. The blocks that
 * stay are looked at in the end. */
#include "measure.h"
#include "stamp.h"

#include <malloc.h>

enum {
  SMALLEST = 16,
  DOUBLINGS = 9,
  ROW = 16,
  EVERY = 8,
  AVERAGE = SMALLEST * 3 / 2 * ((1 << DOUBLINGS) - 1) / DOUBLINGS
};

static size_t size_of(uint64_t* random) {
  size_t smallest = (size_t)SMALLEST << random_below(random_next(random), DOUBLINGS);
  return smallest + random_below(random_next(random), smallest);
}

static int stays(size_t number) { return number / ROW % EVERY == 0; }

int main(int argc, char** argv) {
  size_t mib = argument(argc, argv, 1, 650);
  size_t count = (mib << 20) / AVERAGE;
  if (count == 0) give_up("arguments");
  char** blocks = table_new(count, sizeof(char*));
  uint64_t random = random_seed(0);
  for (size_t i = 0; i < count; i++) {
    size_t size = size_of(&random);
    blocks[i] = block_new(size);
    stamp_pages(blocks[i], size);
    stamp_put(blocks[i], i);
  }
  struct measured begun = measured_begin();
  for (size_t i = 0; i < count; i++)
    if (!stays(i)) free(blocks[i]);
  malloc_trim(0);
  double ms = (wall_seconds() - begun.wall) * 1e3;
  size_t resident = resident_kib() - count * sizeof(char*) / 1024;
  for (size_t i = 0; i < count; i++)
    if (stays(i)) stamp_check(blocks[i], i);
  report_resident(&begun, ms, resident);
  return 0;
}
