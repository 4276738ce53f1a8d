/* block_count.h -- the word that says how many blocks of a pool's chunk are in use, and which thread hands the chunk back.
 *
 *   open      the thread slot's thread cuts blocks off the chunk, and counts by itself those it gives out and frees. Others
 *             count here: word = BC_OPEN - blocks that others freed
 *   retired   no block is cut off it any more, and all count here: word = blocks in use
 *
 *        bc_start                      bc_retire                        bc_free makes it 0
 *   ---> open, all blocks home ---+--> retired, in use ---------------------------------> empty: that thread has the chunk
 *             ^                   |                                                        alone, and hands it back
 *             |  bc_others: all   +--> bc_retire makes it 0: empty, in the hands of the thread that retired it
 *             +--- are home again
 *
 * Invariant: one thread finds the chunk empty, by bc_others, bc_retire or bc_free. It has the chunk alone, and sees all that
 * was done with its blocks.
 *
 * Used by chunks.c and, unmodified, by the model (tests/model): hence the _Atomic(T) spelling, the *_explicit calls only, and
 * the named memory orders. */
#ifndef BLOCK_COUNT_H
#define BLOCK_COUNT_H
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
/* ---- memory orders, each the weakest that verifies (notes/protocol.md says what pairs with what) ---- */
#ifndef BC_MO_FREE
#define BC_MO_FREE memory_order_acq_rel /* the block's use -> the thread that finds the chunk empty */
#endif
#ifndef BC_MO_RETIRE
#define BC_MO_RETIRE memory_order_acq_rel /* the owner's use of it -> the thread that finds it empty; or finds it */
#endif
#ifndef BC_MO_OTHERS
#define BC_MO_OTHERS memory_order_acquire /* pairs with every free so far, frees being RMWs */
#endif

#define BC_OPEN ((uint32_t)1 << 30)

/* The chunk is the caller's alone. relaxed: the program hands on what follows, with the blocks [G1] */
static inline void bc_start(_Atomic(uint32_t)* word) { atomic_store_explicit(word, BC_OPEN, memory_order_relaxed); }

/* Open: how many blocks others have freed. [G2] */
static inline uint32_t bc_others(_Atomic(uint32_t)* word) { return BC_OPEN - atomic_load_explicit(word, BC_MO_OTHERS); }

/* A block of a chunk that is another thread's, or retired, is free. True: it was the last one of a retired chunk. [G3] */
static inline bool bc_free(_Atomic(uint32_t)* word) { return atomic_fetch_sub_explicit(word, 1, BC_MO_FREE) == 1; }

/* The owner bumps no more; by its own count n blocks are in use, those that others freed among them. True: none is. [G4] */
static inline bool bc_retire(_Atomic(uint32_t)* word, uint32_t n) {
  return atomic_fetch_add_explicit(word, n - BC_OPEN, BC_MO_RETIRE) + n == BC_OPEN;
}

/* For figures: whether the chunk is open, which the word itself says: it never counts to half of BC_OPEN. *n: of a retired
 * chunk the blocks in use, of an open one those that others freed. relaxed: a figure [G5] */
static inline bool bc_figure(_Atomic(uint32_t)* word, uint32_t* n) {
  const uint32_t now = atomic_load_explicit(word, memory_order_relaxed);
  const bool open = now > BC_OPEN / 2;
  *n = open ? BC_OPEN - now : now;
  return open;
}
#endif
