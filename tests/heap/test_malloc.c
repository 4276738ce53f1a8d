/* test_malloc.c -- malloc and free in one thread: all classes, all sizes, aligned and zeroed, what is usable; and after all is
 * freed, all slices are back. */
#include <errno.h>
#include <string.h>

#include "tests/support/balance.h"
#include "tests/support/pattern.h"
#include "tests/support/random.h"
#include "tests/support/require.h"

typedef struct kept_s {
  unsigned char* p;
  size_t usable;
} kept_t;

/* A class that has run out may lend from one at most an eighth larger. */
static size_t good_or_lent(size_t size) {
  return size > MICA_CLASS_MAX ? mica_good_size(size) : mica_good_size(size) / 8 * 9;
}

static kept_t kept_make(size_t size, unsigned seed) {
  kept_t k = {mica_malloc(size), 0};
  REQUIRE(k.p != NULL && ((uintptr_t)k.p & 15) == 0, "malloc(%zu) = %p", size, (void*)k.p);
  k.usable = mica_usable_size(k.p);
  REQUIRE(k.usable >= size, "malloc(%zu): %zu usable", size, k.usable);
  pattern_set(k.p, k.usable, 1, seed);
  return k;
}
static void kept_free(kept_t k, unsigned seed) {
  REQUIRE(pattern_kept(k.p, k.usable, 1, seed, true), "a block of %zu bytes was overwritten", k.usable);
  mica_free(k.p);
}

Test(heap_malloc, blocks_of_every_class_are_whole_and_come_home) {
  enum { BLOCKS = 20 };
  static kept_t blocks[MICA_CLASSES_PLAIN][BLOCKS];
  const in_use_t before = in_use();
  for (unsigned i = 0; i < BLOCKS; i++)
    for (unsigned c = 0; c < MICA_CLASSES_PLAIN; c++) blocks[c][i] = kept_make(mica_classes[c].size, c + i);
  for (unsigned c = 0; c < MICA_CLASSES_PLAIN; c++)
    for (unsigned i = 0; i < BLOCKS; i++) {
      REQUIRE(blocks[c][i].usable <= good_or_lent(mica_classes[c].size), "class %u: %zu usable", c,
              blocks[c][i].usable);
      kept_free(blocks[c][i], c + i);
    }
  require_back(before);
}

Test(heap_malloc, more_blocks_of_a_class_than_a_page_has) {
  static kept_t blocks[20000];
  static const unsigned sizes[] = {1, 16, 40, 1024, 1025, 8192, 8193, 65536};
  const in_use_t before = in_use();
  for (unsigned s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
    const unsigned n = sizes[s] <= 1024 ? 20000 : 500;
    for (unsigned i = 0; i < n; i++) blocks[i] = kept_make(sizes[s], i);
    for (unsigned i = 0; i < n; i += 2) kept_free(blocks[i], i);
    for (unsigned i = 0; i < n; i += 2) blocks[i] = kept_make(sizes[s], i);
    for (unsigned i = n; i-- != 0;) kept_free(blocks[i], i);
    require_back(before);
  }
}

Test(heap_malloc, random_sizes_random_order) {
  enum { LIVE = 3000, STEPS = 300000 };
  static kept_t blocks[LIVE];
  uint64_t random = 23;
  const in_use_t before = in_use();
  for (int i = 0; i < STEPS; i++) {
    const size_t at = random_below(&random, LIVE);
    if (blocks[at].p != NULL) kept_free(blocks[at], (unsigned)at);
    const size_t most = random_below(&random, 100) != 0 ? 600 : random_below(&random, 50) != 0 ? 70000 : 1 << 20;
    blocks[at] = kept_make(random_below(&random, most), (unsigned)at);
  }
  for (unsigned at = 0; at < LIVE; at++)
    if (blocks[at].p != NULL) kept_free(blocks[at], at);
  require_back(before);
}

Test(heap_malloc, usable_and_good_size_agree_for_every_size) {
  for (size_t size = 0; size <= 70000; size++) {
    void* p = mica_malloc(size);
    const size_t usable = mica_usable_size(p), good = mica_good_size(size);
    REQUIRE(good >= size && usable >= good && usable <= good_or_lent(size), "size %zu: %zu usable, good %zu", size,
            usable, good);
    REQUIRE(mica_good_size(good) == good, "size %zu: the good size %zu is not good", size, good);
    mica_free(p);
  }
  for (size_t size = 70000; size < 20 << 20; size += size / 7) {
    void* p = mica_malloc(size);
    REQUIRE(mica_usable_size(p) == mica_good_size(size), "size %zu: %zu usable", size, mica_usable_size(p));
    mica_free(p);
  }
}

Test(heap_malloc, a_page_that_fills_again_and_again_is_kept) {
  void* blocks[60];
  for (int warm = 0; warm < 40; warm++) {
    for (int i = 0; i < 60; i++) blocks[i] = mica_malloc(16);
    for (int i = 0; i < 60; i++) mica_free(blocks[i]);
  }
  const uint64_t born = mica_counted(MICA_COUNTER_PAGES_BORN);
  for (int round = 0; round < 1000; round++) {
    for (int i = 0; i < 60; i++) blocks[i] = mica_malloc(16);
    for (int i = 0; i < 60; i++) mica_free(blocks[i]);
  }
  cr_assert_leq(mica_counted(MICA_COUNTER_PAGES_BORN), born + 1);
}

Test(heap_malloc, freed_memory_goes_back_without_being_asked) {
  enum { BLOCKS = 100000 };
  static void* blocks[BLOCKS];
  const int64_t before = mica_slices_used();
  for (int i = 0; i < BLOCKS; i++) memset(blocks[i] = mica_malloc(1000), 1, 1000);
  REQUIRE(mica_slices_used() - before >= 1500, "100 MB were never in use");
  for (int i = 0; i < BLOCKS; i++) mica_free(blocks[i]);
  REQUIRE(mica_slices_used() - before <= 64, "%ld slices are still in use", (long)(mica_slices_used() - before));
  REQUIRE(mica_slices_dirty() <= 128 + mica_slices_used() / 10, "%ld slices are still dirty",
          (long)mica_slices_dirty());
}

/* ---- zeroed ---- */

Test(heap_zalloc, is_zero_over_the_usable_size_whatever_was_there) {
  static unsigned char* blocks[2000];
  for (size_t size = 1; size < 3 << 20; size += 1 + size / 5) {
    const int n = size < 5000 ? 2000 : size < 100000 ? 100 : 5;
    for (int round = 0; round < 2; round++) {
      for (int i = 0; i < n; i++) {
        blocks[i] = mica_zalloc(size);
        REQUIRE(blocks[i] != NULL && mica_usable_size(blocks[i]) >= size, "zalloc(%zu)", size);
        REQUIRE(all_zero(blocks[i], mica_usable_size(blocks[i])), "zalloc(%zu) is not zero in round %d", size, round);
        memset(blocks[i], 0xff, mica_usable_size(blocks[i]));
      }
      for (int i = 0; i < n; i++) mica_free(blocks[i]);
    }
  }
}

Test(heap_zalloc, mixed_with_malloc_and_free) {
  enum { LIVE = 200, STEPS = 60000 };
  static unsigned char* blocks[LIVE];
  uint64_t random = 29;
  for (int i = 0; i < STEPS; i++) {
    unsigned char** b = &blocks[random_below(&random, LIVE)];
    const size_t size = 1 + random_below(&random, random_below(&random, 4) == 0 ? 65536 : 3000);
    const bool zero = random_below(&random, 2) == 0;
    mica_free(*b);
    *b = zero ? mica_zalloc(size) : mica_malloc(size);
    REQUIRE(!zero || all_zero(*b, mica_usable_size(*b)), "step %d: zalloc(%zu) is not zero", i, size);
    memset(*b, 0xff, mica_usable_size(*b));
  }
}

/* ---- aligned ---- */

static void check_aligned(size_t size, size_t align, size_t offset, bool zero) {
  unsigned char* p = mica_malloc_aligned(size, align, offset, zero);
  REQUIRE(p != NULL, "size %zu, alignment %zu, offset %zu: none", size, align, offset);
  REQUIRE((((uintptr_t)p + offset) & (align - 1)) == 0, "size %zu, alignment %zu, offset %zu: %p", size, align, offset,
          (void*)p);
  const size_t usable = mica_usable_size(p);
  REQUIRE(usable >= size, "size %zu, alignment %zu, offset %zu: %zu usable", size, align, offset, usable);
  REQUIRE(!zero || usable > 1 << 22 || all_zero(p, usable), "size %zu, alignment %zu, offset %zu: not zero", size,
          align, offset);
  if (usable <= 1 << 22)
    memset(p, 0xee, usable);
  else
    p[0] = p[usable - 1] = 1;
  mica_free(p);
}

Test(heap_aligned, every_size_alignment_and_offset) {
  static const size_t sizes[] = {0,    1,     16,    17,    100,   1000,   1024,   4000,
                                 8192, 10000, 40000, 65536, 65537, 300000, 5 << 20};
  static const size_t offsets[] = {0, 1, 8, 16, 24, 64, 100, 4096, 5000, 65536, 70000};
  const in_use_t before = in_use();
  for (size_t align = 1; align <= (size_t)1 << 30; align *= 2)
    for (unsigned s = 0; s < sizeof sizes / sizeof sizes[0]; s++)
      for (unsigned k = 0; k < sizeof offsets / sizeof offsets[0]; k++) {
        check_aligned(sizes[s], align, offsets[k], false);
        if (align <= 65536) check_aligned(sizes[s], align, offsets[k], true);
      }
  require_back(before);
}

/* The header of a mapping lies in the same window as the byte before the block, so not every such block can be had. */
Test(heap_aligned, offsets_just_below_a_large_alignment) {
  for (size_t align = 256 << 20; align <= (size_t)1 << 30; align *= 2) {
    check_aligned(1000, align, align - (3 << 20), false);
    check_aligned(1000, align, align / 2, false);
    check_aligned(1000, align, align + 4096, false);
    errno = 0;
    char* p = mica_malloc_aligned(1000, align, align - 64, false);
    cr_assert(p != NULL ? (((uintptr_t)p + align - 64) & (align - 1)) == 0 : errno == ENOMEM);
    mica_free(p);
  }
}

Test(heap_aligned, many_at_random) {
  enum { LIVE = 500, STEPS = 60000 };
  static unsigned char* blocks[LIVE];
  static size_t usables[LIVE];
  const in_use_t before = in_use();
  uint64_t random = 31;
  for (int i = 0; i < STEPS; i++) {
    const size_t at = random_below(&random, LIVE), size = random_below(&random, i % 20 == 0 ? 200000 : 4000);
    const size_t align = (size_t)1 << random_below(&random, 14),
                 offset = i % 3 == 0 ? 8 * random_below(&random, 100) : 0;
    if (blocks[at] != NULL)
      REQUIRE(pattern_kept(blocks[at], usables[at], 8, (unsigned)at, true), "step %d: overwritten", i);
    mica_free(blocks[at]);
    blocks[at] = mica_malloc_aligned(size, align, offset, false);
    REQUIRE(blocks[at] != NULL && (((uintptr_t)blocks[at] + offset) & (align - 1)) == 0, "step %d", i);
    usables[at] = mica_usable_size(blocks[at]);
    REQUIRE(usables[at] >= size, "step %d: %zu usable of %zu", i, usables[at], size);
    pattern_set(blocks[at], usables[at], 8, (unsigned)at);
  }
  for (int at = 0; at < LIVE; at++) mica_free(blocks[at]);
  require_back(before);
}

Test(heap_aligned, what_cannot_be_aligned_is_refused_with_its_errno) {
  errno = 0;
  cr_assert_null(mica_malloc_aligned(10, 0, 0, false));
  cr_assert_eq(errno, EINVAL);
  errno = 0;
  cr_assert_null(mica_malloc_aligned(10, 48, 0, false));
  cr_assert_eq(errno, EINVAL);
  errno = 0;
  cr_assert_null(mica_malloc_aligned(10, (size_t)1 << 31, 0, false));
  cr_assert_eq(errno, ENOMEM);
  errno = 0;
  cr_assert_null(mica_malloc_aligned(SIZE_MAX - 10, 16, 0, false));
  cr_assert_eq(errno, ENOMEM);
}

Test(heap_aligned, mica_knows_which_pointers_are_its_own) {
  int local = 0;
  char* small = mica_malloc(10);
  char* huge = mica_malloc((size_t)600 << 20);
  cr_assert(mica_is_ours(small));
  cr_assert(mica_is_ours(huge));
  cr_assert(mica_is_ours(huge + ((size_t)600 << 20)));
  cr_assert_not(mica_is_ours(&local));
  cr_assert_not(mica_is_ours(NULL));
  mica_free(small);
  mica_free(huge);
  cr_assert_not(mica_is_ours(huge));
}
