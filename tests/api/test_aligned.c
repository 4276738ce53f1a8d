/* test_aligned.c -- the functions that take an alignment. */
#define _GNU_SOURCE 1
#include "api/family.h"
#include <criterion/criterion.h>
#include <malloc.h>
#include <mica.h>
#include <stdlib.h>

#include "tests/api/sizes.h"
#include "tests/support/errno_mark.h"
#include "tests/support/pattern.h"
#include "tests/support/pointers.h"

typedef struct maker_s {
  const char* name;
  void* (*make)(size_t alignment, size_t size);
  bool zero;
} maker_t;

static void* by_mi_malloc(size_t alignment, size_t size) { return mi_malloc_aligned(size, alignment); }
static void* by_mi_zalloc(size_t alignment, size_t size) { return mi_zalloc_aligned(size, alignment); }
static void* by_mi_calloc(size_t alignment, size_t size) { return mi_calloc_aligned(1, size, alignment); }
static void* by_mi_realloc(size_t alignment, size_t size) { return mi_realloc_aligned(NULL, size, alignment); }
static void* by_mi_malloc_at(size_t alignment, size_t size) { return mi_malloc_aligned_at(size, alignment, 0); }
static void* by_microsoft(size_t alignment, size_t size) { return _aligned_malloc(size, alignment); }

static const maker_t makers[] = {
    {"memalign", memalign, false},
    {"aligned_alloc", aligned_alloc, false},
    {"__libc_memalign", __libc_memalign, false},
    {"_aligned_malloc", by_microsoft, false},
    {"mi_malloc_aligned", by_mi_malloc, false},
    {"mi_malloc_aligned_at 0", by_mi_malloc_at, false},
    {"mi_zalloc_aligned", by_mi_zalloc, true},
    {"mi_calloc_aligned", by_mi_calloc, true},
    {"mi_realloc_aligned(NULL)", by_mi_realloc, false},
};
enum { MAKERS = sizeof makers / sizeof makers[0] };

static const size_t sizes[] = {0, 1, 10, 16, 24, 100, 1000, 5000, 70000, 3 << 20};
enum { SIZES = sizeof sizes / sizeof sizes[0] };

Test(aligned, every_power_of_two_up_to_64_mib) {
  for (size_t m = 0; m < MAKERS; m++) {
    for (size_t alignment = 1; alignment <= (size_t)64 << 20; alignment *= 2) {
      for (size_t i = 0; i < SIZES; i++) {
        const size_t size = sizes[i];
        void* p = NULL;
        KEEPS_ERRNO(p = opaque(makers[m].make(alignment, size)));
        cr_assert_not_null(p, "%s: %zu bytes at %zu failed", makers[m].name, size, alignment);
        cr_assert(aligned_to(p, alignment), "%s: %zu bytes at %zu: %p", makers[m].name, size, alignment, p);
        cr_assert_geq(malloc_usable_size(p), size == 0 ? 1 : size, "%s: %zu bytes at %zu", makers[m].name, size,
                      alignment);
        if (makers[m].zero) cr_assert(all_zero(p, size), "%s: %zu bytes at %zu", makers[m].name, size, alignment);
        pattern_fill(p, size, (unsigned)i);
        KEEPS_ERRNO(free(p));
      }
    }
  }
}

Test(aligned, up_to_1_gib) {
  for (size_t alignment = (size_t)128 << 20; alignment <= (size_t)1 << 30; alignment *= 2) {
    char* const p = opaque(aligned_alloc(alignment, 100));
    cr_assert_not_null(p, "alignment %zu", alignment);
    cr_assert(aligned_to(p, alignment), "alignment %zu: %p", alignment, (void*)p);
    p[0] = p[99] = 1;
    free(p);
  }
}

Test(aligned, no_power_of_two_fails_with_einval) {
  static volatile const size_t bad[] = {
      0, 3, 5, 6, 7, 24, 48, 100, 4097, SIZE_MAX, SIZE_MAX - 1, ((size_t)1 << 30) + 1};
  for (size_t m = 0; m < MAKERS; m++) {
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
      errno = ERRNO_MARK;
      cr_assert_null(opaque(makers[m].make(bad[i], 100)), "%s at %zu", makers[m].name, bad[i]);
      cr_assert_eq(errno, EINVAL, "%s at %zu: errno %d", makers[m].name, bad[i], errno);
    }
  }
}

Test(aligned, over_large_alignments_and_sizes_fail_with_enomem) {
  static volatile const size_t large[] = {(size_t)1 << 31, (size_t)1 << 40, (size_t)1 << 63};
  for (size_t m = 0; m < MAKERS; m++) {
    for (size_t i = 0; i < sizeof large / sizeof large[0]; i++)
      FAILS_WITH(ENOMEM, opaque(makers[m].make(large[i], 100)));
    for (size_t i = 0; i < IMPOSSIBLE_SIZES; i++) {
      FAILS_WITH(ENOMEM, opaque(makers[m].make(8, impossible_sizes[i])));
      FAILS_WITH(ENOMEM, opaque(makers[m].make(4096, impossible_sizes[i])));
      FAILS_WITH(ENOMEM, opaque(makers[m].make((size_t)1 << 30, impossible_sizes[i])));
    }
  }
}

typedef int posix_t(void** memptr, size_t alignment, size_t size);
static posix_t* const posix_forms[] = {posix_memalign, __posix_memalign};

Test(aligned, posix_memalign_succeeds) {
  for (size_t f = 0; f < 2; f++) {
    for (size_t alignment = sizeof(void*); alignment <= (size_t)8 << 20; alignment *= 2) {
      void* p = NULL;
      KEEPS_ERRNO(cr_assert_eq(posix_forms[f](&p, alignment, 100), 0));
      cr_assert_not_null(p);
      cr_assert(aligned_to(p, alignment), "alignment %zu: %p", alignment, p);
      memset(p, 1, 100);
      free(p);
    }
    void* p = NULL;
    cr_assert_eq(posix_forms[f](&p, 64, 0), 0);
    cr_assert_not_null(p, "size 0 gives a block that can be freed");
    free(p);
  }
}

Test(aligned, posix_memalign_fails_without_touching_anything) {
  static volatile const size_t bad[] = {0, 1, 2, 4, 7, 12, 24, 100, SIZE_MAX};
  char mark;
  for (size_t f = 0; f < 2; f++) {
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
      void* p = &mark;
      KEEPS_ERRNO(cr_assert_eq(posix_forms[f](&p, bad[i], 100), EINVAL, "alignment %zu", bad[i]));
      cr_assert_eq(p, (void*)&mark, "alignment %zu: the pointer was written", bad[i]);
    }
    for (size_t i = 0; i < IMPOSSIBLE_SIZES; i++) {
      void* p = &mark;
      KEEPS_ERRNO(cr_assert_eq(posix_forms[f](&p, 64, impossible_sizes[i]), ENOMEM));
      cr_assert_eq(p, (void*)&mark, "size %zu: the pointer was written", impossible_sizes[i]);
    }
    void* p = &mark;
    KEEPS_ERRNO(cr_assert_eq(posix_forms[f](&p, (size_t)1 << 40, 100), ENOMEM));
    cr_assert_eq(p, (void*)&mark);
  }
}

Test(aligned, offsets) {
  static const size_t offsets[] = {0, 1, 8, 16, 24, 40, 100, 4096, 5000};
  for (size_t alignment = 16; alignment <= 65536; alignment *= 4) {
    for (size_t o = 0; o < sizeof offsets / sizeof offsets[0]; o++) {
      const size_t size = 6000;
      const size_t offset = offsets[o];
      char* p = opaque(mi_malloc_aligned_at(size, alignment, offset));
      cr_assert(aligned_to(p + offset, alignment), "malloc: alignment %zu, offset %zu", alignment, offset);
      cr_assert_geq(mi_usable_size(p), size);
      pattern_fill(p, size, 3);
      p = opaque(mi_realloc_aligned_at(p, 2 * size, alignment, offset));
      cr_assert(aligned_to(p + offset, alignment), "realloc: alignment %zu, offset %zu", alignment, offset);
      cr_assert(pattern_filled(p, size, 3), "realloc lost contents: alignment %zu, offset %zu", alignment, offset);
      mi_free(p);
      p = opaque(mi_zalloc_aligned_at(size, alignment, offset));
      cr_assert(aligned_to(p + offset, alignment), "zalloc: alignment %zu, offset %zu", alignment, offset);
      cr_assert(all_zero(p, mi_usable_size(p)), "zalloc: alignment %zu, offset %zu", alignment, offset);
      memset(p, 0xff, mi_usable_size(p));
      mi_free(p);
      p = opaque(mi_calloc_aligned_at(3, size / 3, alignment, offset));
      cr_assert(aligned_to(p + offset, alignment), "calloc: alignment %zu, offset %zu", alignment, offset);
      cr_assert(all_zero(p, mi_usable_size(p)), "calloc: alignment %zu, offset %zu", alignment, offset);
      mi_free(p);
    }
  }
}

Test(aligned, products_that_overflow_fail_with_enomem) {
  volatile size_t half = (size_t)1 << 63;
  FAILS_WITH(ENOMEM, opaque(mi_calloc_aligned(half, 2, 64)));
  FAILS_WITH(ENOMEM, opaque(mi_calloc_aligned_at(half, 2, 64, 8)));
  volatile size_t odd = 65;
  FAILS_WITH(EINVAL, opaque(mi_calloc_aligned(10, 2, odd)));
  FAILS_WITH(EINVAL, opaque(mi_malloc_aligned_at(10, odd, 8)));
}
