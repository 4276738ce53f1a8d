/* limit_model.h -- the situations in which limit_word.h is checked: slices that are handed out, and given back dirty, against a
 * limit on both together.
 *
 * The functions below are those of limit.c and slices.c. `both` is what is handed out or dirty in truth, moved by additions
 * only; no claim that succeeds may find it beyond the limit. At the end the word says what is handed out. */
#ifndef LIMIT_MODEL_H
#define LIMIT_MODEL_H
#include "segment/limit_word.h"
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#ifndef SITUATION
#define SITUATION 1
#endif
enum { THREADS = 3 };
#if SITUATION == 1 /* one slice, handed out; one may be */
enum { MOST = 1, HELD = 1, DIRTY = 0 };
#elif SITUATION == 2 /* one handed out, one dirty; one more would be too many */
enum { MOST = 2, HELD = 1, DIRTY = 1 };
#elif SITUATION == 3 /* one handed out of three */
enum { MOST = 3, HELD = 1, DIRTY = 0 };
#endif

typedef struct model_s {
  _Atomic(int64_t) charged, dirty, both;
  int64_t held[THREADS]; /* by thread */
} model_t;

static inline bool model_claim(model_t* m, int t) {
  if (!lm_charge(&m->charged, 1, MOST)) return false;
  const int64_t used = lm_charged(&m->charged);
  MODEL_ASSERT(used <= MOST);
  if (used + atomic_load_explicit(&m->dirty, memory_order_relaxed) > MOST) {
    lm_discharge(&m->charged, 1);
    return false;
  }
  MODEL_ASSERT(atomic_fetch_add_explicit(&m->both, (int64_t)1, memory_order_relaxed) < MOST);
  m->held[t]++;
  return true;
}
static inline void model_give(model_t* m, int t) {
  atomic_fetch_add_explicit(&m->dirty, (int64_t)1, memory_order_relaxed);
  lm_discharge(&m->charged, 1);
  m->held[t]--;
}

static inline void model_setup(model_t* m) {
  atomic_store_explicit(&m->charged, (int64_t)HELD, memory_order_relaxed);
  atomic_store_explicit(&m->dirty, (int64_t)DIRTY, memory_order_relaxed);
  atomic_store_explicit(&m->both, (int64_t)(HELD + DIRTY), memory_order_relaxed);
  for (int t = 0; t < THREADS; t++) m->held[t] = t == 0 ? HELD : 0;
}

static inline void model_thread(model_t* m, int t) {
  if (t == 0)
    model_give(m, t);
  else if (model_claim(m, t) && t == 1)
    model_give(m, t);
#if SITUATION == 3
  if (t == 0) model_claim(m, t);
#endif
}

/* when all threads are done */
static inline void model_check(model_t* m) {
  int64_t held = 0;
  for (int t = 0; t < THREADS; t++) held += m->held[t];
  MODEL_ASSERT(lm_charged(&m->charged) == held);
}
#endif
