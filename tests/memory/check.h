/* check.h -- how a resident-size check reports: one line, and the program's exit status (0 passed, 1 failed, 2 broken).
 *
 * Used by the programs of tests/memory/ only. They call malloc and free and are run under a preloaded library. */
#ifndef MICA_TESTS_MEMORY_CHECK_H
#define MICA_TESTS_MEMORY_CHECK_H
#include "../../bench/measure.h"

/* Prints "PASS name measured allowed" (or FAIL) in MiB; returns 1 if it failed. */
static inline int check_mib(const char* name, size_t measured_kib, size_t allowed_mib) {
  int failed = measured_kib > allowed_mib * 1024;
  say("%s %s measured %.1f MiB, allowed %zu MiB\n", failed ? "FAIL" : "PASS", name, (double)measured_kib / 1024,
      allowed_mib);
  return failed;
}

/* Before anything is measured the program must have been as large as it believes: else the check shows nothing. */
static inline void expect_at_least_mib(size_t measured_kib, size_t mib) {
  if (measured_kib < mib * 1024) give_up("the blocks were never resident");
}

static inline void shuffle(char** blocks, size_t count) {
  uint64_t random = random_seed(7);
  for (size_t i = count; i > 1; i--) {
    size_t other = random_below(random_next(&random), i);
    char* block = blocks[i - 1];
    blocks[i - 1] = blocks[other];
    blocks[other] = block;
  }
}

static inline void reverse(char** blocks, size_t count) {
  for (size_t i = 0; i < count / 2; i++) {
    char* block = blocks[i];
    blocks[i] = blocks[count - 1 - i];
    blocks[count - 1 - i] = block;
  }
}

/* Puts the blocks into the order in which they are to be freed: "in-order", "reverse" or "random". */
static inline void arrange(const char* order, char** blocks, size_t count) {
  if (strcmp(order, "reverse") == 0) {
    reverse(blocks, count);
  } else if (strcmp(order, "random") == 0) {
    shuffle(blocks, count);
  } else if (strcmp(order, "in-order") != 0) {
    give_up("order: in-order, reverse or random");
  }
}

static inline const char* order_argument(int argc, char** argv) { return argc > 1 ? argv[1] : "in-order"; }

#endif
