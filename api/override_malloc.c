/* override_malloc.c -- the malloc family itself as exported symbols: functions without an alignment.
 *
 * Contracts are those of POSIX 2024 and C23; where they leave a choice, glibc's. NULL with ENOMEM for a size that cannot be
 * had, overflow included; errno is untouched otherwise, and by free. Nothing here is called by its exported name: what is, is
 * in override_named.c. Compiled with -fno-builtin, so that no function is turned into a call of itself. */
#include "api/alloc_helpers.h"
#include "api/family.h"
#include "base/config.h"
#include "heap/alloc.h"
#include "heap/fast.h"
#include "heap/in_line.h"
#include "heap/zalloc.h"
#include <malloc.h>
#include <stdlib.h>

/* glibc's realloc: a block resized to 0 is freed, and there is nothing to return. C23 leaves that case undefined. */
MICA_TRACK_IN_LINE static void* resize(void* p, size_t size) {
  if (MICA_UNLIKELY(size == 0 && p != NULL)) {
    mica_free_of(p, MICA_FAMILY_MALLOC, "realloc");
    return NULL;
  }
  return mica_realloc_in_line(p, size);
}

MICA_EXPORT void* malloc(size_t size) { return mica_malloc(size); }
MICA_OWN_NAME(mica_own_malloc, malloc);

MICA_EXPORT void free(void* p) { mica_free(p); }

MICA_EXPORT void* calloc(size_t count, size_t size) { return mica_zalloc_inline(mica_product(count, size)); }

/* p NULL: as malloc. On failure p is unchanged and still the caller's. */
MICA_EXPORT void* realloc(void* p, size_t size) { return resize(p, size); }

/* glibc: bytes that may be used from p on; 0 for NULL. */
MICA_EXPORT size_t malloc_usable_size(void* p) { return mica_usable_of(p, "malloc_usable_size"); }

MICA_EXPORT void* __libc_malloc(size_t size) { return mica_malloc(size); }

MICA_EXPORT void __libc_free(void* p) { mica_free(p); }

MICA_EXPORT void __libc_cfree(void* p) { mica_free(p); }

MICA_EXPORT void* __libc_calloc(size_t count, size_t size) { return mica_zalloc_in_line(mica_product(count, size)); }

MICA_EXPORT void* __libc_realloc(void* p, size_t size) { return resize(p, size); }
