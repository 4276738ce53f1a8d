/* mi_new.c -- the functions of mica/new.h: the new-handler loop (api/new_handler.h) around mica's own allocations.
 *
 * No state; the contract stands in the header. A handler runs outside of mica_enter and mica_leave. The blocks are of malloc's
 * family. Compiled with -fexceptions: exceptions pass through these frames. Exported. */
#include "api/alloc_helpers.h"
#include "api/new_handler.h"
#include "base/config.h"
#include "heap/alloc.h"
#include "heap/fast.h"
#include "heap/first_class/heap_alloc.h"
#include "heap/memalign.h"
#include <mica.h>

/* Every block is so aligned, and more. */
enum { ANY_ALIGNMENT = 1 };

MICA_INLINE void* new_plain(size_t size, bool nothrow) {
  void* const p = mica_malloc(size);
  return MICA_LIKELY(p != NULL) ? p : mica_new_until(size, ANY_ALIGNMENT, nothrow);
}

MICA_INLINE void* new_aligned(size_t size, size_t alignment, bool nothrow) {
  if (MICA_UNLIKELY(!mica_is_alignment(alignment))) return mica_new_misaligned(nothrow);
  void* const p = mica_memalign(size, alignment);
  return MICA_LIKELY(p != NULL) ? p : mica_new_until(size, alignment, nothrow);
}

MICA_INLINE size_t total(size_t count, size_t size) {
  size_t product;
  if (MICA_UNLIKELY(MICA_MUL_OVERFLOWS(count, size, &product))) mica_new_overflows();
  return product;
}

static void* new_realloc(void* p, size_t size) {
  for (;;) {
    void* const q = mica_realloc(p, size);
    if (q != NULL || !mica_new_again(false)) return q;
  }
}

static void* new_in(mi_heap_t* heap, size_t size, bool nothrow) {
  for (;;) {
    void* const p = mica_heap_malloc(heap, size);
    if (p != NULL || !mica_new_again(nothrow)) return p;
  }
}

MICA_EXPORT void* mi_new(size_t size) { return new_plain(size, false); }

MICA_EXPORT void* mi_new_nothrow(size_t size) { return new_plain(size, true); }

MICA_EXPORT void* mi_new_aligned(size_t size, size_t alignment) { return new_aligned(size, alignment, false); }

MICA_EXPORT void* mi_new_aligned_nothrow(size_t size, size_t alignment) { return new_aligned(size, alignment, true); }

MICA_EXPORT void* mi_new_n(size_t count, size_t size) { return new_plain(total(count, size), false); }

MICA_EXPORT void* mi_new_realloc(void* p, size_t size) { return new_realloc(p, size); }

MICA_EXPORT void* mi_new_reallocn(void* p, size_t count, size_t size) { return new_realloc(p, total(count, size)); }

MICA_EXPORT void* mi_heap_alloc_new(mi_heap_t* heap, size_t size) { return new_in(heap, size, false); }

MICA_EXPORT void* mi_heap_try_new(mi_heap_t* heap, size_t size, bool nothrow) { return new_in(heap, size, nothrow); }

MICA_EXPORT void* mi_heap_alloc_new_n(mi_heap_t* heap, size_t count, size_t size) {
  return new_in(heap, total(count, size), false);
}
