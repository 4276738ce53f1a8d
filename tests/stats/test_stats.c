/* test_stats.c -- the figures of mi_stats_t: exact ones for exact work, totals that only grow, and what is refused. */
#include <errno.h>
#include <mica.h>
#include <stdlib.h>

#include "block/class.h"
#include "heap/alloc.h"
#include "observe/options.h"
#include "stats/stats.h"
#include "tests/stats/figures.h"
#include "tests/support/pattern.h"
#include "tests/support/require.h"
#include "tests/support/threads.h"

enum { BLOCKS = 3000 };
static void* blocks[BLOCKS];

static int64_t bytes_by_bins(const mi_stats_t* stats) {
  int64_t sum = 0;
  for (size_t i = 0; i < MI_BIN_HUGE; i++) sum += stats->malloc_bins[i].current * (int64_t)mi_stats_get_bin_size(i);
  return sum;
}

/* ---- the structure ---- */

Test(figures, init_sets_size_and_version_and_clears_the_rest) {
  mi_stats_t stats;
  memset(&stats, 0x55, sizeof stats);
  mi_stats_header_init(&stats);
  cr_assert_eq(stats.size, sizeof stats);
  cr_assert_eq(stats.version, (size_t)MI_STAT_VERSION);
  cr_assert_eq(stats.pages.total, INT64_C(0x5555555555555555), "only the header");
  mi_stats_init(&stats);
  cr_assert_eq(stats.size, sizeof stats);
  cr_assert_eq(stats.version, (size_t)MI_STAT_VERSION);
  cr_assert(all_zero(&stats.pages, sizeof stats - offsetof(mi_stats_t, pages)));
}

Test(figures, another_size_or_version_is_refused_and_nothing_written) {
  mi_stats_t stats, before;
  static const struct {
    size_t size, version;
  } wrong[] = {{0, MI_STAT_VERSION},
               {sizeof(mi_stats_t) - 1, MI_STAT_VERSION},
               {sizeof(mi_stats_t) + 8, MI_STAT_VERSION},
               {sizeof(mi_stats_t), 0},
               {sizeof(mi_stats_t), MI_STAT_VERSION + 1}};
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
    memset(&stats, 0x55, sizeof stats);
    stats.size = wrong[i].size;
    stats.version = wrong[i].version;
    before = stats;
    cr_assert_not(mi_stats_get(&stats), "case %zu", i);
    cr_assert_eq(memcmp(&stats, &before, sizeof stats), 0, "case %zu was written to", i);
    cr_assert_null(mi_stats_as_json(&stats, 0, NULL), "case %zu", i);
  }
  cr_assert_not(mi_stats_get(NULL));
  cr_assert_null(mi_stats_as_json(NULL, 0, NULL));
}

Test(figures, the_table_of_fields_is_the_structure) {
  size_t at = offsetof(mi_stats_t, pages);
  for (int i = 0; i < MICA_STATS_FIELDS; i++) {
    cr_assert_eq(mica_stats_fields[i].at, at, "%s lies at %zu", mica_stats_fields[i].name, at);
    at += mica_stats_fields[i].counter ? sizeof(mi_stat_counter_t) : sizeof(mi_stat_count_t);
  }
  cr_assert_eq(at, offsetof(mi_stats_t, malloc_bins), "no field is missing");
}

Test(figures, bins_have_the_sizes_of_the_classes) {
  for (size_t i = 0; i < MI_BIN_HUGE; i++) cr_assert_eq(mi_stats_get_bin_size(i), (size_t)mica_classes[i].size);
  cr_assert_eq(mi_stats_get_bin_size(MI_BIN_HUGE), (size_t)0);
  cr_assert_eq(mi_stats_get_bin_size(MI_BIN_HUGE + 1), (size_t)0);
  cr_assert_eq(mi_stats_get_bin_size(SIZE_MAX), (size_t)0);
}

/* ---- blocks that share pages ---- */

/* Of the one bin whose blocks have changed; -1: none, -2: more than one. */
static int changed_bin(const mi_stats_t* a, const mi_stats_t* b) {
  int found = -1;
  for (int i = 0; i <= MI_BIN_HUGE; i++)
    if (a->malloc_bins[i].current != b->malloc_bins[i].current) found = found == -1 ? i : -2;
  return found;
}

static void require_blocks(const mi_stats_t* before, int64_t n, int bin, const char* when) {
  const mi_stats_t now = figures();
  const int64_t size = (int64_t)mi_stats_get_bin_size((size_t)bin);
  REQUIRE(now.malloc_bins[bin].current - before->malloc_bins[bin].current == n, "%s: %ld blocks instead of %ld", when,
          (long)(now.malloc_bins[bin].current - before->malloc_bins[bin].current), (long)n);
  REQUIRE(all_blocks(&now) - all_blocks(before) == n, "%s: blocks of other classes, too", when);
  REQUIRE(now.malloc_normal.current - before->malloc_normal.current == n * size, "%s: %ld bytes", when,
          (long)(now.malloc_normal.current - before->malloc_normal.current));
}

/* Nothing is collected in between: blocks on the lists of this thread are known to be free. */
Test(figures, blocks_are_counted_exactly_from_the_first_to_the_last) {
  static const size_t sizes[] = {1500, 2000, 5000, 8192, 20000, 65000};
  for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
    const int n = sizes[s] > 10000 ? 100 : 1000;
    const mi_stats_t before = figures();
    blocks[0] = mi_malloc(sizes[s]);
    const mi_stats_t one = figures();
    const int bin = changed_bin(&before, &one);
    REQUIRE(bin >= 0 && bin < MI_BIN_HUGE, "size %zu: bin %d", sizes[s], bin);
    REQUIRE(mi_stats_get_bin_size((size_t)bin) >= sizes[s], "size %zu: bin %d", sizes[s], bin);
    require_blocks(&before, 1, bin, "one");
    for (int i = 1; i < n; i++) blocks[i] = mi_malloc(sizes[s]);
    require_blocks(&before, n, bin, "all");
    for (int i = 0; i < n; i += 2) mi_free(blocks[i]);
    require_blocks(&before, n / 2, bin, "half freed");
    for (int i = 1; i < n; i += 2) mi_free(blocks[i]);
    require_blocks(&before, 0, bin, "all freed");
    mica_collect(true);
    require_blocks(&before, 0, bin, "collected");
  }
}

Test(figures, small_blocks_and_aligned_ones_are_counted_whatever_class_they_come_from) {
  const mi_stats_t before = figures();
  for (size_t i = 0; i < BLOCKS; i++)
    blocks[i] = i % 3 == 0 ? mi_malloc_aligned_at(i % 900 + 1, 64, 8) : mi_malloc(i % 1024 + 1);
  const mi_stats_t with = figures();
  REQUIRE(all_blocks(&with) - all_blocks(&before) == BLOCKS, "%ld blocks",
          (long)(all_blocks(&with) - all_blocks(&before)));
  REQUIRE(with.malloc_normal.current == bytes_by_bins(&with), "bytes are those of the bins");
  REQUIRE(with.pages.current == all_pages(&with), "%ld pages, by bins %ld", (long)with.pages.current,
          (long)all_pages(&with));
  for (size_t i = 0; i < BLOCKS; i++) mi_free(blocks[i]);
  const mi_stats_t after = figures();
  for (int i = 0; i < MI_BIN_HUGE; i++)
    REQUIRE(after.malloc_bins[i].current == before.malloc_bins[i].current, "bin %d: %ld instead of %ld", i,
            (long)after.malloc_bins[i].current, (long)before.malloc_bins[i].current);
  REQUIRE(after.malloc_normal.current == before.malloc_normal.current, "bytes are back");
}

/* What the C library allocates for its first thread, it keeps for the next one. */
static void* nothing(void* arg) { return arg; }
static void warm_up(void) { run_thread(nothing, NULL); }

static void* free_every_third(void* arg) {
  for (size_t i = (size_t)arg; i < BLOCKS; i += 3) mi_free(blocks[i]);
  return NULL;
}

Test(figures, what_other_threads_freed_is_not_in_use) {
  warm_up();
  const mi_stats_t before = figures();
  for (size_t i = 0; i < BLOCKS; i++) blocks[i] = mi_malloc(1500);
  run_thread(free_every_third, (void*)(uintptr_t)0);
  mi_stats_t now = figures();
  REQUIRE(all_blocks(&now) - all_blocks(&before) == BLOCKS / 3 * 2, "%ld blocks",
          (long)(all_blocks(&now) - all_blocks(&before)));
  free_every_third((void*)(uintptr_t)1);
  run_thread(free_every_third, (void*)(uintptr_t)2);
  now = figures();
  REQUIRE(all_blocks(&now) == all_blocks(&before), "%ld blocks are left",
          (long)(all_blocks(&now) - all_blocks(&before)));
}

static void* leave_blocks(void* arg) {
  for (size_t i = 0; i < BLOCKS; i++) blocks[i] = mi_malloc(3000);
  for (size_t i = 0; i < BLOCKS; i += 2) mi_free(blocks[i]);
  return arg;
}

Test(figures, blocks_outlive_their_thread_in_abandoned_pages) {
  warm_up();
  mica_collect(true);
  const mi_stats_t before = figures();
  run_thread(leave_blocks, NULL);
  const mi_stats_t left = figures();
  REQUIRE(all_blocks(&left) - all_blocks(&before) == BLOCKS / 2, "%ld blocks",
          (long)(all_blocks(&left) - all_blocks(&before)));
  const int64_t pages = left.pages_abandoned.current - before.pages_abandoned.current;
  REQUIRE(pages == left.pages.current - before.pages.current, "all its pages are abandoned, and no other");
  REQUIRE(pages * 65536 >= (int64_t)BLOCKS / 2 * 3000, "%ld pages", (long)pages);
  REQUIRE(left.pages_abandoned.total - before.pages_abandoned.total >= pages, "the total counts them");
  REQUIRE(left.threads.total == before.threads.total + 1 && left.threads.current == before.threads.current, "threads");
  for (size_t i = 1; i < BLOCKS; i += 2) mi_free(blocks[i]);
  mica_collect(true);
  const mi_stats_t after = figures();
  REQUIRE(all_blocks(&after) == all_blocks(&before), "blocks");
  REQUIRE(after.pages_abandoned.current == before.pages_abandoned.current, "abandoned pages");
  REQUIRE(after.pages.current == before.pages.current, "pages");
  REQUIRE(all_pages(&after) == after.pages.current, "%ld pages by bins, %ld", (long)all_pages(&after),
          (long)after.pages.current);
}

/* ---- large blocks and memory ---- */

Test(figures, large_blocks_and_the_memory_under_them) {
  enum { LARGE = 1 << 20, MANY = 5 };
  mica_collect(true);
  const mi_stats_t before = figures();
  for (int i = 0; i < MANY; i++) memset(blocks[i] = mi_malloc(LARGE), 1, LARGE);
  const mi_stats_t with = figures();
  const int64_t bytes = with.malloc_huge.current - before.malloc_huge.current;
  REQUIRE(bytes >= MANY * LARGE && bytes <= MANY * (LARGE + 65536), "%ld bytes", (long)bytes);
  REQUIRE(with.malloc_huge.total - before.malloc_huge.total == bytes, "in total");
  REQUIRE(with.malloc_huge_count.total - before.malloc_huge_count.total == MANY, "their count");
  REQUIRE(with.malloc_bins[MI_BIN_HUGE].current - before.malloc_bins[MI_BIN_HUGE].current == MANY, "their bin");
  REQUIRE(with.page_bins[MI_BIN_HUGE].total - before.page_bins[MI_BIN_HUGE].total == MANY, "their pages");
  REQUIRE(with.pages.current - before.pages.current == MANY && with.pages.total - before.pages.total == MANY, "pages");
  REQUIRE(with.page_committed.current - before.page_committed.current == bytes, "under pages");
  REQUIRE(with.page_committed.total - before.page_committed.total == bytes, "under pages in total");
  REQUIRE(with.committed.current - before.committed.current == bytes, "nothing was cached before");
  REQUIRE(with.reserved.current >= with.committed.current, "address space");
  REQUIRE(with.malloc_normal.current == before.malloc_normal.current, "no other blocks");
  for (int i = 0; i < MANY; i++) mi_free(blocks[i]);
  const mi_stats_t freed = figures();
  REQUIRE(freed.malloc_huge.current == before.malloc_huge.current, "bytes are back");
  REQUIRE(freed.malloc_huge.total == with.malloc_huge.total, "the total stays");
  REQUIRE(freed.malloc_huge.peak >= with.malloc_huge.current, "the peak stays");
  REQUIRE(freed.page_committed.current == before.page_committed.current, "slices are back");
  REQUIRE(freed.purged.total == before.purged.total, "nothing is purged yet");
  REQUIRE(freed.committed.current == freed.page_committed.current + freed.cached.current, "what is free is cached");
  mica_collect(true);
  const mi_stats_t purged = figures();
  REQUIRE(purged.cached.current == 0, "%ld bytes", (long)purged.cached.current);
  REQUIRE(purged.purged.total - before.purged.total == bytes, "%ld bytes went back to the system",
          (long)(purged.purged.total - before.purged.total));
  REQUIRE(purged.purge_calls.total > before.purge_calls.total, "by some calls");
}

Test(figures, a_mapping_of_its_own_is_reserved_and_gone_again) {
  const size_t size = (size_t)300 << 20;
  const mi_stats_t before = figures();
  void* p = mi_malloc(size);
  REQUIRE(p != NULL, "no memory");
  const mi_stats_t with = figures();
  REQUIRE(with.reserved.current - before.reserved.current >= (int64_t)size, "reserved");
  REQUIRE(with.malloc_huge.current - before.malloc_huge.current >= (int64_t)size, "in use");
  REQUIRE(with.mmap_calls.total > before.mmap_calls.total, "mapped");
  mi_free(p);
  const mi_stats_t after = figures();
  REQUIRE(after.reserved.current == before.reserved.current, "unmapped");
  REQUIRE(after.reserved.peak >= with.reserved.current, "the peak stays");
  REQUIRE(after.munmap_calls.total > before.munmap_calls.total, "by a call");
}
