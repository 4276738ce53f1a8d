/* enter.h -- allocating in a first-class heap: between enter and leave the calling thread's allocations come from it.
 *
 * All allocating functions serve first-class heaps this way: the thread's heap is exchanged for its sub-heap of the heap. The
 * two are called around the one call that allocates, never around code of the program's (a handler, a visitor): that would
 * allocate there, too. Frees go home from anywhere. */
#ifndef MICA_ENTER_H
#define MICA_ENTER_H
#include "heap/theap.h"

bool mica_enter_slow(mi_heap_t* heap);
void mica_leave_late(void);

/* The calling thread's sub-heap of the heap, made or claimed if need be; of the main heap its base. NULL: no memory. */
mica_theap_t* mica_sub_of(mi_heap_t* heap);

/* The calling thread runs the sub-heap, which it has begun, from now on; one that is past its end leaves it. */
void mica_sub_attach(mica_theap_t* sub);

/* The calling thread's sub-heap of a heap that is about to end is its own no more, nor is that heap its default. NULL: it had
 * none. */
mica_theap_t* mica_sub_withdraw(mi_heap_t* heap);

/* False: there is no memory for a sub-heap, errno is ENOMEM, and nothing is to be left. heap NULL
 * or the main heap: the thread's own. */
MICA_INLINE bool mica_enter(mi_heap_t* heap) {
  const mica_theap_t* base = mica_theap_base();
  if (heap == NULL) heap = &mica_main;
  if (MICA_LIKELY(base != NULL)) {
    const uint64_t serial = mica_heap_serial(heap);
    const mica_seen_t* seen = &base->tables.seen[serial % MICA_SEEN];
    if (MICA_LIKELY(seen->serial == serial)) {
      mica_theap_run(seen->sub);
      return true;
    }
  }
  return mica_enter_slow(heap);
}

/* The same for a heap as this thread has it; never fails. theap NULL: the default. */
MICA_INLINE void mica_enter_theap(mi_theap_t* theap) {
  if (theap != NULL) mica_theap_run(theap);
}

/* The thread's default may be another by now: one of its own functions, called for a failure, may have set it. */
MICA_INLINE void mica_leave(void) {
  const mica_theap_t* base = mica_theap_base();
  if (MICA_LIKELY(base != NULL))
    mica_ids = base->thread.usual;
  else
    mica_leave_late();
}

#endif
