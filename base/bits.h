/* bits.h -- runs of set bits in a word. Pure arithmetic; the models compile it too, below slice_word.h. */
#ifndef MICA_BITS_H
#define MICA_BITS_H
#include <stdint.h>

/* The lowest run of n (1..64) set bits in m, as its first bit's number; 64 where there is none. */
static inline unsigned mica_bits_find(uint64_t m, unsigned n) {
  unsigned have = 1; /* bit i of m is set: have bits from i on are set in the original */
  while (m != 0 && have < n) {
    const unsigned step = have < n - have ? have : n - have;
    m &= m >> step;
    have += step;
  }
  return m == 0 ? 64 : (unsigned)__builtin_ctzll(m);
}
static inline uint64_t mica_bits_mask(unsigned first, unsigned n) {
  return (n >= 64 ? ~(uint64_t)0 : (((uint64_t)1 << n) - 1)) << first;
}
/* The lowest set bits of m, which has one, up to a bit that is not set. */
static inline uint64_t mica_bits_lowest(uint64_t m) {
  const unsigned first = (unsigned)__builtin_ctzll(m);
  const uint64_t rest = ~(m >> first);
  return mica_bits_mask(first, rest == 0 ? 64 : (unsigned)__builtin_ctzll(rest));
}

#endif
