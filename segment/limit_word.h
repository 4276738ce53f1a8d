/* limit_word.h -- the word that counts what is handed out, against a limit.
 *
 * charged = all that is handed out, or about to be: it is counted before it is taken, and until it has been given back. So at
 * no moment is more handed out than the word says, and no charge makes the word exceed the limit of that charge.
 *
 * A thread that gives back slices that go on costing memory (dirty ones) counts those first and discharges afterwards. So a
 * thread that has charged, and reads the other count afterwards, finds every slice in one of the two at least.
 *
 * Used by limit.c; pure, so that a model can compile it: hence the _Atomic(T) spelling and the *_explicit calls only. */
#ifndef LIMIT_WORD_H
#define LIMIT_WORD_H
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define LM_NONE INT64_MAX

/* Counts n more, if that makes no more than `most`. acquire: pairs with the discharge, whose giver counted elsewhere before
 * [Y1] [Y2] */
static inline bool lm_charge(_Atomic(int64_t)* charged, int64_t n, int64_t most) {
  if (most == LM_NONE) {
    atomic_fetch_add_explicit(charged, n, memory_order_acquire);
    return true;
  }
  int64_t have = atomic_load_explicit(charged, memory_order_relaxed); /* relaxed: only the CAS decides */
  while (have <= most - n)
    if (atomic_compare_exchange_weak_explicit(charged, &have, have + n, memory_order_acquire, memory_order_relaxed))
      return true;
  return false;
}

/* release: what else was counted comes before [Y3] */
static inline void lm_discharge(_Atomic(int64_t)* charged, int64_t n) {
  atomic_fetch_sub_explicit(charged, n, memory_order_release);
}

/* acquire: as in lm_charge [Y4] */
static inline int64_t lm_charged(_Atomic(int64_t)* charged) {
  return atomic_load_explicit(charged, memory_order_acquire);
}
#endif
