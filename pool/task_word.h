/* task_word.h -- the words of a group of pools: which slot is open, and how many tasks entered and left each slot's pool.
 *
 * A slot holds one pool at a time, each a generation. Slots are type-stable: they go with their group only, so a thread that
 * stalled may look at one whose pool went long ago, and does no harm.
 *
 *   a slot's word    {generation:32 | entered:16 | left:16}
 *
 *           tw_open                tw_enter, up to k         tw_leave makes left == entered
 *   shut -----------> 1 entered ------------------> e entered, ------------------------------> shut
 *                     0 left                        l < e left
 *
 *   shut: entered == left. The thread that shut it has the slot and its pool alone: it ends the pool, and the slot is idle
 *
 *   the group's word  {generation:22 | slot:42}: where tasks enter, if the slot still has the generation that it was shown with
 *
 * Invariants: no task enters a pool that is shut, or that k have entered, or that was not shown yet. The task that leaves last
 * sees all that the others did with the pool; a task that enters sees it made. The word of a shut slot is written by the thread
 * that has the slot alone. Another slot is shown only when the one before is shut, or k have entered it: so of the slots that
 * were shown, one at most can be entered. (Unless exactly a multiple of 2^22 generations of one slot went by between a look and
 * the step that follows it.)
 *
 * Before it is included there must be tw_slot_t, whose member `word` is the slot's, and TW_NUMBER(slot) and TW_SLOT(number): a
 * slot as a number of 42 bits, 0 for NULL. Used by group.c and, unmodified, by the model (tests/model):
 * hence the _Atomic(T) spelling, the *_explicit calls only, and the named memory orders. */
#ifndef TASK_WORD_H
#define TASK_WORD_H
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
/* ---- memory orders, each the weakest that verifies (notes/protocol.md says what pairs with what) ---- */
#ifndef TW_MO_OPEN
#define TW_MO_OPEN memory_order_release /* the pool -> enter */
#endif
#ifndef TW_MO_ENTER
#define TW_MO_ENTER memory_order_acquire /* pairs with open; later enters and leaves are RMWs */
#endif
#ifndef TW_MO_LEAVE
#define TW_MO_LEAVE memory_order_acq_rel /* the task's use of the pool -> the last one to leave; or finds it */
#endif
#ifndef TW_MO_SHOW
#define TW_MO_SHOW memory_order_release /* a slot that is new -> look */
#endif
#ifndef TW_MO_LOOK
#define TW_MO_LOOK memory_order_acquire /* pairs with show: the slot itself */
#endif

#define TW_ENTERED ((uint64_t)1 << 16)
#define TW_GENERATION ((uint64_t)1 << 32)
#define TW_SLOT_BITS 42
#define TW_SLOT_MASK (((uint64_t)1 << TW_SLOT_BITS) - 1)

static inline uint32_t tw_entered(uint64_t word) { return (uint32_t)(word >> 16) & 0xFFFF; }
static inline uint32_t tw_left(uint64_t word) { return (uint32_t)word & 0xFFFF; }
static inline uint32_t tw_generation(uint64_t word) { return (uint32_t)(word >> 32); }
static inline uint32_t tw_inside(uint64_t word) { return tw_entered(word) - tw_left(word); }

/* The slot, shut and the caller's alone, has a pool, and the caller has entered it. [J1] [J2] */
static inline void tw_open(_Atomic(uint64_t)* word) {
  const uint64_t was = atomic_load_explicit(word, memory_order_relaxed); /* relaxed: no other thread writes it */
  atomic_store_explicit(word, (was & ~(TW_GENERATION - 1)) + TW_GENERATION + TW_ENTERED, TW_MO_OPEN);
}

/* The slot's generation, as the group's word has it. */
static inline uint64_t tw_shown(uint64_t word) { return (uint64_t)tw_generation(word) << TW_SLOT_BITS; }

/* Enters the slot that was looked at. False: it is shut, or was since then, or k have entered. [J3] [J4] */
static inline bool tw_enter(_Atomic(uint64_t)* word, uint32_t k, uint64_t looked) {
  uint64_t was = atomic_load_explicit(word, memory_order_relaxed); /* relaxed: only the CAS decides */
  while (tw_inside(was) != 0 && tw_entered(was) < k && tw_shown(was) == (looked & ~TW_SLOT_MASK))
    if (atomic_compare_exchange_weak_explicit(word, &was, was + TW_ENTERED, TW_MO_ENTER, memory_order_relaxed))
      return true;
  return false;
}

/* True: the caller was the last one. [J5] */
static inline bool tw_leave(_Atomic(uint64_t)* word) {
  return tw_inside(atomic_fetch_add_explicit(word, 1, TW_MO_LEAVE)) == 1;
}

/* For figures and checks. relaxed: a figure [J6] */
static inline uint64_t tw_figure(_Atomic(uint64_t)* word) { return atomic_load_explicit(word, memory_order_relaxed); }

/* ---- the group's word ---- */

/* The word, to be given to tw_enter and tw_show; *slot: the one that tasks enter now, or NULL. [J7] */
static inline uint64_t tw_look(_Atomic(uint64_t)* group, tw_slot_t** slot) {
  const uint64_t word = atomic_load_explicit(group, TW_MO_LOOK);
  *slot = TW_SLOT(word & TW_SLOT_MASK);
  return word;
}

/* Tasks are to enter this slot, which the caller has opened, from now on. False: another thread has shown one since the word
 * was looked at; then the caller alone has entered this one. [J8] */
static inline bool tw_show(_Atomic(uint64_t)* group, uint64_t looked, tw_slot_t* slot) {
  const uint64_t next = tw_shown(tw_figure(&slot->word)) | TW_NUMBER(slot);
  return atomic_compare_exchange_strong_explicit(group, &looked, next, TW_MO_SHOW, memory_order_relaxed);
}
#endif
