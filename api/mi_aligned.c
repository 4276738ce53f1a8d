/* mi_aligned.c -- the functions of mica/aligned.h, over heap/alloc.h, heap/rezalloc.h and alloc_helpers.h.
 *
 * No state, no invariant of its own; the contract of each function stands in the header. Exported. */
#include "api/alloc_helpers.h"
#include "base/config.h"
#include "heap/alloc.h"
#include "heap/memalign.h"
#include "heap/rezalloc.h"
#include <errno.h>
#include <mica.h>

MICA_EXPORT void* mi_malloc_aligned(size_t size, size_t alignment) { return mica_memalign(size, alignment); }

MICA_EXPORT void* mi_malloc_aligned_at(size_t size, size_t alignment, size_t offset) {
  return mica_malloc_aligned(size, alignment, offset, false);
}

MICA_EXPORT void* mi_zalloc_aligned(size_t size, size_t alignment) {
  return mica_malloc_aligned(size, alignment, 0, true);
}

MICA_EXPORT void* mi_zalloc_aligned_at(size_t size, size_t alignment, size_t offset) {
  return mica_malloc_aligned(size, alignment, offset, true);
}

MICA_EXPORT void* mi_calloc_aligned(size_t count, size_t size, size_t alignment) {
  return mica_malloc_aligned(mica_product(count, size), alignment, 0, true);
}

MICA_EXPORT void* mi_calloc_aligned_at(size_t count, size_t size, size_t alignment, size_t offset) {
  return mica_malloc_aligned(mica_product(count, size), alignment, offset, true);
}

MICA_EXPORT void* mi_umalloc_aligned(size_t size, size_t alignment, size_t* block_size) {
  return mica_sized(mica_memalign(size, alignment), block_size);
}

MICA_EXPORT void* mi_uzalloc_aligned(size_t size, size_t alignment, size_t* block_size) {
  return mica_sized(mica_malloc_aligned(size, alignment, 0, true), block_size);
}

/* ---- resizing ---- */

MICA_EXPORT void* mi_realloc_aligned(void* p, size_t size, size_t alignment) {
  return mica_realloc_aligned(p, size, alignment, 0);
}

MICA_EXPORT void* mi_realloc_aligned_at(void* p, size_t size, size_t alignment, size_t offset) {
  return mica_realloc_aligned(p, size, alignment, offset);
}

MICA_EXPORT void* mi_rezalloc_aligned(void* p, size_t size, size_t alignment) {
  return mica_rezalloc_aligned(p, size, alignment, 0);
}

MICA_EXPORT void* mi_rezalloc_aligned_at(void* p, size_t size, size_t alignment, size_t offset) {
  return mica_rezalloc_aligned(p, size, alignment, offset);
}

MICA_EXPORT void* mi_recalloc_aligned(void* p, size_t count, size_t size, size_t alignment) {
  return mica_rezalloc_aligned(p, mica_product(count, size), alignment, 0);
}

MICA_EXPORT void* mi_recalloc_aligned_at(void* p, size_t count, size_t size, size_t alignment, size_t offset) {
  return mica_rezalloc_aligned(p, mica_product(count, size), alignment, offset);
}

MICA_EXPORT void* mi_aligned_recalloc(void* p, size_t count, size_t size, size_t alignment) {
  return mica_rezalloc_aligned(p, mica_product(count, size), alignment, 0);
}

MICA_EXPORT void* mi_aligned_offset_recalloc(void* p, size_t count, size_t size, size_t alignment, size_t offset) {
  return mica_rezalloc_aligned(p, mica_product(count, size), alignment, offset);
}

/* ---- other systems' forms ---- */

MICA_EXPORT void* mi_aligned_alloc(size_t alignment, size_t size) { return mica_memalign(size, alignment); }

MICA_EXPORT void* mi_memalign(size_t alignment, size_t size) { return mica_memalign(size, alignment); }

MICA_EXPORT int mi_posix_memalign(void** p, size_t alignment, size_t size) {
  return p == NULL ? EINVAL : mica_posix_memalign_in_line(p, alignment, size);
}

MICA_EXPORT void* mi_valloc(size_t size) { return mica_valloc(size); }

MICA_EXPORT void* mi_pvalloc(size_t size) { return mica_pvalloc(size); }
