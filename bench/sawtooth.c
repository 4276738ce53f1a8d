/* sawtooth.c -- a server between bursts: allocates a volume, gives all of it back, calls nothing for a while, again and again.
 *
 * usage: sawtooth [MIB [PAUSE_MS [ROUNDS]]]         default 300 1000 5
 * Blocks of 16 to 1,039 bytes, given back in the order of allocation. The first round is not measured. `time` is milliseconds
 * of processor time per round, that of the allocator's own threads included, pauses and what is done in them, too;
 * `resident_kib` is the mean of what is resident at the end of each pause. Blocks are looked at before they go. */
#include "measure.h"
#include "stamp.h"

enum { SMALLEST = 16, SIZES = 1024, AVERAGE = SMALLEST + SIZES / 2 };

static void burst(char** blocks, size_t count, uint64_t* random) {
  for (size_t i = 0; i < count; i++) {
    blocks[i] = block_new(SMALLEST + (size_t)(random_next(random) & (SIZES - 1)));
    stamp_put(blocks[i], i);
  }
  for (size_t i = 0; i < count; i++) {
    stamp_check(blocks[i], i);
    free(blocks[i]);
  }
}

static void sleep_ms(size_t ms) {
  const struct timespec pause = {(time_t)(ms / 1000), (long)(ms % 1000) * 1000000};
  nanosleep(&pause, NULL);
}

int main(int argc, char** argv) {
  size_t mib = argument(argc, argv, 1, 300);
  size_t pause = argument(argc, argv, 2, 1000);
  size_t rounds = argument(argc, argv, 3, 5);
  size_t count = (mib << 20) / AVERAGE;
  if (count == 0 || rounds == 0) give_up("arguments");
  char** blocks = table_new(count, sizeof(char*));
  uint64_t random = random_seed(0);
  size_t table_kib = count * sizeof(char*) / 1024, resident = 0;
  burst(blocks, count, &random);
  sleep_ms(pause);
  struct measured begun = measured_begin();
  for (size_t round = 0; round < rounds; round++) {
    burst(blocks, count, &random);
    sleep_ms(pause);
    resident += resident_kib() - table_kib;
  }
  report_resident(&begun, (cpu_seconds() - begun.cpu) * 1e3 / (double)rounds, resident / rounds);
  return 0;
}
