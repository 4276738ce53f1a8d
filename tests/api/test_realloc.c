/* test_realloc.c -- the functions that resize. */
#define _GNU_SOURCE 1
#include "api/family.h"
#include <criterion/criterion.h>
#include <malloc.h>
#include <mica.h>
#include <stdlib.h>

#include "stats/usage.h"
#include "tests/api/sizes.h"
#include "tests/support/errno_mark.h"
#include "tests/support/pattern.h"
#include "tests/support/pointers.h"

typedef void* resize_t(void* p, size_t size);

static void* by_reallocarray(void* p, size_t size) { return reallocarray(p, 1, size); }
static void* by_aligned(void* p, size_t size) { return mi_realloc_aligned(p, size, 16); }

static resize_t* const resizers[] = {realloc,    reallocf,    by_reallocarray, __libc_realloc,
                                     mi_realloc, mi_reallocf, by_aligned};
enum { RESIZERS = sizeof resizers / sizeof resizers[0] };

Test(realloc, contents_are_kept_between_any_two_sizes) {
  for (size_t r = 0; r < RESIZERS; r++) {
    for (size_t i = 0; i < ORDINARY_SIZES; i++) {
      for (size_t j = 1; j < ORDINARY_SIZES; j++) {
        const size_t from = ordinary_sizes[i];
        const size_t to = ordinary_sizes[j];
        if (from + to > 20 << 20) continue;
        void* p = opaque(malloc(from));
        pattern_fill(p, from, (unsigned)i);
        KEEPS_ERRNO(p = opaque(resizers[r](p, to)));
        cr_assert_not_null(p, "resizer %zu: %zu to %zu bytes", r, from, to);
        cr_assert(pattern_filled(p, from < to ? from : to, (unsigned)i), "resizer %zu: %zu to %zu bytes", r, from, to);
        cr_assert_geq(malloc_usable_size(p), to);
        cr_assert(aligned_to(p, 16));
        free(p);
      }
    }
  }
}

Test(realloc, growing_huge_keeps_contents) {
  size_t size = 1 << 20;
  unsigned char* p = opaque(malloc(size));
  pattern_fill(p, size, 9);
  for (; size < 128 << 20; size += 9 << 20) {
    p = opaque(realloc(p, size + (9 << 20)));
    cr_assert_not_null(p);
    cr_assert(pattern_filled(p, 1 << 20, 9), "at %zu bytes", size);
    p[size + (9 << 20) - 1] = 1;
  }
  p = opaque(realloc(p, 1 << 20));
  cr_assert(pattern_filled(p, 1 << 20, 9), "after shrinking back");
  free(p);
}

Test(realloc, failure_leaves_the_block_alone) {
  static resize_t* const keeping[] = {realloc, by_reallocarray, __libc_realloc, mi_realloc, by_aligned};
  for (size_t r = 0; r < sizeof keeping / sizeof keeping[0]; r++) {
    void* const p = opaque(malloc(1000));
    pattern_fill(p, 1000, 5);
    for (size_t i = 0; i < IMPOSSIBLE_SIZES; i++)
      FAILS_WITH(ENOMEM, opaque(keeping[r](opaque(p), impossible_sizes[i])));
    cr_assert(pattern_filled(p, 1000, 5), "resizer %zu", r);
    free(p);
  }
}

Test(realloc, reallocf_frees_on_failure) {
  static resize_t* const freeing[] = {reallocf, mi_reallocf};
  for (size_t r = 0; r < 2; r++) {
    const size_t before = mica_usage().used;
    for (int i = 0; i < 1000; i++) {
      void* const p = opaque(malloc(1 << 20));
      FAILS_WITH(ENOMEM, opaque(freeing[r](p, impossible_sizes[0])));
    }
    const size_t after = mica_usage().used;
    cr_assert_lt(after, before + (16 << 20), "form %zu: in use grew from %zu to %zu", r, before, after);
    FAILS_WITH(ENOMEM, opaque(freeing[r](NULL, impossible_sizes[0])));
  }
}

Test(realloc, mi_reallocf_resizes_like_mi_realloc) {
  void* p = NULL;
  KEEPS_ERRNO(p = opaque(mi_reallocf(NULL, 100)));
  pattern_fill(p, 100, 8);
  KEEPS_ERRNO(p = opaque(mi_reallocf(p, 50000)));
  cr_assert(pattern_filled(p, 100, 8));
  cr_assert_geq(mi_usable_size(p), (size_t)50000);
  mi_free(p);
}

Test(realloc, size_0_frees_in_the_malloc_family) {
  static resize_t* const glibc_way[] = {realloc, reallocf, by_reallocarray, __libc_realloc};
  for (size_t r = 0; r < sizeof glibc_way / sizeof glibc_way[0]; r++) {
    void* q = NULL;
    KEEPS_ERRNO(q = glibc_way[r](opaque(malloc(100)), 0));
    cr_assert_null(q, "resizer %zu", r);
    KEEPS_ERRNO(q = opaque(glibc_way[r](NULL, 0)));
    cr_assert_not_null(q, "resizer %zu: NULL to 0 bytes is malloc(0)", r);
    free(q);
  }
}

Test(realloc, size_0_gives_the_smallest_block_in_mi) {
  static resize_t* const mi_way[] = {mi_realloc, mi_reallocf, by_aligned};
  for (size_t r = 0; r < sizeof mi_way / sizeof mi_way[0]; r++) {
    const size_t before = mica_usage().used;
    for (int i = 0; i < 1000; i++) {
      void* q = NULL;
      KEEPS_ERRNO(q = opaque(mi_way[r](opaque(malloc(1 << 20)), 0)));
      cr_assert_not_null(q, "resizer %zu", r);
      mi_free(q);
    }
    const size_t after = mica_usage().used;
    cr_assert_lt(after, before + (16 << 20), "resizer %zu: in use grew from %zu to %zu", r, before, after);
  }
}

Test(realloc, reallocarray_overflow_leaves_the_block_alone) {
  volatile size_t half = (size_t)1 << 63;
  void* p = opaque(malloc(100));
  pattern_fill(p, 100, 7);
  FAILS_WITH(ENOMEM, opaque(reallocarray(opaque(p), half, 2)));
  FAILS_WITH(ENOMEM, opaque(reallocarray(opaque(p), half, half)));
  cr_assert(pattern_filled(p, 100, 7));
  KEEPS_ERRNO(p = opaque(reallocarray(p, 100, 100)));
  cr_assert(pattern_filled(p, 100, 7));
  cr_assert_geq(malloc_usable_size(p), (size_t)10000);
  free(p);
}

Test(realloc, reallocarr_follows_netbsd) {
  volatile size_t half = (size_t)1 << 63;
  volatile size_t most = PTRDIFF_MAX;
  unsigned char* p = NULL;
  KEEPS_ERRNO(cr_assert_eq(reallocarr(&p, 10, 10), 0));
  cr_assert_not_null(p);
  pattern_fill(p, 100, 1);
  KEEPS_ERRNO(cr_assert_eq(reallocarr(&p, 1000, 10), 0));
  cr_assert(pattern_filled(p, 100, 1));
  unsigned char* const before = p;
  KEEPS_ERRNO(cr_assert_eq(reallocarr(&p, half, 2), EOVERFLOW));
  KEEPS_ERRNO(cr_assert_eq(reallocarr(&p, most, 1), ENOMEM));
  cr_assert_eq(p, before);
  cr_assert(pattern_filled(p, 100, 1));
  KEEPS_ERRNO(cr_assert_eq(reallocarr(&p, 0, 10), 0));
  cr_assert_null(p, "a total of 0 frees and stores NULL");
}

Test(realloc, aligned_results_are_aligned) {
  void* p = opaque(malloc(100));
  pattern_fill(p, 100, 2);
  for (size_t alignment = 16; alignment <= (size_t)4 << 20; alignment *= 2) {
    KEEPS_ERRNO(p = opaque(mi_realloc_aligned(p, 100 + alignment / 16, alignment)));
    cr_assert(aligned_to(p, alignment), "alignment %zu", alignment);
    cr_assert(pattern_filled(p, 100, 2), "alignment %zu", alignment);
  }
  volatile size_t odd = 3;
  volatile size_t over = (size_t)1 << 40;
  FAILS_WITH(EINVAL, opaque(mi_realloc_aligned(opaque(p), 100, odd)));
  FAILS_WITH(ENOMEM, opaque(mi_realloc_aligned(opaque(p), 100, over)));
  cr_assert(pattern_filled(p, 100, 2), "after failures");
  free(p);
}

Test(realloc, aligned_blocks_can_be_resized_and_freed_like_any) {
  for (size_t alignment = 32; alignment <= (size_t)1 << 20; alignment *= 2) {
    void* p = opaque(aligned_alloc(alignment, 300));
    pattern_fill(p, 300, 4);
    p = opaque(realloc(p, 100000));
    cr_assert(pattern_filled(p, 300, 4), "alignment %zu", alignment);
    free(p);
  }
}
