/* ownership_word_model.h -- the situations in which ownership_word.h is checked, with base/push_list.h for the sub-heaps of
 * a heap.
 *
 * Structures are used again: one that was put away may become another heap's. What a sub-heap holds is a plain variable of whom
 * allocates in it, or empties it; `base` is one of whom has the structure. The functions below are those of subheap.c and
 * life.c, and the program's part: it orders each allocation before the heap's end. At the end each structure is
 * idle once, or in one heap. */
#ifndef OWNERSHIP_WORD_MODEL_H
#define OWNERSHIP_WORD_MODEL_H
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#ifndef PW_VAR
#define PW_VAR(T) T
#endif

typedef struct list_item_s {
  _Atomic(uint32_t) ownership;
  _Atomic(int) idle; /* how often: 0 or 1 */
  PW_VAR(int) pages;
  PW_VAR(int) base;
  PW_VAR(struct list_item_s*) sibling;
  PW_VAR(int) outlives; /* the heap that lies in this structure */
  _Atomic(struct list_item_s*) subs;
} list_item_t;
#define LIST_NEXT(item) ((item)->sibling)
#include "base/push_list.h"
#include "heap/first_class/ownership_word.h"

#ifndef SITUATION
#define SITUATION 1
#endif
#ifndef DELETED /* its blocks live on */
#define DELETED 0
#endif
enum { STRUCTURES = 3, THREADS = SITUATION == 4 ? 4 : 3 };
typedef list_item_t sub_t;

typedef struct model_s {
  sub_t sub[STRUCTURES];
  _Atomic(unsigned) allocations; /* the program's: done, or not wanted any more */
  /* by thread: */
  bool ended[THREADS];                      /* it has ended the first heap */
  unsigned joined[THREADS], again[THREADS]; /* structures it took for the first heap, and for others; a bit each */
  unsigned allocated[THREADS];              /* in the first heap */
} model_t;

/* ---- structures ---- */

static inline void model_push(sub_t* sub) {
  MODEL_ASSERT(sub->pages == 0);
  sub->base = 0;
  MODEL_ASSERT(atomic_fetch_add_explicit(&sub->idle, 1, memory_order_release) == 0);
}
static inline bool model_pop(sub_t* sub) {
  int once = 1;
  return atomic_compare_exchange_strong_explicit(&sub->idle, &once, 0, memory_order_acquire, memory_order_relaxed);
}
static inline void model_begin(sub_t* sub, sub_t* heap, int t) {
  sub->pages = 0;
  ownership_attach(&sub->ownership);
  list_push(&heap->subs, sub);
  sub->base = t + 1;
}
static inline void model_make(sub_t* home, int t) {
  home->outlives = 0;
  atomic_store_explicit(&home->subs, (sub_t*)0, memory_order_relaxed);
  model_begin(home, home, t);
}

/* ---- what threads do ---- */

static inline void model_allocate(sub_t* sub, int t) {
  MODEL_ASSERT(sub->base == t + 1);
  sub->pages = sub->pages + 1;
}
static inline void model_done(model_t* m) { atomic_fetch_add_explicit(&m->allocations, 1u, memory_order_release); }
/* What is left of a sub-heap that the caller has, when its heap has gone. */
static inline void model_bury(sub_t* sub) {
  if (ownership_look(&sub->ownership) == OWNERSHIP_ORPHAN) sub->pages = 0;
  model_push(sub);
}
static inline void model_leave(sub_t* sub) {
  sub->base = 0;
  if (!ownership_leave(&sub->ownership)) model_bury(sub);
}
/* True: it is the thread's no more. */
static inline bool model_look(sub_t* sub) {
  if (ownership_look(&sub->ownership) == OWNERSHIP_RUN) return false;
  model_bury(sub);
  return true;
}
/* Its thread frees a block, which touches its pages. */
static inline void model_free(sub_t* sub, int t) {
  MODEL_ASSERT(sub->base == t + 1);
  sub->pages = sub->pages + 1;
} /* One that nobody has, or this structure. */
static inline sub_t* model_attach(model_t* m, sub_t* heap, sub_t* fresh, int t) {
  for (sub_t* sub = list_first(&heap->subs); sub != NULL; sub = LIST_NEXT(sub)) {
    if (!ownership_claim(&sub->ownership)) continue;
    sub->base = t + 1;
    return sub;
  }
  if (!model_pop(fresh)) return (sub_t*)0;
  model_begin(fresh, heap, t);
  m->joined[t] |= 1u << (fresh - m->sub);
  return fresh;
}
/* An allocation by a thread that is past its end. */
static inline void model_visit(model_t* m, sub_t* heap, sub_t* fresh, int t) {
  sub_t* sub = model_attach(m, heap, fresh, t);
  if (sub != NULL) {
    model_allocate(sub, t);
    m->allocated[t]++;
  }
  model_done(m);
  if (sub != NULL) model_leave(sub);
}
static inline void model_destroy_sub(sub_t* sub, bool is_mine) {
  sub->pages = 0;
  if (ownership_end(&sub->ownership, OWNERSHIP_DEAD) || is_mine) model_push(sub);
}
static inline void model_release_sub(sub_t* sub, bool is_mine) {
  if (!ownership_end(&sub->ownership, OWNERSHIP_ORPHAN) && !is_mine) return;
  sub->pages = 0;
  model_push(sub);
}
static inline void model_end(model_t* m, sub_t* heap, sub_t* mine, int t) {
  sub_t* next;
  for (sub_t* sub = list_first(&heap->subs); sub != NULL; sub = next) {
    next = LIST_NEXT(sub);
    MODEL_ASSERT(heap->outlives == 0);
    if (DELETED)
      model_release_sub(sub, sub == mine);
    else
      model_destroy_sub(sub, sub == mine);
  }
  m->ended[t] = true;
}
static inline void model_end_after(model_t* m, unsigned allocations, sub_t* mine, int t) {
  if (atomic_load_explicit(&m->allocations, memory_order_acquire) == allocations) model_end(m, &m->sub[0], mine, t);
}
/* The structure becomes another heap, in which the thread allocates, and which it leaves. */
static inline void model_again(model_t* m, sub_t* sub, int t) {
  if (!model_pop(sub)) return;
  model_make(sub, t);
  m->again[t] |= 1u << (sub - m->sub);
  model_allocate(sub, t);
  model_leave(sub);
}

/* ---- situations ---- */

static inline void model_setup(model_t* m) {
  for (int i = 0; i < STRUCTURES; i++) {
    sub_t* sub = &m->sub[i];
    atomic_store_explicit(&sub->ownership, (uint32_t)OWNERSHIP_NONE, memory_order_relaxed);
    atomic_store_explicit(&sub->idle, 1, memory_order_relaxed);
    atomic_store_explicit(&sub->subs, (sub_t*)0, memory_order_relaxed);
    sub->pages = 0;
    sub->base = 0;
    sub->sibling = (sub_t*)0;
    sub->outlives = 0;
  }
  atomic_store_explicit(&m->allocations, 0u, memory_order_relaxed);
  for (int t = 0; t < THREADS; t++) {
    m->ended[t] = false;
    m->joined[t] = m->again[t] = m->allocated[t] = 0;
  }
  model_pop(&m->sub[0]);
  model_make(&m->sub[0], 0); /* the first thread runs it */
#if SITUATION == 2
  model_pop(&m->sub[1]);
  model_begin(&m->sub[1], &m->sub[0], 1);
#elif SITUATION > 2
  model_leave(&m->sub[0]);
#endif
}

static inline void model_thread(model_t* m, int t) {
  sub_t *home = &m->sub[0], *other = &m->sub[1];
  (void)other;
#if SITUATION == 1 /* its thread asks, asks again, and ends; of a heap that is deleted it frees blocks meanwhile */
  if (t == 0) {
    if (DELETED) model_free(home, t);
    const bool gone = model_look(home);
    if (!gone && DELETED) model_free(home, t);
    if (!gone && !model_look(home)) model_leave(home);
  } else if (t == 1)
    model_end(m, home, (sub_t*)0, t);
  else
    model_again(m, home, t);
#elif SITUATION == 2 /* who ends the heap has the sub-heap that the heap lies in; another thread has the other */
  if (t == 0) {
    model_allocate(home, t);
    m->allocated[t]++;
    model_end_after(m, 1, home, t);
  } else if (t == 1) {
    model_allocate(other, t);
    m->allocated[t]++;
    model_done(m);
    if (DELETED) {
      model_free(other, t);
      m->allocated[t]++;
    }
    if (!model_look(other)) model_leave(other);
  } else {
    model_again(m, home, t);
    model_again(m, other, t);
  }
#else                /* two allocate where the only sub-heap is idle; one ends the heap, if they have */
  if (t < 2)
    model_visit(m, home, &m->sub[1 + t], t);
  else if (t == 2)
    model_end_after(m, 2, (sub_t*)0, t);
#if SITUATION == 4   /* one makes a heap of what is put away */
  else
    model_again(m, home, t);
#endif
#endif
}

/* When all threads are done: each structure is put away once, or in a heap, where nobody has it but who still runs it. */
static inline void model_check(model_t* m) {
  bool ended = false;
  unsigned joined = SITUATION == 2 ? 3 : 1, again = 0, pages = 0, allocated = 0;
  for (int t = 0; t < THREADS; t++) {
    ended = ended || m->ended[t];
    joined |= m->joined[t];
    again |= m->again[t];
    allocated += m->allocated[t];
  }
  for (int i = 0; i < STRUCTURES; i++) {
    sub_t* sub = &m->sub[i];
    const bool in_first = (joined >> i & 1) != 0 && !ended, in_other = (again >> i & 1) != 0;
    const uint32_t ownership = atomic_load_explicit(&sub->ownership, memory_order_relaxed);
    MODEL_ASSERT(!(in_first && in_other));
    MODEL_ASSERT(atomic_load_explicit(&sub->idle, memory_order_relaxed) == (in_first || in_other ? 0 : 1));
    MODEL_ASSERT((ownership == OWNERSHIP_IDLE || ownership == OWNERSHIP_RUN) == (in_first || in_other));
    MODEL_ASSERT(ownership != OWNERSHIP_RUN || (SITUATION == 2 && i == 0)); /* its thread has not ended */
    MODEL_ASSERT((ownership == OWNERSHIP_RUN) == (sub->base != 0));
    MODEL_ASSERT(!in_other || sub->pages == 1);
    if (in_first) pages += (unsigned)sub->pages;
  }
  MODEL_ASSERT(ended || pages == allocated);
}
#endif
