/* override_aligned.c -- the malloc family as exported symbols: functions that are given an alignment.
 *
 * An alignment that is no power of two is EINVAL, one above 1 GiB ENOMEM. The blocks are freed like any other. errno is set
 * as in override_malloc.c, and by posix_memalign never. */
#include "api/alloc_helpers.h"
#include "api/family.h"
#include "base/config.h"
#include "heap/memalign.h"
#include <malloc.h>
#include <stdlib.h>

MICA_INLINE void* allocate(size_t alignment, size_t size) { return mica_memalign(size, alignment); }

MICA_EXPORT void* memalign(size_t alignment, size_t size) { return allocate(alignment, size); }

/* C23: size need not be a multiple of alignment. */
MICA_EXPORT void* aligned_alloc(size_t alignment, size_t size) { return allocate(alignment, size); }
MICA_OWN_NAME(mica_own_aligned_alloc, aligned_alloc);

/* POSIX: a bad alignment is EINVAL; *memptr is written on success only. */
MICA_EXPORT int posix_memalign(void** memptr, size_t alignment, size_t size) {
  return mica_posix_memalign_in_line(memptr, alignment, size);
}

/* BSD: aligned to an OS page. */
MICA_EXPORT void* valloc(size_t size) { return mica_valloc(size); }

/* SunOS: whole OS pages. */
MICA_EXPORT void* pvalloc(size_t size) { return mica_pvalloc(size); }

MICA_EXPORT void* __libc_memalign(size_t alignment, size_t size) { return allocate(alignment, size); }

MICA_EXPORT void* __libc_valloc(size_t size) { return mica_valloc(size); }

MICA_EXPORT void* __libc_pvalloc(size_t size) { return mica_pvalloc(size); }

MICA_EXPORT int __posix_memalign(void** memptr, size_t alignment, size_t size) {
  return mica_posix_memalign_in_line(memptr, alignment, size);
}
