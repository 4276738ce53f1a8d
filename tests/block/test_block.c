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
