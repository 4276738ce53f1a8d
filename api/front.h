/* front.h -- whose malloc the program calls: mica's, or one in front of it. The rule that every exported function keeps.
 *
 * A name belongs to whoever comes first in the dynamic linker's order: the program itself, a library preloaded before mica
 * (heaptrack, a wrapper that counts), then mica. Whoever takes malloc in front of mica is to see every block that it will be
 * given back, as with the C library. So of the exported functions
 *
 *   malloc calloc realloc free                            are mica's own blocks, whoever is in front: only the caller's
 *   aligned_alloc memalign posix_memalign valloc pvalloc  linker says whose is called
 *   malloc_usable_size
 *   __libc_...  __posix_memalign  mi_...                  lead past whoever is in front: mica's own blocks, which go back
 *                                                         by the same prefix
 *   mallinfo mallinfo2 mallopt malloc_... dl...           give and take no block
 *   all others, C++'s operators included                  get and give back each block by the names of the first two lines,
 *                                                         so by whoever has these
 *
 * What the C library itself makes of its malloc is not exported (strdup, strndup, realpath, getline): it calls malloc by
 * name. Who takes malloc and free but not the aligned names gets no block of C++'s aligned new to free: it comes from mica
 * and goes back to mica. But what posix_memalign and its kin made goes to free: his is given mica's blocks then, as it would
 * be given the C library's. So whoever takes free takes these names, too.
 *
 * C++'s operators call each other in the same manner (operators.h). tests/front/ holds each exported function to all this.
 * Used by the override_*.c. */
#ifndef MICA_FRONT_H
#define MICA_FRONT_H
#include "base/config.h"
#include "base/sizes.h"
#include "heap/fast.h"
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

void* mica_own_malloc(size_t size);
void* mica_own_aligned_alloc(size_t alignment, size_t size);

/* Whether nobody is in front. (A program that is linked to fixed addresses and takes malloc's has a stub for it, which looks
 * like somebody: what is called by name then leads to mica all the same.) */
MICA_INLINE bool mica_malloc_is_own(void) {
  void* (*called)(size_t) = malloc;
  MICA_OPAQUE(called); /* a compiler may take functions of two names for two */
  return called == mica_own_malloc;
}
MICA_INLINE bool mica_aligned_is_own(void) {
  void* (*called)(size_t, size_t) = aligned_alloc;
  MICA_OPAQUE(called);
  return called == mica_own_aligned_alloc;
}

/* aligned_alloc of whoever has it, with a size and an alignment that C11 allows: some refuse others. NULL with EINVAL: no power
 * of two; with ENOMEM: no memory, or the size is too large to be rounded up. */
MICA_INLINE void* mica_front_aligned_alloc(size_t alignment, size_t size) {
  const size_t align = alignment < sizeof(void*) ? sizeof(void*) : alignment;
  if (!mica_is_alignment(alignment)) return errno = EINVAL, NULL;
  if (size > SIZE_MAX - (align - 1)) return errno = ENOMEM, NULL;
  return aligned_alloc(align, ((size == 0 ? 1 : size) + align - 1) & ~(align - 1));
}

/* The program gives p back by `function`; it is of that family, not aligned, and goes to whoever gave it out. Where mica looks
 * at pointers, it says which function it was, unless somebody is in front. */
MICA_INLINE void mica_front_free(void* p, mica_family_t family, const char* function) {
  if ((MICA_EXAMINES || MICA_TRACKED) && mica_malloc_is_own())
    mica_free_of(p, family, function);
  else
    free(p);
}

/* The same of a block that aligned_alloc made. */
MICA_INLINE void mica_front_free_aligned(void* p, mica_family_t family, const char* function) {
  if (mica_aligned_is_own())
    mica_free_of(p, family, function);
  else
    free(p);
}

#endif
