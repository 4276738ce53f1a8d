/* override_named.c -- what is exported beside the malloc family and made of it: other systems' names, and C23's free_sized.
 *
 * Each gets and gives back its blocks by the family's names, so by whoever has these (front.h); hence the family is defined in
 * other files: a compiler that saw both would bind them. errno as in override_malloc.c; functions that free leave it alone. */
#include "api/alloc_helpers.h"
#include "api/family.h"
#include "api/front.h"
#include "base/config.h"
#include "heap/alloc.h"
#include <malloc.h>
#include <stdlib.h>

/* BSD: an overflow leaves p alone. */
MICA_EXPORT void* reallocarray(void* p, size_t count, size_t size) { return realloc(p, mica_product(count, size)); }

/* BSD: on failure p is freed. */
MICA_EXPORT void* reallocf(void* p, size_t size) {
  void* const q = realloc(p, size);
  if (q == NULL && size != 0) free(p);
  return q;
}

/* NetBSD: the pointer at p is replaced on success only; returns 0 or an error number, errno is never set. A total of 0 frees
 * the block and stores NULL. */
MICA_EXPORT MICA_WEAK int reallocarr(void* p, size_t count, size_t size) {
  return mica_reallocarr(p, count, size, realloc, free);
}

/* C23: size and alignment are those asked for when p was allocated; free does not need them. */
MICA_EXPORT void free_sized(void* p, size_t size) {
  if (MICA_EXAMINES && mica_malloc_is_own()) mica_examine_sized("free_sized", p, size, 1);
  mica_front_free(p, MICA_FAMILY_MALLOC, "free_sized");
}

MICA_EXPORT void free_aligned_sized(void* p, size_t alignment, size_t size) {
  if (MICA_EXAMINES && mica_aligned_is_own()) mica_examine_sized("free_aligned_sized", p, size, alignment);
  mica_front_free_aligned(p, MICA_FAMILY_MALLOC, "free_aligned_sized");
}

MICA_EXPORT void cfree(void* p) { mica_front_free(p, MICA_FAMILY_MALLOC, "cfree"); }

MICA_EXPORT void vfree(void* p) { mica_front_free(p, MICA_FAMILY_MALLOC, "vfree"); }

/* Microsoft. */
MICA_EXPORT void* _aligned_malloc(size_t size, size_t alignment) {
  return mica_aligned_is_own() ? aligned_alloc(alignment, size) : mica_front_aligned_alloc(alignment, size);
}

/* macOS: malloc_usable_size. */
MICA_EXPORT size_t malloc_size(const void* p) { return malloc_usable_size((void*)(uintptr_t)p); }

/* macOS: the usable size that malloc(size) gives; no more than size where that is somebody else's. */
MICA_EXPORT size_t malloc_good_size(size_t size) { return mica_malloc_is_own() ? mica_good_size(size) : size; }
