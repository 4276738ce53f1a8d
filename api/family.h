/* family.h -- names of the malloc family that no system header declares, or not under every feature macro.
 *
 * Where each comes from stands beside it. The definitions are exported; their contracts are at the definitions. */
#ifndef MICA_FAMILY_H
#define MICA_FAMILY_H
#include <stddef.h>

/* C23 */
void free_sized(void* p, size_t size);
void free_aligned_sized(void* p, size_t alignment, size_t size);

/* BSD and macOS */
void* reallocf(void* p, size_t size);
int reallocarr(void* p, size_t count, size_t size);
size_t malloc_size(const void* p);
size_t malloc_good_size(size_t size);
void vfree(void* p);

/* SunOS, glibc; cfree before 2.26 only. musl has neither */
void cfree(void* p);
void* pvalloc(size_t size);

/* Microsoft: the size comes first */
void* _aligned_malloc(size_t size, size_t alignment);

/* glibc's own second names, which programs and libraries call past an interposed malloc */
void* __libc_malloc(size_t size);
void __libc_free(void* p);
void __libc_cfree(void* p);
void* __libc_calloc(size_t count, size_t size);
void* __libc_realloc(void* p, size_t size);
void* __libc_memalign(size_t alignment, size_t size);
void* __libc_valloc(size_t size);
void* __libc_pvalloc(size_t size);
int __posix_memalign(void** memptr, size_t alignment, size_t size);

#endif
