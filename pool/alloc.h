/* alloc.h -- what a pool gives out and takes back; in line where the calling thread's slot is at hand.
 *
 * Instructions on the way are counted by a test. Used by api/mi_pools.c and cleanup.c. */
#ifndef MICA_POOL_ALLOC_H
#define MICA_POOL_ALLOC_H
#include "pool/chunks.h"
#include "pool/thread_slot.h"

/* The general form: any size, any power of two for align. NULL: no memory, or no space below the limit; errno is ENOMEM. */
void* mica_pool_alloc_slow(mi_pool_t* pool, size_t size, size_t align);

/* p, wherever it lies, goes back: large memory; and a block, if `blocks` (mi_pool_free was called, not mi_pool_free_large).
 * False: it is neither, and stays as it is. */
bool mica_pool_free_slow(mi_pool_t* pool, void* p, bool blocks);

/* From a thread slot that is at hand; NULL: the general way is taken. */
MICA_INLINE void* mica_pool_alloc_near(mi_pool_t* pool, const mica_thread_slot_t* thread_slot, size_t size,
                                       size_t align) {
  return MICA_LIKELY(size - 1 < pool->max) ? mica_pool_bump(pool, thread_slot->bump, size, align) : NULL;
}

/* align: 1 or 16. */
MICA_INLINE void* mica_pool_alloc(mi_pool_t* pool, size_t size, size_t align) {
  void* p = NULL;
  if (MICA_LIKELY(mica_thread_slot_is(&pool->home, mica_ids.self))) {
    p = mica_pool_alloc_near(pool, &pool->home, size, align);
    if (MICA_LIKELY(p != NULL)) return p;
  } else {
    const mica_thread_slot_t* const noted = mica_thread_slot_noted(pool);
    if (noted != NULL && (p = mica_pool_alloc_near(pool, noted, size, align)) != NULL) return p;
  }
  return mica_pool_alloc_slow(pool, size, align);
}

MICA_INLINE bool mica_pool_take_back(mi_pool_t* pool, mica_pool_chunk_t* b, void* p) {
  if (MICA_POOL_TAGGED && !mica_pool_tag_end(pool, b, p, "mi_pool_free")) return false;
  mica_pool_block_free(pool, b);
  return true;
}

MICA_INLINE bool mica_pool_free(mi_pool_t* pool, void* p) {
  const mica_thread_slot_t* const near = mica_thread_slot_near(pool);
  if (near != NULL && mica_pool_has(pool, near->bump, p)) return mica_pool_take_back(pool, near->bump, p);
  return mica_pool_free_slow(pool, p, true);
}

#endif
