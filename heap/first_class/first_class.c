/* first_class.c -- first-class heaps: made, ended, found.
 *
 * Invariants: a heap's structure lies in that of its first sub-heap, and serial is not 0 while it is alive. Serial numbers are
 * never used twice. Ending a heap empties every sub-heap first and gives the structure that holds the heap out of hand
 * last. Costs: the heap's pages, and a constant for each of its sub-heaps. */
#include "heap/first_class/first_class.h"

#include "observe/counters.h"
#include "page/page.h"

mi_heap_t mica_main = {.serial = 1};

static _Atomic(uint64_t) serials = 1; /* given so far [U9] */

mi_heap_t* mica_heap_make(uint32_t arena, bool outlives, mi_heap_t* subproc) {
  mica_theap_t* base = mica_theap_base();
  if (base != NULL) mica_sub_drain(base); /* the structure of one that has gone may be had again */
  mica_theap_t* home = mica_theap_borrow();
  if (home == NULL) return NULL;
  mi_heap_t* heap = &home->first;
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
  if (ownership_end(&sub->ownership, OWNERSHIP_DEAD) || is_mine)
    mica_sub_put_idle(sub);
  else
    notify(base);
}

/* The blocks live on, and the thread that runs it may be freeing some. */
static void release_sub(mica_theap_t* sub, bool is_mine) {
  mica_theap_t* base = mica_theap_base_of(sub);
  if (ownership_end(&sub->ownership, OWNERSHIP_ORPHAN) || is_mine) {
    mica_dedicated_release(sub);
    mica_sub_put_idle(sub);
  } else {
    notify(base);
  }
}

void mica_heap_end(mi_heap_t* heap, bool destroy) {
  if (heap == NULL || heap == &mica_main) return;
  mica_theap_t* mine = mica_sub_unlink(heap);
  destroy = destroy && !heap->outlives;
  /* relaxed: whoever still looks for live heaps may find it or not [U8] */
  atomic_store_explicit(&heap->serial, 0, memory_order_relaxed);
  quota_begin(&heap->quota, 0);
  mica_theap_t* next;
  for (mica_theap_t* sub = mica_sub_first(heap); sub != NULL; sub = next) {
    next = sub->sibling; /* the one that the heap lies in was the first: it comes last */
    if (sub->lost) continue;
    if (destroy)
      destroy_sub(sub, sub == mine);
    else
      release_sub(sub, sub == mine);
  }
}

bool mica_heap_is(const mi_heap_t* heap, uint64_t serial) {
  /* relaxed: a number; for who holds a block of the heap it cannot have ended unseen but by a delete [U8] */
  return atomic_load_explicit(&heap->serial, memory_order_relaxed) == serial;
}

mi_heap_t* mica_heap_main(void) {
  const mica_theap_t* base = mica_theap_base();
  return base != NULL && base->subproc != NULL && mica_heap_is(base->subproc, base->subproc_serial) ? base->subproc
                                                                                                    : &mica_main;
}

mi_heap_t* mica_heap_next(mica_theap_t** from) {
  while (*from != NULL) {
    mi_heap_t* heap = &(*from)->first;
    *from = (*from)->all_next;
    /* acquire: pairs with make: its other members [U8] */
    if (atomic_load_explicit(&heap->serial, memory_order_acquire) != 0) return heap;
  }
  return NULL;
}

/* ---- whose a page is ---- */

mi_heap_t* mica_heap_of_page(const mica_page_t* page) {
  if (mica_page_single(page)) {
    mica_theap_t* registry = page->registry;
    const bool registered = registry != NULL && registry_get(&registry->registry[page->registry_at]) == page;
    return registered && mica_heap_is(page->heap, page->serial) ? page->heap : &mica_main;
  }
  /* relaxed: while it says so the tag says the sub-heap that it was born in; else that heap was deleted [P9] */
  if (pw_state(atomic_load_explicit(&mica_page_remote(page)->word, memory_order_relaxed)) != PW_DEDICATED)
    return &mica_main;
  const mica_theap_t* sub = mica_theap_of(mica_page_owner(page) & ~(uintptr_t)MICA_MARKS);
  mi_heap_t* heap = mica_theap_heap(sub);
  return heap != NULL && mica_heap_is(heap, mica_theap_serial(sub)) ? heap : &mica_main; /* likewise */
}

uint64_t mica_heap_limit(const mi_heap_t* heap) {
  const uint64_t limit = atomic_load_explicit(&heap->limit, memory_order_relaxed); /* relaxed: a figure [F1] */
  return limit == 0 || limit > QUOTA_MASK ? QUOTA_MASK : limit;
}

bool mica_heap_refuses(mi_heap_t* heap, uint64_t bytes) {
  const uint64_t limit = mica_heap_limit(heap), used = quota_bytes(quota_get(&heap->quota));
  return bytes > limit || used > limit - bytes;
}
