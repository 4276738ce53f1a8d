/* enter.h -- allocating in a first-class heap: between enter and leave the calling thread's allocations come from it.
 *
 * All allocating functions serve first-class heaps this way: the thread's heap is exchanged for its sub-heap of the heap. The
 * two are called around the one call that allocates, never around code of the program's (a handler, a visitor): that would
 * allocate there, too. Frees go home from anywhere. */
#ifndef MICA_ENTER_H
#define MICA_ENTER_H
#include "heap/theap.h"

/* The main heap of the process: what is in no other. Of its members the serial number alone is used. */
extern mi_heap_t mica_main;

static inline bool mica_heap_is_main(const mi_heap_t* heap) { return heap == NULL || heap == &mica_main; }

bool mica_enter_slow(mi_heap_t* heap, uintptr_t* before);
void mica_leave_late(uintptr_t before);

/* relaxed: who names the heap was told of it by its maker [U8] */
static inline uint64_t mica_heap_serial(const mi_heap_t* heap) {
  return atomic_load_explicit(&heap->serial, memory_order_relaxed);
}

/* False: there is no memory for a sub-heap, errno is ENOMEM, and nothing is to be left. *before is for mica_leave. set NULL
 * or the main heap: the thread's own. */
MICA_INLINE bool mica_enter(mi_heap_t* heap, uintptr_t* before) {
  const mica_theap_t* base = mica_theap_base();
  if (heap == NULL) heap = &mica_main;
  if (MICA_LIKELY(base != NULL)) {
    const uint64_t serial = mica_heap_serial(heap);
    const mica_seen_t* seen = &base->seen[serial % MICA_SEEN];
    if (MICA_LIKELY(seen->serial == serial)) {
      *before = mica_self;
      mica_theap_run(seen->sub);
      return true;
    }
  }
  return mica_enter_slow(heap, before);
}

/* The same for a heap as this thread has it; never fails. theap NULL: the default. */
MICA_INLINE void mica_enter_theap(mi_theap_t* theap, uintptr_t* before) {
  *before = mica_self;
  if (theap != NULL) mica_theap_run(theap);
}

/* The thread's default may be another by now: one of its own functions, called for a failure, may have set it. */
MICA_INLINE void mica_leave(uintptr_t before) {
  const mica_theap_t* base = mica_theap_base();
  if (MICA_LIKELY(base != NULL))
    mica_self = base->usual;
  else
    mica_leave_late(before);
}

#endif
