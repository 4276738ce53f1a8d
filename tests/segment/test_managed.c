/* test_managed.c -- memory that the program brings along: what of it is used, what is not, and how it is committed. */
#include <errno.h>
#include <mica.h>

#include "observe/counters.h"
#include "observe/options.h"
#include "segment/os.h"
#include "tests/support/errno_mark.h"
#include "tests/support/pattern.h"
#include "tests/support/require.h"
#include "tests/support/reserved.h"

enum { MiB = 1 << 20 };
static held_t held;

static const int both = PROT_READ | PROT_WRITE;

static uint32_t manage(char* start, size_t size, bool committed, bool zero, bool exclusive) {
  mi_arena_id_t id = &held;
  errno = ERRNO_MARK;
  const bool ok = mi_manage_os_memory_ex(start, size, committed, false, zero, -1, exclusive, &id);
  REQUIRE(errno == ERRNO_MARK && ok == (id != NULL), "errno %d, %d, id %p", errno, ok, id);
  return mica_reserve_number(id);
}

/* The reservation has exactly these addresses and so many slices, and gives them, once. */
static void is_all_there(uint32_t number, const char* start, size_t size, int64_t slices, const char* what) {
  size_t have = 0;
  const char* at = mica_reserve_area(number, &have);
  REQUIRE(at == start && have == size, "%s: %zu bytes at %p", what, have, (const void*)at);
  const figures_t before = figures();
  claim_all(&held, 1, number);
  REQUIRE(held.slices == slices, "%s: %ld slices, not %ld", what, (long)held.slices, (long)slices);
  give_all(&held, true);
  same_figures(before, what);
}

Test(managed, memory_that_begins_with_a_window) {
  char* at = map_at(free_windows(2), 300 * MiB, both);
  const uint32_t number = manage(at, 300 * MiB, true, true, true);
  is_all_there(number, at, 300 * MiB, 75 * 64 - 20, "from a window's base");
}

Test(managed, memory_at_any_address_is_used_and_the_rest_is_not_touched) {
  enum { SKEW = 12345, SIZE = 90 * MiB };
  char* base = free_windows(1);
  char* at = map_at(base + 17 * MiB, 100 * MiB, both);
  pattern_set(at, 100 * MiB, 16, 3);
  /* 17 MiB and 12,345 bytes on: whole segments from 20 MiB on, to 104 MiB */
  const uint32_t number = manage(at + SKEW, SIZE, true, false, true);
  is_all_there(number, base + 20 * MiB, 84 * MiB, 21 * 64, "unaligned");
  const mica_arena_t* arena = mica_arena_at((uintptr_t)base);
  cr_assert(mica_arena_holds(arena, base + 20 * MiB + 1));
  cr_assert_not(mica_arena_holds(arena, base + 20 * MiB), "the byte before it is nobody's");
  cr_assert_not(mica_arena_holds(arena, base + 2 * MiB), "behind a head that is alone");
  for (size_t i = 0; i < 100 * MiB; i += 16)
    if (i < 3 * MiB || i >= 87 * MiB)
      REQUIRE((unsigned char)at[i] == pattern_byte(i, 3), "written to at %zu, outside of it", i);
}

Test(managed, memory_over_several_windows_none_of_which_it_begins) {
  char* base = free_windows(3);
  char* at = map_at(base + 200 * MiB, 400 * MiB, both);
  const uint32_t number = manage(at, 400 * MiB, true, true, true);
  is_all_there(number, at, 400 * MiB, 100 * 64 - 2 * 10, "three windows, two bases");
}

Test(managed, a_window_whose_base_is_taken_is_left_out) {
  char* base = free_windows(2);
  map_at(base + 64 * 1024, 4096, both);
  char* at = map_at(base + 100 * MiB, 300 * MiB, both);
  const figures_t before = figures();
  cr_assert_eq(manage(at, 100 * MiB, true, true, false), (uint32_t)0);
  same_figures(before, "the base is taken");
  const uint32_t number = manage(at, 300 * MiB, true, true, true);
  is_all_there(number, base + 256 * MiB, 144 * MiB, 36 * 64 - 10, "the second window");
}

Test(managed, too_small_or_nothing) {
  char* base = free_windows(1);
  char* at = map_at(base + 8 * MiB, 32 * MiB, both);
  const figures_t before = figures();
  cr_assert_eq(manage(at, 4 * MiB - 1, true, true, true), (uint32_t)0);
  cr_assert_eq(manage(at + 1, 8 * MiB - 2, true, true, true), (uint32_t)0);
  cr_assert_eq(manage(at, 0, true, true, true), (uint32_t)0);
  cr_assert_eq(manage(NULL, 32 * MiB, true, true, true), (uint32_t)0);
  cr_assert_eq(manage(at, SIZE_MAX, true, true, true), (uint32_t)0);
  cr_assert_eq(manage((char*)UINTPTR_MAX - 8 * MiB, 64 * MiB, true, true, true), (uint32_t)0);
  same_figures(before, "too small");
  is_all_there(manage(at + 1, 8 * MiB - 1, true, true, true), at + 4 * MiB, 4 * MiB, 64, "just large enough");
}

Test(managed, the_minima_are_true) {
  char* base = free_windows(1);
  cr_assert_eq((uintptr_t)base % mi_arena_min_alignment(), (uintptr_t)0);
  map_at(base, mi_arena_min_size(), both);
  const uint32_t number = manage(base, mi_arena_min_size(), true, true, true);
  is_all_there(number, base, mi_arena_min_size(), 54, "the smallest");
}

Test(managed, not_twice_but_beside_one_another) {
  char* base = free_windows(1);
  map_at(base, 256 * MiB, both);
  const uint32_t one = manage(base, 64 * MiB, true, true, true);
  const figures_t before = figures();
  cr_assert_eq(manage(base, 64 * MiB, true, true, true), (uint32_t)0, "the same again");
  cr_assert_eq(manage(base, 128 * MiB, true, true, true), (uint32_t)0, "more than the same");
  cr_assert_eq(manage(base + 32 * MiB, 64 * MiB, true, true, true), (uint32_t)0, "half of it again");
  same_figures(before, "twice");
  const uint32_t two = manage(base + 64 * MiB, 64 * MiB, true, true, true);
  const uint32_t three = manage(base + 192 * MiB, 64 * MiB, true, true, false);
  cr_assert_eq(two, one + 1, "numbers are lost");
  is_all_there(two, base + 64 * MiB, 64 * MiB, 16 * 64, "beside the first");
  is_all_there(three, base + 192 * MiB, 64 * MiB, 16 * 64, "and at the end");
  is_all_there(one, base, 64 * MiB, 16 * 64 - 10, "the first still");
  /* A block of the first does not grow into the second. */
  mica_hint_t hint = {.only = one};
  mica_page_t* page = mica_single_make(56 * MiB, 16, 0, false, &hint);
  cr_assert_not_null(page);
  size_t have = 56 * MiB;
  while (mica_single_resize(page, have + MiB)) have += MiB;
  REQUIRE(within(mica_remote_first(mica_page_remote(page)), have, base, 64 * MiB), "%zu bytes", have);
  mica_single_give(page);
  is_all_there(two, base + 64 * MiB, 64 * MiB, 16 * 64, "untouched by it");
}

Test(managed, a_window_of_ours_takes_no_other_memory) {
  mica_hint_t hint = {.only = mica_reserve_memory(8 * MiB, false, false, true)};
  char* base = mica_reserve_area(hint.only, NULL);
  char* at = map_from(base + 64 * MiB, 32 * MiB, both);
  const figures_t before = figures();
  cr_assert_eq(manage(at, 32 * MiB, true, true, true), (uint32_t)0);
  same_figures(before, "a window of ours");
  hint.only = 0;
  mica_page_t* page = mica_single_make((size_t)500 * MiB, 16, 0, false, &hint); /* nor a mapping of its own */
  cr_assert(mica_single_resize(page, (size_t)300 * MiB));
  at = map_from((char*)mica_page_window(page) + 400 * MiB, 32 * MiB, both);
  cr_assert_eq(manage(at, 32 * MiB, true, true, true), (uint32_t)0);
  mica_single_give(page);
}

Test(managed, what_is_not_zero_is_not_taken_for_zero_and_the_other_is) {
  char* base = free_windows(2);
  memset(map_at(base, 8 * MiB, both), 0x77, 8 * MiB);
  mica_hint_t hint = {.only = manage(base, 8 * MiB, true, false, true)};
  int64_t slices = 0;
  for (mica_run_t run; mica_run_claim(&run, 1, true, &hint); slices++) REQUIRE(!run.clean, "called clean");
  cr_assert_eq(slices, 2 * 64 - 10);
  map_at(base + MICA_ARENA, 8 * MiB, both);
  hint.only = manage(base + MICA_ARENA, 8 * MiB, true, true, true);
  for (mica_run_t run; mica_run_claim(&run, 1, true, &hint); slices++) REQUIRE(run.clean, "not called clean");
  cr_assert_eq(slices, 4 * 64 - 20);
}

/* Of the reservation these slices alone are free, and clean. */
static void free_only(uint32_t number, unsigned first, unsigned count) {
  mica_arena_t* arena = held.runs[0].arena;
  const mica_run_t part = {arena, first, count, true};
  mica_run_release(&part);
  static held_t again;
  again.n = 0;
  const state_t before = state_of(arena);
  REQUIRE(!claim_only(&again, count + 1, number) && state_is(arena, &before), "%u slices and one more", count);
  REQUIRE(claim_only(&again, count, number), "%u slices from %u were free, and not to be had", count, first);
  REQUIRE(again.runs[0].arena == arena && again.runs[0].first == first, "another place");
}

Test(managed, a_long_run_that_is_there_is_found) {
  static const unsigned counts[] = {9, 40, 64, 65, 100, 126};
  char* at = map_at(free_windows(1), 64 * MiB, both);
  const uint32_t number = manage(at, 64 * MiB, true, true, true);
  claim_all(&held, 1, number);
  for (unsigned i = 0; i < sizeof counts / sizeof counts[0]; i++) {
    free_only(number, 4 * 64 - counts[i] / 2, counts[i]); /* across segments, and no whole segment among them */
    free_only(number, 8 * 64, counts[i]);
  }
  give_all(&held, false);
}

Test(managed, it_is_shared_unless_it_is_exclusive) {
  enum { SIZE = 64 * MiB };
  char* at = map_at(free_windows(1), SIZE, both);
  cr_assert(mi_manage_os_memory(at, SIZE, true, false, true, -1));
  cr_assert_not(mi_manage_os_memory(at, SIZE, true, false, true, -1));
  mica_option_set(MICA_OPTION_DISALLOW_OS_ALLOC, 1);
  claim_all(&held, 1, 0);
  int64_t inside = 0;
  for (unsigned i = 0; i < held.n; i++) inside += within(address(&held.runs[i]), MICA_SLICE, at, SIZE);
  cr_assert_eq(inside, 16 * 64 - 10, "%ld slices of it", (long)inside);
  give_all(&held, true);
}

Test(managed, memory_that_may_not_be_touched_yet) {
  char* at = map_at(free_windows(1), 16 * MiB, PROT_NONE);
  const uint32_t number = manage(at, 16 * MiB, false, true, true);
  is_all_there(number, at, 16 * MiB, 4 * 64 - 10, "without access");
}

Test(managed, it_never_goes_back_to_the_system_and_is_never_moved) {
  char* at = map_at(free_windows(1), 64 * MiB, both);
  mica_hint_t hint = {.only = manage(at, 64 * MiB, true, true, true)};
  mica_purge(0);
  const uint64_t calls = mica_counted(MICA_COUNTER_MADVISE) + mica_counted(MICA_COUNTER_MREMAP);
  claim_all(&held, 64, hint.only);
  give_all(&held, true);
  cr_assert_eq(mica_slices_dirty(), 0, "%ld slices would have to be purged", (long)mica_slices_dirty());
  cr_assert_eq(mica_purge(0), 0);
  cr_assert_eq(at[40 * MiB], (char)0xee);
  mica_page_t* page = mica_single_make(20 * MiB, 16, 0, false, &hint);
  cr_assert_not_null(page);
  mica_hint_t anywhere = {.only = 0};
  cr_assert_null(mica_single_move(page, 30 * MiB, &anywhere, NULL), "moved away");
  mica_page_t* other = mica_single_make(20 * MiB, 16, 0, false, &anywhere);
  cr_assert_null(mica_single_move(other, 30 * MiB, &hint, NULL), "moved in");
  mica_single_give(page);
  cr_assert_eq(mica_counted(MICA_COUNTER_MADVISE) + mica_counted(MICA_COUNTER_MREMAP), calls);
  mica_single_give(other);
  mica_track_leave(at, 64 * MiB);
  for (size_t i = MiB; i < 64 * MiB; i += 4096) at[i] = 1; /* still mapped */
}

static int fault_at, fault_calls;
static bool fail_one(mica_os_call_t call) { return (void)call, fault_calls++ == fault_at; }

Test(managed, a_system_call_that_fails_loses_nothing) {
  enum { CALLS = 4 };
  int failed = 0;
  for (fault_at = 0; fault_at < CALLS; fault_at++) {
    char* base = free_windows(1);
    char* at = map_at(base + 64 * MiB, 16 * MiB, PROT_NONE);
    const figures_t before = figures();
    const size_t space = address_space();
    fault_calls = 0;
    mica_os_set_fault(fail_one);
    uint32_t number = manage(at, 16 * MiB, false, true, true);
    mica_os_set_fault(NULL);
    if (number == 0) {
      failed++;
      same_figures(before, "a call failed");
      REQUIRE(address_space() == space, "%zu bytes of address space, not %zu", address_space(), space);
      number = manage(at, 16 * MiB, false, true, true);
    }
    is_all_there(number, at, 16 * MiB, 4 * 64, "after a call that failed");
    munmap(at + 16 * MiB, 16 * MiB);
  }
  cr_assert_geq(failed, 2, "mprotect, mmap of the head: %d of them failed", failed);
}
