/* piece_count.h -- the word that says how many pieces of a pool's block are in use, and who hands the block back.
 *
 *   open      the seat's thread bumps in the block, and counts on its own what it gives out and frees. Others count here:
 *             word = PC_OPEN - pieces that others freed
 *   retired   nothing is given out of it any more, and all count here: word = pieces in use
 *
 *        pc_start                      pc_retire                        pc_free makes it 0
 *   ---> open, all pieces home ---+--> retired, in use ---------------------------------> empty: whoever did it has the
 *             ^                   |                                                        block alone, and hands it back
 *             |  pc_others: all   +--> pc_retire makes it 0: empty, in the retirer's hands
 *             +--- are home again
 *
 * Invariant: who finds the block empty, by pc_others, pc_retire or pc_free, has it alone, and sees all that was done with its
 * pieces. Exactly one does.
 *
 * Used by blocks.c and, unmodified, by the model (tests/model): hence the _Atomic(T) spelling, the *_explicit calls only, and
 * the named memory orders. */
#ifndef PIECE_COUNT_H
#define PIECE_COUNT_H
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
/* ---- memory orders, each the weakest that verifies (notes/protocol.md says what pairs with what) ---- */
#ifndef PC_MO_FREE
#define PC_MO_FREE memory_order_acq_rel /* what was done with the piece -> who finds the block empty */
#endif
#ifndef PC_MO_RETIRE
#define PC_MO_RETIRE memory_order_acq_rel /* what the owner did with its pieces -> who finds it empty; or finds it */
#endif
#ifndef PC_MO_OTHERS
#define PC_MO_OTHERS memory_order_acquire /* pairs with every free so far, frees being RMWs */
#endif

#define PC_OPEN ((uint32_t)1 << 30)

/* The block is the caller's alone. relaxed: what follows is handed out with the pieces, by the program [G1] */
static inline void pc_start(_Atomic(uint32_t)* word) { atomic_store_explicit(word, PC_OPEN, memory_order_relaxed); }

/* Open: how many pieces others have freed. [G2] */
static inline uint32_t pc_others(_Atomic(uint32_t)* word) { return PC_OPEN - atomic_load_explicit(word, PC_MO_OTHERS); }

/* A piece of a block that is another thread's, or retired, is free. True: it was the last one of a retired block. [G3] */
static inline bool pc_free(_Atomic(uint32_t)* word) { return atomic_fetch_sub_explicit(word, 1, PC_MO_FREE) == 1; }

/* The owner bumps no more; by its own count n pieces are in use, those that others freed among them. True: none is. [G4] */
static inline bool pc_retire(_Atomic(uint32_t)* word, uint32_t n) {
  return atomic_fetch_add_explicit(word, n - PC_OPEN, PC_MO_RETIRE) + n == PC_OPEN;
}

/* For figures: whether the block is open, which the word itself says: it never counts as many as half of PC_OPEN. *n: retired
 * blocks' pieces in use; open ones' that others freed. relaxed: a figure [G5] */
static inline bool pc_figure(_Atomic(uint32_t)* word, uint32_t* n) {
  const uint32_t now = atomic_load_explicit(word, memory_order_relaxed);
  const bool open = now > PC_OPEN / 2;
  *n = open ? PC_OPEN - now : now;
  return open;
}
#endif
