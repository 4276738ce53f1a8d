/* memalign.h -- aligned allocation, in line: malloc's fast path for a size rounded up to whole alignments.
 *
 * A class that is found for a multiple of a power of two has blocks of such a multiple (class.h), and they lie aligned to it.
 * Only a block that the list has borrowed from a larger class may not: then the general way is taken, as with an empty list.
 * Instructions on the way are counted by a test. */
#ifndef MICA_MEMALIGN_H
#define MICA_MEMALIGN_H
#include "heap/fast.h"

/* The general form behind the fast path: a bare block, any size, any alignment; errors as mica_malloc_aligned's. */
void* mica_memalign_slow(size_t size, size_t align);

MICA_INLINE void* mica_memalign_cached(mica_cache_t* cache, size_t align) {
  mica_block_t* b = cache->head;
  if (MICA_UNLIKELY(b == NULL || ((uintptr_t)b & (align - 1)) != 0)) return NULL;
  return mica_cache_pop(cache);
}

/* A bare block that is at hand, or NULL: then the general form is asked. */
MICA_INLINE void* mica_memalign_try(size_t size, size_t align) {
  const size_t last = (size - 1) | (align - 1); /* of the rounded size. Neither is small if it is 0: it wraps */
  mica_cache_t* caches = mica_caches_mine();
  if (MICA_UNLIKELY((align & (align - 1)) != 0)) return NULL;
  if (MICA_LIKELY(last < MICA_SMALL_MAX))
    return mica_memalign_cached(mica_cache_at(caches, last & ~(size_t)(MICA_STEP_SMALL - 1)), align);
  if (MICA_LIKELY(last < MICA_CLASS_MAX))
    return mica_memalign_cached(mica_cache_at(caches, mica_class_steps[last / MICA_STEP_MEDIUM]), align);
  return NULL;
}

/* size bytes at a multiple of align; errors likewise. */
MICA_INLINE void* mica_memalign(size_t size, size_t align) {
  const size_t padded = mica_padded(size);
  void* const p = mica_memalign_try(padded, align);
  return mica_given(MICA_LIKELY(p != NULL) ? p : mica_memalign_slow(padded, align), size, false);
}

#endif
