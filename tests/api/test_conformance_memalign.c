/* test_conformance_memalign.c -- posix_memalign(3), malloc_usable_size(3), macOS' malloc_size(3), strdup(3): a test for each
 * thing that their manuals promise. */
#define _GNU_SOURCE 1
#include "api/family.h"
#include <criterion/criterion.h>
#include <malloc.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/api/sizes.h"
#include "tests/support/errno_mark.h"
#include "tests/support/pattern.h"
#include "tests/support/pointers.h"

static volatile const size_t no_powers_of_two[] = {3, 5, 7, 24, 48, 100, 4097, SIZE_MAX};
enum { NO_POWERS = sizeof no_powers_of_two / sizeof no_powers_of_two[0] };

static size_t os_page(void) { return (size_t)sysconf(_SC_PAGESIZE); }

/* ---- posix_memalign(3) ---- */

Test(conformance_memalign, posix_memalign_places_a_multiple_of_the_alignment) {
  for (size_t alignment = sizeof(void*); alignment <= (size_t)4 << 20; alignment *= 2)
    for (size_t size = 1; size <= 100000; size = size * 7 + 3) {
      void* p = NULL;
      KEEPS_ERRNO(cr_assert_eq(posix_memalign(&p, alignment, size), 0));
      cr_assert_not_null(p);
      cr_assert(aligned_to(p, alignment), "%zu bytes at %zu: %p", size, alignment, p);
      pattern_fill(p, size, 1);
      KEEPS_ERRNO(free(p));
    }
}

Test(conformance_memalign, posix_memalign_of_0_places_what_free_takes) {
  void *p = NULL, *q = NULL;
  cr_assert_eq(posix_memalign(&p, 64, 0), 0);
  cr_assert_eq(posix_memalign(&q, 64, 0), 0);
  cr_assert(p == NULL || p != q);
  free(p);
  free(q);
}

Test(conformance_memalign, posix_memalign_fails_by_its_value_and_changes_neither_errno_nor_the_pointer) {
  char mark;
  void* p = &mark;
  for (size_t i = 0; i < NO_POWERS; i++)
    KEEPS_ERRNO(cr_assert_eq(posix_memalign(&p, no_powers_of_two[i], 8), EINVAL, "%zu", no_powers_of_two[i]));
  volatile size_t alignment = 1; /* of less than a pointer */
  for (; alignment < sizeof(void*); alignment *= 2)
    KEEPS_ERRNO(cr_assert_eq(posix_memalign(&p, alignment, 8), EINVAL, "%zu", alignment));
  for (size_t i = 0; i < IMPOSSIBLE_SIZES; i++)
    KEEPS_ERRNO(cr_assert_eq(posix_memalign(&p, 64, impossible_sizes[i]), ENOMEM));
  cr_assert_eq(p, (void*)&mark);
}

Test(conformance_memalign, memalign_and_aligned_alloc_give_a_multiple_of_the_alignment) {
  for (size_t alignment = 1; alignment <= (size_t)4 << 20; alignment *= 2)
    for (size_t size = 1; size <= 100000; size = size * 7 + 3) {
      void *p = NULL, *q = NULL;
      KEEPS_ERRNO(p = opaque(memalign(alignment, size)));
      KEEPS_ERRNO(q = opaque(aligned_alloc(alignment, size)));
      cr_assert(p != NULL && aligned_to(p, alignment), "%zu bytes at %zu: %p", size, alignment, p);
      cr_assert(q != NULL && aligned_to(q, alignment), "%zu bytes at %zu: %p", size, alignment, q);
      pattern_fill(p, size, 1);
      pattern_fill(q, size, 2);
      cr_assert(pattern_filled(p, size, 1));
      free(p);
      free(q);
    }
}

Test(conformance_memalign, an_alignment_that_is_no_power_of_two_is_einval) {
  for (size_t i = 0; i < NO_POWERS; i++) {
    FAILS_WITH(EINVAL, opaque(memalign(no_powers_of_two[i], 8)));
    FAILS_WITH(EINVAL, opaque(aligned_alloc(no_powers_of_two[i], 8)));
  }
}

Test(conformance_memalign, valloc_is_memalign_to_an_os_page) {
  for (size_t i = 0; i < ORDINARY_SIZES; i++) {
    void* p = NULL;
    KEEPS_ERRNO(p = opaque(valloc(ordinary_sizes[i])));
    cr_assert(p != NULL && aligned_to(p, os_page()), "%zu bytes: %p", ordinary_sizes[i], p);
    cr_assert_geq(malloc_usable_size(p), ordinary_sizes[i]);
    pattern_fill(p, ordinary_sizes[i], 1);
    free(p);
  }
}

Test(conformance_memalign, pvalloc_rounds_the_size_up_to_whole_os_pages) {
  for (size_t i = 0; i < ORDINARY_SIZES; i++) {
    const size_t whole = (ordinary_sizes[i] + os_page() - 1) / os_page() * os_page();
    void* p = NULL;
    KEEPS_ERRNO(p = opaque(pvalloc(ordinary_sizes[i])));
    cr_assert(p != NULL && aligned_to(p, os_page()), "%zu bytes: %p", ordinary_sizes[i], p);
    cr_assert_geq(malloc_usable_size(p), whole, "%zu bytes", ordinary_sizes[i]);
    pattern_fill(p, whole, 1);
    free(p);
  }
}

Test(conformance_memalign, realloc_takes_what_these_functions_gave) {
  void* p[5] = {opaque(memalign(256, 1000)), opaque(aligned_alloc(256, 1024)), opaque(valloc(1000)),
                opaque(pvalloc(1000)), NULL};
  cr_assert_eq(posix_memalign(&p[4], 256, 1000), 0);
  for (size_t i = 0; i < 5; i++) {
    pattern_fill(p[i], 1000, (unsigned)i);
    p[i] = opaque(realloc(p[i], 50000));
    cr_assert(pattern_filled(p[i], 1000, (unsigned)i));
    free(p[i]);
  }
}

/* ---- malloc_usable_size(3), malloc_size(3), malloc_good_size(3) ---- */

Test(conformance_memalign, usable_size_is_what_may_be_written) {
  enum { BLOCKS = ORDINARY_SIZES };
  unsigned char* p[BLOCKS];
  size_t usable[BLOCKS];
  for (size_t i = 0; i < BLOCKS; i++) {
    p[i] = opaque(malloc(ordinary_sizes[i]));
    KEEPS_ERRNO(usable[i] = malloc_usable_size(p[i]));
    cr_assert_geq(usable[i], ordinary_sizes[i]);
    cr_assert_eq(malloc_size(p[i]), usable[i]);
    pattern_fill(p[i], usable[i], (unsigned)i);
  }
  for (size_t i = 0; i < BLOCKS; i++) {
    cr_assert_eq(malloc_usable_size(p[i]), usable[i], "it is constant");
    cr_assert(pattern_filled(p[i], usable[i], (unsigned)i), "%zu bytes", ordinary_sizes[i]);
    free(p[i]);
  }
}

Test(conformance_memalign, usable_size_of_null_is_0) {
  KEEPS_ERRNO(cr_assert_eq(malloc_usable_size(opaque(NULL)), (size_t)0));
  KEEPS_ERRNO(cr_assert_eq(malloc_size(opaque(NULL)), (size_t)0));
}

Test(conformance_memalign, good_size_is_had_without_padding) {
  for (size_t i = 0; i < ORDINARY_SIZES; i++) {
    size_t good = 0;
    KEEPS_ERRNO(good = malloc_good_size(ordinary_sizes[i]));
    cr_assert_geq(good, ordinary_sizes[i]);
    cr_assert_eq(malloc_good_size(good), good, "%zu bytes: %zu", ordinary_sizes[i], good);
    void* const p = opaque(malloc(ordinary_sizes[i]));
    cr_assert_eq(malloc_usable_size(p), good, "%zu bytes", ordinary_sizes[i]);
    free(p);
  }
}
