/* arena_table_model.h -- the situations in which arena_table.h is checked.
 *
 * An arena's words are one plain variable, written before it is published. An arena whose place another one has got is
 * really freed by its maker, so whoever could see it would be caught. At the end the arenas that were published fill the
 * first places, and the count says how many they are. */
#ifndef ARENA_TABLE_MODEL_H
#define ARENA_TABLE_MODEL_H
#include <stdatomic.h>
#include <stdbool.h>
#ifndef PW_VAR
#define PW_VAR(T) T
#endif

typedef struct at_arena_s {
  PW_VAR(int) contents;
} at_arena_t;
#include "segment/arena_table.h"

#ifndef SITUATION
#define SITUATION 1
#endif
enum { PLACES = 6, THREADS = 3 };

typedef struct model_s {
  _Atomic(at_arena_t*) table[PLACES];
  _Atomic(unsigned) count;
  unsigned published[THREADS]; /* by thread */
} model_t;

/* As mica_arena_make does. */
static inline void model_make(model_t* m, int t) {
  const unsigned number = at_count(&m->count);
  at_arena_t* arena = MODEL_NEW(at_arena_t);
  arena->contents = (int)number + 1;
  at_arena_t* there = at_publish(m->table, &m->count, number, arena);
  MODEL_ASSERT(there->contents == (int)number + 1);
  if (there == arena)
    m->published[t]++;
  else
    MODEL_DELETE(arena);
  MODEL_ASSERT(at_count(&m->count) > number); /* or the next arena would be for this place again */
}
static inline void model_read(model_t* m) {
  const unsigned count = at_count(&m->count);
  for (unsigned i = 0; i < count; i++) {
    at_arena_t* arena = at_get(m->table, i);
    if (arena != (at_arena_t*)0) MODEL_ASSERT(arena->contents == (int)i + 1);
  }
}

static inline void model_setup(model_t* m) {
  for (int i = 0; i < PLACES; i++) atomic_store_explicit(&m->table[i], (at_arena_t*)0, memory_order_relaxed);
  for (int t = 0; t < THREADS; t++) m->published[t] = 0;
  atomic_store_explicit(&m->count, 0u, memory_order_relaxed);
}

static inline void model_thread(model_t* m, int t) {
#if SITUATION == 1 /* one makes two arenas, one makes one and reads, one reads */
  if (t < 2) model_make(m, t);
  if (t == 0) model_make(m, t);
  if (t > 0) model_read(m);
#elif SITUATION == 2 /* three make arenas, one of them two */
  model_make(m, t);
  if (t == 0) model_make(m, t);
#endif
}

/* when all threads are done */
static inline void model_check(model_t* m) {
  unsigned published = 0;
  for (int t = 0; t < THREADS; t++) published += m->published[t];
  MODEL_ASSERT(at_count(&m->count) == published);
  for (unsigned i = 0; i < PLACES; i++) {
    at_arena_t* arena = at_get(m->table, i);
    MODEL_ASSERT((arena != (at_arena_t*)0) == (i < published));
    if (arena != (at_arena_t*)0) MODEL_DELETE(arena);
  }
}
#endif
