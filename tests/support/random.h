/* random.h -- random numbers, the same in every run. */
#ifndef MICA_TESTS_RANDOM_H
#define MICA_TESTS_RANDOM_H
#include <stddef.h>
#include <stdint.h>

/* xorshift */
static inline uint64_t random_next(uint64_t* state) {
  *state ^= *state << 13;
  *state ^= *state >> 7;
  *state ^= *state << 17;
  return *state;
}
static inline size_t random_below(uint64_t* state, size_t bound) { return (size_t)(random_next(state) >> 11) % bound; }

#endif
