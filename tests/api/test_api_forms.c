/* test_api_forms.c -- what holds for all mi_* functions that allocate or resize (tables.h): sizes, contents, errno, heaps. */
#define _GNU_SOURCE 1
#include <criterion/criterion.h>

#include "tables.h"
#include "tests/api/sizes.h"
#include "tests/support/errno_mark.h"
#include "tests/support/pattern.h"
#include "tests/support/pointers.h"

static mi_heap_t* heap;
static void with_heap(void) {
  heap = mi_heap_new();
  cr_assert_not_null(heap);
}
static void without_heap(void) {
  mi_heap_destroy(heap);
  mi_collect(true);
}
TestSuite(api_forms, .init = with_heap, .fini = without_heap);

/* Where the block must be, and must not. */
static void belongs(const void* p, bool in_heap, const char* name) {
  cr_assert_eq(mi_heap_contains(heap, p), in_heap, "%s: its block is%s the heap's", name, in_heap ? " not" : "");
}

Test(api_forms, makers_give_blocks) {
  for (size_t m = 0; m < MAKERS; m++) {
    const maker_t* f = &makers[m];
    for (size_t i = 0; i < ORDINARY_SIZES; i++) {
      const size_t size = ordinary_sizes[i];
      for (int again = 0; again < 2; again++) { /* the second may be what the first dirtied */
        unsigned char* p = NULL;
        KEEPS_ERRNO(p = f->make(heap, size));
        cr_assert_not_null(p, "%s: %zu bytes", f->name, size);
        cr_assert(aligned_to(p, 16), "%s: %zu bytes", f->name, size);
        const size_t usable = mi_usable_size(p);
        cr_assert_geq(usable, size, "%s", f->name);
        if (f->zero) cr_assert(all_zero(p, usable), "%s: %zu bytes", f->name, size);
        belongs(p, f->in_heap, f->name);
        memset(p, 0xd5, usable);
        KEEPS_ERRNO(mi_free(p));
      }
    }
  }
}

Test(api_forms, makers_count) {
  for (size_t m = 0; m < MAKERS; m++) {
    const maker_t* f = &makers[m];
    if (f->array == NULL) continue;
    for (size_t count = 0; count <= 1000; count = count * 3 + 1) {
      unsigned char* p = NULL;
      KEEPS_ERRNO(p = f->array(heap, count, 24));
      cr_assert_not_null(p, "%s: %zu times 24", f->name, count);
      cr_assert_geq(mi_usable_size(p), count * 24, "%s: %zu times 24", f->name, count);
      if (f->zero) cr_assert(all_zero(p, mi_usable_size(p)), "%s: %zu times 24", f->name, count);
      memset(p, 0xd5, mi_usable_size(p));
      mi_free(p);
    }
  }
}

static volatile size_t half = (size_t)1 << 63;
static volatile size_t root = (size_t)1 << 32;

Test(api_forms, makers_fail_with_enomem) {
  for (size_t m = 0; m < MAKERS; m++) {
    const maker_t* f = &makers[m];
    for (size_t i = 0; i < IMPOSSIBLE_SIZES; i++) FAILS_WITH(ENOMEM, f->make(heap, impossible_sizes[i]));
    if (f->array == NULL) continue;
    FAILS_WITH(ENOMEM, f->array(heap, half, 2));
    FAILS_WITH(ENOMEM, f->array(heap, root, root));
    FAILS_WITH(ENOMEM, f->array(heap, root + 1, root));
    FAILS_WITH(ENOMEM, f->array(heap, 3, half));
  }
}

Test(api_forms, resizers_keep_contents) {
  static const size_t sizes[] = {0, 1, 16, 100, 1000, 5000, 40000, 70000, 300000, 6 << 20};
  enum { SIZES = sizeof sizes / sizeof sizes[0] };
  for (size_t r = 0; r < RESIZERS; r++) {
    const resizer_t* f = &resizers[r];
    for (size_t i = 0; i < SIZES; i++) {
      for (size_t j = 0; j < SIZES; j++) {
        const size_t from = sizes[i], to = sizes[j];
        unsigned char* p = f->resize(heap, NULL, from);
        cr_assert_not_null(p, "%s: NULL to %zu bytes", f->name, from);
        if (f->zero) cr_assert(all_zero(p, mi_usable_size(p)), "%s: NULL to %zu bytes", f->name, from);
        belongs(p, f->in_heap, f->name);
        const size_t kept = from < to ? from : to;
        pattern_fill(p, from, (unsigned)i);
        KEEPS_ERRNO(p = f->resize(heap, p, to));
        cr_assert_not_null(p, "%s: %zu to %zu bytes", f->name, from, to);
        cr_assert(pattern_filled(p, kept, (unsigned)i), "%s: %zu to %zu bytes", f->name, from, to);
        const size_t usable = mi_usable_size(p);
        cr_assert_geq(usable, to, "%s: %zu to %zu bytes", f->name, from, to);
        if (f->zero) cr_assert(all_zero(p + kept, usable - kept), "%s: %zu to %zu bytes", f->name, from, to);
        belongs(p, f->in_heap, f->name);
        memset(p, 0x77, usable);
        KEEPS_ERRNO(mi_free(p));
      }
    }
  }
}

Test(api_forms, resizers_count) {
  for (size_t r = 0; r < RESIZERS; r++) {
    const resizer_t* f = &resizers[r];
    if (f->array == NULL) continue;
    unsigned char* p = f->array(heap, NULL, 10, 24);
    pattern_fill(p, 240, 1);
    for (size_t count = 10; count <= 10000; count = count * 3 + 1) {
      KEEPS_ERRNO(p = f->array(heap, p, count, 24));
      cr_assert(pattern_filled(p, 240, 1), "%s: %zu times 24", f->name, count);
      cr_assert_geq(mi_usable_size(p), count * 24, "%s: %zu times 24", f->name, count);
    }
    KEEPS_ERRNO(p = f->array(heap, p, 0, 24));
    cr_assert_not_null(p, "%s: none at all is a block, too", f->name);
    mi_free(p);
  }
}

/* What blocks take up in all, those held by the tests' own framework apart. */
static size_t in_use(void) {
  size_t bytes = 0;
  mi_collect(true);
  mi_process_info(NULL, NULL, NULL, NULL, NULL, &bytes, NULL, NULL);
  return bytes;
}

Test(api_forms, resizers_fail_with_enomem) {
  for (size_t r = 0; r < RESIZERS; r++) {
    const resizer_t* f = &resizers[r];
    FAILS_WITH(ENOMEM, f->resize(heap, NULL, impossible_sizes[0]));
    const size_t before = in_use();
    for (size_t i = 0; i < IMPOSSIBLE_SIZES; i++) {
      unsigned char* const p = f->resize(heap, NULL, 1 << 20);
      pattern_fill(p, 1 << 20, 5);
      FAILS_WITH(ENOMEM, f->resize(heap, p, impossible_sizes[i]));
      if (f->frees) continue;
      if (f->array != NULL) FAILS_WITH(ENOMEM, f->array(heap, p, half, 2));
      if (f->array != NULL) FAILS_WITH(ENOMEM, f->array(heap, p, root, root));
      cr_assert(pattern_filled(p, 1 << 20, 5), "%s: the block was changed", f->name);
      mi_free(p);
    }
    cr_assert_lt(in_use(), before + (1 << 20), "%s: a block was lost", f->name);
  }
}

/* A block that moves becomes the named heap's, whichever it was; with no heap named it becomes the thread's. */
Test(api_forms, blocks_move_from_heap_to_heap) {
  for (size_t r = 0; r < RESIZERS; r++) {
    const resizer_t* f = &resizers[r];
    for (int from_heap = 0; from_heap < 2; from_heap++) {
      unsigned char* p = from_heap ? mi_heap_zalloc(heap, 1000) : mi_zalloc(1000);
      pattern_fill(p, 1000, 2);
      p = f->resize(heap, p, 20000);
      cr_assert(pattern_filled(p, 1000, 2), "%s", f->name);
      belongs(p, f->in_heap, f->name);
      mi_free(p);
    }
  }
}

/* No heap is the main heap; no theap is the thread's default. */
Test(api_forms, a_heap_need_not_be_named) {
  mi_heap_t* const before = mi_heap_set_default(heap);
  for (size_t m = 0; m < MAKERS; m++) {
    if (!makers[m].in_heap || strncmp(makers[m].name, "mi_theap", 8) == 0) continue;
    void* const p = makers[m].make(NULL, 100);
    cr_assert_not_null(p, "%s", makers[m].name);
    cr_assert_eq(mi_heap_of(p), mi_heap_main(), "%s", makers[m].name);
    mi_free(p);
  }
  mi_theap_t* volatile none = NULL;
  void* const blocks[] = {mi_theap_malloc(none, 100),
                          mi_theap_zalloc(none, 100),
                          mi_theap_calloc(none, 10, 10),
                          mi_theap_malloc_small(none, 100),
                          mi_theap_zalloc_small(none, 100),
                          mi_theap_malloc_aligned(none, 100, 64),
                          mi_theap_realloc(none, NULL, 100),
                          mi_malloc(100),
                          mi_strdup("text"),
                          mi_realpath("/", NULL)};
  for (size_t i = 0; i < sizeof blocks / sizeof blocks[0]; i++) {
    cr_assert(mi_heap_contains(heap, blocks[i]), "form %zu: not in the default heap", i);
    mi_free(blocks[i]);
  }
  mi_heap_set_default(before);
}

Test(api_forms, by_type) {
  typedef struct pair_s {
    uint64_t a, b, c;
  } pair_t;
  pair_t* p = mi_malloc_tp(pair_t);
  pair_t* q = mi_heap_malloc_tp(heap, pair_t);
  cr_assert(mi_usable_size(p) >= sizeof *p && mi_usable_size(q) >= sizeof *q);
  belongs(q, true, "mi_heap_malloc_tp");
  mi_free(p);
  mi_free(q);
  p = mi_zalloc_tp(pair_t);
  q = mi_heap_zalloc_tp(heap, pair_t);
  cr_assert(all_zero(p, sizeof *p) && all_zero(q, sizeof *q));
  belongs(q, true, "mi_heap_zalloc_tp");
  mi_free(p);
  mi_free(q);
  p = mi_mallocn_tp(pair_t, 50);
  q = mi_heap_mallocn_tp(heap, pair_t, 50);
  cr_assert(mi_usable_size(p) >= 50 * sizeof *p && mi_usable_size(q) >= 50 * sizeof *q);
  p = mi_reallocn_tp(p, pair_t, 500);
  q = mi_heap_reallocn_tp(heap, q, pair_t, 500);
  cr_assert(mi_usable_size(p) >= 500 * sizeof *p && mi_usable_size(q) >= 500 * sizeof *q);
  mi_free(p);
  mi_free(q);
  p = mi_calloc_tp(pair_t, 50);
  q = mi_heap_calloc_tp(heap, pair_t, 50);
  cr_assert(all_zero(p, 50 * sizeof *p) && all_zero(q, 50 * sizeof *q));
  p = mi_recalloc_tp(p, pair_t, 500);
  q = mi_heap_recalloc_tp(heap, q, pair_t, 500);
  cr_assert(all_zero(p, 500 * sizeof *p) && all_zero(q, 500 * sizeof *q));
  belongs(q, true, "mi_heap_recalloc_tp");
  mi_free(p);
  mi_free(q);
}
