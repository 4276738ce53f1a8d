/* test_errno.c -- errno, over all functions that allocate, resize or free: ENOMEM (EINVAL for what is no alignment) with every
 * NULL, and untouched by every success and every free; a resizing that fails leaves its block alone.
 *
 * What cannot be had: sizes that nothing can meet, products that overflow, alignments that are none or too large, and any size
 * once the system gives no more memory: then everything mica still has is used up, so that each function comes to its end. */
#define _GNU_SOURCE 1
#include "api/family.h"
#include <criterion/criterion.h>

#include "forms.h"
#include "segment/os.h"
#include "tests/api/sizes.h"
#include "tests/support/errno_mark.h"
#include "tests/support/pattern.h"
#include "tests/support/pointers.h"

/* ---- the functions of a size, and of a count and a size ---- */

typedef void* by_size_t(size_t size);
typedef void* by_count_t(size_t count, size_t size);
#define BY_SIZE(name, call) \
  static void* size_##name(size_t n) { return opaque(call); }
#define BY_COUNT(name, call) \
  static void* count_##name(size_t k, size_t n) { return opaque(call); }

BY_SIZE(malloc, malloc(n))
BY_SIZE(realloc, realloc(NULL, n))
BY_SIZE(reallocf, reallocf(NULL, n))
BY_SIZE(valloc, valloc(n))
BY_SIZE(pvalloc, pvalloc(n))
BY_SIZE(libc_malloc, __libc_malloc(n))
BY_SIZE(libc_realloc, __libc_realloc(NULL, n))
BY_SIZE(libc_valloc, __libc_valloc(n))
BY_SIZE(libc_pvalloc, __libc_pvalloc(n))
BY_SIZE(mi_malloc, mi_malloc(n))
BY_SIZE(mi_zalloc, mi_zalloc(n))
BY_SIZE(mi_malloc_small, mi_malloc_small(n))
BY_SIZE(mi_zalloc_small, mi_zalloc_small(n))
BY_SIZE(mi_realloc, mi_realloc(NULL, n))
BY_SIZE(mi_reallocf, mi_reallocf(NULL, n))
BY_SIZE(mi_rezalloc, mi_rezalloc(NULL, n))
BY_SIZE(mi_umalloc, mi_umalloc(n, NULL))
BY_SIZE(mi_umalloc_small, mi_umalloc_small(n, NULL))
BY_SIZE(mi_uzalloc_small, mi_uzalloc_small(n, NULL))
BY_SIZE(mi_urealloc, mi_urealloc(NULL, n, NULL, NULL))
BY_SIZE(mi_valloc, mi_valloc(n))
BY_SIZE(mi_pvalloc, mi_pvalloc(n))
BY_SIZE(mi_new_nothrow, mi_new_nothrow(n))
BY_SIZE(heap_malloc, mi_heap_malloc(forms_heap, n))
BY_SIZE(heap_zalloc, mi_heap_zalloc(forms_heap, n))
BY_SIZE(heap_malloc_small, mi_heap_malloc_small(forms_heap, n))
BY_SIZE(heap_zalloc_small, mi_heap_zalloc_small(forms_heap, n))
BY_SIZE(heap_realloc, mi_heap_realloc(forms_heap, NULL, n))
BY_SIZE(heap_reallocf, mi_heap_reallocf(forms_heap, NULL, n))
BY_SIZE(heap_rezalloc, mi_heap_rezalloc(forms_heap, NULL, n))
BY_SIZE(theap_malloc, mi_theap_malloc(NULL, n))
BY_SIZE(theap_zalloc, mi_theap_zalloc(NULL, n))
BY_SIZE(theap_malloc_small, mi_theap_malloc_small(NULL, n))
BY_SIZE(theap_zalloc_small, mi_theap_zalloc_small(NULL, n))
BY_SIZE(theap_realloc, mi_theap_realloc(NULL, NULL, n))

BY_COUNT(calloc, calloc(k, n))
BY_COUNT(reallocarray, reallocarray(NULL, k, n))
BY_COUNT(libc_calloc, __libc_calloc(k, n))
BY_COUNT(mi_calloc, mi_calloc(k, n))
BY_COUNT(mi_mallocn, mi_mallocn(k, n))
BY_COUNT(mi_reallocn, mi_reallocn(NULL, k, n))
BY_COUNT(mi_reallocarray, mi_reallocarray(NULL, k, n))
BY_COUNT(mi_recalloc, mi_recalloc(NULL, k, n))
BY_COUNT(mi_ucalloc, mi_ucalloc(k, n, NULL))
BY_COUNT(mi_calloc_aligned, mi_calloc_aligned(k, n, 64))
BY_COUNT(mi_calloc_aligned_at, mi_calloc_aligned_at(k, n, 64, 8))
BY_COUNT(mi_recalloc_aligned, mi_recalloc_aligned(NULL, k, n, 64))
BY_COUNT(mi_recalloc_aligned_at, mi_recalloc_aligned_at(NULL, k, n, 64, 8))
BY_COUNT(mi_aligned_recalloc, mi_aligned_recalloc(NULL, k, n, 64))
BY_COUNT(mi_aligned_offset_recalloc, mi_aligned_offset_recalloc(NULL, k, n, 64, 8))
BY_COUNT(heap_calloc, mi_heap_calloc(forms_heap, k, n))
BY_COUNT(heap_mallocn, mi_heap_mallocn(forms_heap, k, n))
BY_COUNT(heap_reallocn, mi_heap_reallocn(forms_heap, NULL, k, n))
BY_COUNT(heap_recalloc, mi_heap_recalloc(forms_heap, NULL, k, n))
BY_COUNT(heap_calloc_aligned, mi_heap_calloc_aligned(forms_heap, k, n, 64))
BY_COUNT(heap_calloc_aligned_at, mi_heap_calloc_aligned_at(forms_heap, k, n, 64, 8))
BY_COUNT(heap_recalloc_aligned, mi_heap_recalloc_aligned(forms_heap, NULL, k, n, 64))
BY_COUNT(heap_recalloc_aligned_at, mi_heap_recalloc_aligned_at(forms_heap, NULL, k, n, 64, 8))
BY_COUNT(theap_calloc, mi_theap_calloc(NULL, k, n))

static by_size_t* const by_size[] = {
    size_malloc,
    size_realloc,
    size_reallocf,
    size_valloc,
    size_pvalloc,
    size_libc_malloc,
    size_libc_realloc,
    size_libc_valloc,
    size_libc_pvalloc,
    size_mi_malloc,
    size_mi_zalloc,
    size_mi_malloc_small,
    size_mi_zalloc_small,
    size_mi_realloc,
    size_mi_reallocf,
    size_mi_rezalloc,
    size_mi_umalloc,
    size_mi_umalloc_small,
    size_mi_uzalloc_small,
    size_mi_urealloc,
    size_mi_valloc,
    size_mi_pvalloc,
    size_mi_new_nothrow,
    size_heap_malloc,
    size_heap_zalloc,
    size_heap_malloc_small,
    size_heap_zalloc_small,
    size_heap_realloc,
    size_heap_reallocf,
    size_heap_rezalloc,
    size_theap_malloc,
    size_theap_zalloc,
    size_theap_malloc_small,
    size_theap_zalloc_small,
    size_theap_realloc,
};
static by_count_t* const by_count[] = {
    count_calloc,
    count_reallocarray,
    count_libc_calloc,
    count_mi_calloc,
    count_mi_mallocn,
    count_mi_reallocn,
    count_mi_reallocarray,
    count_mi_recalloc,
    count_mi_ucalloc,
    count_mi_calloc_aligned,
    count_mi_calloc_aligned_at,
    count_mi_recalloc_aligned,
    count_mi_recalloc_aligned_at,
    count_mi_aligned_recalloc,
    count_mi_aligned_offset_recalloc,
    count_heap_calloc,
    count_heap_mallocn,
    count_heap_reallocn,
    count_heap_recalloc,
    count_heap_calloc_aligned,
    count_heap_calloc_aligned_at,
    count_heap_recalloc_aligned,
    count_heap_recalloc_aligned_at,
    count_theap_calloc,
};
enum { SIZED = sizeof by_size / sizeof by_size[0], COUNTED = sizeof by_count / sizeof by_count[0] };

static void make_theap(void) { cr_assert_not_null(forms_heap = mi_heap_new()); }

TestSuite(errnos, .init = make_theap);

/* ---- what can be had ---- */

Test(errnos, is_untouched_by_success_and_by_free) {
  void* p = NULL;
  for (size_t i = 0; i < ORDINARY_SIZES; i++) {
    const size_t size = ordinary_sizes[i];
    for (size_t f = 0; f < SIZED; f++) {
      KEEPS_ERRNO(p = by_size[f](size));
      cr_assert_not_null(p, "function %zu, %zu bytes", f, size);
      KEEPS_ERRNO(mi_free(p));
    }
    for (size_t f = 0; f < COUNTED; f++) {
      KEEPS_ERRNO(p = by_count[f](size, 1));
      cr_assert_not_null(p, "function %zu, %zu bytes", f, size);
      KEEPS_ERRNO(mi_free(p));
    }
    for (size_t f = 0; f < FORMS; f++) {
      KEEPS_ERRNO(p = forms[f].make(size, 4096, 24));
      cr_assert_not_null(p, "%s, %zu bytes", forms[f].name, size);
      KEEPS_ERRNO(mi_free(p));
    }
  }
}

Test(errnos, is_untouched_by_every_way_to_free) {
  size_t was = 0;
  for (size_t i = 0; i < ORDINARY_SIZES; i++) {
    const size_t n = ordinary_sizes[i];
    KEEPS_ERRNO(free(opaque(mi_malloc(n))));
    KEEPS_ERRNO(cfree(opaque(mi_malloc(n))));
    KEEPS_ERRNO(vfree(opaque(mi_malloc(n))));
    KEEPS_ERRNO(free_sized(opaque(malloc(n)), n));
    KEEPS_ERRNO(free_aligned_sized(opaque(aligned_alloc(64, n)), 64, n));
    KEEPS_ERRNO(__libc_free(opaque(mi_malloc(n))));
    KEEPS_ERRNO(__libc_cfree(opaque(mi_malloc(n))));
    KEEPS_ERRNO(mi_free(opaque(mi_malloc(n))));
    KEEPS_ERRNO(mi_free_size(opaque(mi_malloc(n)), n));
    KEEPS_ERRNO(mi_free_aligned(opaque(mi_malloc_aligned(n, 64)), 64));
    KEEPS_ERRNO(mi_free_size_aligned(opaque(mi_malloc_aligned(n, 64)), n, 64));
    KEEPS_ERRNO(mi_cfree(opaque(mi_malloc(n))));
    KEEPS_ERRNO(mi_ufree(opaque(mi_malloc(n)), &was));
    KEEPS_ERRNO(mi_free_small(opaque(mi_malloc_small(n % (MI_SMALL_SIZE_MAX + 1)))));
    KEEPS_ERRNO(mi_free(opaque(mi_heap_malloc(forms_heap, n))));
    cr_assert_not_null(opaque(mi_heap_malloc(forms_heap, n)));
  }
  KEEPS_ERRNO(mi_heap_delete(forms_heap));
  mi_heap_t* const heap = mi_heap_new();
  for (size_t i = 0; i < ORDINARY_SIZES; i++) cr_assert_not_null(opaque(mi_heap_malloc(heap, ordinary_sizes[i])));
  KEEPS_ERRNO(mi_heap_destroy(heap));
}

/* ---- what nobody can have ---- */

Test(errnos, is_enomem_of_sizes_that_cannot_be) {
  for (size_t i = 0; i < IMPOSSIBLE_SIZES; i++) {
    for (size_t f = 0; f < SIZED; f++) FAILS_WITH(ENOMEM, by_size[f](impossible_sizes[i]));
    for (size_t f = 0; f < COUNTED; f++) FAILS_WITH(ENOMEM, by_count[f](1, impossible_sizes[i]));
    for (size_t f = 0; f < COUNTED; f++) FAILS_WITH(ENOMEM, by_count[f](impossible_sizes[i], 1));
    for (size_t f = 0; f < FORMS; f++) {
      if (strstr(forms[f].name, "posix") != NULL || strcmp(forms[f].name, "new") == 0) continue;
      FAILS_WITH(ENOMEM, forms[f].make(impossible_sizes[i], 64, 8));
    }
  }
}

Test(errnos, is_enomem_of_products_that_overflow) {
  static volatile const size_t factors[][2] = {
      {(size_t)1 << 63, 2},       {2, (size_t)1 << 63}, {(size_t)1 << 32, (size_t)1 << 32},
      {((size_t)1 << 63) + 1, 2}, {SIZE_MAX, SIZE_MAX}, {((size_t)1 << 32) + 1, (size_t)1 << 32}};
  for (size_t f = 0; f < COUNTED; f++)
    for (size_t i = 0; i < sizeof factors / sizeof factors[0]; i++)
      FAILS_WITH(ENOMEM, by_count[f](factors[i][0], factors[i][1]));
}

Test(errnos, is_einval_of_what_is_no_alignment_and_enomem_of_one_too_large) {
  static volatile const size_t none[] = {0, 3, 24, 4097, SIZE_MAX, ((size_t)1 << 40) + 1};
  static volatile const size_t large[] = {(size_t)1 << 31, (size_t)1 << 48, (size_t)1 << 63};
  for (size_t f = 0; f < FORMS; f++) {
    if (strstr(forms[f].name, "posix") != NULL || strcmp(forms[f].name, "new") == 0) continue;
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) FAILS_WITH(EINVAL, forms[f].make(100, none[i], 0));
    for (size_t i = 0; i < sizeof large / sizeof large[0]; i++) FAILS_WITH(ENOMEM, forms[f].make(100, large[i], 0));
  }
}

/* ---- a resizing that fails ---- */

#define LEFT_ALONE(call) \
  do { \
    FAILS_WITH(ENOMEM, opaque(call)); \
    cr_assert(pattern_filled(p, 1000, 4), "%s changed the block", #call); \
  } while (0)

Test(errnos, a_failed_resizing_leaves_the_block_alone) {
  volatile size_t n = PTRDIFF_MAX, half = (size_t)1 << 63, odd = 48;
  void* p = opaque(mi_zalloc(1000));
  pattern_fill(p, 1000, 4);
  LEFT_ALONE(realloc(opaque(p), n));
  LEFT_ALONE(reallocarray(opaque(p), half, 2));
  LEFT_ALONE(__libc_realloc(opaque(p), n));
  LEFT_ALONE(mi_realloc(opaque(p), n));
  LEFT_ALONE(mi_reallocn(opaque(p), half, 2));
  LEFT_ALONE(mi_reallocarray(opaque(p), half, 2));
  LEFT_ALONE(mi_rezalloc(opaque(p), n));
  LEFT_ALONE(mi_recalloc(opaque(p), half, 2));
  LEFT_ALONE(mi_urealloc(opaque(p), n, NULL, NULL));
  LEFT_ALONE(mi_expand(opaque(p), n));
  LEFT_ALONE(mi__expand(opaque(p), n));
  LEFT_ALONE(mi_realloc_aligned(opaque(p), n, 64));
  LEFT_ALONE(mi_realloc_aligned_at(opaque(p), n, 64, 8));
  LEFT_ALONE(mi_rezalloc_aligned(opaque(p), n, 64));
  LEFT_ALONE(mi_rezalloc_aligned_at(opaque(p), n, 64, 8));
  LEFT_ALONE(mi_recalloc_aligned(opaque(p), half, 2, 64));
  LEFT_ALONE(mi_recalloc_aligned_at(opaque(p), half, 2, 64, 8));
  LEFT_ALONE(mi_aligned_recalloc(opaque(p), half, 2, 64));
  LEFT_ALONE(mi_aligned_offset_recalloc(opaque(p), half, 2, 64, 8));
  LEFT_ALONE(mi_heap_realloc(forms_heap, opaque(p), n));
  LEFT_ALONE(mi_heap_reallocn(forms_heap, opaque(p), half, 2));
  LEFT_ALONE(mi_heap_rezalloc(forms_heap, opaque(p), n));
  LEFT_ALONE(mi_heap_recalloc(forms_heap, opaque(p), half, 2));
  LEFT_ALONE(mi_heap_realloc_aligned(forms_heap, opaque(p), n, 64));
  LEFT_ALONE(mi_heap_realloc_aligned_at(forms_heap, opaque(p), n, 64, 8));
  LEFT_ALONE(mi_heap_rezalloc_aligned(forms_heap, opaque(p), n, 64));
  LEFT_ALONE(mi_heap_rezalloc_aligned_at(forms_heap, opaque(p), n, 64, 8));
  LEFT_ALONE(mi_heap_recalloc_aligned(forms_heap, opaque(p), half, 2, 64));
  LEFT_ALONE(mi_heap_recalloc_aligned_at(forms_heap, opaque(p), half, 2, 64, 8));
  LEFT_ALONE(mi_theap_realloc(NULL, opaque(p), n));
  FAILS_WITH(EINVAL, opaque(mi_realloc_aligned(opaque(p), 10, odd)));
  FAILS_WITH(EINVAL, opaque(mi_recalloc_aligned(opaque(p), 10, 1, odd)));
  FAILS_WITH(EINVAL, opaque(mi_heap_rezalloc_aligned(forms_heap, opaque(p), 10, odd)));
  cr_assert(pattern_filled(p, 1000, 4));
  mi_free(p);
}

Test(errnos, functions_that_return_a_code_leave_errno_and_the_pointer_alone) {
  volatile size_t n = PTRDIFF_MAX, half = (size_t)1 << 63, odd = 24;
  void* p = opaque(mi_malloc(100));
  void* const before = p;
  KEEPS_ERRNO(cr_assert_eq(mi_posix_memalign(&p, odd, 8), EINVAL));
  KEEPS_ERRNO(cr_assert_eq(mi_posix_memalign(&p, 64, n), ENOMEM));
  KEEPS_ERRNO(cr_assert_eq(posix_memalign(&p, odd, 8), EINVAL));
  KEEPS_ERRNO(cr_assert_eq(posix_memalign(&p, 64, n), ENOMEM));
  KEEPS_ERRNO(cr_assert_eq(__posix_memalign(&p, 64, n), ENOMEM));
  KEEPS_ERRNO(cr_assert_eq(mi_reallocarr(&p, half, 2), EOVERFLOW));
  KEEPS_ERRNO(cr_assert_eq(mi_reallocarr(&p, n, 1), ENOMEM));
  KEEPS_ERRNO(cr_assert_eq(reallocarr(&p, half, 2), EOVERFLOW));
  KEEPS_ERRNO(cr_assert_eq(reallocarr(&p, n, 1), ENOMEM));
  cr_assert_eq(p, before);
  KEEPS_ERRNO(cr_assert_eq(mi_reallocarr(&p, 5, 100), 0));
  mi_free(p);
}
