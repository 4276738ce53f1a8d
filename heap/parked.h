/* parked.h -- the stack of parked heaps: one word, {times popped:28 | heap:36}. Or of a group's parked shells.
 *
 * Invariant: a parked heap is in nobody's hands; who pops it has it alone and sees all that its last thread wrote. Heaps are
 * never unmapped. So a pop that stalled may read the link of a heap that somebody else runs by now, but its CAS then fails:
 * each pop changes the count. (Unless exactly a multiple of 2^28 pops, or 2^22 with a number of 42 bits, went by between its
 * load and its CAS.)
 *
 * Before it is included there must be pk_heap_t, with the atomic link `parked`, and PK_NUMBER(heap) and PK_HEAP(number): a
 * heap as a number of PK_HEAP_BITS bits, 0 for NULL. Used by thread.c, group.c and, unmodified, by the model (tests/model):
 * hence the _Atomic(T) spelling, the *_explicit calls only, and the named memory orders. */
#ifndef PARKED_H
#define PARKED_H
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
/* ---- memory orders, each the weakest that verifies (notes/protocol.md says what pairs with what) ---- */
#ifndef PK_MO_PARK
#define PK_MO_PARK memory_order_release /* the link, and all that the heap's thread wrote -> look */
#endif
#ifndef PK_MO_LOOK
#define PK_MO_LOOK memory_order_acquire /* a pop's load: pairs with park, pops between them being RMWs */
#endif

/* How many bits of the word are the number. */
#ifndef PK_HEAP_BITS
#define PK_HEAP_BITS 36
#endif
#define PK_HEAP_MASK (((uint64_t)1 << PK_HEAP_BITS) - 1)

static inline pk_heap_t* pk_heap_in(uint64_t word) { return PK_HEAP(word & PK_HEAP_MASK); }
/* The word with this heap on top: after a push, and after a pop. */
static inline uint64_t pk_pushed(uint64_t word, const pk_heap_t* top) {
  return (word & ~PK_HEAP_MASK) | PK_NUMBER(top);
}
static inline uint64_t pk_popped(uint64_t word, const pk_heap_t* top) {
  return pk_pushed(word + PK_HEAP_MASK + 1, top);
}

/* [Q1] [Q2] [Q3] */
static inline void pk_park(_Atomic(uint64_t)* stack, pk_heap_t* heap) {
  uint64_t word = atomic_load_explicit(stack, memory_order_relaxed); /* relaxed: only the CAS decides */
  do {
    atomic_store_explicit(&heap->parked, pk_heap_in(word), memory_order_relaxed); /* relaxed: published by the CAS */
  } while (
      !atomic_compare_exchange_weak_explicit(stack, &word, pk_pushed(word, heap), PK_MO_PARK, memory_order_relaxed));
}

/* NULL: none is parked. [Q4] [Q5] [Q6] */
static inline pk_heap_t* pk_unpark(_Atomic(uint64_t)* stack) {
  for (;;) {
    uint64_t word = atomic_load_explicit(stack, PK_MO_LOOK);
    pk_heap_t* heap = pk_heap_in(word);
    if (heap == NULL) return NULL;
    /* relaxed: stale if somebody popped it meanwhile, and then the count differs */
    pk_heap_t* next = atomic_load_explicit(&heap->parked, memory_order_relaxed);
    /* relaxed: the count never comes back, so an equal word is the very write that the look acquired */
    if (atomic_compare_exchange_weak_explicit(stack, &word, pk_popped(word, next), memory_order_relaxed,
                                              memory_order_relaxed))
      return heap;
  }
}
#endif
