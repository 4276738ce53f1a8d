/* forms.h -- the functions that make an aligned block, each as form(size, alignment, offset), for tests that try them all.
 *
 * A form without an offset ignores it. Those of heaps allocate in forms_heap, which the test makes and deletes. */
#ifndef MICA_TESTS_OVERRIDE_FORMS_H
#define MICA_TESTS_OVERRIDE_FORMS_H
#include <malloc.h>
#include <mica.h>
#include <stdlib.h>

#include "tests/support/pointers.h"

static mi_heap_t* forms_heap;

typedef void* make_t(size_t size, size_t alignment, size_t offset);
typedef struct form_s {
  const char* name;
  make_t* make;
  bool zero;    /* over the whole usable size */
  bool at;      /* the offset counts */
  size_t least; /* alignment that it takes */
} form_t;

/* form_NAME(size, alignment, offset) is this expression. */
#define FORM(name, expression) \
  static void* form_##name(size_t size, size_t alignment, size_t offset) { \
    (void)offset; \
    return opaque(expression); \
  }

FORM(malloc, mi_malloc_aligned(size, alignment))
FORM(malloc_at, mi_malloc_aligned_at(size, alignment, offset))
FORM(zalloc, mi_zalloc_aligned(size, alignment))
FORM(zalloc_at, mi_zalloc_aligned_at(size, alignment, offset))
FORM(calloc, mi_calloc_aligned(size, 1, alignment))
FORM(calloc_at, mi_calloc_aligned_at(1, size, alignment, offset))
FORM(realloc, mi_realloc_aligned(NULL, size, alignment))
FORM(realloc_at, mi_realloc_aligned_at(NULL, size, alignment, offset))
FORM(rezalloc, mi_rezalloc_aligned(NULL, size, alignment))
FORM(rezalloc_at, mi_rezalloc_aligned_at(NULL, size, alignment, offset))
FORM(recalloc, mi_recalloc_aligned(NULL, 1, size, alignment))
FORM(recalloc_at, mi_recalloc_aligned_at(NULL, size, 1, alignment, offset))
FORM(microsoft_recalloc, mi_aligned_recalloc(NULL, 1, size, alignment))
FORM(microsoft_recalloc_at, mi_aligned_offset_recalloc(NULL, size, 1, alignment, offset))
FORM(umalloc, mi_umalloc_aligned(size, alignment, NULL))
FORM(uzalloc, mi_uzalloc_aligned(size, alignment, NULL))
FORM(mi_memalign, mi_memalign(alignment, size))
FORM(mi_aligned_alloc, mi_aligned_alloc(alignment, size))
FORM(new, mi_new_aligned(size, alignment))
FORM(new_nothrow, mi_new_aligned_nothrow(size, alignment))
FORM(memalign, memalign(alignment, size))
FORM(aligned_alloc, aligned_alloc(alignment, size))
FORM(heap_malloc, mi_heap_malloc_aligned(forms_heap, size, alignment))
FORM(heap_malloc_at, mi_heap_malloc_aligned_at(forms_heap, size, alignment, offset))
FORM(heap_zalloc, mi_heap_zalloc_aligned(forms_heap, size, alignment))
FORM(heap_zalloc_at, mi_heap_zalloc_aligned_at(forms_heap, size, alignment, offset))
FORM(heap_calloc, mi_heap_calloc_aligned(forms_heap, 1, size, alignment))
FORM(heap_calloc_at, mi_heap_calloc_aligned_at(forms_heap, size, 1, alignment, offset))
FORM(heap_realloc, mi_heap_realloc_aligned(forms_heap, NULL, size, alignment))
FORM(heap_realloc_at, mi_heap_realloc_aligned_at(forms_heap, NULL, size, alignment, offset))
FORM(heap_rezalloc, mi_heap_rezalloc_aligned(forms_heap, NULL, size, alignment))
FORM(heap_rezalloc_at, mi_heap_rezalloc_aligned_at(forms_heap, NULL, size, alignment, offset))
FORM(heap_recalloc, mi_heap_recalloc_aligned(forms_heap, NULL, size, 1, alignment))
FORM(heap_recalloc_at, mi_heap_recalloc_aligned_at(forms_heap, NULL, 1, size, alignment, offset))
FORM(theap_malloc, mi_theap_malloc_aligned(mi_theap_get_default(), size, alignment))

static void* form_mi_posix_memalign(size_t size, size_t alignment, size_t offset) {
  (void)offset;
  void* p = NULL;
  return mi_posix_memalign(&p, alignment, size) == 0 ? opaque(p) : NULL;
}

static void* form_posix_memalign(size_t size, size_t alignment, size_t offset) {
  (void)offset;
  void* p = NULL;
  return posix_memalign(&p, alignment, size) == 0 ? opaque(p) : NULL;
}

#define PLAIN(name) \
  { #name, form_##name, false, false, 1 }
#define ZERO(name) \
  { #name, form_##name, true, false, 1 }
#define PLAIN_AT(name) \
  { #name, form_##name, false, true, 1 }
#define ZERO_AT(name) \
  { #name, form_##name, true, true, 1 }

static const form_t forms[] = {
    PLAIN(malloc),
    PLAIN_AT(malloc_at),
    ZERO(zalloc),
    ZERO_AT(zalloc_at),
    ZERO(calloc),
    ZERO_AT(calloc_at),
    PLAIN(realloc),
    PLAIN_AT(realloc_at),
    ZERO(rezalloc),
    ZERO_AT(rezalloc_at),
    ZERO(recalloc),
    ZERO_AT(recalloc_at),
    ZERO(microsoft_recalloc),
    ZERO_AT(microsoft_recalloc_at),
    PLAIN(umalloc),
    ZERO(uzalloc),
    PLAIN(mi_memalign),
    PLAIN(mi_aligned_alloc),
    PLAIN(new),
    PLAIN(new_nothrow),
    PLAIN(memalign),
    PLAIN(aligned_alloc),
    {"mi_posix_memalign", form_mi_posix_memalign, false, false, sizeof(void*)},
    {"posix_memalign", form_posix_memalign, false, false, sizeof(void*)},
    PLAIN(heap_malloc),
    PLAIN_AT(heap_malloc_at),
    ZERO(heap_zalloc),
    ZERO_AT(heap_zalloc_at),
    ZERO(heap_calloc),
    ZERO_AT(heap_calloc_at),
    PLAIN(heap_realloc),
    PLAIN_AT(heap_realloc_at),
    ZERO(heap_rezalloc),
    ZERO_AT(heap_rezalloc_at),
    ZERO(heap_recalloc),
    ZERO_AT(heap_recalloc_at),
    PLAIN(theap_malloc),
};
enum { FORMS = sizeof forms / sizeof forms[0] };

#endif
