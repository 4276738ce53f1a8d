/* test_limit.c -- a pool's limit: what it holds stays at or below, exactly, whatever is asked and by however many threads. */
#include <pthread.h>
#include <stdatomic.h>

#include "tests/pool/pools.h"
#include "tests/support/balance.h"
#include "tests/support/require.h"
#include "tests/support/threads.h"

static void refused(mi_pool_t* pool, const void* p, const char* what) {
  REQUIRE(p == NULL && errno == ENOMEM, "%s: %p, errno %d", what, p, errno);
  REQUIRE(mi_pool_get_used(pool) <= mi_pool_get_limit(pool), "%s: %zu bytes, the limit is %zu", what,
          mi_pool_get_used(pool), mi_pool_get_limit(pool));
  errno = 0;
}

Test(pool_limit, is_none_at_first_and_stays_over_a_reset) {
  mi_pool_t* pool = pools_new(0);
  cr_assert_eq(mi_pool_get_limit(pool), (size_t)0);
  mi_pool_set_limit(pool, 50000);
  cr_assert_eq(mi_pool_get_limit(pool), (size_t)50000);
  mi_pool_reset(pool);
  cr_assert_eq(mi_pool_get_limit(pool), (size_t)50000);
  errno = 0;
  refused(pool, mi_pool_alloc(pool, 60000), "after the reset");
  mi_pool_set_limit(pool, 0);
  cr_assert_eq(mi_pool_get_limit(pool), (size_t)0);
  pools_piece(pool, 60000, 1);
  mi_pool_destroy(pool);
}

/* How often something did not fit, in all blocks: a refused call does not count. */
static size_t failures(const mi_pool_t* pool) {
  const mi_pool_stat_t stat = pools_stat(pool);
  size_t sum = 0;
  for (size_t i = 0; i < stat.blocks; i++) sum += pools_blocks[i].failed;
  return sum;
}

Test(pool_limit, holds_for_pieces_of_blocks) {
  enum { LIMIT = 100000, MANY = 8000 };
  static piece_t pieces[MANY];
  mi_pool_t* pool = pools_new(0);
  mi_pool_set_limit(pool, LIMIT);
  unsigned first = 0;
  for (int round = 0; round < 4; round++) {
    unsigned n = 0;
    errno = 0;
    for (void* p; n < MANY && (p = mi_pool_alloc(pool, 30)) != NULL; n++) {
      pieces[n] = pools_written(p, 30, 16, n);
      REQUIRE(mi_pool_get_used(pool) <= LIMIT, "%zu bytes", mi_pool_get_used(pool));
    }
    const mi_pool_stat_t before = pools_stat(pool);
    const size_t failed = failures(pool);
    errno = 0;
    refused(pool, mi_pool_alloc(pool, 30), "alloc");
    refused(pool, mi_pool_alloc_unaligned(pool, 2000), "alloc_unaligned");
    refused(pool, mi_pool_calloc(pool, 100, 20), "calloc");
    refused(pool, mi_pool_memalign(pool, LIMIT / 2, 64), "memalign");
    refused(pool, mi_pool_cleanup_add(pool, 3000), "cleanup_add");
    refused(pool, mi_pool_alloc(pool, LIMIT), "large");
    const mi_pool_stat_t after = pools_stat(pool);
    pools_same(&before, &after, "a refused request");
    REQUIRE(failures(pool) == failed, "%zu failures, %zu before", failures(pool), failed);
    REQUIRE(n > LIMIT / 32 / 2 && n < LIMIT / 30, "%u pieces of 30 bytes", n);
    REQUIRE(round == 0 || n >= first, "%u pieces of 30 bytes, %u in the first round", n, first);
    if (round == 0) first = n;
    for (unsigned i = 0; i < n; i++) pools_verify(pieces[i]);
    if (round % 2 == 0)
      mi_pool_reset(pool);
    else
      for (unsigned i = 0; i < n; i++) pools_free(pool, pieces[i]);
  }
  mi_pool_destroy(pool);
}

/* At every size: given if it fits by the figures that the pool tells, else refused; the limit is never passed. */
Test(pool_limit, is_exact_for_large_ones) {
  mi_pool_t* pool = pools_new(0);
  pools_free(pool, pools_piece(pool, 5000, 1)); /* what it needs to find large memory stays */
  const size_t base = mi_pool_get_used(pool);
  for (size_t size = 5000; size < 200000; size += 3137) {
    const piece_t piece = pools_piece(pool, size, 1);
    const size_t held = mi_pool_get_used(pool);
    pools_free(pool, piece);
    mi_pool_set_limit(pool, held);
    const piece_t again = pools_piece(pool, size, 2);
    REQUIRE(mi_pool_get_used(pool) <= held, "%zu bytes, the limit is %zu", mi_pool_get_used(pool), held);
    errno = 0;
    refused(pool, mi_pool_alloc(pool, size), "a second one");
    pools_free(pool, again);
    mi_pool_set_limit(pool, held - 1);
    refused(pool, mi_pool_alloc(pool, size), "one byte less");
    REQUIRE(mi_pool_get_used(pool) == base, "%zu bytes, %zu at first", mi_pool_get_used(pool), base);
    mi_pool_set_limit(pool, 0);
  }
  mi_pool_destroy(pool);
}

/* There is room for the memory, and none for what the pool needs to find it: nothing has changed. */
Test(pool_limit, is_for_all_that_large_memory_needs) {
  mi_pool_destroy(pools_new(0));
  const in_use_t before = in_use();
  unsigned given = 0, refusals = 0;
  for (size_t room = 5000; room < 7500; room += 8) {
    mi_pool_t* pool = pools_new(0);
    const size_t used = mi_pool_get_used(pool);
    mi_pool_set_limit(pool, used + room);
    errno = 0;
    const void* p = mi_pool_alloc(pool, 5000);
    given += p != NULL;
    refusals += p == NULL;
    if (p == NULL) refused(pool, p, "a large one");
    REQUIRE(p != NULL || mi_pool_get_used(pool) == used, "%zu bytes, %zu before", mi_pool_get_used(pool), used);
    REQUIRE(p == NULL || mi_pool_get_used(pool) > used + 5000, "%zu bytes", mi_pool_get_used(pool));
    mi_pool_destroy(pool);
  }
  REQUIRE(given > 50 && refusals > 5, "%u given, %u refused", given, refusals);
  require_back(before);
}

Test(pool_limit, what_is_held_already_stays) {
  mi_pool_t* pool = pools_new(0);
  const piece_t large = pools_piece(pool, 100000, 1), small = pools_piece(pool, 100, 2);
  const size_t used = mi_pool_get_used(pool);
  mi_pool_set_limit(pool, 1);
  REQUIRE(mi_pool_get_used(pool) == used && mi_pool_get_limit(pool) == 1, "%zu bytes", mi_pool_get_used(pool));
  errno = 0;
  REQUIRE(mi_pool_alloc(pool, 5000) == NULL && errno == ENOMEM, "a large one beyond the limit");
  unsigned n = 0; /* what is left of the block may be given out */
  while (mi_pool_alloc(pool, 100) != NULL) REQUIRE(++n < 100, "more than a block");
  REQUIRE(mi_pool_get_used(pool) == used, "%zu bytes, %zu before", mi_pool_get_used(pool), used);
  pools_free(pool, large);
  pools_verify(small);
  REQUIRE(mi_pool_get_used(pool) <= used - 100000, "%zu bytes", mi_pool_get_used(pool));
  mi_pool_set_limit(pool, 0);
  pools_piece(pool, 5000, 1);
  mi_pool_destroy(pool);
}

/* Memory that was freed may be had again under the limit. */
Test(pool_limit, rooms_come_back) {
  mi_pool_t* pool = pools_new(0);
  mi_pool_set_limit(pool, mi_pool_get_used(pool) + 140000);
  for (unsigned round = 0; round < pools_times(1000); round++) {
    const piece_t a = pools_piece(pool, 50000, 1), b = pools_piece(pool, 50000, 2);
    errno = 0;
    refused(pool, mi_pool_alloc(pool, 50000), "a third one");
    pools_free(pool, round % 2 == 0 ? a : b);
    pools_free(pool, round % 2 == 0 ? b : a);
  }
  mi_pool_destroy(pool);
}

/* ---- what one thread does not need another may have ---- */

enum { SHARED_LIMIT = 400000, SHARED_PIECES = 4000 };
static piece_t shared[SHARED_PIECES];
static unsigned shared_count;

static void* fill(void* pool) {
  for (shared_count = 0; shared_count < SHARED_PIECES; shared_count++) {
    void* p = mi_pool_alloc(pool, 100);
    if (p == NULL) break;
    shared[shared_count] = pools_written(p, 100, 16, shared_count);
  }
  REQUIRE(errno == ENOMEM && mi_pool_get_used(pool) <= SHARED_LIMIT, "%zu bytes", mi_pool_get_used(pool));
  for (unsigned i = 0; i < shared_count; i++) pools_verify(shared[i]);
  return NULL;
}
static void* empty(void* pool) {
  for (unsigned i = 0; i < shared_count; i++) pools_free(pool, shared[i]);
  return NULL;
}

/* After a reset the room is anybody's: blocks that were another thread's do not count any more. */
Test(pool_limit, a_reset_leaves_the_room_to_other_threads) {
  mi_pool_t* pool = pools_new(0);
  mi_pool_set_limit(pool, SHARED_LIMIT);
  for (int round = 0; round < 6; round++) {
    if (round % 2 == 0)
      fill(pool);
    else
      run_thread(fill, pool);
    REQUIRE(shared_count > SHARED_LIMIT / 128 * 8 / 10, "round %d: %u pieces of 100 bytes", round, shared_count);
    mi_pool_reset(pool);
  }
  mi_pool_destroy(pool);
}

/* Blocks whose pieces another thread frees may be had by that one. */
Test(pool_limit, what_a_thread_frees_it_may_have) {
  mi_pool_t* pool = pools_new(0);
  mi_pool_set_limit(pool, SHARED_LIMIT);
  for (int round = 0; round < 4; round++) {
    fill(pool);
    run_thread(empty, pool);
    run_thread(fill, pool);
    REQUIRE(shared_count > SHARED_LIMIT / 128 / 2, "round %d: %u pieces of 100 bytes", round, shared_count);
    empty(pool);
    const mi_pool_stat_t stat = pools_stat(pool);
    REQUIRE(stat.live == 0 && stat.total <= SHARED_LIMIT, "%zu pieces, %zu bytes", stat.live, stat.total);
  }
  mi_pool_destroy(pool);
}

/* ---- threads ---- */

enum { THREADS = 4, RACE_LIMIT = 1 << 20, RACE_PIECES = 20000 };

typedef struct racer_s {
  mi_pool_t* pool;
  bool large;
  unsigned count;
  size_t most; /* bytes that the pool was seen to hold */
  piece_t pieces[RACE_PIECES];
} racer_t;

static racer_t racers[THREADS];
static pthread_barrier_t start;

static void* race(void* arg) {
  racer_t* r = arg;
  pthread_barrier_wait(&start);
  for (r->count = 0; r->count < RACE_PIECES; r->count++) {
    const size_t size = r->large ? 5000 + r->count * 7 % 3000 : 1 + r->count * 7 % 300;
    void* p = mi_pool_alloc(r->pool, size);
    const size_t used = mi_pool_get_used(r->pool);
    if (used > r->most) r->most = used;
    if (p == NULL) break;
    r->pieces[r->count] = pools_written(p, size, 16, r->count);
  }
  return NULL;
}

static void race_once(mi_pool_t* pool, bool large) {
  size_t pieces = 0, bytes = 0;
  for (unsigned t = 0; t < THREADS; t++) {
    racers[t].pool = pool;
    racers[t].large = large;
    racers[t].most = 0;
  }
  pthread_barrier_init(&start, NULL, THREADS);
  pools_threads(THREADS, race, racers, sizeof racers[0]);
  pthread_barrier_destroy(&start);
  for (unsigned t = 0; t < THREADS; t++) {
    REQUIRE(racers[t].most <= RACE_LIMIT, "%zu bytes, the limit is %d", racers[t].most, RACE_LIMIT);
    for (unsigned i = 0; i < racers[t].count; i++) {
      pools_verify(racers[t].pieces[i]);
      bytes += racers[t].pieces[i].size;
    }
    pieces += racers[t].count;
  }
  const mi_pool_stat_t stat = pools_stat(pool);
  REQUIRE((large ? stat.large : stat.live) == pieces, "%zu and %zu pieces, %zu given", stat.live, stat.large, pieces);
  REQUIRE(stat.total <= RACE_LIMIT && bytes > RACE_LIMIT / 2, "%zu bytes, %zu of them asked for", stat.total, bytes);
}

Test(pool_limit, holds_while_four_threads_race) {
  mi_pool_t* pool = pools_new(0);
  mi_pool_set_limit(pool, RACE_LIMIT);
  for (int round = 0; round < 10; round++) {
    race_once(pool, round % 2 == 0);
    mi_pool_reset(pool);
    if (round % 2 == 0) continue;
    mi_pool_destroy(pool);
    pool = pools_new(0);
    mi_pool_set_limit(pool, RACE_LIMIT);
  }
  mi_pool_destroy(pool);
}
