/* test_heaps_threads.c -- first-class heaps and threads: many in one heap; its end while they live, exit or free; calls past
 * a thread's end. */
#include <pthread.h>
#include <stdatomic.h>

#include "tests/support/balance.h"
#include "tests/support/heaps.h"
#include "tests/support/pattern.h"
#include "tests/support/require.h"
#include "tests/support/threads.h"

enum { BLOCKS = 2000, THREADS = 4 };

typedef struct job_s {
  mi_heap_t* heap;
  unsigned seed;
  char* blocks[BLOCKS];
} job_t;

static size_t size_of(unsigned i) { return i % 100 == 0 ? (size_t)70000 + i * 50 : 1 + (size_t)i * 7 % 3000; }

static void* allocate(void* arg) {
  job_t* job = arg;
  for (unsigned i = 0; i < BLOCKS; i++) job->blocks[i] = heaps_block(job->heap, size_of(i), job->seed + i);
  return NULL;
}
static void* release(void* arg) {
  job_t* job = arg;
  for (unsigned i = 0; i < BLOCKS; i++) {
    heaps_verify(job->blocks[i], size_of(i), job->seed + i);
    mi_free(job->blocks[i]);
  }
  return NULL;
}

static job_t jobs[THREADS];

static void run_all(void* (*body)(void*)) {
  pthread_t threads[THREADS];
  for (unsigned t = 0; t < THREADS; t++) REQUIRE(pthread_create(&threads[t], NULL, body, &jobs[t]) == 0, "no thread");
  for (unsigned t = 0; t < THREADS; t++) pthread_join(threads[t], NULL);
}
static void set_jobs(mi_heap_t* heap) {
  for (unsigned t = 0; t < THREADS; t++) {
    jobs[t].heap = heap;
    jobs[t].seed = t * 1000;
  }
}

Test(heaps_threads, any_thread_allocates_in_a_heap_and_any_frees) {
  mi_heap_destroy(heaps_new());
  const in_use_t before = in_use();
  for (int round = 0; round < 4; round++) {
    mi_heap_t* heap = heaps_new();
    set_jobs(heap);
    run_all(allocate);
    for (unsigned t = 0; t < THREADS; t++)
      for (unsigned i = 0; i < BLOCKS; i++) REQUIRE(mi_heap_of(jobs[t].blocks[i]) == heap, "of another heap");
    if (round == 0) {
      run_all(release);
      mi_heap_delete(heap);
    } else if (round == 1) {
      for (unsigned t = 0; t < THREADS; t++) release(&jobs[t]);
      mi_heap_destroy(heap);
    } else if (round == 2) {
      mi_heap_delete(heap);
      run_all(release);
    } else {
      mi_heap_destroy(heap);
    }
    require_back(before);
  }
}

/* ---- sub-heaps stay with their heap ---- */

Test(heaps_threads, the_next_thread_goes_on_where_the_last_one_ended) {
  mi_heap_t* heap = heaps_new();
  set_jobs(heap);
  run_thread(allocate, &jobs[0]);
  release(&jobs[0]);
  run_thread(allocate, &jobs[0]);
  const uint64_t structures = mica_counted(MICA_COUNTER_THEAPS);
  const size_t used = mi_heap_get_used(heap);
  for (int i = 0; i < 50; i++) {
    release(&jobs[0]);
    run_thread(allocate, &jobs[0]);
  }
  REQUIRE(mica_counted(MICA_COUNTER_THEAPS) == structures, "more structures than threads at a time");
  REQUIRE(mi_heap_get_used(heap) <= used + used / 4, "%zu bytes used, %zu at first", mi_heap_get_used(heap), used);
  mi_heap_destroy(heap);
}

static void* make_only(void* arg) {
  *(mi_heap_t**)arg = heaps_new();
  return NULL;
}

Test(heaps_threads, a_heap_outlives_the_thread_that_made_it) {
  mi_heap_destroy(heaps_new());
  const in_use_t before = in_use();
  mi_heap_t* heap = NULL;
  uint64_t structures = 0;
  for (int i = 0; i < 50; i++) {
    run_thread(make_only, &heap);
    heaps_verify(heaps_block(heap, 3000, 1), 3000, 1);
    mi_heap_destroy(heap);
    if (i == 0) structures = mica_counted(MICA_COUNTER_THEAPS);
  }
  REQUIRE(mica_counted(MICA_COUNTER_THEAPS) == structures, "more structures than heaps at a time");
  require_back(before);
}

/* ---- ended while a thread that has a part of it lives ---- */

static pthread_barrier_t gate;
static mi_heap_t* passed;

static void* end_what_is_passed(void* arg) {
  for (int i = 0; i < *(int*)arg; i++) {
    pthread_barrier_wait(&gate);
    heaps_block(passed, 100, 1);
    mi_heap_destroy(passed);
    pthread_barrier_wait(&gate);
  }
  return NULL;
}

static void pass_heaps(bool allocates, int count) {
  pthread_t thread;
  pthread_barrier_init(&gate, NULL, 2);
  REQUIRE(pthread_create(&thread, NULL, end_what_is_passed, &count) == 0, "no thread");
  char* mine = mi_malloc(100);
  for (int i = 0; i < count; i++) {
    pattern_set(mine, 100, 1, (unsigned)i);
    passed = heaps_new();
    if (allocates) heaps_litter(passed, 1);
    pthread_barrier_wait(&gate);
    pthread_barrier_wait(&gate);
    REQUIRE(pattern_kept(mine, 100, 1, (unsigned)i, true), "a block of the main heap");
  }
  mi_free(mine);
  pthread_join(thread, NULL);
  pthread_barrier_destroy(&gate);
}

Test(heaps_threads, heaps_are_ended_by_another_thread_than_their_makers) {
  pass_heaps(true, 2);
  const in_use_t before = in_use();
  const uint64_t structures = mica_counted(MICA_COUNTER_THEAPS);
  pass_heaps(true, 20);
  pass_heaps(false, 200);
  REQUIRE(mica_counted(MICA_COUNTER_THEAPS) <= structures + 2, "structures are not used again");
  require_back(before);
}

static void* allocate_then_exit(void* arg) {
  allocate(arg);
  pthread_barrier_wait(&gate);
  return NULL;
}

/* The heap ends at the moment in which its threads do. */
static void end_at_exit(void (*end)(mi_heap_t*), bool frees) {
  pthread_t threads[THREADS];
  mi_heap_t* heap = heaps_new();
  set_jobs(heap);
  pthread_barrier_init(&gate, NULL, THREADS + 1);
  for (unsigned t = 0; t < THREADS; t++)
    REQUIRE(pthread_create(&threads[t], NULL, allocate_then_exit, &jobs[t]) == 0, "no thread");
  pthread_barrier_wait(&gate);
  end(heap);
  for (unsigned t = 0; frees && t < THREADS; t++) release(&jobs[t]);
  for (unsigned t = 0; t < THREADS; t++) pthread_join(threads[t], NULL);
  pthread_barrier_destroy(&gate);
}

Test(heaps_threads, a_heap_ends_while_its_threads_exit) {
  for (int i = 0; i < 5; i++) end_at_exit(mi_heap_destroy, false);
  const in_use_t before = in_use();
  const uint64_t structures = mica_counted(MICA_COUNTER_THEAPS);
  for (int i = 0; i < 20; i++) {
    end_at_exit(mi_heap_destroy, false);
    end_at_exit(mi_heap_delete, true);
  }
  REQUIRE(mica_counted(MICA_COUNTER_THEAPS) - structures <= THREADS, "structures are not used again");
  require_back(before);
}

/* ---- deleted while others free its blocks ---- */

static void* release_after_gate(void* arg) {
  pthread_barrier_wait(&gate);
  return release(arg);
}
static void* resize_after_gate(void* arg) {
  job_t* job = arg;
  pthread_barrier_wait(&gate);
  for (unsigned i = 0; i < BLOCKS; i++)
    if (i % 100 == 0) job->blocks[i] = mi_realloc(job->blocks[i], size_of(i) + 90000);
  return release(arg);
}

Test(heaps_threads, a_heap_is_deleted_while_others_free_its_blocks) {
  mi_heap_destroy(heaps_new());
  const in_use_t before = in_use();
  for (int i = 0; i < 20; i++) {
    mi_heap_t* heap = heaps_new();
    set_jobs(heap);
    if (i % 2 == 0)
      run_all(allocate);
    else
      for (unsigned t = 0; t < THREADS; t++) allocate(&jobs[t]);
    pthread_t threads[THREADS];
    pthread_barrier_init(&gate, NULL, THREADS + 1);
    for (unsigned t = 0; t < THREADS; t++)
      REQUIRE(pthread_create(&threads[t], NULL, i % 4 < 2 ? release_after_gate : resize_after_gate, &jobs[t]) == 0,
              "no thread");
    pthread_barrier_wait(&gate);
    mi_heap_delete(heap);
    mi_heap_t* next = heaps_new();
    heaps_litter(next, 1);
    for (unsigned t = 0; t < THREADS; t++) pthread_join(threads[t], NULL);
    pthread_barrier_destroy(&gate);
    mi_heap_collect(next, false);
    mi_heap_destroy(next);
    require_back(before);
  }
}

/* The threads free what they allocated themselves, into pages of their own parts of the heap. */
static void* allocate_and_release(void* arg) {
  allocate(arg);
  pthread_barrier_wait(&gate);
  return release(arg);
}

Test(heaps_threads, a_heap_is_deleted_while_its_threads_free_their_own_blocks) {
  mi_heap_destroy(heaps_new());
  const in_use_t before = in_use();
  for (int i = 0; i < 50; i++) {
    mi_heap_t* heap = heaps_new();
    set_jobs(heap);
    pthread_t threads[THREADS];
    pthread_barrier_init(&gate, NULL, THREADS + 1);
    for (unsigned t = 0; t < THREADS; t++)
      REQUIRE(pthread_create(&threads[t], NULL, allocate_and_release, &jobs[t]) == 0, "no thread");
    pthread_barrier_wait(&gate);
    mi_heap_delete(heap);
    for (unsigned t = 0; t < THREADS; t++) pthread_join(threads[t], NULL);
    pthread_barrier_destroy(&gate);
    require_back(before);
  }
}

/* ---- past a thread's end ---- */

static pthread_key_t late_key;
static mi_heap_t* late_heap;
static unsigned late_calls;

/* The first call may come before mica's own, the next ones do not. */
static void late(void* arg) {
  const size_t rounds = (size_t)arg;
  late_calls++;
  heaps_verify(heaps_block(late_heap, 500, 1), 500, 1);
  char* p = heaps_block(late_heap, 200000, 2);
  p = mi_heap_realloc(late_heap, p, 5 << 20);
  REQUIRE(p != NULL && mi_heap_of(p) == late_heap, "resized into another heap");
  mi_free(p);
  mi_heap_t* own = heaps_new();
  heaps_litter(own, 1);
  mi_free(heaps_block(own, 100, 3));
  mi_heap_set_default(own);
  mi_free(mi_malloc(100));
  mi_heap_collect(own, true);
  if (rounds % 2 == 0)
    mi_heap_destroy(own);
  else
    mi_heap_destroy(late_heap), late_heap = own;
  mi_free(mi_malloc(100));
  if (rounds > 1) pthread_setspecific(late_key, (void*)(rounds - 1));
}
static void* with_late(void* arg) {
  mi_free(heaps_block(late_heap, 10, 1));
  pthread_setspecific(late_key, arg);
  return NULL;
}

Test(heaps_threads, late_destructors_use_heaps) {
  REQUIRE(pthread_key_create(&late_key, late) == 0, "no key");
  mi_heap_destroy(heaps_new());
  const in_use_t before = in_use();
  uint64_t structures = 0;
  for (int i = 0; i < 20; i++) {
    late_heap = heaps_new();
    run_thread(with_late, (void*)(size_t)4);
    heaps_block(late_heap, 100, 1);
    mi_heap_destroy(late_heap);
    if (i == 1) structures = mica_counted(MICA_COUNTER_THEAPS);
  }
  REQUIRE(late_calls == 80, "%u late calls", late_calls);
  REQUIRE(mica_counted(MICA_COUNTER_THEAPS) == structures, "structures are not used again");
  require_back(before);
}

/* ---- a huge block's heap, while others come and go ---- */

static _Atomic(bool) enough;

static void* come_and_go(void* arg) {
  while (!atomic_load_explicit(&enough, memory_order_relaxed)) { /* relaxed: any time will do */
    void *p = mi_malloc((size_t)300 << 20), *q = mi_malloc((size_t)300 << 20);
    mi_free(p);
    mi_free(q);
  }
  return arg;
}

Test(heaps_threads, whose_a_huge_block_is_while_others_come_and_go) {
  pthread_t threads[2];
  mi_heap_t* heap = heaps_new();
  char* p = mi_heap_malloc(heap, (size_t)300 << 20);
  for (int t = 0; t < 2; t++) REQUIRE(pthread_create(&threads[t], NULL, come_and_go, NULL) == 0, "no thread");
  for (int i = 0; i < 500; i++)
    REQUIRE(mi_heap_of(p) == heap && mi_heap_contains(heap, p + ((size_t)299 << 20)), "of another heap");
  atomic_store_explicit(&enough, true, memory_order_relaxed); /* relaxed: see there */
  for (int t = 0; t < 2; t++) pthread_join(threads[t], NULL);
  mi_heap_destroy(heap);
}
