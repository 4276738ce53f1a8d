/* test_arenas.c -- memory reserved from the system: exactly so much, for everybody or for its own heaps only. */
#include <errno.h>
#include <mica.h>
#include <stdlib.h>

#include "observe/counters.h"
#include "observe/environment.h"
#include "observe/options.h"
#include "segment/os.h"
#include "tests/support/errno_mark.h"
#include "tests/support/require.h"
#include "tests/support/reserved.h"

enum { MiB = 1 << 20 };
static held_t held, others;

static uint32_t reserve(size_t size, bool exclusive) {
  mi_arena_id_t id = NULL;
  errno = ERRNO_MARK;
  REQUIRE(mi_reserve_os_memory_ex(size, false, false, exclusive, &id) == 0, "%zu bytes cannot be reserved", size);
  REQUIRE(errno == ERRNO_MARK && id != NULL, "errno %d", errno);
  return mica_reserve_number(id);
}

/* Slices of so many segments over so many windows. */
static int64_t slices_of(size_t segments, size_t windows) {
  return (int64_t)(segments * MICA_SEGMENT_SLICES - windows * MICA_HEAD_SLICES);
}

Test(arenas, a_reservation_is_whole_segments_and_all_of_them_can_be_had) {
  static const struct {
    size_t size, segments, windows;
  } cases[] = {{1, 1, 1},          {4 * MiB, 1, 1},    {4 * MiB + 1, 2, 1},      {100 * MiB, 25, 1},
               {256 * MiB, 64, 1}, {257 * MiB, 65, 2}, {(size_t)1 << 30, 256, 4}};
  for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    const size_t mapped = mica_mapped_bytes();
    const unsigned arenas = mica_arena_count();
    const int64_t used = mica_slices_used();
    const uint32_t number = reserve(cases[i].size, true);
    size_t size = 0;
    const char* start = mi_arena_area(mica_reserve_id(number), &size);
    REQUIRE(size == cases[i].segments * MICA_SEGMENT && ((uintptr_t)start & (MICA_ARENA - 1)) == 0, "%zu bytes at %p",
            size, (const void*)start);
    REQUIRE(mica_mapped_bytes() == mapped + size, "mapped bytes");
    REQUIRE(mica_arena_count() == arenas + cases[i].windows, "%u arenas", mica_arena_count() - arenas);
    for (int round = 0; round < 2; round++) {
      claim_all(&held, 1, number);
      REQUIRE(held.slices == slices_of(cases[i].segments, cases[i].windows), "%zu bytes: %ld slices", cases[i].size,
              (long)held.slices);
      give_all(&held, round == 0);
    }
    REQUIRE(mica_slices_used() == used && mica_slices_dirty() == dirty_by_words(), "slices lost");
  }
}

Test(arenas, an_exclusive_one_is_used_by_its_own_only) {
  const uint32_t one = reserve(32 * MiB, true), two = reserve(64 * MiB, true);
  size_t size[2];
  const char* start[] = {mica_reserve_area(one, &size[0]), mica_reserve_area(two, &size[1])};
  for (unsigned count = 1; count <= 130; count += 3)
    for (int i = 0; i < 10; i++) claim_only(&others, count, 0);
  for (unsigned i = 0; i < others.n; i++)
    for (int k = 0; k < 2; k++)
      REQUIRE(!within(address(&others.runs[i]), 1, start[k], size[k]), "others got memory of reservation %d", k);
  claim_all(&held, 7, one); /* each claim is checked to be inside */
  const int64_t sevens = held.slices;
  claim_all(&held, 1, one);
  cr_assert_eq(held.slices, slices_of(8, 1), "%ld slices, %ld of them in sevens", (long)held.slices, (long)sevens);
  REQUIRE(!claim_only(&held, 1, one), "more than there is");
  REQUIRE(claim_only(&others, 64, two), "the other one is full, too");
  give_all(&others, true);
  REQUIRE(!claim_only(&held, 1, one), "others' memory");
  give_all(&held, true);
  cr_assert(claim_only(&held, 64, one));
}

Test(arenas, what_is_dirty_in_an_exclusive_one_is_not_for_others) {
  const uint32_t one = reserve(32 * MiB, true);
  size_t size;
  const char* start = mica_reserve_area(one, &size);
  mica_purge(0);
  claim_all(&held, 10, one);
  give_all(&held, true); /* by default up to 8 MiB of it stay dirty */
  REQUIRE(mica_slices_dirty() >= 40, "%ld slices are dirty", (long)mica_slices_dirty());
  for (int i = 0; i < 300; i++) {
    REQUIRE(claim_only(&others, 2, 0), "no memory");
    REQUIRE(!within(address(&others.runs[others.n - 1]), 1, start, size), "others got a dirty run of it");
  }
  mica_purge(0);
  cr_assert_eq(mica_slices_dirty(), 0, "%ld slices are not purged", (long)mica_slices_dirty());
}

Test(arenas, others_share_what_is_not_exclusive_and_get_nothing_else_if_told_so) {
  const uint32_t number = reserve(512 * MiB, false);
  size_t size;
  const char* start = mica_reserve_area(number, &size);
  cr_assert_eq(setenv("MICA_DISALLOW_OS_ALLOC", "1", 1), 0);
  mica_options_read();
  const figures_t before = figures();
  claim_all(&held, 1, 0);
  int64_t inside = 0;
  for (unsigned i = 0; i < held.n; i++) inside += within(address(&held.runs[i]), MICA_SLICE, start, size);
  cr_assert_eq(inside, slices_of(128, 2), "%ld slices of it", (long)inside);
  cr_assert_eq(mica_arena_count(), before.arenas);
  cr_assert_eq(mica_mapped_bytes(), before.mapped);
  static mica_hint_t hint;
  cr_assert_null(mica_single_make(100000, 16, 0, false, &hint));
  cr_assert_null(mica_single_make(300 * MiB, 16, 0, false, &hint), "a mapping of its own");
  give_all(&held, false);
  mica_page_t* page = mica_single_make(200 * MiB, 16, 0, false, &hint);
  cr_assert_not_null(page);
  mica_single_give(page);
  cr_assert_null(mica_single_make(300 * MiB, 16, 0, false, &hint), "a mapping of its own");
}

Test(arenas, a_block_of_its_own_heaps_is_never_a_mapping_of_its_own) {
  mica_hint_t hint = {.only = reserve(512 * MiB, true)};
  size_t size;
  const char* start = mica_reserve_area(hint.only, &size);
  const uint64_t windows = mica_counted(MICA_COUNTER_WINDOWS_BORN);
  mica_page_t* page = mica_single_make(252 * MiB - 64, 16, 0, false, &hint);
  cr_assert_not_null(page);
  REQUIRE(within(mica_remote_first(mica_page_remote(page)), 252 * MiB - 64, start, size), "outside");
  cr_assert_null(mica_single_make(252 * MiB - 63, 16, 0, false, &hint));
  cr_assert_null(mica_single_make(64, 512 * MiB, 0, false, &hint));
  mica_page_t* second = mica_single_make(20 * MiB, 4096, 0, false, &hint);
  cr_assert_not_null(second);
  /* grown, at last to where there is no more */
  size_t have = 20 * MiB;
  while (mica_single_resize(second, have + 10 * MiB)) have += 10 * MiB;
  REQUIRE(within(mica_remote_first(mica_page_remote(second)), have, start, size), "grown out of it");
  REQUIRE(have > 200 * MiB, "only %zu bytes", have);
  mica_single_give(page);
  page = mica_single_move(second, have + 2 * MiB, &hint, NULL);
  REQUIRE(page == NULL || within(mica_remote_first(mica_page_remote(page)), have, start, size), "moved out of it");
  mica_single_give(page != NULL ? page : second);
  cr_assert_eq(mica_counted(MICA_COUNTER_WINDOWS_BORN), windows);
}

Test(arenas, a_reserved_window_does_not_grow) {
  const uint32_t number = reserve(8 * MiB, false);
  size_t size;
  mica_arena_t* arena = mica_arena_at((uintptr_t)mica_reserve_area(number, &size));
  mica_hint_t hint = {.only = number};
  mica_page_t* page = mica_single_make(MiB, 16, 0, false, &hint);
  REQUIRE(page != NULL && mica_page_window(page) == mica_arena_base(arena), "elsewhere");
  const figures_t before = figures();
  cr_assert_not(mica_arena_grow(arena, 1));
  cr_assert_not(mica_single_resize(page, 9 * MiB));
  same_figures(before, "after growing");
  cr_assert(mica_arena_holds(arena, mica_slice_address(arena, 127)));
  cr_assert_not(mica_arena_holds(arena, mica_slice_address(arena, 128) + 1), "a segment that is not there");
  cr_assert_not(mica_arena_holds(arena, (char*)mica_arena_base(arena) + 4096), "the head");
  mica_single_give(page);
}

Test(arenas, ids_and_addresses) {
  mi_arena_id_t id = mica_reserve_id(reserve(8 * MiB, true));
  size_t size = 1;
  char* start = mi_arena_area(id, &size);
  cr_assert_eq(start, mi_arena_area(id, NULL));
  cr_assert(mi_arena_contains(id, start));
  cr_assert(mi_arena_contains(id, start + size - 1));
  cr_assert_not(mi_arena_contains(id, start + size));
  cr_assert_not(mi_arena_contains(id, start - 1));
  mi_arena_id_t none[] = {NULL, &size, (char*)id + 1, (char*)id + 16, (char*)id + 65536 * 16};
  for (unsigned i = 0; i < sizeof none / sizeof none[0]; i++) {
    size = 1;
    cr_assert_null(mi_arena_area(none[i], &size));
    cr_assert_eq(size, (size_t)0);
    cr_assert_not(mi_arena_contains(none[i], start));
    cr_assert_eq(mica_reserve_number(none[i]), (uint32_t)0);
  }
}

Test(arenas, what_cannot_be_reserved_changes_nothing) {
  mi_arena_id_t id = &held;
  const figures_t before = figures();
  errno = ERRNO_MARK;
  cr_assert_eq(mi_reserve_os_memory_ex(0, false, false, false, &id), ENOMEM);
  cr_assert_null(id);
  cr_assert_eq(mi_reserve_os_memory(SIZE_MAX, false, false), ENOMEM);
  cr_assert_eq(mi_reserve_os_memory((size_t)1 << 47, true, true), ENOMEM);
  cr_assert_eq(mi_reserve_huge_os_pages_at((size_t)1 << 40, 0, 0), ENOMEM);
  cr_assert_eq(errno, ERRNO_MARK);
  same_figures(before, "too much");
  id = &held;
  cr_assert_eq(mi_reserve_huge_os_pages_at_ex(0, 0, 0, true, &id), 0);
  cr_assert_null(id);
  same_figures(before, "no pages");
}

/* ---- faults ---- */

static int fault_at, fault_calls;
static bool fail_one(mica_os_call_t call) { return (void)call, fault_calls++ == fault_at; }
static bool fail_later(mica_os_call_t call) { return (void)call, fault_calls++ >= fault_at; }

static void reserve_with_fault(mica_os_fault_t* fault, bool commit, bool large) {
  const figures_t before = figures();
  const size_t space = address_space();
  fault_calls = 0;
  mica_os_set_fault(fault);
  mi_arena_id_t id;
  const int result = mi_reserve_os_memory_ex(300 * MiB, commit, large, true, &id);
  mica_os_set_fault(NULL);
  REQUIRE((result == 0) == (id != NULL), "result %d, id %p", result, id);
  if (result != 0) {
    same_figures(before, "a call failed");
    REQUIRE(address_space() == space, "%zu bytes of address space, not %zu", address_space(), space);
    return;
  }
  claim_all(&held, 1, mica_reserve_number(id));
  REQUIRE(held.slices == slices_of(75, 2), "%ld slices", (long)held.slices);
  give_all(&held, false);
}

Test(arenas, a_system_call_that_fails_loses_nothing) {
  enum { CALLS = 12 };
  int failed = 0;
  for (int kind = 0; kind < 4; kind++)
    for (fault_at = 0; fault_at < CALLS; fault_at++) {
      const unsigned arenas = mica_arena_count();
      reserve_with_fault(fail_one, kind % 2 != 0, kind / 2 != 0);
      reserve_with_fault(fail_later, kind % 2 != 0, kind / 2 != 0);
      failed += mica_arena_count() == arenas;
    }
  cr_assert_gt(failed, 2, "no call was reached");
}

Test(arenas, there_are_so_many_and_no_more) {
  enum { WINDOWS = MICA_RESERVES_MAX / MICA_ARENA_SEGMENTS };
  char* at = map_at(free_windows(WINDOWS), WINDOWS * MICA_ARENA, PROT_READ | PROT_WRITE);
  mi_arena_id_t id = NULL;
  for (uint32_t n = 0; n < MICA_RESERVES_MAX; n++) { /* each a segment */
    REQUIRE(mi_manage_os_memory_ex(at + n * MICA_SEGMENT, MICA_SEGMENT, true, true, true, -1, true, &id), "no %u", n);
    REQUIRE(mica_reserve_number(id) == n + 1, "number %u after %u others", mica_reserve_number(id), n);
  }
  const uint32_t last = MICA_RESERVES_MAX;
  const figures_t before = figures();
  const size_t space = address_space();
  const int result = mi_reserve_os_memory(MiB, false, false);
  REQUIRE(address_space() == space, "what could not be used stays mapped");
  cr_assert_eq(result, ENOMEM);
  same_figures(before, "one too many");
  claim_all(&held, 1, last);
  cr_assert_eq(held.slices, 64);
  give_all(&held, false);
}
