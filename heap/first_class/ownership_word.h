/* ownership_word.h -- which thread has a sub-heap: one word.
 *
 *           attach: made                         leave: its thread ends
 *      NONE ------------> RUN <----------------------------------------> IDLE
 *       ^                  |              claim: a thread wants one        |
 *       | its thread sees  |                                              | end: who ends the heap
 *       | it, and puts     v  end: its heap is destroyed, or deleted      | has it, and puts it
 *       | it back          |                                             | back
 *       +---------- DEAD, ORPHAN                                          v
 *       +---------------------------------------------------------------- NONE
 *
 *      DEAD: it was emptied before. ORPHAN: its blocks live on, and its thread gives its pages up before it puts it back
 *
 * Invariants: RUN: the thread that attached it or claimed it has it. IDLE: nobody; who claims it sees all that its last thread
 * wrote. Of a heap that goes, each sub-heap is put back exactly once: by its thread if it ran, else by who ended the heap.
 * The thread of a sub-heap need not know of the end, nor wait for it; it only must not be allocating in that heap. Before a
 * heap is destroyed no block of it is freed any more, so that its sub-heaps are at rest; when it is deleted their threads
 * may be freeing blocks, so what they run is left to them.
 *
 * Used by subheap.c, enter.c and life.c and, unmodified, by the model (tests/model): hence the _Atomic(T) spelling, the
 * *_explicit calls only, and the named memory orders. Wait-free. */
#ifndef OWNERSHIP_WORD_H
#define OWNERSHIP_WORD_H
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
/* ---- memory orders, each the weakest that verifies (notes/protocol.md says what pairs with what) ---- */
#ifndef OWNERSHIP_MO_LEAVE
#define OWNERSHIP_MO_LEAVE memory_order_release /* all that the thread did with it -> claim, end */
#endif
#ifndef OWNERSHIP_MO_CLAIM
#define OWNERSHIP_MO_CLAIM memory_order_acquire /* pairs with leave */
#endif
#ifndef OWNERSHIP_MO_END
#define OWNERSHIP_MO_END memory_order_acq_rel /* acquire: as claim. release: the emptying -> look */
#endif
#ifndef OWNERSHIP_MO_LOOK
#define OWNERSHIP_MO_LOOK memory_order_acquire /* pairs with end */
#endif

typedef enum ownership_e {
  OWNERSHIP_NONE,
  OWNERSHIP_RUN,
  OWNERSHIP_IDLE,
  OWNERSHIP_DEAD,
  OWNERSHIP_ORPHAN
} ownership_t;

/* A new one, that only the caller knows. [U1] */
static inline void ownership_attach(_Atomic(uint32_t)* ownership) {
  atomic_store_explicit(ownership, OWNERSHIP_RUN, memory_order_relaxed); /* relaxed: published with the sub-heap */
}

/* True: it is the caller's now. [U2] [U3] */
static inline bool ownership_claim(_Atomic(uint32_t)* ownership) {
  uint32_t is = atomic_load_explicit(ownership, memory_order_relaxed); /* relaxed: the CAS decides */
  if (is != OWNERSHIP_IDLE) return false;
  return atomic_compare_exchange_strong_explicit(ownership, &is, (uint32_t)OWNERSHIP_RUN, OWNERSHIP_MO_CLAIM,
                                                 memory_order_relaxed);
}

/* Its heap goes, and it becomes DEAD or ORPHAN. True: no thread has it, so the structure is the caller's. [U5] */
static inline bool ownership_end(_Atomic(uint32_t)* ownership, ownership_t as) {
  return atomic_exchange_explicit(ownership, (uint32_t)as, OWNERSHIP_MO_END) == OWNERSHIP_IDLE;
}

/* Whether no thread has it, as far as can be seen: for who knows that nobody begins or ends to. [U2] */
static inline bool ownership_is_idle(_Atomic(uint32_t)* ownership) {
  return atomic_load_explicit(ownership, memory_order_relaxed) == OWNERSHIP_IDLE; /* relaxed: the program orders it */
}

/* Its thread asks what became of it. [U6] */
static inline ownership_t ownership_look(_Atomic(uint32_t)* ownership) {
  return (ownership_t)atomic_load_explicit(ownership, OWNERSHIP_MO_LOOK);
}

/* Its thread ends. False: its heap has gone, and the structure is still the caller's, who looks. [U4] */
static inline bool ownership_leave(_Atomic(uint32_t)* ownership) {
  uint32_t is = OWNERSHIP_RUN; /* relaxed if it fails: the look acquires */
  return atomic_compare_exchange_strong_explicit(ownership, &is, (uint32_t)OWNERSHIP_IDLE, OWNERSHIP_MO_LEAVE,
                                                 memory_order_relaxed);
}
#endif
