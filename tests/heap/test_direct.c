/* test_direct.c -- aligned, zeroed and resized blocks by the direct ways, where they could go wrong: blocks on a cache that
 * are larger than its class, every size and alignment, a block's last fitting size. */
#include <errno.h>

#include "heap/alloc.h"
#include "heap/memalign.h"
#include "heap/theap.h"
#include "heap/zalloc.h"
#include "tests/support/pattern.h"
#include "tests/support/require.h"
#include "tests/support/threads.h"

/* ---- lists that have borrowed ---- */

enum { LENT = 64 };

static uint32_t size_of(unsigned class) { return mica_classes[class].size; }
static size_t whole(const void* p) { return mica_page_usable(mica_page_of(p), p); }

/* Blocks of a class become hot and dirty; some stay in use, so that the class's page is not given back. */
static void warm(unsigned class, void** stay) {
  void* blocks[LENT];
  for (int i = 0; i < LENT; i++) memset(blocks[i] = mica_malloc(size_of(class)), 0xff, size_of(class));
  for (int i = 0; i < LENT / 2; i++) mica_free(blocks[i]);
  for (int i = LENT / 2; i < LENT; i++) stay[i - LENT / 2] = blocks[i];
}

/* Of each small class but the last, on a heap as new, beside a class that has blocks to lend. Adds up how many were lent. */
static void* zero_beside_larger(void* borrowed) {
  void *stay[LENT / 2], *got[LENT / 2];
  for (unsigned class = 0; class < MICA_CLASSES_SMALL - 1; class ++) {
    warm(class + 1, stay);
    for (int i = 0; i < LENT / 2; i++) {
      unsigned char* p = got[i] = mica_zalloc(size_of(class));
      REQUIRE(p != NULL && all_zero(p, mica_usable_size(p)), "class %u, block %d of %zu bytes: not zero", class, i,
              mica_usable_size(p));
      if (whole(p) > size_of(class)) ++*(unsigned*)borrowed;
    }
    for (int i = 0; i < LENT / 2; i++) mica_free(got[i]), mica_free(stay[i]);
    mica_collect(false);
  }
  return NULL;
}

Test(heap_direct, zero_over_all_of_a_borrowed_block) {
  unsigned borrowed = 0;
  run_thread(zero_beside_larger, &borrowed);
  cr_assert(borrowed > MICA_CLASSES_SMALL, "only %u blocks were borrowed", borrowed);
}

/* Of each small class that is a multiple of align: its list is made to borrow, then aligned blocks are asked for. Adds up how
 * often the list began with a block that is not aligned. */
static void* align_beside_larger(void* misaligned) {
  void *stay[LENT / 2], *got[LENT / 2];
  for (size_t align = 32; align <= 512; align *= 2) {
    for (size_t size = align; size < MICA_SMALL_MAX; size += align) {
      const unsigned class = mica_class_of(size);
      const mica_cache_t* cache = &mica_theap_mine()->cache[class];
      warm(class + 1, stay);
      void* first = mica_malloc(size);
      for (int i = 0; i < LENT / 2; i++) {
        if (cache->head != NULL && (uintptr_t)cache->head % align != 0) ++*(unsigned*)misaligned;
        got[i] = mica_memalign(size, align);
        REQUIRE(got[i] != NULL && (uintptr_t)got[i] % align == 0, "%zu bytes at %zu: %p", size, align, got[i]);
        memset(got[i], i, size);
      }
      for (int i = 0; i < LENT / 2; i++) {
        const unsigned char* b = got[i];
        REQUIRE(b[0] == i && b[size - 1] == i, "%zu bytes at %zu: overwritten", size, align);
        mica_free(got[i]), mica_free(stay[i]);
      }
      mica_free(first);
      mica_collect(false);
    }
  }
  return NULL;
}

Test(heap_direct, aligned_though_the_list_begins_with_a_borrowed_block) {
  unsigned misaligned = 0;
  run_thread(align_beside_larger, &misaligned);
  cr_assert(misaligned >= 10, "only %u lists began with a block that is not aligned", misaligned);
}

/* ---- every size ---- */

static size_t next_size(size_t size) { return size < 2100 ? size + 1 : size + size / 37; }

Test(heap_direct, every_size_at_every_alignment) {
  for (size_t align = 1; align <= 2 * (size_t)MICA_CLASS_MAX; align *= 2)
    for (size_t size = 0; size < 3 * (size_t)MICA_CLASS_MAX; size = next_size(size))
      for (unsigned i = 0; i < 2; i++) { /* the second one finds the first on the list */
        char* p = mica_memalign(size, align);
        REQUIRE(p != NULL && (uintptr_t)p % align == 0, "%zu bytes at %zu: %p", size, align, (void*)p);
        REQUIRE(mica_usable_size(p) >= size, "%zu bytes at %zu: %zu usable", size, align, mica_usable_size(p));
        memset(p, 1, size < 1 ? 1 : size);
        mica_free(p);
      }
}

Test(heap_direct, what_cannot_be_aligned_is_refused_with_its_errno) {
  static const size_t none[] = {0, 3, 24, 48, 65, 96, 4097, SIZE_MAX};
  static const size_t huge[] = {SIZE_MAX, SIZE_MAX - 10, SIZE_MAX / 2 + 1};
  for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
    for (size_t size = 0; size < 3000; size += 96) {
      mica_free(mica_malloc(size)); /* there are hot blocks */
      errno = 0;
      REQUIRE(mica_memalign(size, none[i]) == NULL && errno == EINVAL, "%zu bytes at %zu: %d", size, none[i], errno);
    }
  for (size_t i = 0; i < sizeof huge / sizeof huge[0]; i++)
    for (size_t align = 1; align <= (size_t)1 << 31; align *= 2) {
      errno = 0;
      REQUIRE(mica_memalign(huge[i], align) == NULL && errno == ENOMEM, "%zu bytes at %zu: %d", huge[i], align, errno);
    }
}

Test(heap_direct, every_size_is_zero) {
  for (size_t size = 0; size < 3 * (size_t)MICA_CLASS_MAX; size = next_size(size)) {
    void* stay = mica_malloc(size); /* else the page goes with its last block */
    for (unsigned i = 0; i < 3; i++) {
      unsigned char* p = mica_zalloc(size);
      REQUIRE(p != NULL && mica_usable_size(p) >= size, "zalloc(%zu)", size);
      REQUIRE(all_zero(p, mica_usable_size(p)), "zalloc(%zu), the block made %u: not zero", size, i);
      memset(p, 0xff, mica_usable_size(p));
      mica_free(p);
    }
    mica_free(stay);
  }
}

/* ---- resizing ---- */

/* From half of what is usable up to all of it a block stays, below and above it moves; its contents are kept. */
Test(heap_direct, a_block_of_each_class_stays_as_long_as_it_fits) {
  if (MICA_PAD != 0) return; /* every block moves */
  for (unsigned class = 0; class < MICA_CLASSES_PLAIN - 1; class ++) {
    char* p = mica_malloc(size_of(class));
    const size_t size = mica_usable_size(p),
                 sizes[] = {size, size / 2, size - 1, size / 2 + 1}; /* it may be borrowed */
    pattern_set(p, size, 1, class);
    for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
      REQUIRE(mica_realloc(p, sizes[i]) == p, "class %u: moved from %zu to %zu", class, size, sizes[i]);
    REQUIRE(mica_usable_size(p) == size, "class %u: %zu usable", class, mica_usable_size(p));
    char* q = mica_realloc(p, size + 1);
    REQUIRE(q != NULL && q != p && mica_usable_size(q) > size, "class %u: no room for a byte more", class);
    REQUIRE(pattern_kept(q, size, 1, class, true), "class %u: contents lost when growing", class);
    if (class != 0) {
      p = mica_realloc(q, size / 2 - 1);
      REQUIRE(p != NULL && p != q && mica_usable_size(p) < size, "class %u: less than half of it is kept", class);
      REQUIRE(pattern_kept(p, size / 2 - 1, 1, class, false), "class %u: contents lost when shrinking", class);
      q = p;
    }
    mica_free(q);
  }
}

/* A string that grows byte by byte, and a table that doubles. */
static void* grow(void* nothing) {
  char* p = mica_malloc(200);
  unsigned moves = 0;
  for (size_t size = 200; size < 1000; size++) {
    p[size - 1] = (char)size;
    char* q = mica_realloc(p, size + 1);
    REQUIRE(q != NULL, "no realloc to %zu", size + 1);
    moves += q != p;
    p = q;
  }
  for (size_t size = 200; size < 1000; size++) REQUIRE(p[size - 1] == (char)size, "byte %zu is lost", size);
  REQUIRE(moves <= 20, "800 appends moved the block %u times", moves);
  mica_free(p);
  p = mica_malloc(64);
  for (size_t size = 128; size <= 1024; size *= 2) {
    p = mica_realloc(p, size);
    REQUIRE(mica_usable_size(p) == size, "doubled to %zu, and given %zu", size, mica_usable_size(p));
  }
  mica_free(p);
  return nothing;
}

Test(heap_direct, small_appends_seldom_move_and_doubling_is_exact) {
  if (!MICA_TRACKED) run_thread(grow, NULL);
}
