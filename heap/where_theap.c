/* where_theap.c -- threads' heaps by owner id, by address, and whose they are (where.h). */
#include "heap/where.h"
#include "segment/peek.h"

const mica_theap_t* mica_where_theap(uintptr_t id) {
  for (const mica_theap_t* theap = mica_theap_first(); theap != NULL; theap = mica_where_next(theap))
    if (mica_where_id(theap) == (id & ~(uintptr_t)MICA_MARKS)) return theap;
  return NULL;
}

const mica_theap_t* mica_where_theap_at(const void* p) {
  for (const mica_theap_t* theap = mica_theap_first(); theap != NULL; theap = mica_where_next(theap))
    if ((uintptr_t)p - (uintptr_t)theap < MICA_THEAP_BYTES) return theap;
  return NULL;
}

uintptr_t mica_where_thread(const mica_theap_t* theap, bool* is_caller) {
  const mica_theap_t* base = theap == NULL ? NULL : mica_where_base(theap);
  uintptr_t thread;
  *is_caller = base != NULL && mica_where_runs(base);
  return base != NULL && MICA_PEEK(thread, &base->thread) ? thread : 0;
}
