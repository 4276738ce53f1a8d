/* push_list.h -- a list that any thread pushes onto; nothing leaves it, or all at once.
 *
 * Invariants: an item is linked before it is seen, and the reader of a link sees what its pusher wrote to the item before.
 * Nothing is popped singly, so an equal head is an equal list.
 *
 * Before it is included there must be list_item_t and LIST_NEXT(item), the link. Used, among others, by segment/os.c (ranges
 * that could not be unmapped), heap/ (every theap ever made) and, unmodified, by the models (tests/model): hence the _Atomic(T)
 * spelling, the *_explicit calls only, and the named memory orders. */
#ifndef PUSH_LIST_H
#define PUSH_LIST_H
#include <stdatomic.h>
#include <stddef.h>
/* ---- memory orders, each the weakest that verifies (notes/protocol.md says what pairs with what) ---- */
#ifndef LIST_MO_PUSH
#define LIST_MO_PUSH memory_order_release /* the item and its link -> take, first */
#endif
#ifndef LIST_MO_TAKE
#define LIST_MO_TAKE memory_order_acquire /* all items: pairs with every push of one, pushes being RMWs */
#endif
#ifndef LIST_MO_FIRST
#define LIST_MO_FIRST memory_order_acquire /* likewise */
#endif

/* [L1] [L2] */
static inline void list_push(_Atomic(list_item_t*)* head, list_item_t* item) {
  list_item_t* first = atomic_load_explicit(head, memory_order_relaxed); /* relaxed: only the CAS decides */
  do {
    LIST_NEXT(item) = first;
  } while (!atomic_compare_exchange_weak_explicit(head, &first, item, LIST_MO_PUSH, memory_order_relaxed));
}

/* The whole list, which is the caller's now; the next push begins another. [L1] [L3] */
static inline list_item_t* list_take(_Atomic(list_item_t*)* head) {
  if (atomic_load_explicit(head, memory_order_relaxed) == NULL) return NULL; /* relaxed: a hint */
  return atomic_exchange_explicit(head, (list_item_t*)NULL, LIST_MO_TAKE);
}

/* For lists that nothing leaves: the item pushed last. [L4] */
static inline list_item_t* list_first(_Atomic(list_item_t*)* head) { return atomic_load_explicit(head, LIST_MO_FIRST); }
#endif
