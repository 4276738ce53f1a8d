/* parked_model.h -- the situations in which parked.h is checked.
 *
 * Three heaps, one of which may be in a thread's hands from the beginning. What a heap holds is one plain variable, which
 * its thread reads and writes: a heap in two hands, or one whose last thread's writes are not seen, is a data race. At the
 * end each heap is on the stack exactly once, or in the hands that kept it. */
#ifndef PARKED_MODEL_H
#define PARKED_MODEL_H
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#ifndef PW_VAR
#define PW_VAR(T) T
#endif

typedef struct pk_heap_s {
  _Atomic(struct pk_heap_s*) parked;
  PW_VAR(int) contents;
} pk_heap_t;
static pk_heap_t* model_heaps; /* their numbers begin with 1 */
static inline uint64_t model_number(const pk_heap_t* heap) {
  return heap == (const pk_heap_t*)0 ? 0 : (uint64_t)(heap - model_heaps) + 1;
}
static inline pk_heap_t* model_heap(uint64_t number) {
  return number == 0 ? (pk_heap_t*)0 : model_heaps + (number - 1);
}
#define PK_NUMBER(heap) model_number(heap)
#define PK_HEAP(number) model_heap(number)
#include "heap/parked.h"

#ifndef SITUATION
#define SITUATION 1
#endif
enum { HEAPS = 3, THREADS = SITUATION == 2 ? 4 : 3 };

typedef struct model_s {
  pk_heap_t heap[HEAPS];
  _Atomic(uint64_t) stack;
  int keeps[HEAPS + 1]; /* by thread: 1 + the heap it keeps; 0: none */
} model_t;

static inline pk_heap_t* model_unpark(model_t* m) {
  pk_heap_t* heap = pk_unpark(&m->stack);
  if (heap != (pk_heap_t*)0) heap->contents = heap->contents + 1;
  return heap;
}
static inline void model_park(model_t* m, pk_heap_t* heap) {
  if (heap == (pk_heap_t*)0) return;
  heap->contents = heap->contents + 1;
  pk_park(&m->stack, heap);
}
static inline void model_keep(model_t* m, int t, pk_heap_t* heap) {
  if (heap != (pk_heap_t*)0) m->keeps[t] = (int)(heap - m->heap) + 1;
}

#if SITUATION == 1 /* one pops; one pops two and parks the first again, as a third pops: the stack looks as before */
enum { PARKED = 3 };
#elif SITUATION == 2 /* two park a heap each, two take one each */
enum { PARKED = 1 };
#elif SITUATION == 3 /* three threads take a heap and park it again; two heaps */
enum { PARKED = 2 };
#elif SITUATION == 4 /* an empty stack: one parks, and takes again; two take */
enum { PARKED = 0 };
#endif

static inline void model_setup(model_t* m) {
  model_heaps = m->heap;
  atomic_store_explicit(&m->stack, (uint64_t)0, memory_order_relaxed);
  for (int t = 0; t <= HEAPS; t++) m->keeps[t] = 0;
  for (int i = 0; i < HEAPS; i++) {
    m->heap[i].contents = 0;
    atomic_store_explicit(&m->heap[i].parked, (pk_heap_t*)0, memory_order_relaxed);
  }
  for (int i = PARKED; i > 0; i--) pk_park(&m->stack, &m->heap[i - 1]);
}

static inline void model_thread(model_t* m, int t) {
#if SITUATION == 1
  pk_heap_t* first = model_unpark(m);
  if (t == 1) {
    pk_heap_t* second = model_unpark(m);
    model_park(m, first);
    first = second;
  }
  model_keep(m, t, first);
#elif SITUATION == 2
  if (t < 2)
    model_park(m, &m->heap[t + 1]);
  else
    model_keep(m, t, model_unpark(m));
#elif SITUATION == 3
  model_park(m, model_unpark(m));
  if (t == 0) model_park(m, &m->heap[2]);
  if (t == 1) model_keep(m, t, model_unpark(m));
#elif SITUATION == 4
  if (t == 0) {
    model_park(m, &m->heap[0]);
    model_park(m, &m->heap[1]);
    model_park(m, &m->heap[2]);
  }
  model_keep(m, t, model_unpark(m));
#endif
}

/* when all threads are done */
static inline void model_check(model_t* m) {
  bool seen[HEAPS] = {false, false, false};
  for (int t = 0; t <= HEAPS; t++) {
    if (m->keeps[t] == 0) continue;
    MODEL_ASSERT(!seen[m->keeps[t] - 1]);
    seen[m->keeps[t] - 1] = true;
  }
  pk_heap_t* heap = pk_heap_in(atomic_load_explicit(&m->stack, memory_order_relaxed));
  while (heap != (pk_heap_t*)0) {
    MODEL_ASSERT(!seen[heap - m->heap]);
    seen[heap - m->heap] = true;
    heap = atomic_load_explicit(&heap->parked, memory_order_relaxed);
  }
  for (int i = 0; i < HEAPS; i++) MODEL_ASSERT(seen[i]);
}
#endif
