/* life.c -- first-class heaps, made and ended.
 *
 * Ending a heap empties every sub-heap first and gives the theap that holds the heap out of hand last. Costs: the heap's pages,
 * and a constant for each of its sub-heaps. */
#include "heap/first_class/life.h"

#include "heap/first_class/dedicated.h"
#include "heap/first_class/enter.h"
#include "heap/first_class/subheap.h"
#include "page/page.h"

static _Atomic(uint64_t) serials = 1; /* given so far [U9] */

mi_heap_t* mica_heap_make(uint32_t arena, bool outlives, mi_heap_t* subproc) {
  mica_theap_t* base = mica_theap_base();
  if (base != NULL) mica_sub_drain(base); /* the structure of one that has gone may be had again */
  mica_theap_t* home = mica_theap_borrow();
  if (home == NULL) return NULL;
  mi_heap_t* heap = &home->sub.first;
  atomic_store_explicit(&heap->limit, 0, memory_order_relaxed);   /* relaxed: a figure [F1] */
  atomic_store_explicit(&heap->subs, NULL, memory_order_relaxed); /* relaxed: nobody knows the heap [L5] */
  /* relaxed: published with the serial [U8] */
  atomic_store_explicit(&heap->subproc, subproc == NULL ? heap : subproc, memory_order_relaxed);
  heap->arena = arena;
  heap->outlives = outlives;
  /* relaxed: a number [U9] */
  const uint64_t serial = atomic_fetch_add_explicit(&serials, 1, memory_order_relaxed) + 1;
  quota_begin(&heap->quota, serial);
  atomic_store_explicit(&heap->serial, serial, memory_order_release); /* release: pairs with next [U8] */
  mica_sub_begin(home, heap);
  mica_sub_attach(home);
  return heap;
}

/* The thread whose base it is, or was: then another one looks in vain, once. */
static void notify(mica_theap_t* base) {
  if (base != NULL) pw_notify(&base->shared, 1);
}

/* All blocks are gone: nobody frees any, so every sub-heap is at rest. */
static void destroy_sub(mica_theap_t* sub, bool is_mine) {
  mica_theap_t* base = mica_theap_base_of(sub);
  mica_dedicated_destroy(sub);
  if (ownership_end(&sub->sub.ownership, OWNERSHIP_DEAD) || is_mine)
    mica_sub_put_idle(sub);
  else
    notify(base);
}

/* The blocks live on, and the thread that runs it may be freeing some. */
static void release_sub(mica_theap_t* sub, bool is_mine) {
  mica_theap_t* base = mica_theap_base_of(sub);
  if (ownership_end(&sub->sub.ownership, OWNERSHIP_ORPHAN) || is_mine) {
    mica_dedicated_release(sub);
    mica_sub_put_idle(sub);
  } else {
    notify(base);
  }
}

void mica_heap_end(mi_heap_t* heap, bool destroy) {
  if (heap == NULL || heap == &mica_main) return;
  mica_theap_t* mine = mica_sub_withdraw(heap);
  destroy = destroy && !heap->outlives;
  /* relaxed: whoever still looks for live heaps may find it or not [U8] */
  atomic_store_explicit(&heap->serial, 0, memory_order_relaxed);
  quota_begin(&heap->quota, 0);
  mica_theap_t* next;
  for (mica_theap_t* sub = mica_sub_first(heap); sub != NULL; sub = next) {
    next = sub->sub.sibling; /* the one that the heap lies in was the first: it comes last */
    if (sub->sub.lost) continue;
    if (destroy)
      destroy_sub(sub, sub == mine);
    else
      release_sub(sub, sub == mine);
  }
}
