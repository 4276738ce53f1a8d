/* test_stats_totals.c -- totals and peaks: they only grow, until they begin again; also while other threads allocate. */
#include <errno.h>
#include <mica.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "heap/alloc.h"
#include "stats/stats.h"
#include "tests/stats/figures.h"
#include "tests/support/errno_mark.h"
#include "tests/support/random.h"
#include "tests/support/require.h"

enum { BLOCKS = 200 };
static void* blocks[BLOCKS];

static void require_order(const mi_stats_t* before, const mi_stats_t* now, int round) {
  for (int i = 0; i < MICA_STATS_FIELDS; i++) {
    const mi_stat_count_t* a = (const void*)((const char*)before + mica_stats_fields[i].at);
    const mi_stat_count_t* b = (const void*)((const char*)now + mica_stats_fields[i].at);
    REQUIRE(b->total >= a->total, "round %d: the total of %s shrinks", round, mica_stats_fields[i].name);
    if (mica_stats_fields[i].counter) continue;
    REQUIRE(b->peak >= a->peak, "round %d: the peak of %s shrinks", round, mica_stats_fields[i].name);
    REQUIRE(b->peak >= b->current, "round %d: the peak of %s is below what is there", round, mica_stats_fields[i].name);
    REQUIRE(b->current >= 0, "round %d: %s is below zero", round, mica_stats_fields[i].name);
  }
  for (int i = 0; i <= MI_BIN_HUGE; i++) {
    REQUIRE(now->malloc_bins[i].current >= 0 && now->page_bins[i].current >= 0, "bin %d is below zero", i);
    REQUIRE(now->malloc_bins[i].peak >= now->malloc_bins[i].current, "peak of bin %d", i);
    REQUIRE(now->malloc_bins[i].total >= before->malloc_bins[i].total, "total of bin %d", i);
  }
}

Test(figures_totals, totals_and_peaks_never_shrink) {
  uint64_t random = 5;
  const mi_stats_t first = figures();
  mi_stats_t before = first;
  int64_t out = 0;
  for (int round = 0; round < 300; round++) {
    for (int k = 0; k < 20; k++) {
      const size_t i = random_below(&random, BLOCKS), size = (size_t)1 << random_below(&random, 21);
      out -= blocks[i] != NULL;
      mi_free(blocks[i]);
      blocks[i] = random_below(&random, 3) == 0 ? NULL : mi_malloc(size);
      out += blocks[i] != NULL;
    }
    const mi_stats_t now = figures();
    require_order(&before, &now, round);
    REQUIRE(all_blocks(&now) - all_blocks(&first) == out, "round %d: %ld blocks instead of %ld", round,
            (long)(all_blocks(&now) - all_blocks(&first)), (long)out);
    before = now;
  }
  for (int i = 0; i < BLOCKS; i++) mi_free(blocks[i]);
}

/* A block that comes and goes between two questions. */
static void require_peak(size_t size, bool own_mapping) {
  mica_collect(true);
  const mi_stats_t before = figures();
  mi_stats_reset();
  mi_free(mi_malloc(size));
  mica_collect(true);
  const mi_stats_t after = figures();
  const int64_t page = after.page_committed.peak - before.page_committed.current;
  const int64_t all = after.committed.peak - before.committed.current;
  REQUIRE(page >= (int64_t)size && page < (int64_t)size + (1 << 20), "%zu bytes: %ld under pages", size, (long)page);
  REQUIRE(all >= (int64_t)size && all < (int64_t)size + (1 << 20), "%zu bytes: %ld committed", size, (long)all);
  const int64_t more = own_mapping ? (int64_t)size : 0;
  REQUIRE(after.reserved.peak >= before.reserved.current + more, "%zu bytes: %ld", size, (long)after.reserved.peak);
}

Test(figures_totals, peaks_of_memory_are_met_without_anybody_asking) {
  require_peak(50 << 20, false);
  require_peak((size_t)300 << 20, true);
  require_peak(60000, false);
}

Test(figures_totals, reset_begins_totals_and_peaks_again) {
  void* kept = mi_malloc(1 << 20);
  void* p = mi_malloc(8 << 20);
  const mi_stats_t with = figures();
  REQUIRE(with.malloc_huge.peak >= 9 << 20, "%ld", (long)with.malloc_huge.peak);
  mi_free(p);
  const mi_stats_t before = figures();
  errno = ERRNO_MARK;
  mi_stats_reset();
  REQUIRE(errno == ERRNO_MARK, "errno");
  const mi_stats_t now = figures();
  for (int i = 0; i < MICA_STATS_FIELDS; i++) {
    const mi_stat_count_t* a = (const void*)((const char*)&before + mica_stats_fields[i].at);
    const mi_stat_count_t* b = (const void*)((const char*)&now + mica_stats_fields[i].at);
    REQUIRE(b->total == 0, "the total of %s is %ld", mica_stats_fields[i].name, (long)b->total);
    if (mica_stats_fields[i].counter) continue;
    REQUIRE(b->current == a->current, "%s is still there", mica_stats_fields[i].name);
    REQUIRE(b->peak == b->current, "the peak of %s", mica_stats_fields[i].name);
  }
  p = mi_malloc(1 << 20);
  const mi_stats_t more = figures();
  REQUIRE(more.malloc_huge_count.total == 1 && more.malloc_bins[MI_BIN_HUGE].total == 1, "one since");
  REQUIRE(more.malloc_bins[MI_BIN_HUGE].current == now.malloc_bins[MI_BIN_HUGE].current + 1, "one more is there");
  mi_free(p);
  mi_free(kept);
}

Test(figures_totals, merging_changes_nothing) {
  void* p = mi_malloc(100);
  const mi_stats_t before = figures();
  mi_stats_merge();
  const mi_stats_t after = figures();
  REQUIRE(memcmp(&before, &after, sizeof before) == 0, "figures differ");
  mi_free(p);
}

/* ---- many threads ---- */

static _Atomic(bool) stop;

static void* work(void* arg) {
  uint64_t random = (uintptr_t)arg;
  void* mine[64] = {0};
  do { /* once at least, however late the thread begins: it is to be counted */
    const size_t i = random_below(&random, 64);
    mi_free(mine[i]);
    mine[i] = mi_malloc(random_below(&random, random_below(&random, 50) == 0 ? 200000 : 3000));
  } while (!atomic_load_explicit(&stop, memory_order_relaxed));
  for (int i = 0; i < 64; i++) mi_free(mine[i]);
  return NULL;
}

enum { THREADS = 3 };
static void start(pthread_t threads[THREADS]) {
  atomic_store_explicit(&stop, false, memory_order_relaxed);
  for (uintptr_t i = 0; i < THREADS; i++)
    REQUIRE(pthread_create(&threads[i], NULL, work, (void*)(i + 1)) == 0, "thread");
}
static void finish(const pthread_t threads[THREADS]) {
  atomic_store_explicit(&stop, true, memory_order_relaxed);
  for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
  mica_collect(true);
}

Test(figures_totals, questions_while_threads_allocate) {
  enum { QUESTIONS = 200 };
  pthread_t threads[THREADS];
  mi_free(mi_malloc(1)); /* this thread is counted, too */
  start(threads);        /* what the C library allocates for threads, it keeps */
  finish(threads);
  const mi_stats_t before = figures();
  mi_stats_t last = before;
  start(threads);
  for (int i = 0; i < QUESTIONS; i++) {
    const mi_stats_t now = figures();
    require_order(&last, &now, i);
    char* json = mi_stats_get_json(0, NULL);
    REQUIRE(json != NULL && json[0] == '{', "no JSON");
    mi_free(json);
    last = now;
  }
  finish(threads);
  const mi_stats_t after = figures();
  REQUIRE(after.threads.peak >= 1 && after.threads.total == before.threads.total + THREADS, "%ld threads, %ld at once",
          (long)(after.threads.total - before.threads.total), (long)after.threads.peak);
  REQUIRE(after.threads.current == before.threads.current, "they have ended");
  REQUIRE(all_blocks(&after) == all_blocks(&before), "%ld blocks are left",
          (long)(all_blocks(&after) - all_blocks(&before)));
  REQUIRE(after.malloc_huge.current == before.malloc_huge.current, "large blocks are left");
  REQUIRE(after.pages.current == before.pages.current, "pages are left");
}
