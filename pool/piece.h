/* piece.h -- the fast path of a pool: a piece off the front of what is left of a block.
 *
 * In the variants that look for misuse each piece has a tag of 8 bytes in front of it, which tells its size, and whether it is
 * in use; and wherever the piece is asked to begin, it begins at a multiple of 8. Elsewhere there is nothing between pieces but
 * what alignment needs. Used by api.c, blocks.c and check.c. */
#ifndef MICA_PIECE_H
#define MICA_PIECE_H
#include "pool/check.h"
#include "pool/pool.h"

/* The thread's own token is in its seat, and in nobody else's. relaxed: only this thread stores it there [N2] */
MICA_INLINE bool mica_seat_is(const mica_seat_t* seat, uintptr_t token) {
  return atomic_load_explicit(&seat->owner, memory_order_relaxed) == token;
}

/* Where a token's seat may be noted. */
MICA_INLINE _Atomic(mica_seat_t*)* mica_seat_note(mi_pool_t* pool, uintptr_t token) {
  return &pool->near[token / MICA_HEAP_BYTES % MICA_POOL_NEAR];
}

/* The calling thread's seat, if it is noted; else NULL. acquire: pairs with the note: the seat was made [N10] */
MICA_INLINE mica_seat_t* mica_seat_noted(mi_pool_t* pool) {
  mica_seat_t* const seat = atomic_load_explicit(mica_seat_note(pool, mica_self), memory_order_acquire);
  return seat != NULL && mica_seat_is(seat, mica_self) ? seat : NULL;
}

/* The calling thread's seat, if it is at hand; else NULL. */
MICA_INLINE mica_seat_t* mica_seat_near(mi_pool_t* pool) {
  return MICA_LIKELY(mica_seat_is(&pool->home, mica_self)) ? &pool->home : mica_seat_noted(pool);
}

/* The calling thread's seat; NULL: it has none yet. */
MICA_INLINE mica_seat_t* mica_seat_mine(mi_pool_t* pool) {
  mica_seat_t* const seat = mica_seat_near(pool);
  return MICA_LIKELY(seat != NULL) ? seat : mica_seat_find(pool);
}

/* size bytes, 1 or more, at a multiple of align, 1 or 16 or more; NULL: not so much is left. size and align are small. relaxed:
 * figures of the thread's own [N1] */
MICA_INLINE void* mica_pool_bump(const mi_pool_t* pool, mica_pool_block_t* b, size_t size, size_t align) {
  const size_t mask = (align > MICA_POOL_TAG ? align : MICA_POOL_TAG) - 1;
  const uintptr_t p = (mica_pool_last(b) + MICA_POOL_TAG + mask) & ~mask, next = p + size;
  if (MICA_UNLIKELY(next > (uintptr_t)b->end)) return NULL;
  mica_pool_set_last(b, next);
  atomic_store_explicit(&b->given, mica_pool_given(b) + 1, memory_order_relaxed);
  void* piece = (void*)p;
  if (MICA_POOL_TAGGED) mica_pool_tag_set(pool, b, piece, size);
  MICA_RESULT(piece);
  return piece;
}

#endif
