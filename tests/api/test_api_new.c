/* test_api_new.c -- the functions of mica/new.h where no C++ runtime is loaded. With one: tests/plain/api_new.cc. */
#define _GNU_SOURCE 1
#include <mica.h>

#include "tests/api/sizes.h"
#include "tests/support/dying.h"
#include "tests/support/errno_mark.h"
#include "tests/support/pattern.h"
#include "tests/support/pointers.h"

static void check(void* p, size_t size, size_t alignment, const char* name) {
  cr_assert_not_null(p, "%s: %zu bytes", name, size);
  cr_assert(aligned_to(p, alignment) && mi_usable_size(p) >= size, "%s: %zu bytes at %zu: %p", name, size, alignment,
            p);
  memset(p, 1, size);
  KEEPS_ERRNO(mi_free_size(p, size));
}

Test(api_new, blocks) {
  mi_heap_t* const heap = mi_heap_new();
  for (size_t i = 0; i < ORDINARY_SIZES; i++) {
    const size_t size = ordinary_sizes[i];
    void* p = NULL;
    KEEPS_ERRNO(p = opaque(mi_new(size)));
    check(p, size, 16, "mi_new");
    KEEPS_ERRNO(p = opaque(mi_new_nothrow(size)));
    check(p, size, 16, "mi_new_nothrow");
    KEEPS_ERRNO(p = opaque(mi_new_n(3, size)));
    check(p, 3 * size, 16, "mi_new_n");
    KEEPS_ERRNO(p = opaque(mi_heap_alloc_new(heap, size)));
    cr_assert(mi_heap_contains(heap, p));
    check(p, size, 16, "mi_heap_alloc_new");
    KEEPS_ERRNO(p = opaque(mi_heap_alloc_new_n(heap, size, 3)));
    cr_assert(mi_heap_contains(heap, p));
    check(p, 3 * size, 16, "mi_heap_alloc_new_n");
    for (int nothrow = 0; nothrow < 2; nothrow++) {
      KEEPS_ERRNO(p = opaque(mi_heap_try_new(heap, size, nothrow != 0)));
      cr_assert(mi_heap_contains(heap, p));
      check(p, size, 16, "mi_heap_try_new");
    }
    for (size_t alignment = 1; alignment <= 1 << 20; alignment *= 8) {
      KEEPS_ERRNO(p = opaque(mi_new_aligned(size, alignment)));
      check(p, size, alignment, "mi_new_aligned");
      KEEPS_ERRNO(p = opaque(mi_new_aligned_nothrow(size, alignment)));
      check(p, size, alignment, "mi_new_aligned_nothrow");
    }
  }
  mi_heap_destroy(heap);
}

Test(api_new, resizing) {
  unsigned char* p = NULL;
  KEEPS_ERRNO(p = opaque(mi_new_realloc(NULL, 100)));
  pattern_fill(p, 100, 1);
  KEEPS_ERRNO(p = opaque(mi_new_realloc(p, 10000)));
  cr_assert(pattern_filled(p, 100, 1) && mi_usable_size(p) >= 10000);
  KEEPS_ERRNO(p = opaque(mi_new_reallocn(p, 1000, 100)));
  cr_assert(pattern_filled(p, 100, 1) && mi_usable_size(p) >= 100000);
  KEEPS_ERRNO(p = opaque(mi_new_reallocn(p, 10, 10)));
  cr_assert(pattern_filled(p, 100, 1));
  mi_free(p);
}

Test(api_new, nothrow_returns_null) {
  for (size_t i = 0; i < IMPOSSIBLE_SIZES; i++) {
    FAILS_WITH(ENOMEM, opaque(mi_new_nothrow(impossible_sizes[i])));
    FAILS_WITH(ENOMEM, opaque(mi_new_aligned_nothrow(impossible_sizes[i], 64)));
    FAILS_WITH(ENOMEM, opaque(mi_heap_try_new(NULL, impossible_sizes[i], true)));
  }
  volatile size_t odd = 48, none = 0, over = (size_t)1 << 40;
  FAILS_WITH(EINVAL, opaque(mi_new_aligned_nothrow(100, odd)));
  FAILS_WITH(EINVAL, opaque(mi_new_aligned_nothrow(100, none)));
  FAILS_WITH(ENOMEM, opaque(mi_new_aligned_nothrow(100, over)));
}

static volatile size_t half = (size_t)1 << 63;
static volatile size_t odd_alignment = 48;
static void* held;
static void new_impossible(void) { opaque(mi_new(impossible_sizes[0])); }
static void new_n_overflow(void) { opaque(mi_new_n(half, 2)); }
static void new_misaligned(void) { opaque(mi_new_aligned(100, odd_alignment)); }
static void new_aligned_impossible(void) { opaque(mi_new_aligned(impossible_sizes[0], 64)); }
static void new_realloc_impossible(void) { opaque(mi_new_realloc(held, impossible_sizes[0])); }
static void new_reallocn_overflow(void) { opaque(mi_new_reallocn(held, half, 2)); }
static void heap_new_impossible(void) { opaque(mi_heap_alloc_new(NULL, impossible_sizes[0])); }
static void try_new_impossible(void) { opaque(mi_heap_try_new(NULL, impossible_sizes[0], false)); }
static void heap_new_n_overflow(void) { opaque(mi_heap_alloc_new_n(NULL, half, 2)); }

typedef void(failing_t)(void);
static void fail(void* which) { (*(failing_t* const*)which)(); }

Test(api_new, without_a_runtime_failure_ends_the_program) {
  static failing_t* failing[] = {new_impossible,         new_n_overflow,         new_misaligned,
                                 new_aligned_impossible, new_realloc_impossible, new_reallocn_overflow,
                                 heap_new_impossible,    heap_new_n_overflow,    try_new_impossible};
  held = mi_new(100);
  for (size_t i = 0; i < sizeof failing / sizeof failing[0]; i++) {
    char words[1000];
    dying_words(fail, (void*)&failing[i], words, sizeof words);
    cr_assert_not_null(strstr(words, "out of memory, and no C++ runtime"), "form %zu: \"%s\"", i, words);
  }
  mi_free(held);
}
