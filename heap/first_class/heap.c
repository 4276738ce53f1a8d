/* heap.c -- which first-class heaps there are, whose a page is, and how much a heap may have.
 *
 * Invariants: a heap's structure lies in the theap of its first sub-heap, and serial is not 0 while it is alive. Serial
 * numbers are never used twice. Any thread. */
#include "heap/first_class/heap.h"

#include "heap/theap.h"
#include "observe/probe.h"

mi_heap_t mica_main = {.serial = 1};

bool mica_heap_is(const mi_heap_t* heap, uint64_t serial) {
  /* relaxed: a number; for who holds a block of the heap it cannot have ended unseen but by a delete [U8] */
  return atomic_load_explicit(&heap->serial, memory_order_relaxed) == serial;
}

mi_heap_t* mica_heap_main(void) {
  const mica_theap_t* base = mica_theap_base();
  return base != NULL && base->thread.subproc != NULL && mica_heap_is(base->thread.subproc, base->thread.subproc_serial)
             ? base->thread.subproc
             : &mica_main;
}

mi_heap_t* mica_heap_next(mica_theap_t** from) {
  while (*from != NULL) {
    mi_heap_t* heap = &(*from)->sub.first;
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
    const bool registered = registry != NULL && registry_get(&registry->sub.registry[page->registry_at]) == page;
    return registered && mica_heap_is(page->heap, page->serial) ? page->heap : &mica_main;
  }
  /* relaxed: while it says so the tag says the sub-heap that it was born in; else that heap was deleted [P9] */
  if (pw_state(atomic_load_explicit(&mica_page_remote(page)->word, memory_order_relaxed)) != PW_DEDICATED)
    return &mica_main;
  const mica_theap_t* sub = mica_theap_of(mica_page_owner(page) & ~(uintptr_t)MICA_MARKS);
  mi_heap_t* heap = mica_theap_heap(sub);
  return heap != NULL && mica_heap_is(heap, mica_theap_serial(sub)) ? heap : &mica_main; /* likewise */
}

/* ---- the limit ---- */

uint64_t mica_heap_limit(const mi_heap_t* heap) {
  const uint64_t limit = atomic_load_explicit(&heap->limit, memory_order_relaxed); /* relaxed: a figure [F1] */
  return limit == 0 || limit > QUOTA_MASK ? QUOTA_MASK : limit;
}

bool mica_heap_refuses(mi_heap_t* heap, uint64_t bytes) {
  const uint64_t limit = mica_heap_limit(heap), used = quota_bytes(quota_get(&heap->quota));
  return bytes > limit || used > limit - bytes;
}

bool mica_quota_take(mica_theap_t* theap, uint64_t bytes) {
  mi_heap_t* heap = mica_theap_heap(theap);
  if (heap == NULL || !mica_heap_is(heap, mica_theap_serial(theap))) return true;
  theap->sub.refused = 0;
  if (quota_take(&heap->quota, quota_life_of(mica_theap_serial(theap)), bytes, mica_heap_limit(heap))) return true;
  theap->sub.refused = bytes;
  MICA_PROBE2(heap_limit_refused, heap, bytes);
  return false;
}

void mica_quota_give(const mica_theap_t* theap, uint64_t bytes) {
  mi_heap_t* heap = mica_theap_heap(theap);
  if (heap != NULL && mica_heap_is(heap, mica_theap_serial(theap)))
    quota_give(&heap->quota, quota_life_of(mica_theap_serial(theap)), bytes);
}
