/* large_registry.h -- the registry of a sub-heap's pages of one block, in which its heap finds them.
 *
 *   slots   one page each, or NULL
 *   hints   one bit a slot: set before the slot is filled, cleared after it was emptied, by the thread that emptied it
 *
 * The thread that runs the sub-heap enters pages. The thread that frees the block, any thread, removes its page; or the one
 * that ends the heap does, at the same time perhaps: the CAS from the page itself decides, and only the thread that succeeded
 * goes on as the remover. Slots are type-stable, and a page can be entered again only after its block was freed: so a remover
 * that comes late finds another page or NULL, and leaves it alone. It must come before the page's lines are given back.
 *
 * All relaxed: the pages' lines are not handed on here. A thread that reads them through a slot ends the heap with its blocks,
 * or looks through it: the program orders that after each allocation in it and each free.
 *
 * Before it is included there must be registry_page_t. Used by theap.h and, unmodified, by the model (tests/model): hence the
 * _Atomic(T) spelling and the *_explicit calls only. Wait-free. */
#ifndef LARGE_REGISTRY_H
#define LARGE_REGISTRY_H
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A slot that is free, now the caller's to fill, or `count` if there is none. Only the thread that runs the sub-heap: nobody
 * else sets a hint or fills a slot. [V1] [V2] [V3] */
static inline unsigned registry_find(_Atomic(uint64_t)* hints, _Atomic(registry_page_t*)* slots, unsigned count) {
  for (unsigned w = 0; w * 64 < count; w++) {
    uint64_t clear = ~atomic_load_explicit(&hints[w], memory_order_relaxed); /* relaxed: a hint */
    for (; clear != 0; clear &= clear - 1) {
      const unsigned bit = (unsigned)__builtin_ctzll(clear), at = w * 64 + bit;
      if (at >= count) break;
      /* relaxed: only we fill it. A page that seems to be there still is passed over this time, its hint left clear */
      if (atomic_load_explicit(&slots[at], memory_order_relaxed) != NULL) continue;
      /* relaxed: as the hint was clear, nobody is about to clear it */
      atomic_fetch_or_explicit(&hints[w], (uint64_t)1 << bit, memory_order_relaxed);
      return at;
    }
  }
  return count;
}

/* Fills a slot that registry_find gave. [V4] */
static inline void registry_enter(_Atomic(registry_page_t*)* slot, registry_page_t* page) {
  atomic_store_explicit(slot, page, memory_order_relaxed);
}

/* A slot that registry_find gave is not needed. [V5] */
static inline void registry_spare(_Atomic(uint64_t)* hints, unsigned at) {
  atomic_fetch_and_explicit(&hints[at / 64], ~((uint64_t)1 << (at % 64)), memory_order_relaxed); /* relaxed: a hint */
}

/* True: the caller has struck the page out; false: somebody did before. [V5] [V6] */
static inline bool registry_remove(_Atomic(uint64_t)* hints, _Atomic(registry_page_t*)* slots, unsigned at,
                                   registry_page_t* page) {
  if (!atomic_compare_exchange_strong_explicit(&slots[at], &page, (registry_page_t*)0, memory_order_relaxed,
                                               memory_order_relaxed))
    return false;
  registry_spare(hints, at);
  return true;
}

/* The page there, or NULL. Its line may be read by who knows that its block is not being freed. [V7] */
static inline registry_page_t* registry_get(_Atomic(registry_page_t*)* slot) {
  return atomic_load_explicit(slot, memory_order_relaxed);
}
#endif
