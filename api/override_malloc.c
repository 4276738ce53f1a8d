/* override_malloc.c -- the malloc family as exported symbols: functions without an alignment.
 *
 * Contracts are those of POSIX 2024 and C23; where they leave a choice, glibc's. NULL with ENOMEM for a size that cannot be
 * had, overflow included; errno is untouched otherwise, and by every function that frees. Compiled with -fno-builtin, so that
 * no function is turned into a call of itself. */
#include "api/alloc_helpers.h"
#include "api/family.h"
#include "base/config.h"
#include "heap/alloc.h"
#include "heap/fast.h"
#include "heap/zalloc.h"
#include <malloc.h>
#include <stdlib.h>

/* glibc's realloc: a block resized to 0 is freed, and there is nothing to return. C23 leaves that case undefined. */
static void* resize(void* p, size_t size) {
  if (MICA_UNLIKELY(size == 0 && p != NULL)) {
    mica_free_of(p, MICA_FAMILY_MALLOC, "realloc");
    return NULL;
  }
  return mica_realloc(p, size);
}

MICA_EXPORT void* malloc(size_t size) { return mica_malloc(size); }

MICA_EXPORT void free(void* p) { mica_free(p); }

MICA_EXPORT void* calloc(size_t count, size_t size) { return mica_zalloc_inline(mica_product(count, size)); }

/* p NULL: as malloc. On failure p is unchanged and still the caller's. */
MICA_EXPORT void* realloc(void* p, size_t size) { return resize(p, size); }

/* BSD: an overflow leaves p alone. */
MICA_EXPORT void* reallocarray(void* p, size_t count, size_t size) { return resize(p, mica_product(count, size)); }

/* BSD: on failure p is freed. */
MICA_EXPORT void* reallocf(void* p, size_t size) {
  void* const q = resize(p, size);
  if (q == NULL && size != 0) mica_free(p);
  return q;
}

/* NetBSD: the pointer at p is replaced on success only; returns 0 or an error number, errno is never set. A total of 0 frees
 * the block and stores NULL. */
MICA_EXPORT MICA_WEAK int reallocarr(void* p, size_t count, size_t size) { return mica_reallocarr(p, count, size); }

/* C23: size and alignment are those asked for when p was allocated; free does not need them. */
MICA_EXPORT void free_sized(void* p, size_t size) {
  if (MICA_EXAMINES) mica_examine_sized("free_sized", p, size, 1);
  mica_free_examined(p, MICA_FAMILY_MALLOC);
}

MICA_EXPORT void free_aligned_sized(void* p, size_t alignment, size_t size) {
  if (MICA_EXAMINES) mica_examine_sized("free_aligned_sized", p, size, alignment);
  mica_free_examined(p, MICA_FAMILY_MALLOC);
}

MICA_EXPORT void cfree(void* p) { mica_free_of(p, MICA_FAMILY_MALLOC, "cfree"); }

MICA_EXPORT void vfree(void* p) { mica_free_of(p, MICA_FAMILY_MALLOC, "vfree"); }

/* glibc: bytes that may be used from p on; 0 for NULL. */
MICA_EXPORT size_t malloc_usable_size(void* p) { return mica_usable_size(p); }

/* macOS: the same. */
MICA_EXPORT size_t malloc_size(const void* p) { return mica_usable_size(p); }

/* macOS: the usable size that malloc(size) gives. */
MICA_EXPORT size_t malloc_good_size(size_t size) { return mica_good_size(size); }

MICA_EXPORT void* __libc_malloc(size_t size) { return mica_malloc(size); }

MICA_EXPORT void __libc_free(void* p) { mica_free(p); }

MICA_EXPORT void __libc_cfree(void* p) { mica_free(p); }

MICA_EXPORT void* __libc_calloc(size_t count, size_t size) { return mica_zalloc(mica_product(count, size)); }

MICA_EXPORT void* __libc_realloc(void* p, size_t size) { return resize(p, size); }
