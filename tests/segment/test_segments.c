/* test_segments.c -- segments come and go: which whole ones stay mapped, where arenas grow, and what is asked of the system. */
#include "segment/os.h"

#include <stdlib.h>
#include <sys/mman.h>

#include "observe/counters.h"
#include "observe/environment.h"
#include "observe/options.h"
#include "segment/arena.h"
#include "tests/support/require.h"
#include "tests/support/sanitizer.h"
#include "tests/support/slices.h"

enum { MANY = 60, FEW = 8 }; /* segments */

static void option(const char* name, const char* value) {
  cr_assert_eq(setenv(name, value, 1), 0);
  mica_options_read();
}

/* Many segments as runs of one each, side by side. */
static void claim_many(mica_run_t* runs) {
  const mica_run_t all = claim((MANY + 1) * MICA_SEGMENT_SLICES, false);
  const unsigned first = (all.first + MICA_SEGMENT_SLICES - 1) / MICA_SEGMENT_SLICES * MICA_SEGMENT_SLICES;
  for (unsigned i = 0; i < MANY; i++)
    runs[i] = (mica_run_t){all.arena, first + i * MICA_SEGMENT_SLICES, MICA_SEGMENT_SLICES, false};
  const unsigned end = first + MANY * MICA_SEGMENT_SLICES;
  if (first != all.first) mica_run_release(&(mica_run_t){all.arena, all.first, first - all.first, true});
  mica_run_release(&(mica_run_t){all.arena, end, all.first + all.count - end, true});
}

static void give(const mica_run_t* run, bool clean) {
  mica_run_release(&(mica_run_t){run->arena, run->first, run->count, clean});
}

Test(segments, what_may_stay_dirty_stays_however_many_segments_that_are) {
  static mica_run_t runs[MANY];
  option("MICA_DIRTY_LIMIT", "1G");
  claim_many(runs);
  const size_t mapped = mica_mapped_bytes();
  for (int i = 0; i < MANY; i++) give(&runs[i], false);
  cr_assert_geq(mica_slices_dirty(), (int64_t)MANY * MICA_SEGMENT_SLICES);
  cr_assert_geq(mica_mapped_bytes() + MICA_SEGMENT, mapped); /* a clean one beside them may go */
}

Test(segments, clean_ones_are_unmapped_but_for_a_few) {
  static mica_run_t runs[MANY];
  claim_many(runs);
  for (int i = 0; i < MANY; i++) give(&runs[i], true);
  cr_assert_leq(mica_segments_whole(), FEW);
}

Test(segments, a_dirty_one_with_nothing_beside_it_is_unmapped_beyond_a_few) {
  static mica_run_t runs[MANY];
  option("MICA_DIRTY_LIMIT", "1G");
  claim_many(runs);
  for (int i = 0; i < MANY; i += 2) give(&runs[i], true);
  for (int i = 1; i < MANY; i += 2) give(&runs[i], false);
  cr_assert_leq(mica_segments_whole(), 2 * FEW, "%d", mica_segments_whole()); /* those beside the few */
}

Test(segments, giving_all_back_unmaps_every_whole_one) {
  static mica_run_t runs[MANY];
  option("MICA_DIRTY_LIMIT", "1G");
  claim_many(runs);
  for (int i = 0; i < MANY; i++) give(&runs[i], i % 2 == 0);
  mica_purge_all();
  cr_assert_eq(mica_slices_dirty(), 0);
  cr_assert_eq(mica_segments_whole(), 0);
}

Test(segments, nothing_is_unmapped_where_nothing_may_be_mapped) {
  static mica_run_t runs[MANY];
  claim_many(runs);
  option("MICA_DISALLOW_OS_ALLOC", "1");
  const size_t mapped = mica_mapped_bytes();
  for (int i = 0; i < MANY; i++) give(&runs[i], false);
  mica_purge_all();
  cr_assert_eq(mica_mapped_bytes(), mapped);
  claim_many(runs); /* all of it again */
}

/* Whether nobody has the addresses of the arena's windows that are not mapped, as a sanitizer may. */
static bool are_free(const mica_arena_t* arena) {
  uint64_t absent = atomic_load_explicit(&arena->absent, memory_order_relaxed); /* relaxed: one thread */
  unsigned n = 0;
  for (; absent != 0; absent &= absent - 1, n++) {
    void* const at = mica_slice_address(arena, (unsigned)__builtin_ctzll(absent) * MICA_SEGMENT_SLICES);
    void* const got =
        mmap(at, MICA_SEGMENT, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
    if (got != MAP_FAILED) munmap(got, MICA_SEGMENT);
    if (got != at) return false;
  }
  return n >= 20;
}

Test(segments, an_arena_grows_around_somebody_elses_memory) {
  const mica_run_t run = claim(1, false);
  mica_arena_t* arena = run.arena;
  const uint64_t absent = atomic_load_explicit(&arena->absent, memory_order_relaxed); /* relaxed: one thread */
  const bool free = are_free(arena);
  REQUIRE(SANITIZED || free, "somebody has the addresses");
  if (!free) return;
  void* const at = mica_slice_address(arena, (unsigned)__builtin_ctzll(absent) * MICA_SEGMENT_SLICES);
  char* const foreign =
      mmap(at, MICA_SEGMENT, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  REQUIRE(foreign == at, "the address is taken");
  *foreign = 7;
  for (int i = 0; i < 5; i++) {
    const uint64_t calls = mica_counted(MICA_COUNTER_MMAP);
    REQUIRE(mica_arena_grow(arena, 1), "growth %d", i);
    atomic_store_explicit(&arena->whole, (uint64_t)0, memory_order_relaxed); /* as if it were used */
    REQUIRE(mica_counted(MICA_COUNTER_MMAP) == calls + (i == 0 ? 2 : 1), "growth %d: what is taken is tried again", i);
  }
  cr_assert_eq(*foreign, 7);
  munmap(foreign, MICA_SEGMENT);
}

static bool fail_mmap(mica_os_call_t call) { return call == MICA_OS_MMAP; }

Test(segments, a_try_that_fails_takes_no_window) {
  const mica_arena_t* first = mica_arena_make(0);
  const mica_arena_t* second = mica_arena_make(0);
  REQUIRE(first != NULL && second != NULL, "no arena");
  if (mica_arena_base(first) - mica_arena_base(second) != MICA_ARENA) return; /* a sanitizer has moved them */
  mica_os_set_fault(fail_mmap);
  for (int i = 0; i < 100; i++) cr_assert_null(mica_arena_make(0));
  mica_os_set_fault(NULL);
  const mica_arena_t* third = mica_arena_make(0);
  REQUIRE(third != NULL && mica_arena_base(second) - mica_arena_base(third) == MICA_ARENA, "windows were skipped");
}
