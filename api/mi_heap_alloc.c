/* mi_heap_alloc.c -- the functions of mica/heap_alloc.h: those of blocks.h, aligned.h and strings.h in a heap that is named.
 *
 * No state; the contract stands in the header. Each is one allocation between enter and leave (heap/first_class/enter.h).
 * Exported. */
#include "api/alloc_helpers.h"
#include "base/config.h"
#include "heap/alloc.h"
#include "heap/fast.h"
#include "heap/first_class/heap_alloc.h"
#include "heap/in_line.h"
#include "heap/rezalloc.h"
#include <mica.h>
#include <string.h>

/* The body of a function that returns what `allocation` does in that heap. */
#define RETURN_IN(heap, allocation) \
  if (MICA_UNLIKELY(!mica_enter(heap))) return NULL; \
  void* const result = (allocation); \
  mica_leave(); \
  return result

#define RETURN_IN_THEAP(theap, allocation) \
  if ((theap) == NULL) return (allocation); \
  mica_enter_theap(theap); \
  void* const result = (allocation); \
  mica_leave(); \
  return result

/* ---- blocks ---- */

MICA_EXPORT void* mi_heap_malloc(mi_heap_t* heap, size_t size) { return mica_heap_malloc(heap, size); }

MICA_EXPORT void* mi_heap_zalloc(mi_heap_t* heap, size_t size) { RETURN_IN(heap, mica_zalloc_in_line(size)); }

MICA_EXPORT void* mi_heap_calloc(mi_heap_t* heap, size_t count, size_t size) {
  RETURN_IN(heap, mica_zalloc_in_line(mica_product(count, size)));
}

MICA_EXPORT void* mi_heap_mallocn(mi_heap_t* heap, size_t count, size_t size) {
  RETURN_IN(heap, mica_malloc(mica_product(count, size)));
}

MICA_EXPORT void* mi_heap_malloc_small(mi_heap_t* heap, size_t size) { return mica_heap_malloc(heap, size); }

MICA_EXPORT void* mi_heap_zalloc_small(mi_heap_t* heap, size_t size) { RETURN_IN(heap, mica_zalloc_in_line(size)); }

MICA_EXPORT void* mi_heap_realloc(mi_heap_t* heap, void* p, size_t size) {
  RETURN_IN(heap, mica_realloc_in_line(p, size));
}

MICA_EXPORT void* mi_heap_reallocn(mi_heap_t* heap, void* p, size_t count, size_t size) {
  RETURN_IN(heap, mica_realloc_in_line(p, mica_product(count, size)));
}

MICA_EXPORT void* mi_heap_reallocf(mi_heap_t* heap, void* p, size_t size) {
  void* const q = mi_heap_realloc(heap, p, size);
  if (q == NULL) mica_free(p);
  return q;
}

MICA_EXPORT void* mi_heap_rezalloc(mi_heap_t* heap, void* p, size_t size) { RETURN_IN(heap, mica_rezalloc(p, size)); }

MICA_EXPORT void* mi_heap_recalloc(mi_heap_t* heap, void* p, size_t count, size_t size) {
  RETURN_IN(heap, mica_rezalloc(p, mica_product(count, size)));
}

/* ---- aligned ---- */

static void* realloc_aligned(mi_heap_t* heap, void* p, size_t size, size_t alignment, size_t offset) {
  RETURN_IN(heap, mica_realloc_aligned(p, size, alignment, offset));
}

static void* rezalloc_aligned(mi_heap_t* heap, void* p, size_t size, size_t alignment, size_t offset) {
  RETURN_IN(heap, mica_rezalloc_aligned(p, size, alignment, offset));
}

MICA_EXPORT void* mi_heap_malloc_aligned(mi_heap_t* heap, size_t size, size_t alignment) {
  return mica_heap_malloc_aligned(heap, size, alignment, 0, false);
}

MICA_EXPORT void* mi_heap_malloc_aligned_at(mi_heap_t* heap, size_t size, size_t alignment, size_t offset) {
  return mica_heap_malloc_aligned(heap, size, alignment, offset, false);
}

MICA_EXPORT void* mi_heap_zalloc_aligned(mi_heap_t* heap, size_t size, size_t alignment) {
  return mica_heap_malloc_aligned(heap, size, alignment, 0, true);
}

MICA_EXPORT void* mi_heap_zalloc_aligned_at(mi_heap_t* heap, size_t size, size_t alignment, size_t offset) {
  return mica_heap_malloc_aligned(heap, size, alignment, offset, true);
}

MICA_EXPORT void* mi_heap_calloc_aligned(mi_heap_t* heap, size_t count, size_t size, size_t alignment) {
  return mica_heap_malloc_aligned(heap, mica_product(count, size), alignment, 0, true);
}

MICA_EXPORT void* mi_heap_calloc_aligned_at(mi_heap_t* heap, size_t count, size_t size, size_t alignment,
                                            size_t offset) {
  return mica_heap_malloc_aligned(heap, mica_product(count, size), alignment, offset, true);
}

MICA_EXPORT void* mi_heap_realloc_aligned(mi_heap_t* heap, void* p, size_t size, size_t alignment) {
  return realloc_aligned(heap, p, size, alignment, 0);
}

MICA_EXPORT void* mi_heap_realloc_aligned_at(mi_heap_t* heap, void* p, size_t size, size_t alignment, size_t offset) {
  return realloc_aligned(heap, p, size, alignment, offset);
}

MICA_EXPORT void* mi_heap_rezalloc_aligned(mi_heap_t* heap, void* p, size_t size, size_t alignment) {
  return rezalloc_aligned(heap, p, size, alignment, 0);
}

MICA_EXPORT void* mi_heap_rezalloc_aligned_at(mi_heap_t* heap, void* p, size_t size, size_t alignment, size_t offset) {
  return rezalloc_aligned(heap, p, size, alignment, offset);
}

MICA_EXPORT void* mi_heap_recalloc_aligned(mi_heap_t* heap, void* p, size_t count, size_t size, size_t alignment) {
  return rezalloc_aligned(heap, p, mica_product(count, size), alignment, 0);
}

MICA_EXPORT void* mi_heap_recalloc_aligned_at(mi_heap_t* heap, void* p, size_t count, size_t size, size_t alignment,
                                              size_t offset) {
  return rezalloc_aligned(heap, p, mica_product(count, size), alignment, offset);
}

/* ---- texts ---- */

static void* copy_text(mi_heap_t* heap, const char* text, size_t length) {
  RETURN_IN(heap, mica_copy_text(text, length));
}

MICA_EXPORT char* mi_heap_strdup(mi_heap_t* heap, const char* text) {
  return text == NULL ? NULL : copy_text(heap, text, strlen(text));
}

MICA_EXPORT char* mi_heap_strndup(mi_heap_t* heap, const char* text, size_t limit) {
  return text == NULL ? NULL : copy_text(heap, text, strnlen(text, limit));
}

/* ---- in a heap as the thread has it ---- */

MICA_EXPORT void* mi_theap_malloc(mi_theap_t* theap, size_t size) { RETURN_IN_THEAP(theap, mica_malloc(size)); }

MICA_EXPORT void* mi_theap_zalloc(mi_theap_t* theap, size_t size) { RETURN_IN_THEAP(theap, mica_zalloc_in_line(size)); }

MICA_EXPORT void* mi_theap_calloc(mi_theap_t* theap, size_t count, size_t size) {
  RETURN_IN_THEAP(theap, mica_zalloc_in_line(mica_product(count, size)));
}

MICA_EXPORT void* mi_theap_malloc_small(mi_theap_t* theap, size_t size) { RETURN_IN_THEAP(theap, mica_malloc(size)); }

MICA_EXPORT void* mi_theap_zalloc_small(mi_theap_t* theap, size_t size) {
  RETURN_IN_THEAP(theap, mica_zalloc_in_line(size));
}

MICA_EXPORT void* mi_theap_malloc_aligned(mi_theap_t* theap, size_t size, size_t alignment) {
  RETURN_IN_THEAP(theap, mica_malloc_aligned(size, alignment, 0, false));
}

MICA_EXPORT void* mi_theap_realloc(mi_theap_t* theap, void* p, size_t size) {
  RETURN_IN_THEAP(theap, mica_realloc_in_line(p, size));
}
