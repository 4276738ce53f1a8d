/* first_class.c -- first-class heaps: made, ended, found.
 *
 * Invariants: a heap's structure lies in that of its first sub-heap, and serial is not 0 while it is alive. Serial numbers are
 * never used twice. Ending a heap empties every sub-heap first and gives the structure that holds the heap out of hand
 * last. Costs: the heap's pages, and a constant for each of its sub-heaps. */
#include "heap/first_class.h"

#include "observe/stats.h"
#include "page/page.h"

mi_heap_t mica_main = {.serial = 1};

static _Atomic(uint64_t) serials = 1; /* given so far [U9] */

mi_heap_t* mica_set_make(uint32_t arena, bool outlives, mi_heap_t* subproc) {
  mica_heap_t* base = mica_heap_base();
  if (base != NULL) mica_sub_hear(base); /* the structure of one that has gone may be had again */
  mica_heap_t* home = mica_heap_borrow();
  if (home == NULL) return NULL;
  mi_heap_t* set = &home->first;
  atomic_store_explicit(&set->limit, 0, memory_order_relaxed);   /* relaxed: a figure [F1] */
  atomic_store_explicit(&set->subs, NULL, memory_order_relaxed); /* relaxed: nobody knows the heap [L5] */
  /* relaxed: published with the serial [U8] */
  atomic_store_explicit(&set->subproc, subproc == NULL ? set : subproc, memory_order_relaxed);
  set->arena = arena;
  set->outlives = outlives;
  /* relaxed: a number [U9] */
  const uint64_t serial = atomic_fetch_add_explicit(&serials, 1, memory_order_relaxed) + 1;
  room_begin(&set->room, serial);
  atomic_store_explicit(&set->serial, serial, memory_order_release); /* release: pairs with next [U8] */
  mica_sub_begin(home, set);
  mica_sub_bound(home);
  return set;
}

/* The thread whose base it is, or was: then another one looks in vain, once. */
static void tell(mica_heap_t* base) {
  if (base != NULL) pw_tell(&base->shared, 1);
}

/* All blocks are gone: nobody frees any, so every sub-heap is at rest. */
static void destroy_sub(mica_heap_t* sub, bool is_mine) {
  mica_heap_t* base = mica_heap_base_of(sub);
  mica_kept_destroy(sub);
  if (bond_end(&sub->bond, BOND_DEAD) || is_mine)
    mica_sub_park(sub);
  else
    tell(base);
}

/* The blocks live on, and the thread that runs it may be freeing some. */
static void release_sub(mica_heap_t* sub, bool is_mine) {
  mica_heap_t* base = mica_heap_base_of(sub);
  if (bond_end(&sub->bond, BOND_ORPHAN) || is_mine) {
    mica_kept_release(sub);
    mica_sub_park(sub);
  } else {
    tell(base);
  }
}

void mica_set_end(mi_heap_t* set, bool destroy) {
  if (set == NULL || set == &mica_main) return;
  mica_heap_t* mine = mica_sub_unbind(set);
  destroy = destroy && !set->outlives;
  /* relaxed: whoever still looks for live heaps may find it or not [U8] */
  atomic_store_explicit(&set->serial, 0, memory_order_relaxed);
  room_begin(&set->room, 0);
  mica_heap_t* next;
  for (mica_heap_t* sub = mica_sub_first(set); sub != NULL; sub = next) {
    next = sub->sibling; /* the one that the heap lies in was the first: it comes last */
    if (sub->lost) continue;
    if (destroy)
      destroy_sub(sub, sub == mine);
    else
      release_sub(sub, sub == mine);
  }
}

bool mica_set_is(const mi_heap_t* set, uint64_t serial) {
  /* relaxed: a number; for who holds a block of the heap it cannot have ended unseen but by a delete [U8] */
  return atomic_load_explicit(&set->serial, memory_order_relaxed) == serial;
}

mi_heap_t* mica_set_main(void) {
  const mica_heap_t* base = mica_heap_base();
  return base != NULL && base->subproc != NULL && mica_set_is(base->subproc, base->subproc_serial) ? base->subproc
                                                                                                   : &mica_main;
}

mi_heap_t* mica_set_next(mica_heap_t** from) {
  while (*from != NULL) {
    mi_heap_t* set = &(*from)->first;
    *from = (*from)->all_next;
    /* acquire: pairs with make: its other members [U8] */
    if (atomic_load_explicit(&set->serial, memory_order_acquire) != 0) return set;
  }
  return NULL;
}

/* ---- whose a page is ---- */

mi_heap_t* mica_set_of_page(const mica_page_t* page) {
  if (mica_page_single(page)) {
    mica_heap_t* roll = page->roll;
    const bool on_roll = roll != NULL && roll_look(&roll->roll[page->roll_at]) == page;
    return on_roll && mica_set_is(page->set, page->serial) ? page->set : &mica_main;
  }
  /* relaxed: while it says so the tag says the sub-heap that it was born in; else that heap was deleted [P9] */
  if (pw_state(atomic_load_explicit(&mica_page_remote(page)->word, memory_order_relaxed)) != PW_KEPT) return &mica_main;
  const mica_heap_t* sub = mica_heap_of(mica_page_owner(page) & ~(uintptr_t)MICA_MARKS);
  mi_heap_t* set = mica_heap_set(sub);
  return set != NULL && mica_set_is(set, mica_heap_serial(sub)) ? set : &mica_main; /* likewise */
}

uint64_t mica_set_limit(const mi_heap_t* set) {
  const uint64_t limit = atomic_load_explicit(&set->limit, memory_order_relaxed); /* relaxed: a figure [F1] */
  return limit == 0 || limit > ROOM_MASK ? ROOM_MASK : limit;
}

bool mica_set_refuses(mi_heap_t* set, uint64_t bytes) {
  const uint64_t limit = mica_set_limit(set), used = room_bytes(room_get(&set->room));
  return bytes > limit || used > limit - bytes;
}
