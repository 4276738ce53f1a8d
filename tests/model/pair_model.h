/* pair_model.h -- the situations in which pair.h is checked.
 *
 * Each pair that is registered is a function and an argument of the same index; the argument has a plain variable that its
 * registrar writes before, and a reader of the pair looks at. At the end the word names a taken slot, the others are free. */
#ifndef PAIR_MODEL_H
#define PAIR_MODEL_H
#include <stdatomic.h>
#include <stdint.h>
#ifndef PW_VAR
#define PW_VAR(T) T
#endif

typedef struct function_s {
  int unused;
} mica_function_t;
#include "base/pair.h"

#ifndef SITUATION
#define SITUATION 1
#endif
enum { PAIRS = 4, THREADS = 3 };

typedef struct argument_s {
  PW_VAR(int) contents;
} argument_t;

typedef struct model_s {
  mica_pair_t pair;
  mica_function_t function[PAIRS];
  argument_t arg[PAIRS];
} model_t;

static inline void model_set(model_t* m, int i) {
  m->arg[i].contents = i + 1;
  mica_pair_set(&m->pair, &m->function[i], &m->arg[i]);
}

/* Which pair it is; -1: none. */
static inline int model_get(model_t* m) {
  void* arg;
  mica_function_t* function = mica_pair_get(&m->pair, &arg);
  if (function == (mica_function_t*)0) {
    MODEL_ASSERT(arg == (void*)0);
    return -1;
  }
  const int i = (int)(function - m->function);
  MODEL_ASSERT(arg == (void*)&m->arg[i]);
  MODEL_ASSERT(m->arg[i].contents == i + 1);
  return i;
}

static inline void model_setup(model_t* m) {
  atomic_store_explicit(&m->pair.now, (uint64_t)0, memory_order_relaxed);
  for (int i = 0; i < MICA_PAIR_SLOTS; i++) {
    atomic_store_explicit(&m->pair.slots[i].generation, (uint64_t)0, memory_order_relaxed);
    atomic_store_explicit(&m->pair.slots[i].function, (mica_function_t*)0, memory_order_relaxed);
    atomic_store_explicit(&m->pair.slots[i].arg, (void*)0, memory_order_relaxed);
  }
  for (int i = 0; i < PAIRS; i++) m->arg[i].contents = 0;
}

static inline void model_thread(model_t* m, int t) {
#if SITUATION == 1 /* two register two pairs each; one reads twice */
  if (t < 2) {
    model_set(m, t);
    model_set(m, t + 2);
  } else {
    model_get(m);
    model_get(m);
  }
#elif SITUATION == 2 /* one registers four pairs, so that slots are used again; two read, and never go back */
  if (t == 0) {
    for (int i = 0; i < PAIRS; i++) model_set(m, i);
  } else {
    const int first = model_get(m);
    MODEL_ASSERT(model_get(m) >= first);
  }
#elif SITUATION == 3 /* one registers, none, and registers; one registers and reads; one reads */
  if (t == 0) {
    model_set(m, 0);
    mica_pair_set(&m->pair, (mica_function_t*)0, (void*)0);
    model_set(m, 1);
  } else if (t == 1) {
    model_set(m, 2);
    model_get(m);
  } else {
    model_get(m);
  }
#endif
}

/* when all threads are done */
static inline void model_check(model_t* m) {
  const uint64_t now = atomic_load_explicit(&m->pair.now, memory_order_relaxed);
  MODEL_ASSERT(now != 0 && model_get(m) >= 0);
  for (int i = 0; i < MICA_PAIR_SLOTS; i++) {
    const uint64_t generation = atomic_load_explicit(&m->pair.slots[i].generation, memory_order_relaxed);
    MODEL_ASSERT((generation & 1) == ((now & (MICA_PAIR_SLOTS - 1)) == (uint64_t)i));
  }
}
#endif
