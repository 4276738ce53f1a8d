/* fast.h -- the two fast paths, always in line: what malloc(3) and free(3) are.
 *
 *   malloc: the first block of the class's cache; an empty cache is the only exception
 *   free:   onto the cache of the block's class, if the block's page is ours
 *
 * The bare forms are these paths; the others add what the checker of a variant is told, in most variants nothing.
 * There is no check whether the thread is set up: one that is not has a constant theap whose caches are empty and that owns
 * no page. Instructions on the way are counted by a test; each one more must be wanted. */
#ifndef MICA_FAST_H
#define MICA_FAST_H
#include "heap/free.h"
#include "heap/malloc.h"
#include "heap/theap.h"
#include "heap/tracked.h"

/* Takes the first block off a cache that is not empty. */
MICA_INLINE mica_block_t* mica_cache_take(mica_cache_t* cache) {
  mica_block_t* b = cache->head;
  cache->head = mica_link_get(b);
  cache->left++;
  return b;
}

/* The same, where the block is about to be returned. */
MICA_INLINE mica_block_t* mica_cache_pop(mica_cache_t* cache) {
  mica_block_t* b = mica_cache_take(cache);
  MICA_RESULT(b);
  return b;
}

/* Puts a block into the cache. True: that made it longer than its bound. */
MICA_INLINE bool mica_cache_push(mica_cache_t* cache, mica_block_t* b) {
  mica_link_set(b, cache->head);
  cache->head = b;
  return --cache->left < 0;
}

MICA_INLINE void* mica_malloc_cached(mica_cache_t* cache, size_t size) {
  return MICA_UNLIKELY(cache->head == NULL) ? mica_malloc_slow(size) : mica_cache_pop(cache);
}

MICA_INLINE void* mica_malloc_bare(size_t size) {
  const size_t last = size - 1; /* 0 is not small: it wraps */
  mica_cache_t* caches = mica_caches_mine();
  if (MICA_LIKELY(last < MICA_SMALL_MAX))
    return mica_malloc_cached(mica_cache_at(caches, last & ~(size_t)(MICA_STEP_SMALL - 1)), size);
  if (MICA_LIKELY(last < MICA_CLASS_MAX))
    return mica_malloc_cached(mica_cache_at(caches, mica_class_steps[last / MICA_STEP_MEDIUM]), size);
  return mica_malloc_slow(size);
}

/* size bytes, aligned to 16; NULL with ENOMEM. A size of 0 is a block of its own too. */
MICA_INLINE void* mica_malloc(size_t size) { return mica_given(mica_malloc_bare(mica_padded(size)), size, false); }

/* Whether the tag's page belongs to the theap that the thread allocates in, and a pointer to a block of it is the block's
 * beginning. Then tag->cache is that theap's cache of the page's class. relaxed: only the owner reads its own owner id here
 * (R1), and what it then touches is its own [T1] */
MICA_INLINE bool mica_tag_is_mine(const mica_tag_t* tag) {
  return (uintptr_t)atomic_load_explicit(&tag->owner, memory_order_relaxed) == mica_ids.self;
}

MICA_INLINE void mica_free_bare(void* p) {
  const mica_tag_t* tag = mica_tag_of(p);
  if (MICA_UNLIKELY(!mica_tag_is_mine(tag))) {
    mica_free_slow(p);
    return;
  }
  mica_cache_t* cache = tag->cache;
  if (MICA_UNLIKELY(mica_cache_push(cache, p))) mica_free_overflow(cache);
}

/* Frees what was examined, or needs not be. NULL is nothing. */
MICA_INLINE void mica_free_examined(void* p, mica_family_t family) {
  if (MICA_UNLIKELY(p == NULL) || !mica_taken(p, family)) return;
  mica_free_bare(p);
}

/* Frees what this family gave out, for the program, which called that function. */
MICA_INLINE void mica_free_of(void* p, mica_family_t family, const char* function) {
  if (MICA_EXAMINES) mica_free_examine(p, function);
  mica_free_examined(p, family);
}
MICA_INLINE void mica_free(void* p) { mica_free_of(p, MICA_FAMILY_MALLOC, "free"); }

#endif
