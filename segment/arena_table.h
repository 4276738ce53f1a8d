/* arena_table.h -- the table of arenas: it only grows, one place after the other, each filled once.
 *
 * Invariants: places below the count are filled, or about to be seen as filled. Two threads that fill the same place end up
 * with the one arena that is there.
 *
 * Before it is included there must be at_arena_t. Used by arena.c and, unmodified, by the model (tests/model): hence the
 * _Atomic(T) spelling, the *_explicit calls only, and the named memory orders. */
#ifndef ARENA_TABLE_H
#define ARENA_TABLE_H
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
/* ---- memory orders, each the weakest that verifies (notes/protocol.md says what pairs with what) ---- */
#ifndef AT_MO_PUBLISH
#define AT_MO_PUBLISH memory_order_release /* the arena's words -> get */
#endif
#ifndef AT_MO_GET
#define AT_MO_GET memory_order_acquire /* pairs with publish */
#endif

/* NULL where nothing is, or is seen yet. [A2] */
static inline at_arena_t* at_get(_Atomic(at_arena_t*)* table, unsigned number) {
  return atomic_load_explicit(&table[number], AT_MO_GET);
}

/* relaxed: get carries the contents [A3] */
static inline unsigned at_count(_Atomic(unsigned)* count) { return atomic_load_explicit(count, memory_order_relaxed); }

/* Fills the place, whose number the count was, and returns the arena there: ours, or another thread's. [A1] [A3] */
static inline at_arena_t* at_publish(_Atomic(at_arena_t*)* table, _Atomic(unsigned)* count, unsigned number,
                                     at_arena_t* arena) {
  at_arena_t* there = NULL;
  const bool ours = atomic_compare_exchange_strong_explicit(&table[number], &there, arena, AT_MO_PUBLISH,
                                                            memory_order_relaxed); /* relaxed: get below */
  unsigned behind = number;
  /* relaxed: whoever finds the count behind moves it; what it leads to is published by the table */
  atomic_compare_exchange_strong_explicit(count, &behind, number + 1, memory_order_relaxed, memory_order_relaxed);
  return ours ? arena : at_get(table, number);
}
#endif
