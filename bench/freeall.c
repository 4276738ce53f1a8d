/* freeall.c -- allocate a volume, free all of it, again and again.
 *
 * usage: freeall [fixed|mixed [MIB [ROUNDS]]]         default fixed 100 100
 * fixed: blocks of 1 KiB; mixed: 16 to 1,039 bytes. Freed in the order of allocation. Every page is touched.
 * Prints milliseconds per round, the peak, all page faults, and those of each round after the first tenth. */
#include "measure.h"

enum { FIXED = 1024, SMALLEST = 16, SIZES = 1024, AVERAGE = SMALLEST + SIZES / 2 };

int main(int argc, char** argv) {
  int mixed = argc > 1 && strcmp(argv[1], "mixed") == 0;
  size_t mib = argument(argc, argv, 2, 100);
  size_t rounds = argument(argc, argv, 3, 100);
  size_t count = (mib << 20) / (mixed ? (size_t)AVERAGE : (size_t)FIXED);
  if (count == 0 || rounds == 0) give_up("arguments");
  char** blocks = table_new(count, sizeof(char*));
  uint64_t random = random_seed(0);
  long faults_before = 0;
  double start = wall_seconds();
  for (size_t round = 0; round < rounds; round++) {
    if (round == rounds / 10) faults_before = page_faults();
    for (size_t i = 0; i < count; i++) {
      blocks[i] = block_new(mixed ? SMALLEST + (size_t)(random_next(&random) & (SIZES - 1)) : (size_t)FIXED);
    }
    for (size_t i = 0; i < count; i++) free(blocks[i]);
  }
  double seconds = wall_seconds() - start;
  long faults = page_faults();
  say("time=%.2f peak_kib=%zu faults=%ld faults_per_round=%.0f\n", seconds * 1e3 / (double)rounds, peak_kib(), faults,
      (double)(faults - faults_before) / (double)(rounds - rounds / 10));
  return 0;
}
