/* test_bits.c -- runs of set bits in a word, against the slowest search there is. */
#include "segment/arena.h"
#include "tests/support/random.h"
#include "tests/support/require.h"

static unsigned search(uint64_t m, unsigned n) {
  for (unsigned first = 0; first + n <= 64; first++) {
    unsigned have = 0;
    while (have < n && (m >> (first + have) & 1) != 0) have++;
    if (have == n) return first;
  }
  return 64;
}

static void check_word(uint64_t m) {
  for (unsigned n = 1; n <= 64; n++) {
    const unsigned first = mica_bits_find(m, n);
    REQUIRE(first == search(m, n), "word %016lx: a run of %u found at %u", (unsigned long)m, n, first);
  }
}

Test(bits, find_gives_the_lowest_run) {
  uint64_t random = 5;
  check_word(0);
  check_word(~(uint64_t)0);
  for (unsigned from = 0; from < 64; from++)
    for (unsigned n = 1; n <= 64 - from; n++) {
      check_word(mica_bits_mask(from, n));
      check_word(~mica_bits_mask(from, n));
    }
  for (int i = 0; i < 20000; i++) {
    const uint64_t a = random_next(&random), b = random_next(&random), c = random_next(&random);
    check_word(a);
    check_word(a | b);
    check_word(a | b | c);
    check_word(a & b);
  }
}

Test(bits, lowest_are_the_first_neighbours) {
  uint64_t random = 7;
  for (int i = 0; i < 20000; i++) {
    const uint64_t a = random_next(&random), m = (i % 2 == 0 ? a : ~(a & random_next(&random))) << i % 64;
    uint64_t lowest = 0;
    for (unsigned bit = 0; bit < 64 && (lowest == 0 || (m >> bit & 1) != 0); bit++) lowest |= m & (uint64_t)1 << bit;
    REQUIRE(m == 0 || mica_bits_lowest(m) == lowest, "word %016lx: %016lx", (unsigned long)m, (unsigned long)lowest);
  }
  for (unsigned first = 0; first < 64; first++)
    for (unsigned n = 1; n <= 64 - first; n++)
      REQUIRE(mica_bits_lowest(mica_bits_mask(first, n)) == mica_bits_mask(first, n), "%u bits from %u", n, first);
}

Test(bits, mask_has_exactly_those_bits) {
  for (unsigned first = 0; first < 64; first++)
    for (unsigned n = 0; n <= 64 - first; n++) {
      uint64_t mask = 0;
      for (unsigned i = 0; i < n; i++) mask |= (uint64_t)1 << (first + i);
      REQUIRE(mica_bits_mask(first, n) == mask, "mask of %u bits from %u", n, first);
    }
}
