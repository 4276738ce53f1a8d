/* tasks_model.h -- the situations in which task_word.h is checked, one of them with base/tagged_stack.h.
 *
 * What a pool holds is one plain variable for each thread whose task uses it, and one of who makes and ends it: a pool that is
 * used before it is made or after it was ended, or ended twice, and a slot in two hands, is a data race or fails an
 * assertion. `known` is plain, and written when a slot is new: whoever finds a slot must see it. The functions below
 * are those of group.c. A slot is opened again by the thread that shut it; in situation 3 it goes onto the stack.
 * At the end each slot is in one place, and where tasks only came and stayed, there are no more pools than they need. */
#ifndef TASKS_MODEL_H
#define TASKS_MODEL_H
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#ifndef PW_VAR
#define PW_VAR(T) T
#endif
#ifndef SITUATION
#define SITUATION 1
#endif
enum { THREADS = SITUATION == 5 ? 4 : 3, K = SITUATION == 1 ? 1 : SITUATION == 4 ? 3 : 2 };
enum { NEW = 3, SLOTS = NEW * THREADS }; /* new ones for each thread */

typedef struct tw_slot_s {
  _Atomic(uint64_t) word;
  _Atomic(struct tw_slot_s*) idle_next;
  PW_VAR(int) known;        /* 1: no longer new */
  PW_VAR(int) pool;         /* 1: there is one */
  PW_VAR(int) use[THREADS]; /* how often a task of this thread used the pool */
} tw_slot_t;
static tw_slot_t* model_slots; /* their numbers begin with 1 */
static inline uint64_t model_number(const tw_slot_t* slot) {
  return slot == (const tw_slot_t*)0 ? 0 : (uint64_t)(slot - model_slots) + 1;
}
static inline tw_slot_t* model_slot(uint64_t number) {
  return number == 0 ? (tw_slot_t*)0 : model_slots + (number - 1);
}
#define TW_NUMBER(slot) model_number(slot)
#define TW_SLOT(number) model_slot(number)
#include "pool/task_word.h"

typedef tw_slot_t stack_item_t;
#define STACK_NUMBER(heap) model_number(heap)
#define STACK_ITEM(number) model_slot(number)
#include "base/tagged_stack.h"

typedef struct model_s {
  tw_slot_t slot[SLOTS];
  _Atomic(uint64_t) group, idle_next;
  /* by thread: */
  int made[THREADS];         /* new slots */
  tw_slot_t* empty[THREADS]; /* a slot without a pool */
  tw_slot_t* in[THREADS];    /* where its task is */
} model_t;

/* ---- slots and their pools ---- */

static inline tw_slot_t* model_pop(model_t* m, int t) {
  if (SITUATION == 3) return stack_pop(&m->idle_next);
  tw_slot_t* slot = m->empty[t];
  m->empty[t] = (tw_slot_t*)0;
  return slot;
}
static inline void model_push(model_t* m, tw_slot_t* slot, int t) {
  if (SITUATION == 3 || m->empty[t] != (tw_slot_t*)0)
    stack_push(&m->idle_next, slot);
  else
    m->empty[t] = slot;
}
static inline void model_make_pool(tw_slot_t* slot) {
  MODEL_ASSERT(slot->known == 1);
  MODEL_ASSERT(slot->pool == 0);
  slot->pool = 1;
  for (int t = 0; t < THREADS; t++) slot->use[t] = 0;
}
static inline void model_end_pool(tw_slot_t* slot) {
  int tasks = 0;
  MODEL_ASSERT(slot->pool == 1);
  slot->pool = 0;
  for (int t = 0; t < THREADS; t++) tasks += slot->use[t];
  MODEL_ASSERT(tasks <= K);
}
static inline tw_slot_t* model_open(model_t* m, int t) {
  tw_slot_t* slot = model_pop(m, t);
  if (slot == NULL) {
    MODEL_ASSERT(m->made[t] < NEW);
    slot = &m->slot[NEW * t + m->made[t]++];
    slot->known = 1;
  }
  model_make_pool(slot);
  tw_open(&slot->word);
  return slot;
}

/* ---- tasks ---- */

static inline void model_use(tw_slot_t* slot, int t) {
  MODEL_ASSERT(slot->pool == 1);
  slot->use[t] = slot->use[t] + 1;
}
static inline void model_go(model_t* m, tw_slot_t* slot, int t) {
  if (!tw_leave(&slot->word)) return;
  model_end_pool(slot);
  model_push(m, slot, t);
}
static inline tw_slot_t* model_find(model_t* m, int t) {
  for (;;) {
    tw_slot_t* slot;
    const uint64_t looked = tw_look(&m->group, &slot);
    MODEL_ASSERT(slot == NULL || slot->known == 1);
    if (slot != NULL && tw_enter(&slot->word, K, looked)) return slot;
    slot = model_open(m, t);
    if (tw_show(&m->group, looked, slot)) return slot;
    model_go(m, slot, t);
  }
}
static inline void model_enter(model_t* m, int t) {
  m->in[t] = model_find(m, t);
  model_use(m->in[t], t);
}
static inline void model_leave(model_t* m, int t) {
  tw_slot_t* slot = m->in[t];
  m->in[t] = (tw_slot_t*)0;
  model_go(m, slot, t);
}

/* ---- situations ---- */

static inline void model_setup(model_t* m) {
  model_slots = m->slot;
  atomic_store_explicit(&m->group, (uint64_t)0, memory_order_relaxed);
  atomic_store_explicit(&m->idle_next, (uint64_t)0, memory_order_relaxed);
  for (int t = 0; t < THREADS; t++) {
    m->made[t] = 0;
    m->empty[t] = m->in[t] = (tw_slot_t*)0;
  }
  for (int i = 0; i < SLOTS; i++) {
    tw_slot_t* slot = &m->slot[i];
    atomic_store_explicit(&slot->word, (uint64_t)0, memory_order_relaxed);
    atomic_store_explicit(&slot->idle_next, (tw_slot_t*)0, memory_order_relaxed);
    slot->known = 0;
    slot->pool = 0;
    for (int t = 0; t < THREADS; t++) slot->use[t] = 0;
  }
  if (SITUATION > 1) model_enter(m, 0);
  if (SITUATION == 5) model_enter(m, 1);
  if (SITUATION == 4 || SITUATION == 6) model_leave(m, 0);
}

#if SITUATION == 1 /* no slot is there */
static inline void model_thread(model_t* m, int t) {
  model_enter(m, t);
  model_leave(m, t);
}
#elif SITUATION == 2 /* one is in, leaves, and enters again */
static inline void model_thread(model_t* m, int t) {
  if (t == 0) model_leave(m, t);
  model_enter(m, t);
  if (t != 0) model_leave(m, t);
}
#elif SITUATION == 3 /* one is in, and leaves */
static inline void model_thread(model_t* m, int t) {
  if (t != 0) model_enter(m, t);
  if (t != 2) model_leave(m, t);
}
#elif SITUATION == 4 /* the slot that is shown is shut; all enter, and stay */
static inline void model_thread(model_t* m, int t) { model_enter(m, t); }
#elif SITUATION == 5 /* two are in and leave, two enter, and stay */
static inline void model_thread(model_t* m, int t) {
  if (t < 2)
    model_leave(m, t);
  else
    model_enter(m, t);
}
#elif SITUATION == 6 /* one looked at the slot 2^22 of its generations ago: so its generation will be the same */
static inline void model_thread(model_t* m, int t) {
  tw_slot_t* slot = &m->slot[0];
  if (t == 2 && tw_enter(&slot->word, K, (uint64_t)2 << TW_SLOT_BITS)) {
    m->in[t] = slot;
    model_use(slot, t);
    return;
  }
  model_enter(m, t);
  model_leave(m, t);
}
#endif

/* when all threads are done */
static inline void model_check(model_t* m) {
  int places[SLOTS] = {0}, tasks = 0, pools = 0;
  tw_slot_t* slot = stack_item_in(atomic_load_explicit(&m->idle_next, memory_order_relaxed));
  for (; slot != NULL; slot = atomic_load_explicit(&slot->idle_next, memory_order_relaxed)) {
    MODEL_ASSERT(places[slot - m->slot] == 0);
    places[slot - m->slot]++;
  }
  for (int t = 0; t < THREADS; t++) {
    if (m->empty[t] != NULL) places[m->empty[t] - m->slot]++;
    tasks += m->in[t] != NULL;
  }
  for (int i = 0; i < SLOTS; i++) {
    uint32_t inside = 0;
    slot = &m->slot[i];
    for (int t = 0; t < THREADS; t++) inside += m->in[t] == slot;
    pools += inside != 0;
    MODEL_ASSERT(tw_inside(tw_figure(&slot->word)) == inside);
    MODEL_ASSERT(slot->pool == (inside != 0));
    MODEL_ASSERT(places[i] == (slot->known == 1 && inside == 0));
  }
  if (SITUATION == 4 || SITUATION == 5) MODEL_ASSERT(pools == (tasks + K - 1) / K);
}
#endif
