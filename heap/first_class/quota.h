/* quota.h -- how many bytes lie under a heap's pages: one word, {which heap it was:16 | bytes:48}.
 *
 * The structure of a heap is used again for another. A thread that frees a large block while its heap is being deleted may
 * come late with the bytes to be taken off: by then the word may be another heap's, and says so.
 *
 * Used by heap.c, life.c and large_pages.c and, unmodified, by the model (tests/model): hence the _Atomic(T) spelling and the
 * *_explicit calls only. All relaxed: a number, which orders nothing. Lock-free: each loop repeats only after another
 * thread's success. */
#ifndef QUOTA_H
#define QUOTA_H
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum { QUOTA_BITS = 48 };
#define QUOTA_MASK (((uint64_t)1 << QUOTA_BITS) - 1)

static inline uint64_t quota_bytes(uint64_t word) { return word & QUOTA_MASK; }
static inline unsigned quota_life(uint64_t word) { return (unsigned)(word >> QUOTA_BITS); }

/* [W1] */
static inline uint64_t quota_get(_Atomic(uint64_t)* quota) { return atomic_load_explicit(quota, memory_order_relaxed); }

/* Which life it is, by the heap's serial number. */
static inline unsigned quota_life_of(uint64_t serial) { return (unsigned)(serial & 0xffff); }

/* The structure is another heap's from now on, or nobody's; only its owner. [W2] */
static inline void quota_begin(_Atomic(uint64_t)* quota, uint64_t serial) {
  atomic_store_explicit(quota, (uint64_t)quota_life_of(serial) << QUOTA_BITS, memory_order_relaxed);
}

/* Adds bytes if there are no more than limit then. If it is that life no more, there is nothing to add to: true. [W3] */
static inline bool quota_take(_Atomic(uint64_t)* quota, unsigned life, uint64_t bytes, uint64_t limit) {
  uint64_t word = quota_get(quota);
  do {
    if (quota_life(word) != life) return true;
    if (bytes > limit || quota_bytes(word) > limit - bytes) return false;
  } while (
      !atomic_compare_exchange_weak_explicit(quota, &word, word + bytes, memory_order_relaxed, memory_order_relaxed));
  return true;
}

/* Takes bytes off, if it is still that life. [W3] */
static inline void quota_give(_Atomic(uint64_t)* quota, unsigned life, uint64_t bytes) {
  uint64_t word = quota_get(quota);
  while (quota_life(word) == life &&
         !atomic_compare_exchange_weak_explicit(quota, &word, word - bytes, memory_order_relaxed, memory_order_relaxed))
    ;
}
#endif
