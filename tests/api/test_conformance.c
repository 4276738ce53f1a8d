/* test_conformance.c -- malloc(3), reallocarray(3), reallocf(3), reallocarr(3) and C23's sized frees: a test for each thing
 * that their manuals promise. What they leave open stands in test_malloc.c and test_realloc.c. */
#define _GNU_SOURCE 1
#include "api/family.h"
#include <criterion/criterion.h>
#include <malloc.h>
#include <pthread.h>
#include <stdalign.h>
#include <stdlib.h>

#include "stats/usage.h"
#include "tests/api/sizes.h"
#include "tests/support/errno_mark.h"
#include "tests/support/pattern.h"
#include "tests/support/pointers.h"

/* ---- malloc(3) ---- */

Test(conformance, malloc_of_0_gives_a_unique_pointer_that_free_takes) {
  enum { BLOCKS = 100 };
  void* p[BLOCKS];
  for (size_t i = 0; i < BLOCKS; i++) {
    KEEPS_ERRNO(p[i] = opaque(malloc(0)));
    cr_assert_not_null(p[i]);
    for (size_t k = 0; k < i; k++) cr_assert_neq(p[i], p[k]);
  }
  for (size_t i = 0; i < BLOCKS; i++) KEEPS_ERRNO(free(p[i]));
}

Test(conformance, malloc_is_aligned_for_any_type_that_fits) {
  for (size_t size = 1; size < 5000; size += 1 + size / 50) {
    void* const p = opaque(malloc(size));
    cr_assert(aligned_to(p, size < alignof(max_align_t) ? 1 : alignof(max_align_t)), "%zu bytes at %p", size, p);
    free(p);
  }
}

Test(conformance, malloc_gives_size_bytes_that_nobody_else_has) {
  enum { BLOCKS = 300 };
  static void* p[BLOCKS];
  for (size_t i = 0; i < BLOCKS; i++) pattern_fill(p[i] = opaque(malloc(i * i)), i * i, (unsigned)i);
  for (size_t i = 0; i < BLOCKS; i++) cr_assert(pattern_filled(p[i], i * i, (unsigned)i), "block %zu", i);
  for (size_t i = 0; i < BLOCKS; i++) free(p[i]);
}

Test(conformance, free_of_null_does_nothing_and_free_preserves_errno) {
  KEEPS_ERRNO(free(opaque(NULL)));
  for (size_t i = 0; i < ORDINARY_SIZES; i++) {
    void* const p = opaque(malloc(ordinary_sizes[i]));
    KEEPS_ERRNO(free(p));
  }
}

static void* free_it(void* p) {
  KEEPS_ERRNO(free(p));
  return NULL;
}

Test(conformance, any_thread_may_free) {
  for (size_t i = 0; i < ORDINARY_SIZES; i++) {
    pthread_t thread;
    cr_assert_eq(pthread_create(&thread, NULL, free_it, opaque(malloc(ordinary_sizes[i]))), 0);
    cr_assert_eq(pthread_join(thread, NULL), 0);
  }
}

Test(conformance, calloc_is_zero_though_the_memory_was_not) {
  for (size_t i = 0; i < ORDINARY_SIZES; i++) {
    const size_t size = ordinary_sizes[i];
    void* p = opaque(malloc(size));
    memset(p, 0xff, size);
    free(p);
    KEEPS_ERRNO(p = opaque(calloc(size, 1)));
    cr_assert(all_zero(p, size), "%zu bytes", size);
    memset(p, 0xff, size);
    free(p);
    KEEPS_ERRNO(p = opaque(calloc(1, size)));
    cr_assert(all_zero(p, size), "%zu bytes", size);
    free(p);
  }
}

Test(conformance, calloc_of_0_gives_a_unique_pointer) {
  void* p[3] = {opaque(calloc(0, 8)), opaque(calloc(8, 0)), opaque(calloc(0, 0))};
  for (size_t i = 0; i < 3; i++) cr_assert_not_null(p[i]);
  cr_assert(p[0] != p[1] && p[1] != p[2] && p[0] != p[2]);
  for (size_t i = 0; i < 3; i++) free(p[i]);
}

Test(conformance, calloc_that_overflows_is_an_error) {
  volatile size_t half = (size_t)1 << 63, root = (size_t)1 << 32;
  FAILS_WITH(ENOMEM, opaque(calloc(half, 2)));
  FAILS_WITH(ENOMEM, opaque(calloc(2, half)));
  FAILS_WITH(ENOMEM, opaque(calloc(root, root)));
  FAILS_WITH(ENOMEM, opaque(calloc(half + 1, 2)));
}

Test(conformance, above_ptrdiff_max_is_an_error) {
  volatile size_t size = (size_t)PTRDIFF_MAX + 1;
  for (int i = 0; i < 2; i++, size = SIZE_MAX) {
    FAILS_WITH(ENOMEM, opaque(malloc(size)));
    FAILS_WITH(ENOMEM, opaque(calloc(1, size)));
    FAILS_WITH(ENOMEM, opaque(realloc(NULL, size)));
    FAILS_WITH(ENOMEM, opaque(reallocarray(NULL, 1, size)));
    FAILS_WITH(ENOMEM, opaque(memalign(64, size)));
    FAILS_WITH(ENOMEM, opaque(aligned_alloc(64, size)));
    FAILS_WITH(ENOMEM, opaque(valloc(size)));
    FAILS_WITH(ENOMEM, opaque(pvalloc(size)));
  }
}

/* ---- realloc, reallocarray ---- */

enum { FREED = 1 << 20, TIMES = 200 };

static size_t in_use(void) { return mica_usage().used; }

/* TIMES blocks of FREED bytes are in use no more. */
static void require_freed(size_t before) {
  const size_t after = in_use();
  cr_assert_lt(after, before + FREED * TIMES / 10, "in use before: %zu, now: %zu", before, after);
}

Test(conformance, realloc_of_null_is_malloc_for_all_sizes) {
  for (size_t i = 0; i < ORDINARY_SIZES; i++) {
    void* p = NULL;
    KEEPS_ERRNO(p = opaque(realloc(opaque(NULL), ordinary_sizes[i])));
    cr_assert_not_null(p);
    cr_assert_geq(malloc_usable_size(p), ordinary_sizes[i]);
    pattern_fill(p, ordinary_sizes[i], 1);
    free(p);
    KEEPS_ERRNO(p = opaque(reallocarray(opaque(NULL), 1, ordinary_sizes[i])));
    cr_assert_not_null(p);
    pattern_fill(p, ordinary_sizes[i], 1);
    free(p);
  }
  for (size_t i = 0; i < IMPOSSIBLE_SIZES; i++) FAILS_WITH(ENOMEM, opaque(realloc(opaque(NULL), impossible_sizes[i])));
}

Test(conformance, realloc_keeps_the_contents_up_to_the_smaller_size) {
  enum { MOST = 200000 };
  size_t size = 1;
  unsigned char* p = opaque(malloc(size));
  pattern_fill(p, size, 3);
  for (size_t n = 0; n < 400; n++) {
    const size_t to = (n * 7919 + n * n * 131) % MOST + 1, kept = size < to ? size : to;
    KEEPS_ERRNO(p = opaque(realloc(p, to)));
    cr_assert_not_null(p);
    cr_assert(pattern_filled(p, kept, 3), "from %zu to %zu bytes", size, to);
    pattern_fill(p, to, 3);
    size = to;
  }
  free(p);
}

Test(conformance, realloc_to_0_is_free) {
  const size_t before = in_use();
  for (size_t i = 0; i < TIMES; i++) {
    void* q = opaque(malloc(FREED));
    switch (i % 3) {
    case 0: KEEPS_ERRNO(q = realloc(opaque(q), 0)); break;
    case 1: KEEPS_ERRNO(q = reallocarray(opaque(q), i, 0)); break;
    default: KEEPS_ERRNO(q = reallocarray(opaque(q), 0, i));
    }
    cr_assert_null(q, "that it returns NULL is no error");
  }
  require_freed(before);
}

Test(conformance, realloc_that_fails_leaves_the_block_untouched) {
  volatile size_t half = (size_t)1 << 63;
  for (size_t i = 0; i < ORDINARY_SIZES; i++) {
    const size_t size = ordinary_sizes[i];
    void* const p = opaque(malloc(size));
    pattern_fill(p, size, 5);
    for (size_t k = 0; k < IMPOSSIBLE_SIZES; k++) {
      FAILS_WITH(ENOMEM, opaque(realloc(opaque(p), impossible_sizes[k])));
      FAILS_WITH(ENOMEM, opaque(reallocarray(opaque(p), impossible_sizes[k], 1)));
    }
    FAILS_WITH(ENOMEM, opaque(reallocarray(opaque(p), half, 2)));
    FAILS_WITH(ENOMEM, opaque(reallocarray(opaque(p), 3, half)));
    cr_assert(pattern_filled(p, size, 5), "%zu bytes", size);
    free(p);
  }
}

/* ---- C23: free_sized, free_aligned_sized ---- */

Test(conformance, free_sized_takes_what_malloc_calloc_and_realloc_gave) {
  KEEPS_ERRNO(free_sized(opaque(NULL), 10));
  for (size_t i = 0; i < ORDINARY_SIZES; i++) {
    const size_t size = ordinary_sizes[i];
    void* const p[3] = {opaque(malloc(size)), opaque(calloc(1, size)), opaque(realloc(NULL, size))};
    for (size_t k = 0; k < 3; k++) KEEPS_ERRNO(free_sized(p[k], size));
  }
}

Test(conformance, free_aligned_sized_takes_what_aligned_alloc_gave) {
  KEEPS_ERRNO(free_aligned_sized(opaque(NULL), 64, 10));
  for (size_t alignment = 1; alignment <= (size_t)1 << 20; alignment *= 2) {
    void* const p = opaque(aligned_alloc(alignment, 3 * alignment));
    cr_assert_not_null(p);
    KEEPS_ERRNO(free_aligned_sized(p, alignment, 3 * alignment));
  }
}

/* ---- BSD: reallocf, reallocarr ---- */

Test(conformance, reallocf_is_realloc_that_frees_on_failure) {
  volatile size_t impossible = SIZE_MAX / 2;
  void* p = opaque(reallocf(NULL, 100));
  pattern_fill(p, 100, 2);
  KEEPS_ERRNO(p = opaque(reallocf(p, 5000)));
  cr_assert(pattern_filled(p, 100, 2));
  free(p);
  const size_t before = in_use();
  for (size_t i = 0; i < TIMES; i++) {
    p = opaque(malloc(FREED));
    FAILS_WITH(ENOMEM, opaque(reallocf(p, impossible)));
  }
  require_freed(before);
}

Test(conformance, reallocarr_updates_the_pointer_on_success_only_and_never_errno) {
  volatile size_t half = (size_t)1 << 63, most = PTRDIFF_MAX;
  uint32_t* p = NULL;
  KEEPS_ERRNO(cr_assert_eq(reallocarr(&p, 100, sizeof *p), 0));
  cr_assert_not_null(p);
  pattern_fill(p, 400, 1);
  uint32_t* const before = p;
  KEEPS_ERRNO(cr_assert_neq(reallocarr(&p, half, 2), 0));
  KEEPS_ERRNO(cr_assert_eq(reallocarr(&p, most, 1), ENOMEM));
  cr_assert_eq(p, before);
  cr_assert(pattern_filled(p, 400, 1));
  KEEPS_ERRNO(cr_assert_eq(reallocarr(&p, 0, sizeof *p), 0));
  cr_assert_null(p, "no elements: freed");
}

/* ---- older names ---- */

Test(conformance, cfree_and_vfree_are_free) {
  KEEPS_ERRNO(cfree(opaque(NULL)));
  KEEPS_ERRNO(vfree(opaque(NULL)));
  const size_t before = in_use();
  for (size_t i = 0; i < TIMES; i++) {
    void* const p = opaque(malloc(FREED));
    if (i % 2 == 0)
      KEEPS_ERRNO(cfree(p));
    else
      KEEPS_ERRNO(vfree(p));
  }
  require_freed(before);
}
