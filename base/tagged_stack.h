/* tagged_stack.h -- a stack of items that are never unmapped: one word, {times popped:28 | number of the top item:36}.
 *
 * Invariant: an item on the stack is in nobody's hands; the thread that pops it has it alone, and sees all that its last owner
 * wrote. A pop that stalled may read the link of an item that another thread has by now, but its CAS then fails: each pop
 * changes the count. (Unless exactly a multiple of 2^28 pops, or 2^22 with a number of 42 bits, went by between its load and
 * its CAS.)
 *
 * Before it is included there must be stack_item_t, with the atomic link idle_next, and STACK_NUMBER(item) and
 * STACK_ITEM(number): an item as a number of STACK_ITEM_BITS bits, 0 for NULL. Used for idle theaps (heap/thread.c), for a
 * group's idle slots (pool/group.c) and, unmodified, by the models (tests/model): hence the _Atomic(T) spelling, the *_explicit
 * calls only, and the named memory orders. */
#ifndef TAGGED_STACK_H
#define TAGGED_STACK_H
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
/* ---- memory orders, each the weakest that verifies (notes/protocol.md says what pairs with what) ---- */
#ifndef STACK_MO_PUSH
#define STACK_MO_PUSH memory_order_release /* the link, and all that the item's owner wrote -> pop */
#endif
#ifndef STACK_MO_POP
#define STACK_MO_POP memory_order_acquire /* a pop's load: pairs with push, pops between them being RMWs */
#endif

/* The bits of the word that are the number. */
#ifndef STACK_ITEM_BITS
#define STACK_ITEM_BITS 36
#endif
#define STACK_ITEM_MASK (((uint64_t)1 << STACK_ITEM_BITS) - 1)

static inline stack_item_t* stack_item_in(uint64_t word) { return STACK_ITEM(word & STACK_ITEM_MASK); }
/* The word with this item on top: after a push, and after a pop. */
static inline uint64_t stack_pushed(uint64_t word, const stack_item_t* top) {
  return (word & ~STACK_ITEM_MASK) | STACK_NUMBER(top);
}
static inline uint64_t stack_popped(uint64_t word, const stack_item_t* top) {
  return stack_pushed(word + STACK_ITEM_MASK + 1, top);
}

/* [Q1] [Q2] [Q3] */
static inline void stack_push(_Atomic(uint64_t)* stack, stack_item_t* item) {
  uint64_t word = atomic_load_explicit(stack, memory_order_relaxed); /* relaxed: only the CAS decides */
  do {
    /* relaxed: published by the CAS */
    atomic_store_explicit(&item->idle_next, stack_item_in(word), memory_order_relaxed);
  } while (!atomic_compare_exchange_weak_explicit(stack, &word, stack_pushed(word, item), STACK_MO_PUSH,
                                                  memory_order_relaxed));
}

/* NULL: the stack is empty. [Q4] [Q5] [Q6] */
static inline stack_item_t* stack_pop(_Atomic(uint64_t)* stack) {
  for (;;) {
    uint64_t word = atomic_load_explicit(stack, STACK_MO_POP);
    stack_item_t* item = stack_item_in(word);
    if (item == NULL) return NULL;
    /* relaxed: stale if somebody popped it meanwhile, and then the count differs */
    stack_item_t* next = atomic_load_explicit(&item->idle_next, memory_order_relaxed);
    /* relaxed: the count never comes back, so an equal word is the very write that the load acquired */
    if (atomic_compare_exchange_weak_explicit(stack, &word, stack_popped(word, next), memory_order_relaxed,
                                              memory_order_relaxed))
      return item;
  }
}
#endif
