/* thread.c -- which thread runs which heap: first use, exit, and the stack of idle theaps.
 *
 *   thread's heap:   none --first slow path--> real --exit--> gone (each further call borrows a heap)
 *   heap:            made --> run by a thread <--> parked
 *
 * The stack of idle theaps (parked.h) carries all that a heap's last thread wrote to the next one, its marks in the tags
 * included. */
#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "heap/alloc.h"
#include "heap/first_class/first_class.h"
#include "observe/counters.h"
#include "segment/os.h"

const mica_theap_t mica_theap_empty;
const mica_theap_t mica_theap_gone;
MICA_TLS uintptr_t mica_self;

static_assert(MICA_THEAP_BYTES % MICA_THEAP_ALIGN == 0 && MICA_SLICE % MICA_THEAP_BYTES == 0, "whole OS pages");

typedef mica_theap_t stack_item_t;
#define STACK_NUMBER(theap) ((uint64_t)((uintptr_t)(theap) / MICA_THEAP_ALIGN)) /* of 48 bits */
#define STACK_ITEM(number) ((stack_item_t*)(uintptr_t)((number)*MICA_THEAP_ALIGN))
#include "base/tagged_stack.h"

typedef mica_theap_t list_item_t;
#define LIST_NEXT(theap) ((theap)->all_next)
#include "base/push_list.h"

static _Atomic(uint64_t) idle_theaps;
static _Atomic(mica_theap_t*) all_theaps;
static _Atomic(mica_theap_t*) early; /* run by a thread whose initial values may yet be copied over mica_self */
static _Atomic(bool) started;        /* constructors run: initial values have been copied */
static _Atomic(uint32_t) exit_key;   /* + 1; 0: none yet */

/* ---- idle theaps ---- */

void mica_theap_put_idle(mica_theap_t* theap) {
  atomic_store_explicit(&theap->thread, 0, memory_order_relaxed); /* relaxed: a mark for its own thread only [E3] */
  stack_push(&idle_theaps, theap);
}

void mica_theap_forget_idle(void) {
  atomic_store_explicit(&idle_theaps, 0, memory_order_relaxed); /* relaxed: there is one thread [Q7] */
}

mica_theap_t* mica_theap_first(void) { return list_first(&all_theaps); }

static void enlist(mica_theap_t* theap) {
  mica_track_lines(theap, MICA_THEAP_BYTES);
  theap->outbox_credit = MICA_OUTBOX_BYTES;
  list_push(&all_theaps, theap);
  mica_count(MICA_COUNTER_THEAPS, 1);
}

/* Where there are no more addresses there may still be slices: one for several heaps, for good. */
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
  mica_theap_t* theap = mica_os_map(MICA_THEAP_BYTES, MICA_THEAP_ALIGN, 0);
  if (theap == NULL) return make_theaps_in_slice();
  enlist(theap);
  return theap;
}

mica_theap_t* mica_theap_borrow(void) {
  mica_theap_t* theap = stack_pop(&idle_theaps);
  return theap != NULL ? theap : make_theap();
}

void mica_theap_return(mica_theap_t* theap) {
  mica_cache_flush_all(theap);
  mica_outbox_flush(theap);
  mica_bins_abandon(theap);
  mica_theap_put_idle(theap);
}

/* ---- threads ---- */

static void thread_exit(void* arg) {
  mica_theap_t* base = arg;
  mica_theap_run(&mica_theap_gone);
  mica_sub_leave_all(base);
  mica_theap_set_base(base, NULL);
  base->subproc = NULL;
  mica_theap_return(base);
  mica_count(MICA_COUNTER_THREADS_GONE, 1);
}

/* The key whose destructor is our exit hook. Two threads may make one each; one of the keys is deleted again. */
static bool key_get(pthread_key_t* key) {
  uint32_t have = atomic_load_explicit(&exit_key, memory_order_relaxed); /* relaxed: a number [E5] */
  if (have == 0) {
    if (pthread_key_create(key, thread_exit) != 0) return false;
    /* relaxed: a number; the key itself is the C library's to publish [E5] */
    if (atomic_compare_exchange_strong_explicit(&exit_key, &have, (uint32_t)*key + 1, memory_order_relaxed,
                                                memory_order_relaxed))
      return true;
    pthread_key_delete(*key);
  }
  *key = (pthread_key_t)(have - 1);
  return true;
}

/* A heap made before the C library had set up this thread's variables: their setting up has hidden it. */
static mica_theap_t* find_early(void) {
  mica_theap_t* theap = atomic_load_explicit(&early, memory_order_acquire); /* acquire: pairs with thread_start [E2] */
  if (theap == NULL) return NULL;
  /* relaxed: equal to ours only if we stored it [E3] */
  return atomic_load_explicit(&theap->thread, memory_order_relaxed) == (uintptr_t)pthread_self() ? theap : NULL;
}

MICA_CONSTRUCTOR static void note_start(void) {
  atomic_store_explicit(&started, true, memory_order_relaxed); /* relaxed: read by this thread, or as a hint [E4] */
}

static mica_theap_t* thread_start(void) {
  mica_theap_t* theap = find_early();
  if (theap != NULL) {
    mica_theap_run(theap);
    return theap;
  }
  theap = mica_theap_borrow();
  if (theap == NULL) return NULL;
  /* relaxed: see find_early [E3] */
  atomic_store_explicit(&theap->thread, (uintptr_t)pthread_self(), memory_order_relaxed);
  mica_theap_set_base(theap, theap);
  theap->usual = (uintptr_t)mica_theap_id(theap);
  theap->heartbeat = 0;
  mica_theap_run(theap); /* before the next call, which may allocate */
  pthread_key_t key;
  const int saved = errno;
  if (!key_get(&key) || pthread_setspecific(key, theap) != 0) {
    errno = saved;
    mica_theap_run(&mica_theap_empty);
    mica_theap_set_base(theap, NULL);
    mica_theap_return(theap);
    return NULL;
  }
  errno = saved;
  if (!atomic_load_explicit(&started, memory_order_relaxed))    /* relaxed: a hint [E4] */
    atomic_store_explicit(&early, theap, memory_order_release); /* release: pairs with find_early [E1] */
  mica_count(MICA_COUNTER_THREADS_BORN, 1);
  return theap;
}

mica_theap_t* mica_theap_get(mica_theap_t* mine) {
  if (MICA_LIKELY(mica_theap_is_real(mine))) return mine;
  return mine == &mica_theap_gone ? NULL : thread_start();
}

void mica_thread_init(void) { mica_theap_get(mica_theap_mine()); }

void mica_thread_done(void) {
  mica_theap_t* theap = mica_theap_base();
  pthread_key_t key;
  if (theap == NULL || !key_get(&key)) return;
  pthread_setspecific(key, NULL);
  thread_exit(theap);
  mica_theap_run(&mica_theap_empty);
}
