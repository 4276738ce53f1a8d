/* test_block.c -- lists of free blocks. */
#include "block/block.h"

#include <criterion/criterion.h>

Test(block, a_link_keeps_what_it_was_set_to) {
  static mica_block_t a, b;
  mica_link_set(&a, &b);
  mica_link_set(&b, NULL);
  cr_assert_eq(mica_link_get(&a), &b);
  cr_assert_null(mica_link_get(&b));
}

Test(block, nth_counts_from_one) {
  enum { LENGTH = 40 };
  static mica_block_t blocks[LENGTH];
  for (int i = 0; i < LENGTH; i++) mica_link_set(&blocks[i], i + 1 < LENGTH ? &blocks[i + 1] : NULL);
  for (unsigned n = 1; n <= LENGTH; n++)
    cr_assert_eq(mica_block_nth(blocks, n), &blocks[n - 1], "the block number %u", n);
}

Test(block, lists_come_off_a_pile_as_they_went_on) {
  static struct room {
    mica_block_t first;
    uint64_t second;
  } blocks[4];
  mica_block_t* pile = NULL;
  for (unsigned i = 0; i < 3; i++) mica_pile_put(&pile, &blocks[i].first, 1 + 1000 * i);
  mica_link_set(&blocks[3].first, NULL);
  mica_pile_put(&pile, &blocks[3].first, 65535);
  cr_assert_eq(pile, &blocks[3].first);
  cr_assert_eq(mica_pile_below(pile), &blocks[2].first);
  cr_assert_null(mica_pile_below(&blocks[0].first));
  for (unsigned i = 4; i-- != 0;) {
    unsigned length = 0;
    cr_assert_eq(mica_pile_take(&pile, &length), &blocks[i].first, "list %u", i);
    cr_assert_eq(length, i == 3 ? 65535 : 1 + 1000 * i, "list %u has %u blocks", i, length);
  }
  cr_assert_null(pile);
}
