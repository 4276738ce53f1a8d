/* test_slices.c -- claiming and giving back runs: no slice twice, none lost, exact counts, clean and dirty. */
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "segment/os.h"
#include "tests/support/pattern.h"
#include "tests/support/random.h"
#include "tests/support/require.h"
#include "tests/support/slices.h"

enum { ARENAS = 64 };
static unsigned char taken[ARENAS][MICA_ARENA_SLICES];

static void mark(const mica_run_t* run, unsigned char was, unsigned char is) {
  REQUIRE(run->arena->number < ARENAS && run->first + run->count <= MICA_ARENA_SLICES, "the run leaves its arena");
  REQUIRE(run->first >= MICA_HEAD_SLICES, "the run lies over the head");
  for (unsigned i = 0; i < run->count; i++) {
    unsigned char* slice = &taken[run->arena->number][run->first + i];
    REQUIRE(*slice == was, "slice %u of a run of %u is %s", run->first + i, run->count,
            is ? "taken twice" : "not ours");
    *slice = is;
  }
}

static mica_run_t take(unsigned count) {
  const mica_run_t run = claim(count, false);
  mark(&run, 0, 1);
  if (count <= 8) REQUIRE(run.first / 64 == (run.first + count - 1) / 64, "a run of %u crosses segments", count);
  return run;
}
static void give(const mica_run_t* run) {
  mark(run, 1, 0);
  mica_run_release(run);
}

Test(slices, runs_of_all_lengths_do_not_overlap_and_all_come_back) {
  enum { ROUNDS = 3, RUNS = 64 + 6 };
  static const unsigned longer[] = {65, 128, 129, 500, 1000, 4032};
  static mica_run_t runs[ROUNDS * RUNS];
  const int64_t before = mica_slices_used();
  int64_t sum = 0;
  unsigned n = 0;
  for (unsigned round = 0; round < ROUNDS; round++)
    for (unsigned i = 0; i < RUNS; i++) {
      runs[n] = take(i < 64 ? i + 1 : longer[i - 64]);
      sum += runs[n++].count;
      REQUIRE(mica_slices_used() == before + sum, "%ld slices used, not %ld", (long)mica_slices_used(),
              (long)(before + sum));
    }
  uint64_t random = 3;
  for (; n != 0; n--) {
    const size_t at = random_below(&random, n);
    give(&runs[at]);
    runs[at] = runs[n - 1];
  }
  REQUIRE(mica_slices_used() == before, "%ld slices used in the end, not %ld", (long)mica_slices_used(), (long)before);
  cr_assert(mica_slices_dirty() == dirty_by_words());
}

Test(slices, random_claims_and_releases_keep_the_counts_exact) {
  enum { LIVE = 300, STEPS = 60000 };
  static mica_run_t runs[LIVE];
  uint64_t random = 11;
  const int64_t before = mica_slices_used();
  int64_t sum = 0;
  for (int i = 0; i < STEPS; i++) {
    mica_run_t* run = &runs[random_below(&random, LIVE)];
    if (run->count != 0) {
      run->clean = run->clean && random_below(&random, 2) == 0;
      give(run);
      sum -= run->count;
      run->count = 0;
    } else {
      *run = take(
          (unsigned)(random_below(&random, 10) == 0 ? 1 + random_below(&random, 300) : 1 + random_below(&random, 64)));
      sum += run->count;
    }
    REQUIRE(mica_slices_used() == before + sum, "step %d: slices used", i);
    if (i % 1000 == 0) REQUIRE(mica_slices_dirty() == dirty_by_words(), "step %d: slices dirty", i);
  }
  for (int i = 0; i < LIVE; i++)
    if (runs[i].count != 0) give(&runs[i]);
  REQUIRE(mica_slices_used() == before, "%ld slices lost", (long)(mica_slices_used() - before));
  cr_assert(mica_slices_dirty() == dirty_by_words());
}

Test(slices, a_part_of_a_run_may_go_back) {
  const int64_t before = mica_slices_used();
  const mica_run_t run = take(200);
  give(&(mica_run_t){run.arena, run.first + 100, 100, run.clean});
  give(&(mica_run_t){run.arena, run.first, 10, run.clean});
  REQUIRE(mica_slices_used() == before + 90, "slices used");
  give(&(mica_run_t){run.arena, run.first + 10, 90, run.clean});
  cr_assert(mica_slices_used() == before);
}

Test(slices, impossible_counts_are_refused) {
  mica_hint_t hint = {0};
  mica_run_t run;
  cr_assert_not(mica_run_claim(&run, 0, false, &hint));
  cr_assert_not(mica_run_claim(&run, MICA_ARENA_SLICES - MICA_SEGMENT_SLICES + 1, false, &hint));
  cr_assert_not(mica_run_claim(&run, MICA_ARENA_SLICES, false, &hint));
  cr_assert_not(mica_run_claim(&run, UINT32_MAX, false, &hint));
}

Test(slices, exactly_these_can_be_claimed_if_all_are_free) {
  const mica_run_t run = take(300);
  give(&run);
  state_t before = state_of(run.arena);
  mica_run_t part = {run.arena, run.first + 30, 200, false};
  REQUIRE(mica_run_claim_at(&part), "free, and not to be had");
  REQUIRE(mica_slices_used() == before.used + 200, "slices used");
  mark(&part, 0, 1);
  const state_t held = state_of(run.arena);
  /* The first segments are free, or free in part; what is held lies in the way of the last. */
  mica_run_t over = {run.arena, run.first, 31, false}, long_over = {run.arena, run.first + 200, 100, false};
  mica_run_t around = {run.arena, run.first, 300, false}, outside = {run.arena, MICA_ARENA_SLICES - 1, 2, false};
  REQUIRE(!mica_run_claim_at(&over) && state_is(run.arena, &held), "31 slices, one of them held");
  REQUIRE(!mica_run_claim_at(&long_over) && state_is(run.arena, &held), "100 slices, 30 of them held");
  REQUIRE(!mica_run_claim_at(&around) && state_is(run.arena, &held), "300 slices, 200 of them held");
  REQUIRE(!mica_run_claim_at(&outside) && state_is(run.arena, &held), "slices behind the arena");
  give(&part);
  cr_assert(mica_slices_used() == before.used);
  cr_assert(mica_slices_dirty() == dirty_by_words());
}

Test(slices, a_failed_claim_leaves_clean_and_dirty_as_they_were) {
  mica_purge(0);
  const mica_run_t run = claim(256, true); /* four segments; the last one stays ours in part */
  release_dirty((mica_run_t){run.arena, run.first, 10, false});
  mica_run_release(&(mica_run_t){run.arena, run.first + 10, 60, true});
  release_dirty((mica_run_t){run.arena, run.first + 70, 30, false});
  mica_run_release(&(mica_run_t){run.arena, run.first + 100, 155, true});
  const state_t before = state_of(run.arena);
  mica_run_t all = {run.arena, run.first, 256, false};
  REQUIRE(!mica_run_claim_at(&all), "claimed over a slice that is ours");
  REQUIRE(state_is(run.arena, &before), "the failed claim left traces");
  mica_run_release(&(mica_run_t){run.arena, run.first + 255, 1, true});
  cr_assert(mica_slices_dirty() == dirty_by_words());
}

Test(slices, dirty_ones_are_taken_first_unless_clean_ones_are_wanted) {
  mica_purge(0);
  const mica_run_t spread = claim(640, true);
  release_dirty((mica_run_t){spread.arena, spread.first + 333, 5, false});
  mica_run_release(&(mica_run_t){spread.arena, spread.first, 333, true});
  mica_run_release(&(mica_run_t){spread.arena, spread.first + 338, 302, true});
  const mica_run_t clean = claim(5, true), dirty = claim(5, false);
  REQUIRE(clean.clean && all_zero(address(&clean), bytes(&clean)), "clean slices were there");
  REQUIRE(!dirty.clean && dirty.first == spread.first + 333 && dirty.arena == spread.arena, "dirty slices were there");
  mica_run_release(&clean);
  mica_run_release(&dirty);
  cr_assert(mica_slices_dirty() == dirty_by_words());
}

/* Dirty slices first..first + count of a clean run, all of which is free then. */
static mica_run_t dirty_within(unsigned length, unsigned first, unsigned count) {
  const mica_run_t all = claim(length, true);
  release_dirty((mica_run_t){all.arena, all.first + first, count, false});
  mica_run_release(&(mica_run_t){all.arena, all.first, first, true});
  mica_run_release(&(mica_run_t){all.arena, all.first + first + count, length - first - count, true});
  return all;
}

Test(slices, a_long_run_is_taken_where_most_are_dirty_across_segments) {
  mica_purge(0);
  const mica_run_t all = dirty_within(640, 300, 100);
  const mica_run_t first = claim(40, false), second = claim(60, false);
  REQUIRE(first.arena == all.arena && first.first == all.first + 300, "40 slices: dirty ones were there");
  REQUIRE(second.arena == all.arena && second.first == all.first + 340, "60 slices: dirty ones were there");
  cr_assert_eq(mica_slices_dirty(), 0);
  release_dirty(second);
  const mica_run_t longer = claim(70, false);
  REQUIRE(!longer.clean && longer.first == all.first + 340, "70 slices: most of them were there");
  cr_assert_eq(mica_slices_dirty(), 0);
  mica_run_release(&first);
  mica_run_release(&longer);
  cr_assert(mica_slices_dirty() == dirty_by_words());
}

/* One of two that are alike: the smaller one, so that the other stays whole. */
Test(slices, a_long_run_takes_the_smallest_hole_that_is_dirty) {
  mica_purge(0);
  const mica_run_t all = claim(200, false);
  release_dirty((mica_run_t){all.arena, all.first + 10, 60, false});
  release_dirty((mica_run_t){all.arena, all.first + 80, 30, false});
  const mica_run_t small = claim(30, false), large = claim(60, false);
  REQUIRE(small.first == all.first + 80 && large.first == all.first + 10, "at %u and %u", small.first - all.first,
          large.first - all.first);
  mica_run_release(&all);
}

Test(slices, a_long_run_given_back_is_taken_again) {
  enum { FAR = 320 };
  mica_purge(0);
  const mica_run_t all = claim(640, false);
  const mica_run_t low = {all.arena, all.first + 10, 30, false}, high = {all.arena, low.first + FAR, 30, false};
  release_dirty(low);
  release_dirty(high);
  const mica_run_t first = claim(30, false), second = claim(30, false);
  REQUIRE(first.first + FAR == second.first, "at %u and %u", first.first - all.first, second.first - all.first);
  release_dirty(low);
  release_dirty(high);
  const mica_run_t again = claim(30, false);
  REQUIRE(again.first == high.first, "at %u, not %u", again.first - all.first, high.first - all.first);
  mica_run_release(&(mica_run_t){all.arena, all.first, low.first - all.first, false});
  mica_run_release(&(mica_run_t){all.arena, low.first + 30, FAR - 30, false});
  mica_run_release(&(mica_run_t){all.arena, high.first + 30, all.first + 640 - (high.first + 30), false});
  mica_run_release(&again);
  cr_assert(mica_slices_dirty() == dirty_by_words());
}

Test(slices, what_is_called_clean_is_zero) {
  enum { STEPS = 3000 };
  uint64_t random = 17;
  int clean = 0;
  for (int i = 0; i < STEPS; i++) {
    const bool wanted = random_below(&random, 2) == 0;
    const mica_run_t run = claim((unsigned)(1 + random_below(&random, 70)), wanted);
    if (run.clean) REQUIRE(all_zero(address(&run), bytes(&run)), "step %d: clean, but not zero", i);
    clean += run.clean;
    if (i % 5 == 0)
      mica_run_release(&run);
    else
      release_dirty(run);
    if (i % 50 == 0) mica_purge((int64_t)random_below(&random, 100));
  }
  cr_assert_gt(clean, STEPS / 20, "only %d runs were clean", clean);
}

Test(slices, a_segment_mapped_later_is_used) {
  static mica_run_t runs[3 * MICA_ARENA_SEGMENTS];
  const unsigned arenas = mica_arena_count();
  const int64_t before = mica_slices_used();
  for (unsigned i = 0; i < 3 * MICA_ARENA_SEGMENTS; i++) runs[i] = take(64);
  cr_assert_gt(mica_arena_count(), arenas, "768 MiB fit into an arena");
  for (unsigned i = 0; i < 3 * MICA_ARENA_SEGMENTS; i++) give(&runs[i]);
  cr_assert(mica_slices_used() == before);
}

/* Debug: a run given back twice ends the process, whether its segment is in pieces or whole by then. */
static void twice_is_fatal(unsigned count) {
  if (!MICA_CHECKS) return;
  const mica_run_t held = claim(3, false), run = claim(count, false);
  const pid_t pid = fork();
  cr_assert_geq(pid, 0);
  if (pid == 0) {
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
    signal(SIGABRT, SIG_DFL);
    dup2(open("/dev/null", O_WRONLY), 2);
    mica_run_release(&run);
    mica_run_release(&run);
    _exit(0);
  }
  int status = 0;
  cr_assert_eq(waitpid(pid, &status, 0), pid);
  cr_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT, "%u slices were given back twice: %d", count, status);
  mica_run_release(&run);
  mica_run_release(&held);
}

Test(slices, a_run_given_back_twice_is_fatal) {
  twice_is_fatal(3);
  twice_is_fatal(64);
}
