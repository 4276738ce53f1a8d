/* enter.c -- the calling thread's sub-heap of a heap: found, claimed or made, and remembered by the heap's number. */
#include "heap/first_class/enter.h"

#include <errno.h>

#include "heap/callbacks.h"
#include "heap/first_class/subheap.h"
#include "heap/thread.h"

static mica_theap_t* make(mi_heap_t* heap) {
  mica_theap_t* sub = mica_theap_borrow();
  if (sub != NULL) mica_sub_begin(sub, heap);
  return sub;
}

void mica_sub_attach(mica_theap_t* sub) {
  mica_theap_t* theap = mica_theap_get(mica_theap_mine());
  if (theap == NULL)
    ownership_leave(&sub->sub.ownership);
  else
    mica_sub_link(mica_theap_base_of(theap), sub);
}

/* base NULL: for one call of a thread that is past its end. */
static mica_theap_t* attach(mica_theap_t* base, mi_heap_t* heap) {
  mica_theap_t* sub = NULL;
  if (base != NULL) {
    mica_sub_drain(base);
    sub = mica_sub_find(base, heap);
    if (sub != NULL) return sub;
  }
  sub = mica_sub_claim_idle(heap);
  if (sub == NULL) sub = make(heap);
  if (sub == NULL) return NULL;
  mica_sub_link(base, sub);
  return sub;
}

static mica_theap_t* remember(mica_theap_t* base, mi_heap_t* heap) {
  mica_theap_t* sub = heap == &mica_main ? base : attach(base, heap);
  if (sub == NULL) return NULL;
  const uint64_t serial = mica_heap_serial(heap);
  base->tables.seen[serial % MICA_SEEN] = (mica_seen_t){serial, sub};
  base->thread.remembers = true;
  return sub;
}

MICA_INLINE mica_theap_t* sub_of(mica_theap_t* base, mi_heap_t* heap) {
  const uint64_t serial = mica_heap_serial(heap);
  const mica_seen_t* seen = &base->tables.seen[serial % MICA_SEEN];
  return MICA_LIKELY(seen->serial == serial) ? seen->sub : remember(base, heap);
}

mica_theap_t* mica_sub_of(mi_heap_t* heap) {
  mica_theap_t* theap = mica_theap_get(mica_theap_mine());
  if (theap == NULL) return NULL;
  mica_theap_t* base = mica_theap_base_of(theap);
  return heap == NULL ? base : sub_of(base, heap);
}

mica_theap_t* mica_sub_withdraw(mi_heap_t* heap) {
  mica_theap_t* base = mica_theap_base();
  if (base == NULL) return NULL;
  if (mica_theap_heap(mica_theap_mine()) == heap) {
    mi_heap_t* main = mica_heap_main();
    mica_theap_t* usual = main != heap ? mica_sub_of(main) : base;
    mica_theap_run(usual != NULL ? usual : base);
    base->thread.usual = mica_ids;
  }
  return mica_sub_unlink(base, heap);
}

/* The thread has no heap yet, or has none any more, or there is no memory. */
bool mica_enter_slow(mi_heap_t* heap) {
  const int saved = errno;
  const bool is_main = heap == &mica_main;
  mica_theap_t* theap = mica_theap_get(mica_theap_mine()); /* which may start the thread */
  mica_theap_t* sub = NULL;
  if (theap != NULL)
    sub = mica_sub_of(heap);
  else if (mica_theap_mine() == &mica_theap_gone && !is_main)
    sub = attach(NULL, heap);
  else if (is_main)
    sub = mica_theap_mine();
  if (sub == NULL) {
    mica_callback_failure(MICA_THEAP_BYTES);
    errno = ENOMEM;
    return false;
  }
  errno = saved;
  if (sub != mica_theap_mine()) mica_theap_run(sub);
  return true;
}

/* A thread past its end had the sub-heap for one call. */
void mica_leave_late(void) {
  mica_theap_t* sub = mica_theap_mine();
  if (!mica_theap_is_sub(sub)) return; /* it is in none, or has none yet */
  mica_theap_run_gone();
  mica_sub_leave(sub);
}
