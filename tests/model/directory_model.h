/* directory_model.h -- page/directory.h alone: what a bit promises reaches who finds it, once, and nothing is forgotten.
 *
 * Each thread that offers does a deed and sets its bit. A seeker that clears the bit must see the deed. At the end each deed
 * was found or its bit is still set, and a leaf that is not zero has its bit in the summary. */
#ifndef DIRECTORY_MODEL_H
#define DIRECTORY_MODEL_H
#include <stdbool.h>

#include "page/directory.h"

#ifndef PW_VAR
#define PW_VAR(T) T
#endif
enum { DEEDS = 2, LEAVES = 2, THREADS = SITUATION == 3 ? 3 : 4 };
#define LEAF(i) (SITUATION == 2 ? (i) : 0)
#define BIT(i) ((uint64_t)1 << (i))

typedef struct model_s {
  _Atomic(uint64_t) leaf[LEAVES];
  _Atomic(uint64_t) sum;
  PW_VAR(int) deed[DEEDS];
  _Atomic(unsigned) found[DEEDS];
} model_t;

static inline void offer(model_t* m, int i) {
  m->deed[i] = 1;
  dir_offer(&m->leaf[LEAF(i)], BIT(i), &m->sum, BIT(LEAF(i)));
}
static inline void seek(model_t* m, int leaf) {
  const uint64_t bit = dir_seek(&m->leaf[leaf], &m->sum, BIT(leaf));
  if (bit == 0) return;
  const int i = bit == BIT(0) ? 0 : 1;
  MODEL_ASSERT(m->deed[i] == 1);
  m->deed[i] = 2;
  atomic_fetch_add_explicit(&m->found[i], 1u, memory_order_relaxed);
}

static inline void model_setup(model_t* m) {
  for (int i = 0; i < LEAVES; i++) atomic_store_explicit(&m->leaf[i], (uint64_t)0, memory_order_relaxed);
  atomic_store_explicit(&m->sum, (uint64_t)0, memory_order_relaxed);
  for (int i = 0; i < DEEDS; i++) {
    m->deed[i] = 0;
    atomic_store_explicit(&m->found[i], 0u, memory_order_relaxed);
  }
}

static inline void model_thread(model_t* m, int t) {
#if SITUATION == 1
  if (t < 2)
    offer(m, t);
  else
    for (int n = 1; n < t; n++) seek(m, 0);
#elif SITUATION == 2
  if (t < 2)
    offer(m, t);
  else {
    seek(m, t - 2);
    seek(m, 3 - t);
  }
#elif SITUATION == 3
  if (t == 0) {
    offer(m, 0);
    offer(m, 1);
  } else {
    seek(m, 0);
    seek(m, 0);
  }
#endif
}

static inline void model_check(model_t* m) {
  const uint64_t sum = atomic_load_explicit(&m->sum, memory_order_relaxed);
  for (int i = 0; i < LEAVES; i++)
    MODEL_ASSERT(atomic_load_explicit(&m->leaf[i], memory_order_relaxed) == 0 || (sum & BIT(i)) != 0);
  for (int i = 0; i < DEEDS; i++) {
    const bool waits = (atomic_load_explicit(&m->leaf[LEAF(i)], memory_order_relaxed) & BIT(i)) != 0;
    MODEL_ASSERT(atomic_load_explicit(&m->found[i], memory_order_relaxed) + waits == 1);
  }
}
#endif
