/* test_block.c -- lists of free blocks. */
#include "block/block.h"

#include "tests/block/check.h"

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
