/* check.h -- looking for misuse of pools: pools that are none, calls at the wrong time, blocks freed twice; and lists that lead
 * nowhere.
 *
 * But for the last, only in the variants that examine (MICA_EXAMINES) or have a checker (MICA_TRACKED); elsewhere no code
 * comes of it. A tag is one word in front of a block: {hash of its address, its pool and its chunk's generation:48 | size:16}
 * while it is in use, the same with the hash inverted afterwards. Where a function is named, it is the exported one that the
 * program called. Used by pool/ and api/mi_pools.c. */
#ifndef MICA_POOL_CHECK_H
#define MICA_POOL_CHECK_H
#include "pool/pool.h"

/* A list of the pool's chunks, tables, cleanups or slots is a ring, or leads to what is none of these: at that place. Its links
 * lie in ordinary blocks, which an overflow or a write after the end may have damaged. In every variant the program ends. */
_Noreturn MICA_COLD void mica_pool_damaged(const void* pool, const void* at);

/* A block of the chunk is given out; the checker is notified. */
void mica_pool_tag_set(const mi_pool_t* pool, const mica_pool_chunk_t* b, void* p, size_t size);

/* A block is freed by `function`: it must be in use. False: the checker was notified; it must be left alone. */
bool mica_pool_tag_end(const mi_pool_t* pool, const mica_pool_chunk_t* b, void* p, const char* function);

/* The pool is one, and not ended: else the program ends. NULL is none. */
void mica_pool_examine(const mi_pool_t* pool, const char* function);

/* Likewise if a call with it is under way, or if it is a group's. */
void mica_pool_examine_busy(mi_pool_t* pool, const char* function);
void mica_pool_examine_group(const mi_pool_t* pool, const char* function);

/* p, which is in no memory of the pool, was to be freed: the program ends. */
void mica_pool_examine_stray(const mi_pool_t* pool, const void* p, const char* function);

/* A call that is over at once. */
MICA_INLINE void mica_pool_known(const mi_pool_t* pool, const char* function) {
  if (MICA_EXAMINES) mica_pool_examine(pool, function);
}

/* A call begins, and ends; calls that end or reset the pool are not among them. relaxed: a figure; the end of a pool is ordered
 * after all other calls, or the program is at fault [N3] */
MICA_INLINE void mica_pool_call_begin(mi_pool_t* pool, const char* function) {
  mica_pool_known(pool, function);
  if (MICA_EXAMINES) atomic_fetch_add_explicit(&pool->busy, 1, memory_order_relaxed);
}
MICA_INLINE void mica_pool_call_end(mi_pool_t* pool) {
  if (MICA_EXAMINES) atomic_fetch_sub_explicit(&pool->busy, 1, memory_order_relaxed); /* relaxed: likewise [N3] */
}

/* The program is to end or reset the pool: it is no group's, and no call is under way. */
MICA_INLINE void mica_pool_alone(mi_pool_t* pool, const char* function) {
  if (!MICA_EXAMINES) return;
  mica_pool_examine(pool, function);
  mica_pool_examine_busy(pool, function);
  mica_pool_examine_group(pool, function);
}

#endif
