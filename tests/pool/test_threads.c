/* test_threads.c -- many threads in one pool: each has its own memory of it, frees of others' come home, and a thread that ends
 * leaves its place to the next. */
#include <pthread.h>
#include <stdatomic.h>

#include "tests/pool/pools.h"
#include "tests/support/balance.h"
#include "tests/support/pattern.h"
#include "tests/support/require.h"
#include "tests/support/threads.h"

enum { THREADS = 8, BLOCKS = 3000, CROWD = 100 };

typedef struct job_s {
  mi_pool_t* pool;
  unsigned seed;
  piece_t pieces[BLOCKS];
} job_t;

static job_t jobs[THREADS];
static pthread_barrier_t gate;

static size_t size_of(unsigned i) { return i % 100 == 0 ? (size_t)5000 + i : 1 + (size_t)i * 7 % 250; }

static piece_t one(mi_pool_t* pool, unsigned i, unsigned seed) {
  const size_t size = size_of(i);
  switch (i % 4) {
  case 0: return pools_written(mi_pool_alloc_unaligned(pool, size), size, 1, seed);
  case 1: return pools_written(mi_pool_memalign(pool, size, 64), size, 64, seed);
  case 2: {
    void* p = mi_pool_calloc(pool, size, 1);
    REQUIRE(p != NULL && all_zero(p, size), "not zero");
    return pools_written(p, size, 16, seed);
  }
  default: return pools_piece(pool, size, seed);
  }
}

static void* allocate(void* arg) {
  job_t* job = arg;
  for (unsigned i = 0; i < BLOCKS; i++) job->pieces[i] = one(job->pool, i, job->seed + i);
  return NULL;
}
static void* release(void* arg) {
  job_t* job = arg;
  for (unsigned i = 0; i < BLOCKS; i++) pools_free(job->pool, job->pieces[i]);
  return NULL;
}
static void* allocate_and_release(void* arg) {
  job_t* job = arg;
  allocate(arg);
  for (unsigned i = 0; i < BLOCKS; i += 2) {
    pools_free(job->pool, job->pieces[i]);
    job->pieces[i] = one(job->pool, i, job->seed + i + 5);
  }
  return NULL;
}

static void set_jobs(mi_pool_t* pool) {
  for (unsigned t = 0; t < THREADS; t++) {
    jobs[t].pool = pool;
    jobs[t].seed = t * 1000;
  }
}

static void verify_all(void) {
  for (unsigned t = 0; t < THREADS; t++)
    for (unsigned i = 0; i < BLOCKS; i++) pools_verify(jobs[t].pieces[i]);
}

Test(pool_threads, each_has_its_own_memory) {
  mi_pool_destroy(pools_new(0));
  const in_use_t before = in_use();
  for (unsigned round = 0; round < 4; round++) {
    mi_pool_t* pool = pools_new(round * 3000);
    set_jobs(pool);
    pools_threads(THREADS, round % 2 == 0 ? allocate : allocate_and_release, jobs, sizeof jobs[0]);
    verify_all();
    const mi_pool_stat_t stat = pools_stat(pool);
    REQUIRE(stat.live + stat.large == THREADS * BLOCKS, "%zu and %zu pieces", stat.live, stat.large);
    REQUIRE(stat.large >= THREADS * BLOCKS / 100, "%zu large", stat.large);
    REQUIRE(stat.threads >= 1 && stat.threads <= THREADS + 1, "%zu threads", stat.threads);
    if (round == 1) pools_threads(THREADS, release, jobs, sizeof jobs[0]);
    if (round == 2)
      for (unsigned t = 0; t < THREADS; t++) release(&jobs[t]);
    if (round == 1 || round == 2) {
      const mi_pool_stat_t after = pools_stat(pool);
      REQUIRE(after.live == 0 && after.large == 0, "%zu and %zu pieces are left", after.live, after.large);
    }
    mi_pool_destroy(pool);
  }
  require_back(before);
}

/* Threads at the same time never share a block: what one allocates lies apart from what another does. */
static void* allocate_together(void* arg) {
  pthread_barrier_wait(&gate);
  allocate(arg);
  pthread_barrier_wait(&gate); /* none ends before all have begun */
  return NULL;
}

Test(pool_threads, each_has_a_block_of_its_own) {
  mi_pool_t* pool = pools_new(0);
  pools_piece(pool, 10, 1);
  set_jobs(pool);
  pthread_barrier_init(&gate, NULL, THREADS);
  pools_threads(THREADS, allocate_together, jobs, sizeof jobs[0]);
  const mi_pool_stat_t stat = pools_stat(pool);
  REQUIRE(stat.threads == THREADS + 1, "%zu threads", stat.threads);
  static unsigned whose[POOLS_BLOCKS];
  for (unsigned t = 0; t < THREADS; t++)
    for (unsigned i = 1; i < BLOCKS; i++) {
      const size_t b = pools_block_of(&stat, jobs[t].pieces[i].p);
      if (b == stat.blocks) continue; /* large */
      REQUIRE(whose[b] == 0 || whose[b] == t + 1, "threads %u and %u share a block", whose[b] - 1, t);
      whose[b] = t + 1;
    }
  verify_all();
  mi_pool_destroy(pool);
}

/* ---- frees by others ---- */

/* The pool does not grow, though whoever allocates never frees. */
Test(pool_threads, what_others_free_is_used_again) {
  mi_pool_t* pool = pools_new(0);
  size_t used = 0;
  set_jobs(pool);
  for (int round = 0; round < 12 + (int)pools_times(40); round++) {
    allocate(&jobs[0]);
    run_thread(release, &jobs[0]);
    const mi_pool_stat_t stat = pools_stat(pool);
    REQUIRE(stat.live == 0 && stat.large == 0, "%zu and %zu pieces are left", stat.live, stat.large);
    if (round == 9) used = stat.total; /* by then it has enough blocks */
    REQUIRE(used == 0 || stat.total <= used + 2 * POOLS_BLOCK_GROWN, "round %d: %zu bytes, %zu before", round,
            stat.total, used);
  }
  mi_pool_destroy(pool);
}

Test(pool_threads, what_the_maker_frees_is_used_again) {
  mi_pool_t* pool = pools_new(0);
  size_t used = 0;
  set_jobs(pool);
  for (int round = 0; round < 12 + (int)pools_times(40); round++) {
    run_thread(allocate, &jobs[0]);
    release(&jobs[0]);
    const mi_pool_stat_t stat = pools_stat(pool);
    REQUIRE(stat.live == 0 && stat.large == 0, "%zu and %zu pieces are left", stat.live, stat.large);
    if (round == 9) used = stat.total; /* by then it has enough blocks */
    REQUIRE(used == 0 || stat.total <= used + 2 * POOLS_BLOCK_GROWN, "round %d: %zu bytes, %zu before", round,
            stat.total, used);
  }
  mi_pool_destroy(pool);
}

/* Every piece of the block comes home by another thread: it is begun anew before another block is taken. */
static unsigned few;
static void* release_few(void* arg) {
  const job_t* job = arg;
  for (unsigned i = 0; i < few; i++) pools_free(job->pool, job->pieces[i]);
  return NULL;
}

Test(pool_threads, a_block_that_others_emptied_is_used_again) {
  mi_pool_t* pool = pools_new(4096);
  set_jobs(pool);
  for (int round = 0; round < 100; round++) {
    few = 0;
    do {
      jobs[0].pieces[few] = pools_piece(pool, 300, few);
      few++;
    } while (pools_stat(pool).left >= 320);
    REQUIRE(few > 5, "%u pieces in a block", few);
    run_thread(release_few, &jobs[0]);
    REQUIRE(pools_stat(pool).blocks == 1 && pools_stat(pool).live == 0, "round %d: %zu blocks, %zu pieces", round,
            pools_stat(pool).blocks, pools_stat(pool).live);
  }
  mi_pool_destroy(pool);
}

/* One allocates, another frees, side by side, through a ring of places. */
enum { RING = 256, PASSED = 60000 };
static _Atomic(uintptr_t) ring[RING];
static unsigned passed_count;
static bool with_large; /* not below a limit, where the blocks may have taken all the room */

/* Each piece bears its number. release and acquire: the piece's contents */
static void* take_and_free(void* arg) {
  for (unsigned i = 0; i < passed_count; i++) {
    uintptr_t p;
    while ((p = atomic_exchange_explicit(&ring[i % RING], 0, memory_order_acquire)) == 0) sched_yield();
    unsigned number;
    memcpy(&number, (void*)p, sizeof number);
    REQUIRE(number == i, "piece %u holds %u", i, number);
    REQUIRE(mi_pool_free(arg, (void*)p), "piece %u was not freed", i);
  }
  return NULL;
}

static void* give_all(void* arg) {
  for (unsigned i = 0; i < passed_count; i++) {
    void* p;
    while ((p = mi_pool_alloc(arg, with_large && i % 500 == 0 ? 6000 : 4 + i % 200)) == NULL)
      sched_yield(); /* beyond a limit */
    memcpy(p, &i, sizeof i);
    while (atomic_load_explicit(&ring[i % RING], memory_order_relaxed) != 0) sched_yield(); /* relaxed: only a place */
    atomic_store_explicit(&ring[i % RING], (uintptr_t)p, memory_order_release);
  }
  return NULL;
}

Test(pool_threads, one_allocates_and_one_frees) {
  mi_pool_t* pool = pools_new(0);
  pthread_t other;
  with_large = true;
  passed_count = pools_times(PASSED);
  REQUIRE(pthread_create(&other, NULL, take_and_free, pool) == 0, "no thread");
  give_all(pool);
  pthread_join(other, NULL);
  const mi_pool_stat_t stat = pools_stat(pool);
  REQUIRE(stat.live == 0 && stat.large == 0, "%zu and %zu pieces are left", stat.live, stat.large);
  REQUIRE(stat.total < 60 * POOLS_BLOCK_GROWN, "%zu bytes for %d pieces of 200 bytes at a time", stat.total, RING);
  mi_pool_destroy(pool);
}

/* The pool is full of the maker's pieces; another thread frees them all, and gets their blocks. */
static void* release_and_give(void* pool) {
  for (unsigned i = 0; i < few; i++) pools_free(pool, jobs[0].pieces[i]);
  return give_all(pool);
}

/* Blocks that went from thread to thread are the new one's, and after a reset the old one's. */
Test(pool_threads, one_allocates_in_blocks_that_were_anothers) {
  mi_pool_t* pool = pools_new(0);
  pthread_t other;
  passed_count = pools_times(PASSED) / 4;
  for (int round = 0; round < 4; round++) {
    mi_pool_set_limit(pool, 200000);
    for (few = 0; few < BLOCKS; few++) {
      void* p = mi_pool_alloc(pool, 100);
      if (p == NULL) break;
      jobs[0].pieces[few] = pools_written(p, 100, 16, few);
    }
    REQUIRE(few > 500 && few < BLOCKS, "%u pieces", few);
    REQUIRE(pthread_create(&other, NULL, release_and_give, pool) == 0, "no thread");
    take_and_free(pool);
    pthread_join(other, NULL);
    REQUIRE(pools_stat(pool).live == 0 && pools_stat(pool).large == 0, "%zu pieces are left", pools_stat(pool).live);
    mi_pool_set_limit(pool, 0); /* the reset keeps the blocks */
    mi_pool_reset(pool);
    REQUIRE(pthread_create(&other, NULL, take_and_free, pool) == 0, "no thread");
    give_all(pool);
    pthread_join(other, NULL);
    REQUIRE(pools_stat(pool).live == 0 && pools_stat(pool).large == 0, "%zu pieces are left", pools_stat(pool).live);
    mi_pool_reset(pool);
  }
  mi_pool_destroy(pool);
}

/* ---- threads that come and go ---- */

static void* a_few(void* arg) {
  for (unsigned i = 0; i < 20; i++) pools_piece(arg, 50, i);
  return NULL;
}

Test(pool_threads, the_next_thread_goes_on_where_the_last_one_ended) {
  mi_pool_t* pool = pools_new(0);
  for (int i = 0; i < 10; i++) run_thread(a_few, pool);
  const mi_pool_stat_t early = pools_stat(pool);
  REQUIRE(early.threads <= 2, "%zu threads, one at a time", early.threads);
  for (int i = 0; i < 300; i++) run_thread(a_few, pool);
  const mi_pool_stat_t stat = pools_stat(pool);
  REQUIRE(stat.threads == early.threads, "%zu threads, one at a time", stat.threads);
  REQUIRE(stat.live == 310 * 20, "%zu pieces", stat.live);
  REQUIRE(stat.total < 310 * 20 * 80 * 2, "%zu bytes for pieces of 50", stat.total);
  mi_pool_destroy(pool);
}

/* After a reset none of it grows. */
Test(pool_threads, threads_that_come_and_go_take_no_more_memory) {
  mi_pool_t* pool = pools_new(0);
  size_t used = 0;
  for (int i = 0; i < 200; i++) {
    run_thread(a_few, pool);
    mi_pool_reset(pool);
    if (i == 5) used = mi_pool_get_used(pool);
    REQUIRE(used == 0 || mi_pool_get_used(pool) <= used, "thread %d: %zu bytes, %zu before", i, mi_pool_get_used(pool),
            used);
  }
  mi_pool_destroy(pool);
}

static void* one_piece_together(void* arg) {
  piece_t* piece = arg;
  mi_pool_t* pool = jobs[0].pool;
  *piece = pools_piece(pool, 100, (unsigned)(uintptr_t)arg);
  pthread_barrier_wait(&gate);
  pools_verify(*piece);
  for (unsigned i = 0; i < 50; i++) pools_verify(pools_piece(pool, i * 5, i));
  pthread_barrier_wait(&gate);
  return NULL;
}

Test(pool_threads, a_hundred) {
  static piece_t pieces[CROWD];
  mi_pool_destroy(pools_new(0));
  mi_pool_t* pool = pools_new(0);
  size_t used = 0;
  jobs[0].pool = pool;
  pthread_barrier_init(&gate, NULL, CROWD);
  for (int round = 0; round < 4; round++) {
    pools_threads(CROWD, one_piece_together, pieces, sizeof pieces[0]);
    for (unsigned t = 0; t < CROWD; t++) pools_verify(pieces[t]);
    const mi_pool_stat_t stat = pools_stat(pool);
    REQUIRE(stat.threads >= CROWD && stat.threads <= 2 * CROWD, "%zu threads", stat.threads);
    REQUIRE(stat.live == CROWD * 51 && stat.blocks <= 5 * CROWD, "%zu pieces, %zu blocks", stat.live, stat.blocks);
    if (round == 1) used = stat.total;
    REQUIRE(round < 2 || stat.total <= used + used / 2, "round %d: %zu bytes, %zu before", round, stat.total, used);
    mi_pool_reset(pool);
  }
  mi_pool_destroy(pool);
}

static void* end_pool(void* arg) {
  mi_pool_destroy(arg);
  return NULL;
}

Test(pool_threads, a_pool_ends_in_another_thread) {
  mi_pool_destroy(pools_new(0));
  const in_use_t before = in_use();
  for (int round = 0; round < 10; round++) {
    mi_pool_t* pool = pools_new(0);
    set_jobs(pool);
    pools_threads(4, allocate, jobs, sizeof jobs[0]);
    for (unsigned t = 0; t < 4; t++) pools_verify(jobs[t].pieces[BLOCKS - 1]);
    run_thread(end_pool, pool);
  }
  require_back(before);
}

/* ---- cleanups ---- */

static _Atomic(unsigned) ran;

static void count_it(void* data) {
  unsigned* number = data;
  *number += 1000000;
  atomic_fetch_add_explicit(&ran, 1, memory_order_relaxed); /* relaxed: a figure */
}

static void* add_cleanups(void* arg) {
  const job_t* job = arg;
  for (unsigned i = 0; i < 1000; i++) {
    mi_pool_cleanup_t* c = mi_pool_cleanup_add(job->pool, sizeof(unsigned));
    REQUIRE(c != NULL, "no cleanup");
    memcpy(c->data, &i, sizeof i);
    c->handler = count_it;
  }
  return NULL;
}

Test(pool_threads, cleanups_of_all_of_them_run_once) {
  mi_pool_t* pool = pools_new(0);
  for (int round = 0; round < 5; round++) {
    set_jobs(pool);
    pools_threads(THREADS, add_cleanups, jobs, sizeof jobs[0]);
    unsigned n = 0;
    for (const mi_pool_cleanup_t* c = mi_pool_cleanup_first(pool); c != NULL; c = c->next) n++;
    REQUIRE(n == THREADS * 1000, "%u cleanups, of %d", n, THREADS * 1000);
    mi_pool_reset(pool);
    REQUIRE(atomic_load_explicit(&ran, memory_order_relaxed) == n, "not all ran"); /* relaxed: all are joined */
    atomic_store_explicit(&ran, 0, memory_order_relaxed);                          /* likewise */
  }
  mi_pool_destroy(pool);
}
