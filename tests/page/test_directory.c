/* test_directory.c -- the two levels of hint bits, one thread: what was offered is found once, and the summary never hides a
 * leaf that is not zero. */
#include "page/directory.h"

#include "page/page.h"
#include "tests/support/random.h"
#include "tests/support/require.h"

static uint64_t load(_Atomic(uint64_t)* word) {
  return atomic_load_explicit(word, memory_order_relaxed); /* one thread */
}

Test(directory, an_offer_is_found_once) {
  _Atomic(uint64_t) leaf = 0, sum = 0;
  cr_assert_eq(dir_seek(&leaf, &sum, 8), (uint64_t)0);
  dir_offer(&leaf, (uint64_t)1 << 63, &sum, 8);
  cr_assert_eq(load(&sum), (uint64_t)8);
  dir_offer(&leaf, (uint64_t)1 << 63, &sum, 8);
  cr_assert_eq(dir_seek(&leaf, &sum, 8), (uint64_t)1 << 63);
  cr_assert_eq(load(&leaf), (uint64_t)0);
  cr_assert_eq(load(&sum), (uint64_t)0);
  cr_assert_eq(dir_seek(&leaf, &sum, 8), (uint64_t)0);
}

Test(directory, the_summary_is_set_again_while_more_is_offered) {
  _Atomic(uint64_t) leaf = 0, sum = 0;
  for (unsigned i = 0; i < 64; i += 3) dir_offer(&leaf, (uint64_t)1 << i, &sum, 2);
  for (unsigned i = 0; i < 64; i += 3) {
    cr_assert_eq(load(&sum), (uint64_t)2);
    cr_assert_eq(dir_seek(&leaf, &sum, 2), (uint64_t)1 << i);
  }
  cr_assert_eq(load(&sum), (uint64_t)0);
}

Test(directory, a_summary_bit_without_a_leaf_is_cleared) {
  _Atomic(uint64_t) leaf = 0, sum = 6;
  cr_assert_eq(dir_seek(&leaf, &sum, 2), (uint64_t)0);
  cr_assert_eq(load(&sum), (uint64_t)4, "only the bit of the leaf that was looked at");
}

Test(directory, agrees_with_a_set_under_random_offers_and_seeks) {
  enum { LEAVES = 5, STEPS = 200000 };
  _Atomic(uint64_t) leaf[LEAVES] = {0}, sum = 0;
  uint64_t model[LEAVES] = {0}, random = 1;
  for (int i = 0; i < STEPS; i++) {
    const size_t at = random_below(&random, LEAVES);
    const uint64_t bit = (uint64_t)1 << random_below(&random, 64), leaf_bit = (uint64_t)1 << at;
    if (random_below(&random, 2) == 0) {
      dir_offer(&leaf[at], bit, &sum, leaf_bit);
      model[at] |= bit;
    } else {
      const uint64_t got = dir_seek(&leaf[at], &sum, leaf_bit);
      REQUIRE(got == (model[at] & (~model[at] + 1)), "step %d: found what was not offered", i);
      model[at] &= ~got;
    }
    REQUIRE(load(&leaf[at]) == model[at], "step %d: leaf", i);
    REQUIRE(model[at] == 0 || (load(&sum) & leaf_bit) != 0, "step %d: the summary hides a leaf", i);
  }
}
