/* theap.c -- every theap there is: those ever made, the stack of idle ones.
 *
 *   theap:   made --> run by a thread <--> idle
 *
 * The stack of idle theaps (base/tagged_stack.h) carries all that a theap's last thread wrote to the next one, its marks in the
 * tags included. Any thread. */
#include "heap/theap.h"

#include <string.h>

#include "heap/shadow.h"
#include "observe/counters.h"
#include "segment/os.h"

static_assert(MICA_THEAP_BYTES % MICA_THEAP_ALIGN == 0 && MICA_SLICE % MICA_THEAP_BYTES == 0, "whole OS pages");

typedef mica_theap_t stack_item_t;
#define STACK_NUMBER(theap) ((uint64_t)((uintptr_t)(theap) / MICA_THEAP_ALIGN)) /* of 48 bits */
#define STACK_ITEM(number) ((stack_item_t*)(uintptr_t)((number)*MICA_THEAP_ALIGN))
#include "base/tagged_stack.h"

typedef mica_theap_t list_item_t;
#define LIST_NEXT(theap) ((theap)->all_next)
#include "base/push_list.h"

static _Atomic(uint64_t) idle_theaps;
_Atomic(mica_theap_t*) mica_all_theaps;

void mica_theap_put_idle(mica_theap_t* theap) {
  mica_shadow_release(theap);
  atomic_store_explicit(&theap->thread.id, 0, memory_order_relaxed); /* relaxed: a mark for its own thread only [E3] */
  stack_push(&idle_theaps, theap);
}

void mica_theap_forget_idle(void) {
  atomic_store_explicit(&idle_theaps, 0, memory_order_relaxed); /* relaxed: there is one thread [Q7] */
}

mica_theap_t* mica_theap_first(void) { return list_first(&mica_all_theaps); }

static void enlist(mica_theap_t* theap) {
  mica_track_lines(theap, MICA_THEAP_BYTES);
  theap->ids.self = theap->ids.alloc = (uintptr_t)mica_theap_id(theap);
  theap->thread.outbox_credit = MICA_OUTBOX_BYTES;
  list_push(&mica_all_theaps, theap);
  mica_count(MICA_COUNTER_THEAPS, 1);
}

/* Where there are no more addresses there may still be slices: one for several theaps, for good. */
static mica_theap_t* make_theaps_in_slice(void) {
  mica_run_t run;
  mica_hint_t nowhere = {0};
  if (!mica_run_claim(&run, 1, true, &nowhere)) return NULL;
  char* at = mica_slice_address(run.arena, run.first);
  mica_track_leave(at, MICA_SLICE); /* no blocks will be there */
  if (!run.clean) memset(at, 0, MICA_SLICE);
  for (uintptr_t i = MICA_THEAP_BYTES; i < MICA_SLICE; i += MICA_THEAP_BYTES) {
    enlist((mica_theap_t*)(void*)(at + i));
    mica_theap_put_idle((mica_theap_t*)(void*)(at + i));
  }
  enlist((mica_theap_t*)(void*)at);
  return (mica_theap_t*)(void*)at;
}

static mica_theap_t* make_theap(void) {
  mica_theap_t* theap = mica_os_map(0, MICA_THEAP_BYTES, MICA_THEAP_ALIGN, 0);
  if (theap == NULL) return make_theaps_in_slice();
  enlist(theap);
  return theap;
}

mica_theap_t* mica_theap_borrow(void) {
  mica_theap_t* theap = stack_pop(&idle_theaps);
  return theap != NULL ? theap : make_theap();
}
