/* thread.c -- which thread runs which heap: first use, exit, and the stack of parked heaps.
 *
 *   thread's heap:   none --first slow path--> real --exit--> gone (each further call borrows a heap)
 *   heap:            made --> run by a thread <--> parked
 *
 * The stack of parked heaps (parked.h) carries all that a heap's last thread wrote to the next one, its marks in the tags
 * included. */
#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "heap/alloc.h"
#include "heap/first_class.h"
#include "observe/stats.h"
#include "segment/os.h"

const mica_heap_t mica_heap_empty;
const mica_heap_t mica_heap_gone;
MICA_TLS uintptr_t mica_self;

static_assert(MICA_HEAP_BYTES % MICA_HEAP_ALIGN == 0 && MICA_SLICE % MICA_HEAP_BYTES == 0, "whole OS pages");

typedef mica_heap_t pk_heap_t;
#define PK_NUMBER(heap) ((uint64_t)((uintptr_t)(heap) / MICA_HEAP_ALIGN)) /* of 48 bits */
#define PK_HEAP(number) ((pk_heap_t*)(uintptr_t)((number)*MICA_HEAP_ALIGN))
#include "heap/parked.h"

typedef mica_heap_t list_item_t;
#define LIST_NEXT(heap) ((heap)->all_next)
#include "block/list.h"

static _Atomic(uint64_t) parked;
static _Atomic(mica_heap_t*) all_heaps;
static _Atomic(mica_heap_t*) early; /* run by a thread whose initial values may yet be copied over mica_self */
static _Atomic(bool) started;       /* constructors run: initial values have been copied */
static _Atomic(uint32_t) exit_key;  /* + 1; 0: none yet */

/* ---- parked heaps ---- */

void mica_heap_park(mica_heap_t* heap) {
  atomic_store_explicit(&heap->thread, 0, memory_order_relaxed); /* relaxed: a mark for its own thread only [E3] */
  pk_park(&parked, heap);
}

void mica_heap_forget_parked(void) {
  atomic_store_explicit(&parked, 0, memory_order_relaxed); /* relaxed: there is one thread [Q7] */
}

mica_heap_t* mica_heap_first(void) { return list_first(&all_heaps); }

static void enlist(mica_heap_t* heap) {
  mica_watch_lines(heap, MICA_HEAP_BYTES);
  heap->outbox_room = MICA_OUTBOX_BYTES;
  list_push(&all_heaps, heap);
  mica_count(MICA_STAT_HEAPS, 1);
}

/* Where there are no more addresses there may still be slices: one for several heaps, for good. */
static mica_heap_t* make_heaps_in_slice(void) {
  mica_run_t run;
  mica_spot_t nowhere = {0};
  if (!mica_run_claim(&run, 1, true, &nowhere)) return NULL;
  char* at = mica_slice_address(run.arena, run.first);
  mica_watch_leave(at, MICA_SLICE); /* no blocks will be there */
  if (!run.clean) memset(at, 0, MICA_SLICE);
  for (uintptr_t i = MICA_HEAP_BYTES; i < MICA_SLICE; i += MICA_HEAP_BYTES) {
    enlist((mica_heap_t*)(void*)(at + i));
    mica_heap_park((mica_heap_t*)(void*)(at + i));
  }
  enlist((mica_heap_t*)(void*)at);
  return (mica_heap_t*)(void*)at;
}

static mica_heap_t* make_heap(void) {
  mica_heap_t* heap = mica_os_map(MICA_HEAP_BYTES, MICA_HEAP_ALIGN, 0);
  if (heap == NULL) return make_heaps_in_slice();
  enlist(heap);
  return heap;
}

mica_heap_t* mica_heap_borrow(void) {
  mica_heap_t* heap = pk_unpark(&parked);
  return heap != NULL ? heap : make_heap();
}

void mica_heap_return(mica_heap_t* heap) {
  mica_hot_flush_all(heap);
  mica_outbox_flush(heap);
  mica_stock_settle(heap);
  mica_heap_park(heap);
}

/* ---- threads ---- */

static void thread_exit(void* arg) {
  mica_heap_t* base = arg;
  mica_heap_run(&mica_heap_gone);
  mica_sub_leave_all(base);
  mica_heap_set_base(base, NULL);
  base->subproc = NULL;
  mica_heap_return(base);
  mica_count(MICA_STAT_THREADS_GONE, 1);
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
static mica_heap_t* find_early(void) {
  mica_heap_t* heap = atomic_load_explicit(&early, memory_order_acquire); /* acquire: pairs with thread_start [E2] */
  if (heap == NULL) return NULL;
  /* relaxed: equal to ours only if we stored it [E3] */
  return atomic_load_explicit(&heap->thread, memory_order_relaxed) == (uintptr_t)pthread_self() ? heap : NULL;
}

MICA_CONSTRUCTOR static void note_start(void) {
  atomic_store_explicit(&started, true, memory_order_relaxed); /* relaxed: read by this thread, or as a hint [E4] */
}

static mica_heap_t* thread_start(void) {
  mica_heap_t* heap = find_early();
  if (heap != NULL) {
    mica_heap_run(heap);
    return heap;
  }
  heap = mica_heap_borrow();
  if (heap == NULL) return NULL;
  /* relaxed: see find_early [E3] */
  atomic_store_explicit(&heap->thread, (uintptr_t)pthread_self(), memory_order_relaxed);
  mica_heap_set_base(heap, heap);
  heap->usual = (uintptr_t)mica_heap_token(heap);
  heap->heartbeat = 0;
  mica_heap_run(heap); /* before the next call, which may allocate */
  pthread_key_t key;
  const int saved = errno;
  if (!key_get(&key) || pthread_setspecific(key, heap) != 0) {
    errno = saved;
    mica_heap_run(&mica_heap_empty);
    mica_heap_set_base(heap, NULL);
    mica_heap_return(heap);
    return NULL;
  }
  errno = saved;
  if (!atomic_load_explicit(&started, memory_order_relaxed))   /* relaxed: a hint [E4] */
    atomic_store_explicit(&early, heap, memory_order_release); /* release: pairs with find_early [E1] */
  mica_count(MICA_STAT_THREADS_BORN, 1);
  return heap;
}

mica_heap_t* mica_heap_get(mica_heap_t* mine) {
  if (MICA_LIKELY(mica_heap_is_real(mine))) return mine;
  return mine == &mica_heap_gone ? NULL : thread_start();
}

void mica_thread_init(void) { mica_heap_get(mica_heap_mine()); }

void mica_thread_done(void) {
  mica_heap_t* heap = mica_heap_base();
  pthread_key_t key;
  if (heap == NULL || !key_get(&key)) return;
  pthread_setspecific(key, NULL);
  thread_exit(heap);
  mica_heap_run(&mica_heap_empty);
}
