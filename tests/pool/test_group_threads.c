/* test_group_threads.c -- groups that threads enter and leave at once: never more pools than tasks, each pool's cleanups run
 * once, and all memory is back. */
#include <pthread.h>
#include <stdatomic.h>

#include "tests/pool/pools.h"
#include "tests/support/balance.h"
#include "tests/support/random.h"
#include "tests/support/require.h"

enum { THREADS = 8, ROUNDS = 100000, ROUNDS_FEW = 10000, AT_ONCE = 4 };

static mi_pool_group_t* group;
static _Atomic(size_t) pools_begun, pools_ended; /* relaxed, both: figures, looked at when all are joined */
static unsigned rounds;

/* The first word of a cleanup's data: its pool, and whether it ran. */
typedef struct mark_s {
  mi_pool_t* pool;
  uint64_t word;
} mark_t;
#define MARK UINT64_C(0x6d61726b)

static void ends(void* data) {
  mark_t* mark = data;
  REQUIRE(mark->word == (MARK ^ (uintptr_t)mark->pool), "a cleanup ran twice, or its data were lost");
  mark->word = 0;
  atomic_fetch_add_explicit(&pools_ended, 1, memory_order_relaxed);
}

/* One pool of it all: whoever finds its data empty has begun it. The data are a word that threads share. */
static void begin(mi_pool_t* pool) {
  void* expected = NULL;
  _Atomic(void*)* data = (_Atomic(void*)*)(void*)pool; /* relaxed: a mark */
  if (!atomic_compare_exchange_strong_explicit(data, &expected, pool, memory_order_relaxed, memory_order_relaxed))
    return;
  mi_pool_cleanup_t* c = mi_pool_cleanup_add(pool, sizeof(mark_t));
  REQUIRE(c != NULL, "no cleanup");
  *(mark_t*)c->data = (mark_t){pool, MARK ^ (uintptr_t)pool};
  c->handler = ends;
  atomic_fetch_add_explicit(&pools_begun, 1, memory_order_relaxed);
}

static void* tasks(void* arg) {
  uint64_t seed = *(unsigned*)arg + 1;
  mi_pool_t* in[AT_ONCE];
  piece_t pieces[AT_ONCE];
  unsigned n = 0;
  for (unsigned i = 0; i < rounds; i++) {
    in[n] = mi_pool_group_enter(group);
    REQUIRE(in[n] != NULL, "no pool");
    begin(in[n]);
    pieces[n] = pools_piece(in[n], random_below(&seed, i % 50 == 0 ? 6000 : 100), i);
    n++;
    while (n == AT_ONCE || (n != 0 && random_below(&seed, 2) == 0)) {
      const size_t k = random_below(&seed, n--);
      pools_verify(pieces[k]);
      mi_pool_group_leave(group, in[k]);
      in[k] = in[n];
      pieces[k] = pieces[n];
    }
  }
  while (n-- != 0) {
    pools_verify(pieces[n]);
    mi_pool_group_leave(group, in[n]);
  }
  return NULL;
}

static void* watch(void* enough) {
  while (!atomic_load_explicit((_Atomic(bool)*)enough, memory_order_relaxed)) { /* relaxed: any time will do */
    mi_pool_group_stat_t stat;
    mi_pool_group_stat(group, &stat);
    REQUIRE(stat.tasks <= THREADS * AT_ONCE + THREADS && stat.pools <= THREADS * AT_ONCE + THREADS,
            "%zu pools, %zu tasks", stat.pools, stat.tasks);
    sched_yield();
  }
  return NULL;
}

static void enter_and_leave(size_t k, unsigned times) {
  static unsigned numbers[THREADS];
  static _Atomic(bool) enough;
  pthread_t watcher;
  rounds = times;
  group = mi_pool_group_create(k);
  REQUIRE(group != NULL, "no group");
  for (unsigned t = 0; t < THREADS; t++) numbers[t] = t;
  atomic_store_explicit(&enough, false, memory_order_relaxed); /* relaxed: before the threads */
  REQUIRE(pthread_create(&watcher, NULL, watch, &enough) == 0, "no thread");
  pools_threads(THREADS, tasks, numbers, sizeof numbers[0]);
  atomic_store_explicit(&enough, true, memory_order_relaxed); /* relaxed: see there */
  pthread_join(watcher, NULL);
  mi_pool_group_stat_t stat;
  mi_pool_group_stat(group, &stat);
  /* relaxed: all are joined */
  const size_t begun = atomic_load_explicit(&pools_begun, memory_order_relaxed);
  const size_t ended = atomic_load_explicit(&pools_ended, memory_order_relaxed);
  REQUIRE(stat.pools == 0 && stat.tasks == 0, "%zu pools, %zu tasks are left", stat.pools, stat.tasks);
  /* A pool that was made in vain, as another thread's came first, nobody began. */
  REQUIRE(begun <= stat.pools_made && ended == begun, "%zu pools made, %zu begun, %zu ended", stat.pools_made, begun,
          ended);
  REQUIRE(begun >= (size_t)times * THREADS / k && begun <= (size_t)times * THREADS, "%zu pools", begun);
  atomic_store_explicit(&pools_begun, 0, memory_order_relaxed); /* relaxed: likewise */
  atomic_store_explicit(&pools_ended, 0, memory_order_relaxed); /* likewise */
  mi_pool_group_destroy(group);
}

static void with_all_memory_back(size_t k, unsigned times) {
  mi_pool_group_destroy(mi_pool_group_create(1));
  const in_use_t before = in_use();
  enter_and_leave(k, times);
  require_back(before);
}

Test(pool_group_threads, eight_threads_share_pools_of_eight) { with_all_memory_back(8, pools_times(ROUNDS)); }
Test(pool_group_threads, a_pool_for_each_task) { with_all_memory_back(1, ROUNDS_FEW); }
Test(pool_group_threads, two_to_a_pool) { with_all_memory_back(2, ROUNDS_FEW); }
Test(pool_group_threads, a_pool_for_all) { with_all_memory_back(1000, ROUNDS_FEW); }

/* ---- a task's memory goes from thread to thread ---- */

enum { TASKS = 4000 };

typedef struct task_s {
  mi_pool_t* pool;
  piece_t piece;
} task_t;
static task_t all[TASKS];

static void* enter_some(void* arg) {
  task_t* own = arg;
  for (unsigned i = 0; i < TASKS / THREADS; i++) {
    own[i].pool = mi_pool_group_enter(group);
    own[i].piece = pools_piece(own[i].pool, 300, i);
  }
  return NULL;
}
static void* leave_some(void* arg) {
  task_t* own = arg;
  for (unsigned i = 0; i < TASKS / THREADS; i++) {
    pools_free(own[i].pool, own[i].piece);
    mi_pool_group_leave(group, own[i].pool);
  }
  return NULL;
}

Test(pool_group_threads, tasks_leave_in_other_threads_than_they_entered) {
  mi_pool_group_destroy(mi_pool_group_create(1));
  const in_use_t before = in_use();
  group = mi_pool_group_create(8);
  for (int round = 0; round < 5; round++) {
    mi_pool_group_stat_t stat;
    pools_threads(THREADS, enter_some, all, sizeof all / THREADS);
    mi_pool_group_stat(group, &stat);
    REQUIRE(stat.tasks == TASKS && stat.pools >= TASKS / 8 && stat.pools <= TASKS, "%zu tasks in %zu pools", stat.tasks,
            stat.pools);
    for (unsigned i = 0; i < TASKS; i++) {
      const unsigned k = i * 1237 % TASKS;
      const task_t t = all[i];
      all[i] = all[k];
      all[k] = t;
    }
    pools_threads(THREADS, leave_some, all, sizeof all / THREADS);
    mi_pool_group_stat(group, &stat);
    REQUIRE(stat.tasks == 0 && stat.pools == 0, "%zu tasks in %zu pools are left", stat.tasks, stat.pools);
  }
  mi_pool_group_destroy(group);
  require_back(before);
}

/* ---- ten times k, at once ---- */

enum { EACH = 10 };
static pthread_barrier_t all_in, all_out;

static void* enter_then_leave(void* arg) {
  mi_pool_t* in[EACH];
  const bool first = *(unsigned*)arg == 0;
  for (unsigned i = 0; i < EACH; i++) {
    in[i] = mi_pool_group_enter(group);
    pools_verify(pools_piece(in[i], 50, i));
  }
  pthread_barrier_wait(&all_in);
  mi_pool_group_stat_t stat;
  if (first) {
    mi_pool_group_stat(group, &stat);
    REQUIRE(stat.tasks == THREADS * EACH && stat.pools == EACH, "%zu pools for %zu tasks", stat.pools, stat.tasks);
  }
  pthread_barrier_wait(&all_out);
  for (unsigned i = 0; i < EACH; i++) mi_pool_group_leave(group, in[i]);
  return NULL;
}

Test(pool_group_threads, ten_pools_for_ten_times_k_tasks_at_once) {
  static unsigned numbers[THREADS];
  for (unsigned t = 0; t < THREADS; t++) numbers[t] = t;
  pthread_barrier_init(&all_in, NULL, THREADS);
  pthread_barrier_init(&all_out, NULL, THREADS);
  for (int round = 0; round < 300; round++) {
    if (round % 100 == 0) group = mi_pool_group_create(THREADS);
    pools_threads(THREADS, enter_then_leave, numbers, sizeof numbers[0]);
    mi_pool_group_stat_t stat;
    mi_pool_group_stat(group, &stat);
    REQUIRE(stat.pools == 0 && stat.tasks == 0, "%zu pools, %zu tasks are left", stat.pools, stat.tasks);
    if (round % 100 == 99) mi_pool_group_destroy(group);
  }
}
