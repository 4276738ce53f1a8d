/* test_purge.c -- memory goes back: zero afterwards, only what is free, by volume, and not what is about to be used again.
 *
 * The clock stands still, but for what a test lets pass: nothing here depends on how fast the machine is. */
#include "segment/purge.h"

#include <pthread.h>
#include <stdlib.h>

#include "observe/counters.h"
#include "observe/environment.h"
#include "observe/options.h"
#include "segment/os.h"
#include "tests/support/pattern.h"
#include "tests/support/random.h"
#include "tests/support/require.h"
#include "tests/support/slices.h"

enum { FLOOR = 128 /* slices: the default limit of 8 MiB */, EPISODE_MS = 1000 };

static _Atomic(uint64_t) clock_ms;

static uint64_t clock_that_stands(void) {
  return atomic_load_explicit(&clock_ms, memory_order_relaxed); /* relaxed, here and below: a number alone */
}
static void pass(uint64_t ms) { atomic_fetch_add_explicit(&clock_ms, ms, memory_order_relaxed); }
static void stop_the_clock(void) {
  pass(mica_os_clock());
  mica_os_set_clock(clock_that_stands);
}

TestSuite(purge, .init = stop_the_clock);

Test(purge, purged_memory_is_zero_and_clean) {
  mica_run_t run = claim(100, false);
  release_dirty(run);
  const int64_t dirty = mica_slices_dirty();
  cr_assert_geq(dirty, 100);
  cr_assert_eq(mica_purge(0), dirty);
  cr_assert_eq(mica_slices_dirty(), 0);
  cr_assert_eq(dirty_by_words(), 0);
  REQUIRE(mica_run_claim_at(&run), "purged slices are not free");
  REQUIRE(run.clean && all_zero(address(&run), bytes(&run)), "purged memory is not zero");
  mica_run_release(&run);
}

Test(purge, leaves_as_many_as_it_is_told_to) {
  mica_purge(0);
  const mica_run_t run = claim(120, false);
  release_dirty(run);
  mica_purge(40);
  cr_assert_leq(mica_slices_dirty(), 40);
  mica_purge(40);
  cr_assert_eq(mica_slices_dirty(), dirty_by_words());
}

Test(purge, leaves_memory_in_use_alone) {
  const mica_run_t run = claim(192, false);
  memset(address(&run), 0xab, bytes(&run));
  for (unsigned i = 0; i < run.count; i += 2) mica_run_release(&(mica_run_t){run.arena, run.first + i, 1, false});
  mica_purge(0);
  for (unsigned i = 1; i < run.count; i += 2) {
    const char* p = mica_slice_address(run.arena, run.first + i);
    REQUIRE((unsigned char)p[0] == 0xab && memcmp(p, p + 1, MICA_SLICE - 1) == 0, "slice %u in use was purged", i);
    mica_run_release(&(mica_run_t){run.arena, run.first + i, 1, false});
  }
}

static _Atomic(bool) stop;

static void* purge_always(void* arg) {
  while (!atomic_load_explicit(&stop, memory_order_relaxed)) mica_purge(0); /* relaxed: only an end, some time */
  return arg;
}

Test(purge, never_touches_what_somebody_claims_meanwhile) {
  enum { ROUNDS = 400000, HELD = 8 };
  static mica_run_t held[HELD]; /* verified some rounds later, when a purge that went wrong is over */
  pthread_t purger;
  cr_assert_eq(pthread_create(&purger, NULL, purge_always, NULL), 0);
  for (unsigned i = 0; i < ROUNDS; i++) {
    mica_run_t* run = &held[i % HELD];
    for (size_t at = 0; run->count != 0 && at < bytes(run); at += MICA_SLICE)
      REQUIRE(address(run)[at] == (char)(1 + i % HELD), "round %u: contents lost", i);
    if (run->count != 0) mica_run_release(&(mica_run_t){run->arena, run->first, run->count, false});
    *run = claim(1 + i % 5, false);
    for (size_t at = 0; at < bytes(run); at += MICA_SLICE) address(run)[at] = (char)(1 + i % HELD);
  }
  for (unsigned i = 0; i < HELD; i++)
    mica_run_release(&(mica_run_t){held[i].arena, held[i].first, held[i].count, false});
  atomic_store_explicit(&stop, true, memory_order_relaxed); /* relaxed: as above */
  pthread_join(purger, NULL);
  cr_assert_eq(mica_slices_dirty(), dirty_by_words());
}

Test(purge, giving_back_never_leaves_more_than_the_limit) {
  enum { RUNS = 100 };
  static mica_run_t runs[RUNS];
  for (int i = 0; i < RUNS; i++) runs[i] = claim(40, false);
  int64_t most = 0;
  for (int i = 0; i < RUNS; i++) {
    release_dirty(runs[i]);
    const int64_t limit = FLOOR + mica_slices_used() / 10;
    REQUIRE(mica_slices_dirty() <= limit, "%ld dirty slices, limit %ld", (long)mica_slices_dirty(), (long)limit);
    if (mica_slices_dirty() > most) most = mica_slices_dirty();
  }
  cr_assert_gt(most, FLOOR, "the part of what is in use is not kept");
  cr_assert_gt(mica_slices_dirty(), FLOOR / 8, "all was purged, down to %ld", (long)mica_slices_dirty());
}

Test(purge, the_limit_is_an_option) {
  cr_assert_eq(setenv("MICA_DIRTY_LIMIT", "1M", 1), 0);
  cr_assert_eq(setenv("MICA_DIRTY_PERCENT", "0", 1), 0);
  mica_options_read();
  const mica_run_t run = claim(64, false);
  for (unsigned i = 0; i < run.count; i++) {
    release_dirty((mica_run_t){run.arena, run.first + i, 1, false});
    REQUIRE(mica_slices_dirty() <= 16, "%ld dirty slices", (long)mica_slices_dirty());
  }
}

Test(purge, a_run_above_the_limit_goes_back_at_once) {
  const mica_run_t run = claim(2000, false);
  const uint64_t advised = mica_counted(MICA_COUNTER_MADVISE), unmapped = mica_counted(MICA_COUNTER_MUNMAP);
  const int64_t dirty = mica_slices_dirty();
  release_dirty(run);
  cr_assert_eq(mica_slices_dirty(), dirty);
  cr_assert_eq(mica_counted(MICA_COUNTER_MUNMAP), unmapped + 1, "its whole segments");
  cr_assert_leq(mica_counted(MICA_COUNTER_MADVISE), advised + 2, "its ends");
  mica_run_t again = run;
  REQUIRE(mica_run_claim_at(&again) && again.clean, "not clean");
  for (size_t at = 0; at < bytes(&run); at += 4096) REQUIRE(address(&run)[at] == 0, "not zero");
  mica_run_release(&again);
}

/* Slices purged in `rounds` rounds, in each of which 20 MiB are claimed, written and given back, and `ms` pass. */
static uint64_t purged_by_slow_rounds(int rounds, uint64_t ms) {
  enum { RUNS = 20 };
  static mica_run_t runs[RUNS];
  const uint64_t before = mica_counted(MICA_COUNTER_SLICES_PURGED);
  for (int round = 0; round < rounds; round++) {
    for (int i = 0; i < RUNS; i++) runs[i] = claim(16, false);
    for (int i = 0; i < RUNS; i++) release_dirty(runs[i]);
    pass(ms);
  }
  return mica_counted(MICA_COUNTER_SLICES_PURGED) - before;
}
static uint64_t purged_by_rounds(int rounds) { return purged_by_slow_rounds(rounds, 0); }

Test(purge, what_is_used_again_at_once_is_soon_kept) {
  purged_by_rounds(20);
  const uint64_t purged = purged_by_rounds(50);
  cr_assert_leq(purged, (uint64_t)320, "%lu slices in 50 rounds", (unsigned long)purged);
}

Test(purge, without_credit_every_round_purges) {
  cr_assert_eq(setenv("MICA_DIRTY_CREDIT", "0", 1), 0);
  mica_options_read();
  purged_by_rounds(20);
  cr_assert_gt(purged_by_rounds(50), (uint64_t)50 * 50);
}

/* Claims and writes `count` runs of 4 MiB and gives them back; how many slices are dirty then. */
static int64_t dirty_after(int count) {
  static mica_run_t runs[80];
  for (int i = 0; i < count; i++) runs[i] = claim(64, false);
  for (int i = 0; i < count; i++) release_dirty(runs[i]);
  return mica_slices_dirty();
}

Test(purge, no_delay_keeps_nothing_and_a_negative_one_everything) {
  mica_option_set(MICA_OPTION_PURGE_DELAY, 0);
  mica_purge(0); /* what the test runner has freed */
  const mica_run_t run = claim(64, false);
  for (unsigned i = 0; i < run.count; i++) {
    release_dirty((mica_run_t){run.arena, run.first + i, 1, false});
    REQUIRE(mica_slices_dirty() == 0, "%ld dirty slices", (long)mica_slices_dirty());
  }
  mica_option_set(MICA_OPTION_PURGE_DELAY, -1);
  const uint64_t purged = mica_counted(MICA_COUNTER_SLICES_PURGED);
  cr_assert_eq(dirty_after(40), (int64_t)40 * 64);
  cr_assert_eq(mica_counted(MICA_COUNTER_SLICES_PURGED), purged);
}

Test(purge, what_was_used_again_once_is_kept_from_then_on) {
  purged_by_rounds(3);
  cr_assert_eq(purged_by_rounds(5), 0u);
}

Test(purge, what_is_used_again_in_the_episode_is_regretted) {
  purged_by_slow_rounds(20, EPISODE_MS);
  cr_assert_lt(purged_by_slow_rounds(50, EPISODE_MS), (uint64_t)50 * 150, "every round purges");
}

Test(purge, what_is_used_again_later_is_not) {
  purged_by_slow_rounds(20, EPISODE_MS + 1);
  cr_assert_gt(purged_by_slow_rounds(50, EPISODE_MS + 1), (uint64_t)50 * 150, "there is credit for it");
}

enum { CREDIT_MOST = 4096 }; /* slices: 256 MiB */

Test(purge, credit_ends_with_the_episode) {
  enum { RUNS = 40, PEAK = RUNS * 64 };
  for (int round = 0; round < 5; round++) dirty_after(RUNS);
  const int64_t kept = mica_slices_dirty();
  REQUIRE(kept > PEAK - PEAK / 8, "%ld slices are kept", (long)kept);
  pass(EPISODE_MS + 1);
  const int64_t limit = FLOOR + mica_slices_used() / 10, dirty = dirty_after(8);
  cr_assert_leq(dirty, limit, "%ld slices are kept after the episode, limit %ld", (long)dirty, (long)limit);
}

/* Runs that are as good as written to, so that there can be many. */
Test(purge, credit_has_a_bound) {
  enum { RUNS = 240, ROUNDS = 3 }; /* 960 MiB */
  static mica_run_t runs[RUNS];
  int64_t most = 0;
  for (int round = 0; round < ROUNDS; round++) {
    for (int i = 0; i < RUNS; i++) runs[i] = claim(64, false);
    for (int i = 0; i < RUNS; i++) {
      mica_run_release(&(mica_run_t){runs[i].arena, runs[i].first, runs[i].count, false});
      const int64_t limit = FLOOR + mica_slices_used() / 10 + CREDIT_MOST;
      REQUIRE(mica_slices_dirty() <= limit, "%ld slices are kept, limit %ld", (long)mica_slices_dirty(), (long)limit);
      if (mica_slices_dirty() > most) most = mica_slices_dirty();
    }
  }
  cr_assert_gt(most, CREDIT_MOST / 2, "no credit: %ld slices are kept at most", (long)most);
}

/* Clean slices are wanted although dirty ones are there: all that is purged is regretted, and nothing is gained by it. */
static void check_peak(void) {
  enum { RUNS = 60, STEPS = 4000, PEAK = RUNS * 33 };
  static mica_run_t runs[RUNS];
  uint64_t random = 1234;
  int64_t peak = mica_slices_used();
  for (int i = 0; i < STEPS; i++) {
    mica_run_t* run = &runs[random_below(&random, RUNS)];
    if (run->count != 0) mica_run_release(&(mica_run_t){run->arena, run->first, run->count, false});
    *run = claim(1 + (unsigned)random_below(&random, 64), true);
    if (mica_slices_used() > peak) peak = mica_slices_used();
    const int64_t all = mica_slices_used() + mica_slices_dirty(), limit = peak + peak / 8 + FLOOR + peak / 10;
    REQUIRE(all <= limit, "step %d: %ld slices, limit %ld", i, (long)all, (long)limit);
  }
  cr_assert_gt(peak, PEAK / 2);
}

Test(purge, on_credit_the_process_is_hardly_larger_than_its_peak) { check_peak(); }

Test(purge, a_peak_before_the_episode_counts_no_more) {
  dirty_after(80);
  pass(EPISODE_MS + 1);
  mica_purge(0);
  check_peak();
}

/* The excess and a quarter of the limit, but not more than 2 MiB beyond the excess. */
Test(purge, little_more_than_the_excess_is_purged) {
  enum { STEP = 32 + 64, RUNS = 20 }; /* whole dirty runs are purged, of up to a segment */
  static mica_run_t runs[RUNS];
  cr_assert_eq(setenv("MICA_DIRTY_LIMIT", "32M", 1), 0);
  cr_assert_eq(setenv("MICA_DIRTY_PERCENT", "0", 1), 0);
  cr_assert_eq(setenv("MICA_DIRTY_CREDIT", "0", 1), 0);
  mica_options_read();
  mica_purge(0);
  for (int i = 0; i < RUNS; i++) runs[i] = claim(64, true);
  int64_t before = mica_slices_dirty();
  for (int i = 0; i < RUNS; i++) {
    for (unsigned k = 0; k < runs[i].count; k++) {
      mica_run_release(&(mica_run_t){runs[i].arena, runs[i].first + k, 1, false});
      const int64_t dirty = mica_slices_dirty();
      REQUIRE(dirty <= 512, "%ld dirty slices", (long)dirty);
      REQUIRE(dirty >= before - STEP, "%ld dirty slices after %ld", (long)dirty, (long)before);
      before = dirty;
    }
  }
  cr_assert_gt(before, 512 - STEP - 2, "all was purged, down to %ld", (long)before);
}

static bool fail_to_purge(mica_os_call_t call) { return call == MICA_OS_MADVISE || call == MICA_OS_MUNMAP; }

Test(purge, a_refused_purge_changes_nothing) {
  mica_purge(0);
  mica_run_t run = claim(30, false);
  release_dirty(run);
  const state_t before = state_of(run.arena);
  mica_os_set_fault(fail_to_purge);
  const int64_t purged = mica_purge(0);
  mica_os_set_fault(NULL);
  cr_assert_eq(purged, 0);
  cr_assert(state_is(run.arena, &before));
  REQUIRE(mica_run_claim_at(&run) && !run.clean, "called clean");
  mica_run_release(&run);
}
