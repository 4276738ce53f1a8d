/* thread_slot.h -- the calling thread's slot in a pool: at hand, in the tables, or acquired. Used by pool/. */
#ifndef MICA_POOL_THREAD_SLOT_H
#define MICA_POOL_THREAD_SLOT_H
#include "pool/pool.h"

/* The bump chunk of a thread slot that has no chunk yet: nothing can be cut from it. */
extern mica_pool_chunk_t mica_pool_nothing;

/* A new thread slot, in memory that is zero. relaxed: its table is shown afterwards [N5] */
MICA_INLINE void mica_thread_slot_init(mica_thread_slot_t* thread_slot, uintptr_t owner, mica_pool_chunk_t* bump) {
  thread_slot->bump = bump;
  atomic_store_explicit(&thread_slot->owner, owner, memory_order_relaxed);
}

/* The calling thread's slot in the tables; NULL: it has none there. */
mica_thread_slot_t* mica_thread_slot_find(mi_pool_t* pool);

/* The calling thread's slot, found or made; a thread past its end gets one for this call. NULL: no memory. */
mica_thread_slot_t* mica_thread_slot_acquire(mi_pool_t* pool);

/* After the call. */
void mica_thread_slot_release(mica_thread_slot_t* thread_slot);

/* All thread slots, one after the other, beginning with a walk of zeroes; NULL: there is no more. */
typedef struct mica_thread_slot_walk_s {
  bool begun;
  unsigned tables; /* seen */
  mica_thread_slots_t* table;
  size_t at;
} mica_thread_slot_walk_t;
mica_thread_slot_t* mica_thread_slot_walk(const mi_pool_t* pool, mica_thread_slot_walk_t* walk);

/* The pool ends: its tables go back. */
void mica_thread_slots_end(mi_pool_t* pool);

/* The thread's own owner id is in its thread slot, and in no other. relaxed: only this thread stores it there [N2] */
MICA_INLINE bool mica_thread_slot_is(const mica_thread_slot_t* thread_slot, uintptr_t id) {
  return atomic_load_explicit(&thread_slot->owner, memory_order_relaxed) == id;
}

/* Where an owner id's thread slot may be noted. */
MICA_INLINE _Atomic(mica_thread_slot_t*)* mica_thread_slot_note(mi_pool_t* pool, uintptr_t id) {
  return &pool->near[id / MICA_THEAP_BYTES % MICA_POOL_NEAR];
}

/* The calling thread's slot, if it is noted; else NULL. acquire: pairs with the note: the thread slot was made [N10] */
MICA_INLINE mica_thread_slot_t* mica_thread_slot_noted(mi_pool_t* pool) {
  mica_thread_slot_t* const noted =
      atomic_load_explicit(mica_thread_slot_note(pool, mica_ids.self), memory_order_acquire);
  return noted != NULL && mica_thread_slot_is(noted, mica_ids.self) ? noted : NULL;
}

/* The calling thread's slot, if it is at hand; else NULL. */
MICA_INLINE mica_thread_slot_t* mica_thread_slot_near(mi_pool_t* pool) {
  return MICA_LIKELY(mica_thread_slot_is(&pool->home, mica_ids.self)) ? &pool->home : mica_thread_slot_noted(pool);
}

/* The calling thread's slot; NULL: it has none yet. */
MICA_INLINE mica_thread_slot_t* mica_thread_slot_mine(mi_pool_t* pool) {
  mica_thread_slot_t* const near = mica_thread_slot_near(pool);
  return MICA_LIKELY(near != NULL) ? near : mica_thread_slot_find(pool);
}

#endif
