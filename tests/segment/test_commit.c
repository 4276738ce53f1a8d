/* test_commit.c -- memory with a function that commits it: called for what needs it and nothing else, and refusals are lived
 * with. */
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

enum { MiB = 1 << 20, SEGMENTS = 8, SLICES = SEGMENTS * 64, HEAD = 10 };
static held_t held, others;

/* The program's side: what is committed, by slice, as it sees it. Nothing is mapped where it is not. */
typedef struct program_s {
  char* start;
  bool there[SLICES];
  bool is_zero;
  bool refuse_commit, refuse_drop;
  int commits, drops, wrong;
} program_t;
static program_t program;

static bool commit_fun(bool commit, void* start, size_t size, bool* is_zero, void* arg) {
  program_t* p = arg;
  errno = 99;
  const size_t first = (size_t)((char*)start - p->start) / MICA_SLICE, n = size / MICA_SLICE;
  if (commit ? p->refuse_commit : p->refuse_drop) return false;
  p->wrong += ((uintptr_t)start | size) % MICA_SLICE != 0 || n == 0 || first + n > SLICES || *is_zero;
  for (size_t i = first; i < first + n; i++) {
    p->wrong += p->there[i] == commit;
    p->there[i] = commit;
  }
  if (commit) {
    p->commits++;
    p->wrong += mprotect(start, size, PROT_READ | PROT_WRITE) != 0;
    if (!p->is_zero) memset(start, 0x44, size);
    *is_zero = p->is_zero;
  } else {
    p->drops++;
    p->wrong += mprotect(start, size, PROT_READ | PROT_WRITE) != 0 || madvise(start, size, MADV_DONTNEED) != 0;
    p->wrong += mprotect(start, size, PROT_NONE) != 0;
  }
  return true;
}

static size_t there(void) {
  size_t n = 0;
  for (unsigned i = 0; i < SLICES; i++) n += program.there[i];
  return n;
}

static uint32_t manage(bool committed, bool pinned) {
  const int protection = committed ? PROT_READ | PROT_WRITE : PROT_NONE;
  program.start = map_at(free_windows(1), SLICES * MICA_SLICE, protection);
  for (unsigned i = 0; i < SLICES; i++) program.there[i] = committed;
  mi_arena_id_t id = NULL;
  const bool ok = mi_manage_memory(program.start, SLICES * MICA_SLICE, committed, pinned, true, -1, true, commit_fun,
                                   &program, &id);
  REQUIRE(ok == (id != NULL), "id %p", id);
  return mica_reserve_number(id);
}

Test(commit, slices_are_committed_when_they_are_used_first) {
  program.is_zero = true;
  const uint32_t number = manage(false, false);
  cr_assert_eq(there(), (size_t)HEAD, "%zu slices are committed for the head", there());
  cr_assert(claim_only(&held, 5, number));
  cr_assert_eq(there(), (size_t)HEAD + 5);
  cr_assert(held.runs[0].clean, "not taken for zero");
  claim_all(&held, 1, number);
  cr_assert_eq(there(), (size_t)SLICES);
  cr_assert_eq(held.slices, SLICES - HEAD);
  cr_assert_eq(program.commits, 2 + SLICES - HEAD - 5);
  give_all(&held, true);
  cr_assert_eq(program.wrong, 0);
}

Test(commit, memory_that_is_committed_is_not_again) {
  const uint32_t number = manage(true, false);
  claim_all(&held, 3, number);
  give_all(&held, false);
  claim_all(&held, 2, number);
  cr_assert_eq(program.commits, 0);
  give_all(&held, false);
  cr_assert_eq(program.wrong, 0);
}

Test(commit, a_purge_takes_back_and_a_claim_commits_again) {
  program.is_zero = true;
  const uint32_t number = manage(true, false);
  cr_assert_eq(setenv("MICA_DIRTY_CREDIT", "0", 1), 0);
  mica_options_read();
  mica_purge(0);
  const uint64_t calls = mica_counted(MICA_COUNTER_MADVISE);
  for (int round = 0; round < 3; round++) {
    claim_all(&held, 1, number);
    REQUIRE(there() == SLICES, "round %d: %zu slices are committed", round, there());
    for (unsigned i = 0; i < held.n; i++) REQUIRE(held.runs[i].clean, "round %d: run %u is not clean", round, i);
    give_all(&held, true);
    mica_purge(0);
    REQUIRE(mica_slices_dirty() == 0 && there() == HEAD, "round %d: %zu slices are left", round, there());
  }
  /* a run that is above the dirty limit goes back in one call */
  cr_assert(claim_only(&held, 5 * 64, number));
  const int drops = program.drops;
  give_all(&held, true);
  cr_assert_eq(program.drops, drops + 1);
  cr_assert_eq(there(), (size_t)HEAD);
  cr_assert_eq(mica_counted(MICA_COUNTER_MADVISE), calls, "the system was asked instead");
  cr_assert_eq(program.wrong, 0);
}

Test(commit, what_is_committed_and_not_zero_is_not_taken_for_zero) {
  program.is_zero = false;
  const uint32_t number = manage(false, false);
  claim_all(&held, 4, number);
  claim_all(&held, 1, number);
  for (unsigned i = 0; i < held.n; i++) REQUIRE(!held.runs[i].clean, "run %u is called clean", i);
  cr_assert_eq(held.slices, SLICES - HEAD);
  give_all(&held, true);
  cr_assert_eq(mica_slices_dirty(), dirty_by_words());
  cr_assert_eq(program.wrong, 0);
}

Test(commit, pinned_memory_is_committed_once_and_stays) {
  const uint32_t number = manage(false, true);
  for (int round = 0; round < 2; round++) {
    claim_all(&held, 1, number);
    give_all(&held, true);
    mica_purge(0);
    cr_assert_eq(there(), (size_t)SLICES);
    cr_assert_eq(program.commits, 1 + SLICES - HEAD);
  }
  cr_assert_eq(program.drops, 0);
  cr_assert_eq(program.wrong, 0);
}

Test(commit, a_refusal_loses_nothing_and_what_is_committed_is_still_to_be_had) {
  program.is_zero = true;
  const uint32_t number = manage(false, false);
  claim_all(&held, 1, number);
  give_to(&held, 100, true);
  mica_purge(0); /* 100 are held; seven others, behind some that are not, are committed, free and clean: */
  cr_assert(claim_only(&held, 7, number));
  cr_assert(claim_only(&others, 7, number));
  give_all(&others, false);
  give_to(&held, 100, true);
  mica_purge(0);
  cr_assert_eq(there(), (size_t)HEAD + 107);
  const figures_t before = figures();
  program.refuse_commit = true;
  errno = ERRNO_MARK;
  cr_assert(claim_only(&others, 7, number), "they need no commit");
  cr_assert_not(claim_only(&others, 1, number), "not committed");
  cr_assert_not(claim_only(&others, 64, number));
  cr_assert_not(claim_only(&others, 65, number));
  cr_assert_eq(errno, ERRNO_MARK);
  give_all(&others, false);
  same_figures(before, "refused");
  cr_assert_eq(there(), (size_t)HEAD + 107);
  program.refuse_commit = false;
  claim_all(&held, 1, number);
  cr_assert_eq(held.slices, SLICES - HEAD);
  give_all(&held, true);
  cr_assert_eq(mica_slices_dirty(), dirty_by_words());
  cr_assert_eq(program.wrong, 0);
}

Test(commit, other_memory_is_used_where_that_is_allowed) {
  mica_run_t run;
  program.start = map_at(free_windows(1), SLICES * MICA_SLICE, PROT_NONE);
  cr_assert(
      mi_manage_memory(program.start, SLICES * MICA_SLICE, false, false, true, -1, false, commit_fun, &program, NULL));
  program.refuse_commit = true;
  const unsigned number = mica_arena_count() - 1;
  for (unsigned count = 1; count < 200; count += 9) {
    mica_hint_t hint = {.arena = number};
    REQUIRE(mica_run_claim(&run, count, count % 2 != 0, &hint), "%u slices: no memory", count);
    REQUIRE(!within(address(&run), 1, program.start, SLICES * MICA_SLICE), "%u slices: not committed", count);
    address(&run)[0] = 1;
    mica_run_release(&run);
  }
  cr_assert_eq(program.wrong, 0);
}

Test(commit, a_head_that_cannot_be_committed) {
  const figures_t before = figures();
  program.refuse_commit = true;
  cr_assert_eq(manage(false, false), (uint32_t)0);
  same_figures(before, "no head");
}

Test(commit, what_cannot_be_taken_back_stays_dirty) {
  program.is_zero = true;
  const uint32_t number = manage(true, false), later = mica_reserve_memory(4 * MiB, false, false, true);
  mica_purge(0);
  cr_assert(claim_only(&held, 30, later)); /* ordinary memory, which can, of arenas before and after it */
  cr_assert(claim_only(&held, 60, number));
  give_all(&held, true);
  release_dirty(claim(20, true));
  const int64_t dirty = mica_slices_dirty();
  program.refuse_drop = true;
  cr_assert_eq(mica_purge(0), dirty - 60);
  cr_assert_eq(mica_slices_dirty(), 60);
  cr_assert_eq(there(), (size_t)SLICES);
  program.refuse_drop = false;
  cr_assert_eq(mica_purge(0), 60);
  cr_assert_eq(there(), (size_t)SLICES - 60);
  cr_assert_eq(program.wrong, 0);
}

Test(commit, memory_with_one_function_is_moved_to_no_other) {
  program.is_zero = true;
  mica_hint_t hint = {.only = manage(true, false)}, anywhere = {.only = 0};
  mica_page_t* page = mica_single_make(10 * MiB, 16, 0, false, &hint);
  cr_assert_not_null(page);
  cr_assert_null(mica_single_move(page, 12 * MiB, &anywhere, NULL));
  mica_page_t* other = mica_single_make(6 * MiB, 16, 0, false, &anywhere);
  cr_assert_null(mica_single_move(other, 8 * MiB, &hint, NULL));
  mica_single_give(page);
  mica_single_give(other);
  cr_assert_eq(program.wrong, 0);
}

Test(commit, growing_in_place_commits_too) {
  program.is_zero = true;
  mica_hint_t hint = {.only = manage(false, false)};
  mica_page_t* page = mica_single_make(6 * MiB, 16, 0, false, &hint);
  cr_assert_not_null(page);
  const size_t before = there();
  const figures_t same = figures();
  program.refuse_commit = true;
  cr_assert_not(mica_single_resize(page, 9 * MiB));
  same_figures(same, "refused");
  program.refuse_commit = false;
  cr_assert(mica_single_resize(page, 9 * MiB));
  cr_assert_eq(there(), before + 48);
  char* first = mica_remote_first(mica_page_remote(page));
  mica_track_open(first, 9 * MiB);
  memset(first, 1, 9 * MiB);
  mica_single_give(page);
  cr_assert_eq(program.wrong, 0);
}
