/* room.h -- how many bytes lie under a heap's pages: one word, {which heap it was:16 | bytes:48}.
 *
 * The structure of a heap is used again for another. Who frees a large block may do so while its heap is being deleted, and
 * come late with what is to be taken off: by then the word may be another heap's, and says so.
 *
 * Used by subheap.c and, unmodified, by the model (tests/model): hence the _Atomic(T) spelling and the *_explicit calls only.
 * All relaxed: a number, which orders nothing. Lock-free: each loop repeats only after another thread's success. */
#ifndef ROOM_H
#define ROOM_H
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum { ROOM_BITS = 48 };
#define ROOM_MASK (((uint64_t)1 << ROOM_BITS) - 1)

static inline uint64_t room_bytes(uint64_t word) { return word & ROOM_MASK; }
static inline unsigned room_life(uint64_t word) { return (unsigned)(word >> ROOM_BITS); }

/* [W1] */
static inline uint64_t room_get(_Atomic(uint64_t)* room) { return atomic_load_explicit(room, memory_order_relaxed); }

/* Which life it is, by the heap's serial number. */
static inline unsigned room_life_of(uint64_t serial) { return (unsigned)(serial & 0xffff); }

/* The structure is another heap's from now on, or nobody's; only its owner. [W2] */
static inline void room_begin(_Atomic(uint64_t)* room, uint64_t serial) {
  atomic_store_explicit(room, (uint64_t)room_life_of(serial) << ROOM_BITS, memory_order_relaxed);
}

/* Adds bytes if there are no more than limit then. If it is that life no more, there is nothing to add to: true. [W3] */
static inline bool room_take(_Atomic(uint64_t)* room, unsigned life, uint64_t bytes, uint64_t limit) {
  uint64_t word = room_get(room);
  do {
    if (room_life(word) != life) return true;
    if (bytes > limit || room_bytes(word) > limit - bytes) return false;
  } while (
      !atomic_compare_exchange_weak_explicit(room, &word, word + bytes, memory_order_relaxed, memory_order_relaxed));
  return true;
}

/* Takes bytes off, if it is still that life. [W3] */
static inline void room_give(_Atomic(uint64_t)* room, unsigned life, uint64_t bytes) {
  uint64_t word = room_get(room);
  while (room_life(word) == life &&
         !atomic_compare_exchange_weak_explicit(room, &word, word - bytes, memory_order_relaxed, memory_order_relaxed))
    ;
}
#endif
