/* heap_alloc.h -- one allocation in a first-class heap, in line: between enter and leave (enter.h).
 *
 * heap NULL or the main heap: the thread's own. Errors as in alloc.h. Used by pool/ and api/. */
#ifndef MICA_FIRST_CLASS_HEAP_ALLOC_H
#define MICA_FIRST_CLASS_HEAP_ALLOC_H
#include "heap/alloc.h"
#include "heap/fast.h"
#include "heap/first_class/enter.h"

MICA_INLINE void* mica_heap_malloc(mi_heap_t* heap, size_t size) {
  if (MICA_UNLIKELY(!mica_enter(heap))) return NULL;
  void* const p = mica_malloc(size);
  mica_leave();
  return p;
}

MICA_INLINE void* mica_heap_malloc_aligned(mi_heap_t* heap, size_t size, size_t align, size_t offset, bool zero) {
  if (MICA_UNLIKELY(!mica_enter(heap))) return NULL;
  void* const p = mica_malloc_aligned(size, align, offset, zero);
  mica_leave();
  return p;
}

#endif
