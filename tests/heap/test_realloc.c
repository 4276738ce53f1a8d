/* test_realloc.c -- realloc over all sizes: the contents stay, in place where it fits, nothing is lost. */
#include <errno.h>
#include <string.h>

#include "segment/arena.h"
#include "tests/support/balance.h"
#include "tests/support/pattern.h"
#include "tests/support/random.h"
#include "tests/support/require.h"

/* Resizes the block p of `have` patterned bytes to `size`, checks what stayed, and patterns all of it again. */
static char* resize(char* p, size_t have, size_t size, size_t step, unsigned seed) {
  char* q = mica_realloc(p, size);
  REQUIRE(q != NULL, "no realloc from %zu to %zu", have, size);
  REQUIRE(mica_usable_size(q) >= size, "realloc to %zu: %zu usable", size, mica_usable_size(q));
  REQUIRE(pattern_kept(q, have < size ? have : size, step, seed, have <= size && (have - 1) % step != 0),
          "%zu to %zu: contents lost", have, size);
  return q;
}

Test(heap_realloc, from_every_size_to_every_size) {
  static const size_t sizes[] = {1,     16,    17,     100,     1000,    1024,    1025,          5000,    8192,    8193,
                                 65536, 65537, 131000, 1 << 20, 3 << 20, 4 << 20, (4 << 20) + 1, 9 << 20, 20 << 20};
  enum { SIZES = sizeof sizes / sizeof sizes[0] };
  const in_use_t before = in_use();
  for (unsigned from = 0; from < SIZES; from++)
    for (unsigned to = 0; to < SIZES; to++) {
      const size_t step = sizes[from] < 100000 ? 1 : 509;
      char* p = mica_malloc(sizes[from]);
      pattern_set(p, sizes[from], step, from);
      p = resize(p, sizes[from], sizes[to], step, from);
      mica_free(p);
    }
  require_back(before);
}

Test(heap_realloc, random_walk) {
  enum { BLOCKS = 12, STEPS = 6000 };
  static char* blocks[BLOCKS];
  static size_t sizes[BLOCKS];
  const in_use_t before = in_use();
  uint64_t random = 37;
  for (int i = 0; i < STEPS; i++) {
    const size_t at = random_below(&random, BLOCKS);
    const size_t size = 1 + random_below(&random, (size_t)1 << (4 + random_below(&random, 21)));
    if (blocks[at] == NULL)
      blocks[at] = mica_realloc(NULL, size);
    else
      blocks[at] = resize(blocks[at], sizes[at], size, 61, (unsigned)at);
    sizes[at] = size;
    pattern_set(blocks[at], size, 61, (unsigned)at);
    if (i % 13 == 0) {
      mica_free(blocks[at]);
      blocks[at] = NULL;
    }
  }
  for (int at = 0; at < BLOCKS; at++) mica_free(blocks[at]);
  require_back(before);
}

static void grow_and_shrink(size_t from, size_t to, size_t by) {
  char* p = mica_malloc(from);
  size_t have = from;
  pattern_set(p, have, 256, 3);
  for (size_t size = from + by; size <= to; size += by) {
    p = resize(p, have, size, 256, 3);
    have = size;
    pattern_set(p, have, 256, 3);
  }
  for (; have > by; have -= by) p = resize(p, have, have - by, 256, 3);
  mica_free(p);
}

Test(heap_realloc, one_to_300_MiB_by_8_MiB_steps_and_back) {
  const in_use_t before = in_use();
  grow_and_shrink(1 << 20, (size_t)300 << 20, 8 << 20);
  require_back(before);
}

Test(heap_realloc, two_that_grow_side_by_side) {
  const in_use_t before = in_use();
  char *p = mica_malloc(1 << 20), *q = mica_malloc(1 << 20);
  size_t have = 1 << 20;
  pattern_set(p, have, 256, 1);
  pattern_set(q, have, 256, 2);
  for (size_t size = 6 << 20; size <= (size_t)150 << 20; size += 12 << 20) {
    p = resize(p, have, size, 256, 1);
    q = resize(q, have, size, 256, 2);
    have = size;
    pattern_set(p, have, 256, 1);
    pattern_set(q, have, 256, 2);
  }
  mica_free(p);
  mica_free(q);
  require_back(before);
}

Test(heap_realloc, stays_where_it_is_when_it_fits) {
  char* p = mica_malloc(1000);
  cr_assert_eq(mica_realloc(p, 1008), p);
  cr_assert_eq(mica_realloc(p, 600), p);
  mica_free(p);
  p = mica_malloc(3 << 20);
  cr_assert_eq(mica_realloc(p, (3 << 20) - 100), p);
  cr_assert_eq(mica_realloc(p, 1 << 20), p, "shrunk in place");
  cr_assert_leq(mica_usable_size(p), (size_t)(1 << 20) + 65536, "what is not needed is still there");
  mica_free(p);
}

Test(heap_realloc, small_ones_do_not_keep_a_large_block) {
  char* p = mica_malloc(60000);
  p = mica_realloc(p, 100);
  cr_assert_leq(mica_usable_size(p), (size_t)1024);
  p = mica_realloc(p, 5 << 20);
  p = mica_realloc(p, 100);
  cr_assert_leq(mica_usable_size(p), (size_t)65536);
  mica_free(p);
}

Test(heap_realloc, what_fails_leaves_the_block) {
  char* p = mica_malloc(100);
  pattern_set(p, 100, 1, 8);
  errno = 0;
  cr_assert_null(mica_realloc(p, SIZE_MAX));
  cr_assert_eq(errno, ENOMEM);
  errno = 0;
  cr_assert_null(mica_realloc(p, (size_t)1 << 47));
  cr_assert_eq(errno, ENOMEM);
  cr_assert(pattern_kept(p, 100, 1, 8, true));
  mica_free(p);
}

Test(heap_realloc, aligned_blocks_stay_aligned) {
  const in_use_t before = in_use();
  uint64_t random = 41;
  for (size_t align = 16; align <= 1 << 20; align *= 4) {
    size_t have = 100, offset = align > 64 ? 24 : 0;
    char* p = mica_malloc_aligned(have, align, offset, false);
    for (int i = 0; i < 200; i++) {
      pattern_set(p, have, 7, 6);
      const size_t size = 1 + random_below(&random, i % 10 == 0 ? 1000000 : 10000);
      p = mica_realloc_aligned(p, size, align, offset);
      REQUIRE(p != NULL && (((uintptr_t)p + offset) & (align - 1)) == 0, "alignment %zu, size %zu", align, size);
      REQUIRE(mica_usable_size(p) >= size, "alignment %zu, size %zu: usable", align, size);
      REQUIRE(pattern_kept(p, have < size ? have : size, 7, 6, false), "alignment %zu: contents lost", align);
      have = size;
    }
    p = mica_realloc(p, 20000);
    REQUIRE(p != NULL && mica_usable_size(p) >= 20000, "realloc of an aligned block");
    mica_free(p);
  }
  require_back(before);
}

/* Where blocks are watched: what a huge block gives back, behind its new end or where it was, is hidden. */
Test(heap_realloc, what_a_huge_block_gives_back_is_hidden) {
  if (!MICA_TRACKED) return;
  char* p = mica_malloc(20000000);
  p = mica_realloc(p, 10000000);
  cr_assert(!mica_track_dead(p + 9999999) && mica_track_dead(p + 19000000), "shrunk");
  char* wall = mica_malloc(9000000);
  char* q = mica_realloc(p, 30000000);
  cr_assert_neq(q, p);
  cr_assert(!mica_track_dead(q + 29999999), "moved");
  cr_assert(mica_track_dead(p + 100) || !mica_is_ours(p + 100), "what was left is neither hidden nor unmapped");
  mica_free(q);
  mica_free(wall);
}
