/* aligned.c -- the malloc family as exported symbols: what asks for an alignment.
 *
 * An alignment that is no power of two is EINVAL, one above 1 GiB ENOMEM. The blocks are freed like any other. errno is set
 * as in malloc.c, and by posix_memalign never. */
#include <errno.h>
#include <heap/alloc.h>
#include <malloc.h>
#include <mica/config.h>
#include <override/family.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

static size_t os_page(void) { return (size_t)sysconf(_SC_PAGESIZE); }

static void* allocate(size_t alignment, size_t size) { return mica_malloc_aligned(size, alignment, 0, false); }

/* POSIX: the alignment is a power of two and a multiple of a pointer's size; *memptr is written on success only. */
static int allocate_to(void** memptr, size_t alignment, size_t size) {
  if (alignment % sizeof(void*) != 0 || alignment == 0 || (alignment & (alignment - 1)) != 0) return EINVAL;
  const int saved = errno;
  void* const p = allocate(alignment, size);
  errno = saved;
  if (p == NULL) return ENOMEM;
  *memptr = p;
  return 0;
}

/* The size rounded up to whole OS pages, at least one; a size that cannot be rounded cannot be had either. */
static void* allocate_pages(size_t size) {
  const size_t page = os_page();
  const size_t whole = size == 0 ? page : (size + page - 1) & ~(page - 1);
  return allocate(page, whole < size ? SIZE_MAX : whole);
}

MICA_EXPORT void* memalign(size_t alignment, size_t size) { return allocate(alignment, size); }

/* C23: size need not be a multiple of alignment. */
MICA_EXPORT void* aligned_alloc(size_t alignment, size_t size) { return allocate(alignment, size); }

MICA_EXPORT int posix_memalign(void** memptr, size_t alignment, size_t size) {
  return allocate_to(memptr, alignment, size);
}

/* BSD: aligned to an OS page. */
MICA_EXPORT void* valloc(size_t size) { return allocate(os_page(), size); }

/* SunOS: whole OS pages. */
MICA_EXPORT void* pvalloc(size_t size) { return allocate_pages(size); }

MICA_EXPORT void* _aligned_malloc(size_t size, size_t alignment) { return allocate(alignment, size); }

MICA_EXPORT void* __libc_memalign(size_t alignment, size_t size) { return allocate(alignment, size); }

MICA_EXPORT void* __libc_valloc(size_t size) { return allocate(os_page(), size); }

MICA_EXPORT void* __libc_pvalloc(size_t size) { return allocate_pages(size); }

MICA_EXPORT int __posix_memalign(void** memptr, size_t alignment, size_t size) {
  return allocate_to(memptr, alignment, size);
}
