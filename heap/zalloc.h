/* zalloc.h -- zeroed allocation, in line: malloc's fast path, and the zeros of a small block.
 *
 * All of a block is made zero, for it may be resized with the promise that it is (rezalloc.h). How large it is, is known by its
 * list: unless it is a borrowed one, which its page's tag says. Instructions on the way are counted by a test. */
#ifndef MICA_ZALLOC_H
#define MICA_ZALLOC_H
#include "heap/fast.h"

enum { MICA_ZERO_LITTLE = 64 }; /* bytes in the largest class whose blocks become zero without a loop */
static_assert(MICA_ZERO_LITTLE / 8 < MICA_STEP_SMALL, "it borrows none: see mica_cache_borrow");

/* The general form behind the fast path: a bare block, all zero; errors as mica_malloc's. */
void* mica_zalloc_slow(size_t size);

/* A bare block, of so many bytes or whatever its page says, becomes zero. Returns p. */
void* mica_zeroed(void* p, size_t size);
void* mica_zeroed_whole(void* p);

/* A block of step + STEP bytes, up to LITTLE, becomes zero; stores may overlap. */
MICA_INLINE void mica_zero_little(char* p, size_t step) {
  mica_track_open(p, step + MICA_STEP_SMALL);
  MICA_ZERO(p, MICA_STEP_SMALL);
  MICA_ZERO(p + step, MICA_STEP_SMALL);
  if (step > MICA_STEP_SMALL) {
    MICA_ZERO(p + MICA_STEP_SMALL, MICA_STEP_SMALL);
    MICA_ZERO(p + step - MICA_STEP_SMALL, MICA_STEP_SMALL);
  }
  mica_track_close(p, step + MICA_STEP_SMALL);
}

/* From the list at `step`, of blocks of step + STEP bytes and larger ones that it has borrowed. */
MICA_INLINE void* mica_zalloc_small(mica_cache_t* cache, size_t step, size_t size) {
  mica_block_t* b = cache->head;
  if (MICA_UNLIKELY(b == NULL)) return mica_zalloc_slow(size);
  if (step < MICA_ZERO_LITTLE) { /* no other class is at most an eighth larger */
    mica_zero_little((char*)mica_cache_pop(cache), step);
    return b;
  }
  mica_cache_pop(cache);
  const mica_tag_t* tag = mica_tag_of(b);
  if (MICA_UNLIKELY(!mica_tag_is_mine(tag) || tag->cache != cache)) return mica_zeroed_whole(b);
  return mica_zeroed(b, step + MICA_STEP_SMALL);
}

MICA_INLINE void* mica_zalloc_bare(size_t size) {
  const size_t last = size - 1; /* 0 is not small: it wraps */
  mica_cache_t* caches = mica_caches_mine();
  if (MICA_LIKELY(last < MICA_SMALL_MAX)) {
    const size_t step = last & ~(size_t)(MICA_STEP_SMALL - 1);
    return mica_zalloc_small(mica_cache_at(caches, step), step, size);
  }
  if (MICA_UNLIKELY(last >= MICA_CLASS_MAX)) return mica_zalloc_slow(size);
  const size_t step = mica_class_steps[last / MICA_STEP_MEDIUM];
  mica_cache_t* cache = mica_cache_at(caches, step);
  mica_block_t* b = cache->head;
  if (MICA_UNLIKELY(b == NULL)) return mica_zalloc_slow(size);
  return mica_zeroed(mica_cache_pop(cache), mica_classes[step / MICA_STEP_SMALL].size);
}

/* size bytes; the block is zero over its whole usable size. */
MICA_INLINE void* mica_zalloc_inline(size_t size) {
  return mica_given(mica_zalloc_bare(mica_padded(size)), size, true);
}

#endif
