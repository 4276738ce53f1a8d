/* test_malloc.c -- the functions that make a block from a size, or from a count and a size. */
#define _GNU_SOURCE 1
#include "api/family.h"
#include <criterion/criterion.h>
#include <malloc.h>
#include <mica.h>
#include <stdlib.h>
#include <unistd.h>

#include "stats/usage.h"
#include "tests/api/sizes.h"
#include "tests/support/errno_mark.h"
#include "tests/support/pattern.h"
#include "tests/support/pointers.h"

typedef struct maker_s {
  const char* name;
  void* (*make)(size_t size);
  bool zero;
} maker_t;

static void* one_calloc(size_t size) { return calloc(1, size); }
static void* one_mi_calloc(size_t size) { return mi_calloc(1, size); }
static void* null_realloc(size_t size) { return realloc(NULL, size); }
static void* null_mi_realloc(size_t size) { return mi_realloc(NULL, size); }

static const maker_t makers[] = {
    {"malloc", malloc, false},
    {"valloc", valloc, false},
    {"pvalloc", pvalloc, false},
    {"calloc(1, n)", one_calloc, true},
    {"realloc(NULL, n)", null_realloc, false},
    {"__libc_malloc", __libc_malloc, false},
    {"__libc_valloc", __libc_valloc, false},
    {"__libc_pvalloc", __libc_pvalloc, false},
    {"mi_malloc", mi_malloc, false},
    {"mi_malloc_small", mi_malloc_small, false},
    {"mi_zalloc", mi_zalloc, true},
    {"mi_zalloc_small", mi_zalloc_small, true},
    {"mi_calloc(1, n)", one_mi_calloc, true},
    {"mi_realloc(NULL, n)", null_mi_realloc, false},
};
enum { MAKERS = sizeof makers / sizeof makers[0] };

Test(malloc, blocks_hold_what_was_asked_for_and_keep_errno) {
  for (size_t m = 0; m < MAKERS; m++) {
    for (size_t i = 0; i < ORDINARY_SIZES; i++) {
      const size_t size = ordinary_sizes[i];
      void* p = NULL;
      KEEPS_ERRNO(p = opaque(makers[m].make(size)));
      cr_assert_not_null(p, "%s of %zu bytes failed", makers[m].name, size);
      cr_assert(aligned_to(p, 16), "%s of %zu bytes is not aligned to 16", makers[m].name, size);
      const size_t usable = malloc_usable_size(p);
      cr_assert_geq(usable, size, "%s of %zu bytes: usable size %zu", makers[m].name, size, usable);
      pattern_fill(p, usable, (unsigned)i);
      cr_assert(pattern_filled(p, usable, (unsigned)i), "%s of %zu bytes does not keep its contents", makers[m].name,
                size);
      KEEPS_ERRNO(free(p));
    }
  }
}

Test(malloc, zeroing_functions_clear_the_whole_usable_size) {
  for (size_t m = 0; m < MAKERS; m++) {
    if (!makers[m].zero) continue;
    for (size_t i = 0; i < ORDINARY_SIZES; i++) {
      const size_t size = ordinary_sizes[i];
      void* const dirty = opaque(malloc(size));
      memset(dirty, 0xff, malloc_usable_size(dirty));
      free(dirty);
      void* const p = opaque(makers[m].make(size));
      cr_assert_not_null(p);
      cr_assert(all_zero(p, malloc_usable_size(p)), "%s of %zu bytes is not zero", makers[m].name, size);
      free(p);
    }
  }
}

Test(malloc, zalloc_clears_blocks_that_were_used_before) {
  enum { BLOCKS = 1000 };
  static unsigned char* blocks[BLOCKS];
  for (int small = 0; small <= 1; small++) {
    for (size_t size = 1; size <= MI_SMALL_SIZE_MAX; size *= 4) {
      for (size_t i = 0; i < BLOCKS; i++) {
        blocks[i] = opaque(mi_malloc(size));
        memset(blocks[i], 0xff, mi_usable_size(blocks[i]));
      }
      for (size_t i = 0; i < BLOCKS; i++) mi_free(blocks[i]);
      for (size_t i = 0; i < BLOCKS; i++) {
        blocks[i] = opaque(small ? mi_zalloc_small(size) : mi_zalloc(size));
        cr_assert(all_zero(blocks[i], mi_usable_size(blocks[i])), "block %zu of %zu bytes", i, size);
      }
      for (size_t i = 0; i < BLOCKS; i++) mi_free(blocks[i]);
    }
  }
}

Test(malloc, impossible_sizes_fail_with_enomem) {
  for (size_t m = 0; m < MAKERS; m++) {
    for (size_t i = 0; i < IMPOSSIBLE_SIZES; i++) {
      errno = ERRNO_MARK;
      cr_assert_null(opaque(makers[m].make(impossible_sizes[i])), "%s of %zu bytes returned a block", makers[m].name,
                     impossible_sizes[i]);
      cr_assert_eq(errno, ENOMEM, "%s of %zu bytes: errno %d", makers[m].name, impossible_sizes[i], errno);
    }
  }
}

Test(malloc, size_0_gives_distinct_blocks) {
  for (size_t m = 0; m < MAKERS; m++) {
    void* const p = opaque(makers[m].make(0));
    void* const q = opaque(makers[m].make(0));
    cr_assert_not_null(p, "%s of 0 bytes", makers[m].name);
    cr_assert_not_null(q, "%s of 0 bytes", makers[m].name);
    cr_assert_neq(p, q, "%s of 0 bytes gave one block twice", makers[m].name);
    free(p);
    free(q);
  }
}

Test(malloc, valloc_and_pvalloc_align_to_os_pages) {
  const size_t page = (size_t)sysconf(_SC_PAGESIZE);
  for (size_t i = 0; i < ORDINARY_SIZES; i++) {
    const size_t size = ordinary_sizes[i];
    void* const p = opaque(valloc(size));
    void* const q = opaque(pvalloc(size));
    cr_assert(aligned_to(p, page), "valloc(%zu)", size);
    cr_assert(aligned_to(q, page), "pvalloc(%zu)", size);
    const size_t whole = size == 0 ? page : (size + page - 1) / page * page;
    cr_assert_geq(malloc_usable_size(q), whole, "pvalloc(%zu) is no whole number of OS pages", size);
    free(p);
    free(q);
  }
}

typedef void* array_maker_t(size_t count, size_t size);

Test(malloc, products_that_overflow_fail_with_enomem) {
  static array_maker_t* const arrays[] = {calloc, mi_calloc, __libc_calloc};
  static volatile const size_t bad[][2] = {{SIZE_MAX, 2},        {2, SIZE_MAX},
                                           {SIZE_MAX, SIZE_MAX}, {(size_t)1 << 32, (size_t)1 << 32},
                                           {(size_t)1 << 63, 2}, {SIZE_MAX / 3, 4}};
  for (size_t a = 0; a < sizeof arrays / sizeof arrays[0]; a++) {
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) FAILS_WITH(ENOMEM, opaque(arrays[a](bad[i][0], bad[i][1])));
  }
}

Test(malloc, calloc_multiplies) {
  static array_maker_t* const arrays[] = {calloc, mi_calloc, __libc_calloc};
  for (size_t a = 0; a < sizeof arrays / sizeof arrays[0]; a++) {
    unsigned char* p = NULL;
    KEEPS_ERRNO(p = opaque(arrays[a](1000, 37)));
    cr_assert_not_null(p);
    cr_assert_geq(malloc_usable_size(p), (size_t)37000);
    cr_assert(all_zero(p, 37000));
    free(p);
    p = opaque(arrays[a](0, SIZE_MAX));
    cr_assert_not_null(p, "nothing of a huge size is a block of size 0");
    free(p);
  }
}

Test(malloc, every_free_takes_null_and_keeps_errno) {
  KEEPS_ERRNO(free(NULL));
  KEEPS_ERRNO(cfree(NULL));
  KEEPS_ERRNO(vfree(NULL));
  KEEPS_ERRNO(free_sized(NULL, 10));
  KEEPS_ERRNO(free_aligned_sized(NULL, 64, 10));
  KEEPS_ERRNO(__libc_free(NULL));
  KEEPS_ERRNO(__libc_cfree(NULL));
  KEEPS_ERRNO(mi_free(NULL));
  KEEPS_ERRNO(mi_free_small(NULL));
}

Test(malloc, every_free_frees) {
  const size_t before = mica_usage().used;
  for (int i = 0; i < 200000; i++) {
    KEEPS_ERRNO(cfree(opaque(malloc(1000))));
    KEEPS_ERRNO(vfree(opaque(malloc(1000))));
    KEEPS_ERRNO(free_sized(opaque(malloc(1000)), 1000));
    KEEPS_ERRNO(free_aligned_sized(opaque(aligned_alloc(64, 1000)), 64, 1000));
    KEEPS_ERRNO(__libc_free(opaque(malloc(1000))));
    KEEPS_ERRNO(__libc_cfree(opaque(malloc(1000))));
    KEEPS_ERRNO(mi_free(opaque(malloc(1000))));
    KEEPS_ERRNO(mi_free_small(opaque(mi_malloc_small(1000))));
  }
  const size_t after = mica_usage().used;
  cr_assert_lt(after, before + (64 << 20), "in use grew from %zu to %zu bytes", before, after);
}

Test(malloc, usable_size_of_null_is_0) {
  cr_assert_eq(malloc_usable_size(NULL), (size_t)0);
  cr_assert_eq(malloc_size(NULL), (size_t)0);
  cr_assert_eq(mi_usable_size(NULL), (size_t)0);
}

Test(malloc, good_size_is_the_usable_size) {
  for (size_t i = 0; i < ORDINARY_SIZES; i++) {
    const size_t size = ordinary_sizes[i];
    void* const p = opaque(malloc(size));
    const size_t usable = malloc_usable_size(p);
    cr_assert_eq(malloc_good_size(size), usable, "size %zu: good %zu, usable %zu", size, malloc_good_size(size),
                 usable);
    cr_assert_eq(mi_good_size(size), usable);
    cr_assert_eq(malloc_size(p), usable);
    cr_assert_eq(mi_usable_size(p), usable);
    free(p);
  }
}

Test(malloc, many_blocks_do_not_overlap) {
  enum { BLOCKS = 20000 };
  static unsigned char* blocks[BLOCKS];
  for (size_t i = 0; i < BLOCKS; i++) {
    blocks[i] = opaque(malloc(i % 700));
    cr_assert_not_null(blocks[i]);
    pattern_fill(blocks[i], i % 700, (unsigned)i);
  }
  for (size_t i = 0; i < BLOCKS; i++)
    cr_assert(pattern_filled(blocks[i], i % 700, (unsigned)i), "block %zu was overwritten", i);
  for (size_t i = 0; i < BLOCKS; i++) free(blocks[i]);
}
