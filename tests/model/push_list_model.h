/* push_list_model.h -- the situations in which push_list.h is checked.
 *
 * Up to four items, each with one plain variable that its pusher writes and a taker or reader looks at. At the end each item
 * is on the list or in a taker's hands, once. */
#ifndef PUSH_LIST_MODEL_H
#define PUSH_LIST_MODEL_H
#include <stdatomic.h>
#include <stdbool.h>
#ifndef PW_VAR
#define PW_VAR(T) T
#endif

typedef struct list_item_s {
  PW_VAR(struct list_item_s*) next;
  PW_VAR(int) contents;
} list_item_t;
#define LIST_NEXT(item) ((item)->next)
#include "base/push_list.h"

#ifndef SITUATION
#define SITUATION 1
#endif
enum { ITEMS = 4, THREADS = 3 };

typedef struct model_s {
  list_item_t item[ITEMS];
  _Atomic(list_item_t*) head;
  unsigned pushes[THREADS], taken[THREADS]; /* by thread; a bit an item */
} model_t;

static inline unsigned model_bit(model_t* m, list_item_t* item) { return 1u << (item - m->item); }

static inline void model_push(model_t* m, int t, int i) {
  m->item[i].contents = 1;
  m->pushes[t] |= 1u << i;
  list_push(&m->head, &m->item[i]);
}
/* As retry_refused of os.c: all are taken, and one in two goes back. */
static inline void model_reclaim(model_t* m, int t) {
  list_item_t* item = list_take(&m->head);
  while (item != (list_item_t*)0) {
    list_item_t* next = LIST_NEXT(item);
    MODEL_ASSERT(item->contents == 1);
    if ((item - m->item) % 2 == 0) {
      list_push(&m->head, item);
    } else {
      MODEL_ASSERT((m->taken[t] & model_bit(m, item)) == 0);
      m->taken[t] |= model_bit(m, item);
      item->contents = 2;
    }
    item = next;
  }
}
/* What is seen of a list that nothing leaves: no item twice, those pushed by this thread among them. */
static inline void model_read(model_t* m, int t) {
  unsigned seen = 0;
  for (list_item_t* item = list_first(&m->head); item != (list_item_t*)0; item = LIST_NEXT(item)) {
    MODEL_ASSERT((seen & model_bit(m, item)) == 0);
    MODEL_ASSERT(item->contents == 1);
    seen |= model_bit(m, item);
  }
  MODEL_ASSERT((m->pushes[t] & ~seen) == 0);
}

static inline void model_setup(model_t* m) {
  for (int i = 0; i < ITEMS; i++) {
    m->item[i].contents = 0;
    m->item[i].next = (list_item_t*)0;
  }
  for (int t = 0; t < THREADS; t++) m->pushes[t] = m->taken[t] = 0;
  atomic_store_explicit(&m->head, (list_item_t*)0, memory_order_relaxed);
}

static inline void model_thread(model_t* m, int t) {
#if SITUATION == 1 /* two push two items each; one takes twice, and pushes some again */
  if (t < 2) {
    model_push(m, t, t);
    model_push(m, t, t + 2);
  } else {
    model_reclaim(m, t);
    model_reclaim(m, t);
  }
#elif SITUATION == 2 /* two push one item each; two take */
  if (t < 2) model_push(m, t, t);
  if (t > 0) model_reclaim(m, t);
#elif SITUATION == 3 /* nothing leaves the list: two push two items each, one of them reads it; one reads it */
  if (t < 2) {
    model_push(m, t, t);
    model_push(m, t, t + 2);
  }
  if (t > 0) model_read(m, t);
#endif
}

/* when all threads are done */
static inline void model_check(model_t* m) {
  unsigned pushed = 0, seen = 0;
  for (int t = 0; t < THREADS; t++) {
    pushed |= m->pushes[t];
    MODEL_ASSERT((seen & m->taken[t]) == 0);
    seen |= m->taken[t];
  }
  for (list_item_t* item = list_first(&m->head); item != (list_item_t*)0; item = LIST_NEXT(item)) {
    MODEL_ASSERT((seen & model_bit(m, item)) == 0);
    seen |= model_bit(m, item);
  }
  MODEL_ASSERT(seen == pushed);
}
#endif
