/* bump.h -- the fast path of a pool: a block off the front of what is left of a chunk.
 *
 * In the variants that look for misuse each block has a tag of 8 bytes in front of it, which tells its size, and whether it is
 * in use; and wherever the block is asked to begin, it begins at a multiple of 8. Elsewhere there is nothing between blocks but
 * what alignment needs. Used by api.c, chunks.c and check.c. */
#ifndef MICA_BUMP_H
#define MICA_BUMP_H
#include "pool/check.h"
#include "pool/pool.h"

/* The thread's own owner id is in its thread slot, and in nobody else's. relaxed: only this thread stores it there [N2] */
MICA_INLINE bool mica_thread_slot_is(const mica_thread_slot_t* thread_slot, uintptr_t id) {
  return atomic_load_explicit(&thread_slot->owner, memory_order_relaxed) == id;
}

/* Where an owner id's thread slot may be noted. */
MICA_INLINE _Atomic(mica_thread_slot_t*)* mica_thread_slot_note(mi_pool_t* pool, uintptr_t id) {
  return &pool->near[id / MICA_THEAP_BYTES % MICA_POOL_NEAR];
}

/* The calling thread's thread slot, if it is noted; else NULL. acquire: pairs with the note: the thread slot was made [N10] */
MICA_INLINE mica_thread_slot_t* mica_thread_slot_noted(mi_pool_t* pool) {
  mica_thread_slot_t* const thread_slot =
      atomic_load_explicit(mica_thread_slot_note(pool, mica_self), memory_order_acquire);
  return thread_slot != NULL && mica_thread_slot_is(thread_slot, mica_self) ? thread_slot : NULL;
}

/* The calling thread's thread slot, if it is at hand; else NULL. */
MICA_INLINE mica_thread_slot_t* mica_thread_slot_near(mi_pool_t* pool) {
  return MICA_LIKELY(mica_thread_slot_is(&pool->home, mica_self)) ? &pool->home : mica_thread_slot_noted(pool);
}

/* The calling thread's thread slot; NULL: it has none yet. */
MICA_INLINE mica_thread_slot_t* mica_thread_slot_mine(mi_pool_t* pool) {
  mica_thread_slot_t* const thread_slot = mica_thread_slot_near(pool);
  return MICA_LIKELY(thread_slot != NULL) ? thread_slot : mica_thread_slot_find(pool);
}

/* size bytes, 1 or more, at a multiple of align, 1 or 16 or more; NULL: not so much is left. size and align are small. relaxed:
 * figures of the thread's own [N1] */
MICA_INLINE void* mica_pool_bump(const mi_pool_t* pool, mica_pool_chunk_t* b, size_t size, size_t align) {
  const size_t mask = (align > MICA_POOL_TAG ? align : MICA_POOL_TAG) - 1;
  const uintptr_t p = (mica_pool_last(b) + MICA_POOL_TAG + mask) & ~mask, next = p + size;
  if (MICA_UNLIKELY(next > (uintptr_t)b->end)) return NULL;
  mica_pool_set_last(b, next);
  atomic_store_explicit(&b->given, mica_pool_given(b) + 1, memory_order_relaxed);
  void* block = (void*)p;
  if (MICA_POOL_TAGGED) mica_pool_tag_set(pool, b, block, size);
  MICA_RESULT(block);
  return block;
}

#endif
