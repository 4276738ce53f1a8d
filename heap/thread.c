/* thread.c -- which thread runs which theap: first use and exit.
 *
 *   thread's theap:   none --first slow path--> real --exit--> gone (each further call borrows a theap) */
#include "heap/thread.h"

#include <errno.h>
#include <pthread.h>

#include "heap/alloc.h"
#include "heap/bin.h"
#include "heap/cache.h"
#include "heap/first_class/subheap.h"
#include "heap/outbox.h"
#include "observe/counters.h"

static _Atomic(mica_theap_t*) early; /* run by a thread whose initial values may yet be copied over mica_ids */
static _Atomic(bool) started;        /* constructors run: initial values have been copied */
static _Atomic(uint32_t) exit_key;   /* + 1; 0: none yet */

void mica_theap_return(mica_theap_t* theap) {
  mica_cache_flush_all(theap);
  mica_outbox_flush(theap);
  mica_bins_abandon(theap);
  mica_theap_put_idle(theap);
}

/* ---- threads ---- */

static void thread_exit(void* arg) {
  mica_theap_t* base = arg;
  mica_theap_run_gone();
  mica_sub_leave_all(base);
  mica_theap_set_base(base, NULL);
  base->thread.subproc = NULL;
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
  return atomic_load_explicit(&theap->thread.id, memory_order_relaxed) == (uintptr_t)pthread_self() ? theap : NULL;
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
  atomic_store_explicit(&theap->thread.id, (uintptr_t)pthread_self(), memory_order_relaxed);
  mica_theap_set_base(theap, theap);
  theap->thread.usual = theap->ids;
  theap->thread.heartbeat = 0;
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
