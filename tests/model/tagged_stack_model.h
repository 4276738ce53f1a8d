/* tagged_stack_model.h -- the situations in which tagged_stack.h is checked.
 *
 * Three heaps, one of which may be in a thread's hands from the beginning. What a heap holds is one plain variable, which
 * its thread reads and writes: a heap in two hands, or one whose last thread's writes are not seen, is a data race. At the
 * end each heap is on the stack exactly once, or in the hands that kept it. */
#ifndef TAGGED_STACK_MODEL_H
#define TAGGED_STACK_MODEL_H
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#ifndef PW_VAR
#define PW_VAR(T) T
#endif

typedef struct stack_item_s {
  _Atomic(struct stack_item_s*) idle_next;
  PW_VAR(int) contents;
} stack_item_t;
static stack_item_t* model_heaps; /* their numbers begin with 1 */
static inline uint64_t model_number(const stack_item_t* heap) {
  return heap == (const stack_item_t*)0 ? 0 : (uint64_t)(heap - model_heaps) + 1;
}
static inline stack_item_t* model_heap(uint64_t number) {
  return number == 0 ? (stack_item_t*)0 : model_heaps + (number - 1);
}
#define STACK_NUMBER(heap) model_number(heap)
#define STACK_ITEM(number) model_heap(number)
#include "base/tagged_stack.h"

#ifndef SITUATION
#define SITUATION 1
#endif
enum { HEAPS = 3, THREADS = SITUATION == 2 ? 4 : 3 };

typedef struct model_s {
  stack_item_t heap[HEAPS];
  _Atomic(uint64_t) stack;
  int keeps[HEAPS + 1]; /* by thread: 1 + the heap it keeps; 0: none */
} model_t;

static inline stack_item_t* model_pop(model_t* m) {
  stack_item_t* heap = stack_pop(&m->stack);
  if (heap != (stack_item_t*)0) heap->contents = heap->contents + 1;
  return heap;
}
static inline void model_push(model_t* m, stack_item_t* heap) {
  if (heap == (stack_item_t*)0) return;
  heap->contents = heap->contents + 1;
  stack_push(&m->stack, heap);
}
static inline void model_dedicate(model_t* m, int t, stack_item_t* heap) {
  if (heap != (stack_item_t*)0) m->keeps[t] = (int)(heap - m->heap) + 1;
}

#if SITUATION == 1 /* one pops; one pops two and parks the first again, as a third pops: the stack looks as before */
enum { IDLE = 3 };
#elif SITUATION == 2 /* two park a heap each, two take one each */
enum { IDLE = 1 };
#elif SITUATION == 3 /* three threads take a heap and park it again; two heaps */
enum { IDLE = 2 };
#elif SITUATION == 4 /* an empty stack: one parks, and takes again; two take */
enum { IDLE = 0 };
#endif

static inline void model_setup(model_t* m) {
  model_heaps = m->heap;
  atomic_store_explicit(&m->stack, (uint64_t)0, memory_order_relaxed);
  for (int t = 0; t <= HEAPS; t++) m->keeps[t] = 0;
  for (int i = 0; i < HEAPS; i++) {
    m->heap[i].contents = 0;
    atomic_store_explicit(&m->heap[i].idle_next, (stack_item_t*)0, memory_order_relaxed);
  }
  for (int i = IDLE; i > 0; i--) stack_push(&m->stack, &m->heap[i - 1]);
}

static inline void model_thread(model_t* m, int t) {
#if SITUATION == 1
  stack_item_t* first = model_pop(m);
  if (t == 1) {
    stack_item_t* second = model_pop(m);
    model_push(m, first);
    first = second;
  }
  model_dedicate(m, t, first);
#elif SITUATION == 2
  if (t < 2)
    model_push(m, &m->heap[t + 1]);
  else
    model_dedicate(m, t, model_pop(m));
#elif SITUATION == 3
  model_push(m, model_pop(m));
  if (t == 0) model_push(m, &m->heap[2]);
  if (t == 1) model_dedicate(m, t, model_pop(m));
#elif SITUATION == 4
  if (t == 0) {
    model_push(m, &m->heap[0]);
    model_push(m, &m->heap[1]);
    model_push(m, &m->heap[2]);
  }
  model_dedicate(m, t, model_pop(m));
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
  stack_item_t* heap = stack_item_in(atomic_load_explicit(&m->stack, memory_order_relaxed));
  while (heap != (stack_item_t*)0) {
    MODEL_ASSERT(!seen[heap - m->heap]);
    seen[heap - m->heap] = true;
    heap = atomic_load_explicit(&heap->idle_next, memory_order_relaxed);
  }
  for (int i = 0; i < HEAPS; i++) MODEL_ASSERT(seen[i]);
}
#endif
