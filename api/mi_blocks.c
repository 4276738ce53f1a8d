/* mi_blocks.c -- the functions of mica/blocks.h and mica/process.h, each a few lines over the heap's interface (heap/alloc.h)
 * and its fast paths (heap/fast.h).
 *
 * No state, no invariant of its own; the contract of each function stands in its header. Exported. */
#include "api/alloc_helpers.h"
#include "base/config.h"
#include "heap/alloc.h"
#include "heap/fast.h"
#include "heap/in_line.h"
#include "heap/rezalloc.h"
#include <errno.h>
#include <mica.h>

MICA_EXPORT void* mi_malloc(size_t size) { return mica_malloc(size); }

MICA_EXPORT void* mi_calloc(size_t count, size_t size) { return mica_zalloc_in_line(mica_product(count, size)); }

MICA_EXPORT void* mi_zalloc(size_t size) { return mica_zalloc_in_line(size); }

MICA_EXPORT void* mi_mallocn(size_t count, size_t size) { return mica_malloc(mica_product(count, size)); }

MICA_EXPORT void* mi_malloc_small(size_t size) { return mica_malloc(size); }

MICA_EXPORT void* mi_zalloc_small(size_t size) { return mica_zalloc_in_line(size); }

/* ---- resizing ---- */

MICA_EXPORT void* mi_realloc(void* p, size_t size) { return mica_realloc_in_line(p, size); }

MICA_EXPORT void* mi_reallocn(void* p, size_t count, size_t size) {
  return mica_realloc_in_line(p, mica_product(count, size));
}

MICA_EXPORT void* mi_reallocarray(void* p, size_t count, size_t size) {
  return mica_realloc_in_line(p, mica_product(count, size));
}

MICA_EXPORT void* mi_reallocf(void* p, size_t size) {
  void* const q = mica_realloc_in_line(p, size);
  if (q == NULL) mica_free(p);
  return q;
}

MICA_EXPORT int mi_reallocarr(void* p, size_t count, size_t size) {
  return p == NULL ? EINVAL : mica_reallocarr(p, count, size, mica_realloc, mi_free);
}

MICA_EXPORT void* mi_rezalloc(void* p, size_t size) { return mica_rezalloc(p, size); }

MICA_EXPORT void* mi_recalloc(void* p, size_t count, size_t size) {
  return mica_rezalloc(p, mica_product(count, size));
}

MICA_EXPORT void* mi_expand(void* p, size_t size) { return mica_expand(p, size); }

MICA_EXPORT void* mi__expand(void* p, size_t size) { return mica_expand(p, size); }

/* ---- freeing ---- */

MICA_EXPORT void mi_free(void* p) { mica_free_of(p, MICA_FAMILY_MALLOC, "mi_free"); }

MICA_EXPORT void mi_free_small(void* p) { mica_free_of(p, MICA_FAMILY_MALLOC, "mi_free_small"); }

MICA_EXPORT void mi_free_size(void* p, size_t size) {
  if (MICA_EXAMINES) mica_examine_sized(__func__, p, size, 1);
  mica_free_examined(p, MICA_FAMILY_MALLOC);
}

MICA_EXPORT void mi_free_size_aligned(void* p, size_t size, size_t alignment) {
  if (MICA_EXAMINES) mica_examine_sized(__func__, p, size, alignment);
  mica_free_examined(p, MICA_FAMILY_MALLOC);
}

MICA_EXPORT void mi_free_aligned(void* p, size_t alignment) {
  if (MICA_EXAMINES) mica_examine_sized(__func__, p, 0, alignment);
  mica_free_examined(p, MICA_FAMILY_MALLOC);
}

MICA_EXPORT void mi_cfree(void* p) {
  if (mica_is_ours(p)) mica_free(p);
}

/* ---- the same, with the size of the block ---- */

MICA_EXPORT void* mi_umalloc(size_t size, size_t* block_size) { return mica_sized(mica_malloc(size), block_size); }

MICA_EXPORT void* mi_ucalloc(size_t count, size_t size, size_t* block_size) {
  return mica_sized(mica_zalloc_in_line(mica_product(count, size)), block_size);
}

MICA_EXPORT void* mi_umalloc_small(size_t size, size_t* block_size) {
  return mica_sized(mica_malloc(size), block_size);
}

MICA_EXPORT void* mi_uzalloc_small(size_t size, size_t* block_size) {
  return mica_sized(mica_zalloc_in_line(size), block_size);
}

MICA_EXPORT void mi_ufree(void* p, size_t* block_size) { mica_free(mica_sized(p, block_size)); }

MICA_EXPORT void* mi_urealloc(void* p, size_t size, size_t* size_before, size_t* size_after) {
  return mica_sized(mica_realloc_in_line(mica_sized(p, size_before), size), size_after);
}

/* ---- questions ---- */

MICA_EXPORT size_t mi_usable_size(const void* p) { return mica_usable_of(p, "mi_usable_size"); }

MICA_EXPORT size_t mi_malloc_size(const void* p) { return mica_usable_of(p, "mi_malloc_size"); }

MICA_EXPORT size_t mi_malloc_usable_size(const void* p) { return mica_usable_of(p, "mi_malloc_usable_size"); }

MICA_EXPORT size_t mi_good_size(size_t size) { return mica_good_size(size); }

MICA_EXPORT size_t mi_malloc_good_size(size_t size) { return mica_good_size(size); }

MICA_EXPORT bool mi_is_in_heap_region(const void* p) { return mica_is_ours(p); }

/* ---- the process ---- */

MICA_EXPORT int mi_version(void) { return MI_MALLOC_VERSION; }

MICA_EXPORT void mi_collect(bool force) { mica_collect(force); }

MICA_EXPORT void mi_thread_init(void) { mica_thread_init(); }

MICA_EXPORT void mi_thread_done(void) { mica_thread_done(); }

MICA_EXPORT void mi_process_init(void) { mica_thread_init(); }

MICA_EXPORT void mi_process_done(void) { mica_collect(true); }

MICA_EXPORT void mi_thread_set_in_threadpool(void) {}

MICA_EXPORT bool mi_is_redirected(void) { return false; }
