/* truth.h -- what a program has allocated, as it knows itself, to hold the profiler's estimates against. */
#ifndef MICA_TESTS_TRUTH_H
#define MICA_TESTS_TRUTH_H
#include <math.h>
#include <mica.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/support/check.h"

enum { EVERY = 16384 };

/* Of blocks: how many, their bytes, and what an estimate of the two varies by. */
typedef struct truth_s {
  double count, bytes, count_varies, bytes_varies;
} truth_t;

static inline void tally(truth_t* t, size_t size, size_t drawn, double sign) {
  const double p = 1 - exp(-(double)drawn / EVERY), varies = (1 - p) / p, bytes = (double)size;
  t->count += sign;
  t->bytes += sign * bytes;
  t->count_varies += sign * varies;
  t->bytes_varies += sign * bytes * bytes * varies;
}

/* The size that an allocation of so many bytes is drawn by. */
static inline size_t drawn_by(size_t size) { return size <= 65536 ? mi_good_size(size) : size; }

static inline mi_profile_sums_t sums(void) {
  mi_profile_sums_t s;
  CHECK(mi_profile_sums(&s, sizeof s));
  return s;
}

static inline void nothing_is_left(const char* name) {
  const mi_profile_sums_t s = sums();
  if (s.live_count == 0 && s.live_bytes == 0) return;
  mi_profile_stop();
  printf("%s: %zu blocks, %zu bytes are left\n", name, s.live_count, s.live_bytes);
  exit(1);
}

#endif
