/* pair.h -- a function and its argument, replaced as one: nobody sees the one of this registration with the other of that, and
 * nobody waits.
 *
 * Holds: a word that names the slot of the present pair and that slot's generation, and a few slots. A slot is free (its
 * generation is even) or taken (odd): claimed by a thread that fills it, then named by the word until another pair is.
 * Invariants: a slot's pair changes only while its claimer alone knows it; the slot that the word names is not claimed; a word
 * never comes back, as generations only grow. So a reader that finds the word unchanged after it has read the pair has read the
 * pair of that word; if it is changed, a registration has succeeded meanwhile, and the reader looks again: lock-free.
 *
 * Before it is included there must be mica_function_t, the type of any function; it is called by the type that it was
 * registered with. Used by hooks.c and output.c and, unmodified, by the model (tests/model): hence the _Atomic(T) spelling
 * and the *_explicit calls only. Any thread, any time. */
#ifndef MICA_PAIR_H
#define MICA_PAIR_H
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

enum { MICA_PAIR_SHIFT = 4, MICA_PAIR_SLOTS = 1 << MICA_PAIR_SHIFT };

typedef struct mica_pair_slot_s {
  _Atomic(uint64_t) generation;
  _Atomic(mica_function_t*) function;
  _Atomic(void*) arg;
} mica_pair_slot_t;

/* All zero: no function. */
typedef struct mica_pair_s {
  _Atomic(uint64_t) now; /* 0: no function; else generation << MICA_PAIR_SHIFT | slot */
  mica_pair_slot_t slots[MICA_PAIR_SLOTS];
} mica_pair_t;

/* The present function, NULL if there is none; its argument in *arg. */
static inline mica_function_t* mica_pair_get(mica_pair_t* pair, void** arg) {
  for (;;) {
    /* Acquire: pairs with the exchange in pair_put, so that the slot has the pair of the word. [O2] */
    const uint64_t word = atomic_load_explicit(&pair->now, memory_order_acquire);
    *arg = NULL;
    if (word == 0) return NULL;
    mica_pair_slot_t* slot = &pair->slots[word & (MICA_PAIR_SLOTS - 1)];
    /* Acquire: pair with the stores in mica_pair_set. A reader of half of a later pair sees, below, that the word has changed,
     * because the slot was claimed after that. [O3] */
    mica_function_t* function = atomic_load_explicit(&slot->function, memory_order_acquire);
    *arg = atomic_load_explicit(&slot->arg, memory_order_acquire); /* likewise [O3] */
    /* Relaxed: the acquires before it say what it must see. [O4] */
    if (atomic_load_explicit(&pair->now, memory_order_relaxed) == word) return function;
  }
}

/* A slot of which the caller alone knows; its generation as it is now, odd. 0: none is free. */
static inline uint64_t pair_claim(mica_pair_t* pair, unsigned* number) {
  for (unsigned i = 0; i < MICA_PAIR_SLOTS; i++) {
    /* Relaxed: the CAS decides. [O5] */
    uint64_t generation = atomic_load_explicit(&pair->slots[i].generation, memory_order_relaxed);
    if ((generation & 1) != 0) continue;
    *number = i;
    /* Acquire: pairs with the store in pair_put: no word names the slot any longer, and its former pair was written before
     * the next one. [O6] */
    if (atomic_compare_exchange_strong_explicit(&pair->slots[i].generation, &generation, generation + 1,
                                                memory_order_acquire, memory_order_relaxed))
      return generation + 1;
  }
  return 0;
}

/* Makes word the present one, and the slot of the former one free. */
static inline void pair_put(mica_pair_t* pair, uint64_t word) {
  /* Release: pairs with the load in mica_pair_get. Acquire: with the release that put the former word, so that its thread's
   * writes to the slot come before those of its next claimer. [O7] */
  const uint64_t former = atomic_exchange_explicit(&pair->now, word, memory_order_acq_rel);
  if (former == 0) return;
  mica_pair_slot_t* slot = &pair->slots[former & (MICA_PAIR_SLOTS - 1)];
  /* Release: pairs with the CAS in pair_claim. [O8] */
  atomic_store_explicit(&slot->generation, (former >> MICA_PAIR_SHIFT) + 1, memory_order_release);
}

/* Replaces it. NULL: there is none any longer. If all slots are taken, fifteen other threads are registering at this very
 * moment; then the caller's pair counts as replaced by one of theirs. */
static inline void mica_pair_set(mica_pair_t* pair, mica_function_t* function, void* arg) {
  if (function == NULL) {
    pair_put(pair, 0);
    return;
  }
  unsigned number = 0;
  const uint64_t generation = pair_claim(pair, &number);
  if (generation == 0) return;
  mica_pair_slot_t* slot = &pair->slots[number];
  /* Release: pair with the loads in mica_pair_get; the claim comes before. [O9] */
  atomic_store_explicit(&slot->function, function, memory_order_release);
  atomic_store_explicit(&slot->arg, arg, memory_order_release); /* likewise [O9] */
  pair_put(pair, generation << MICA_PAIR_SHIFT | number);
}

#endif
