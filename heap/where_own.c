/* where_own.c -- what mica_where looks at: this process, and the calling thread in it (where.h).
 *
 * Theaps are never unmapped, so they are read as they are. No state. */
#include "heap/where.h"

const mica_theap_t* mica_where_next(const mica_theap_t* theap) { return theap->all_next; }

uintptr_t mica_where_id(const mica_theap_t* theap) { return (uintptr_t)mica_theap_id(theap); }

const mica_theap_t* mica_where_base(const mica_theap_t* theap) { return mica_theap_base_of(theap); }

bool mica_where_runs(const mica_theap_t* base) { return base == mica_theap_base(); }

bool mica_where_on_stack(uintptr_t from, uintptr_t to) {
  const uintptr_t here = (uintptr_t)__builtin_frame_address(0);
  return here >= from && here < to;
}

bool mica_where_goes_on(void) { return true; }
