/* check.h -- what the tests of block, page, segment and heap share: a check for inner loops, random numbers, patterns.
 *
 * cr_assert tells Criterion of every success, which allocates; REQUIRE is silent until it fails, so that counts of slices
 * taken before and after it can be compared, and so that it can stand where it is reached a million times. */
#ifndef MICA_TESTS_BLOCK_CHECK_H
#define MICA_TESTS_BLOCK_CHECK_H
#include <criterion/criterion.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define REQUIRE(condition, ...) \
  do { \
    if (!(condition)) cr_assert_fail(__VA_ARGS__); \
  } while (0)

/* xorshift: the same numbers in every run. */
static inline uint64_t random_next(uint64_t* state) {
  *state ^= *state << 13;
  *state ^= *state >> 7;
  *state ^= *state << 17;
  return *state;
}
static inline size_t random_below(uint64_t* state, size_t bound) { return (size_t)(random_next(state) >> 11) % bound; }

/* One byte in each `step` of the block, and its last: enough to see OS pages that are lost, moved or zeroed. */
static inline unsigned char pattern_byte(size_t i, unsigned seed) {
  return (unsigned char)(i / 64 * 31 + i + seed + 1);
}
static inline void pattern_set(void* p, size_t size, size_t step, unsigned seed) {
  unsigned char* b = p;
  for (size_t i = 0; i < size; i += step) b[i] = pattern_byte(i, seed);
  if (size != 0) b[size - 1] = pattern_byte(size - 1, seed);
}
/* seed and step as they were set, size at most as large. The last byte only counts if size is the same: ask with `last`. */
static inline bool pattern_kept(const void* p, size_t size, size_t step, unsigned seed, bool last) {
  const unsigned char* b = p;
  for (size_t i = 0; i < size; i += step)
    if (b[i] != pattern_byte(i, seed)) return false;
  return size == 0 || !last || b[size - 1] == pattern_byte(size - 1, seed);
}

static inline bool all_zero(const void* p, size_t size) {
  const unsigned char* b = p;
  return size == 0 || (b[0] == 0 && memcmp(b, b + 1, size - 1) == 0);
}

#endif
