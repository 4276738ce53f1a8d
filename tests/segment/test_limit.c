/* test_limit.c -- the hard limit: never exceeded, wholly usable, nothing lost by a refusal; by one thread and by four. */
#include <errno.h>
#include <mica.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "segment/limit_word.h"
#include "segment/os.h"
#include "tests/support/errno_mark.h"
#include "tests/support/random.h"
#include "tests/support/require.h"
#include "tests/support/reserved.h"
#include "tests/support/sanitizer.h"

enum { MiB = 1 << 20 };
static held_t held;

/* A limit of so many slices beyond what is handed out. */
static void limit_by(int64_t slices) { mi_process_set_limit(mica_limit_used() + ((size_t)slices << MICA_SLICE_SHIFT)); }
static int64_t used_slices(void) { return (int64_t)(mica_limit_used() >> MICA_SLICE_SHIFT); }

Test(limit, is_set_in_bytes_and_kept_in_KiB) {
  cr_assert_eq(mi_process_get_limit(), (size_t)0);
  static const size_t cases[][2] = {{1, 1024}, {1023, 1024}, {1024, 1024}, {5000, 4096}, {64 * MiB, 64 * MiB}, {0, 0}};
  for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    errno = ERRNO_MARK;
    mi_process_set_limit(cases[i][0]);
    REQUIRE(errno == ERRNO_MARK && mi_process_get_limit() == cases[i][1], "%zu became %zu", cases[i][0],
            mi_process_get_limit());
  }
  mi_process_set_limit(SIZE_MAX);
  cr_assert_gt(mi_process_get_limit(), (size_t)1 << 47);
  mi_process_set_limit(5000); /* no slice */
  REQUIRE(!claim_only(&held, 1, 0), "a slice of 5,000 bytes");
}

Test(limit, can_be_used_up_to_the_last_slice_and_again) {
  static const unsigned lengths[] = {1, 3, 64, 100};
  const figures_t before = figures();
  limit_by(1000);
  for (unsigned i = 0; i < 8; i++) {
    const unsigned length = lengths[i / 2];
    claim_all(&held, length, 0);
    REQUIRE(held.slices == 1000 / length * length, "runs of %u: %ld slices", length, (long)held.slices);
    size_t wanted = 0, used = 0, limit = 0;
    REQUIRE(mica_limit_refused(&wanted, &used, &limit), "nobody said why");
    REQUIRE(wanted == length * MICA_SLICE && used == mica_limit_used() && limit == mi_process_get_limit(),
            "wanted %zu, used %zu, limit %zu", wanted, used, limit);
    REQUIRE(!mica_limit_refused(NULL, NULL, NULL), "said twice");
    REQUIRE(mica_slices_used() + mica_slices_dirty() <= before.used + 1000, "in use and dirty");
    give_all(&held, i % 2 == 0);
    REQUIRE(mica_limit_used() == before.charged && mica_slices_used() == before.used, "slices lost");
    REQUIRE(mica_slices_used() + mica_slices_dirty() <= before.used + 1000, "in use and dirty");
  }
}

Test(limit, dirty_slices_make_room_and_no_more_of_them_than_needed) {
  mica_purge(0);
  limit_by(200);
  cr_assert(claim_only(&held, 60, 0));
  cr_assert(claim_only(&held, 60, 0));
  give_to(&held, 1, true); /* 60 handed out, 60 dirty */
  cr_assert_eq(mica_slices_dirty(), 60);
  for (int i = 0; i < 8; i++) REQUIRE(claim_only(&held, 10, 0), "no room for %d0 more", i + 1); /* 140 and at most 60 */
  REQUIRE(mica_slices_used() - held.slices >= 0 && used_slices() <= (int64_t)(mi_process_get_limit() / MICA_SLICE),
          "more than the limit");
  const int64_t dirty = mica_slices_dirty();
  cr_assert(claim_only(&held, 60, 0)); /* all 200 */
  cr_assert_eq(mica_slices_dirty(), 0, "%ld of %ld slices are dirty", (long)mica_slices_dirty(), (long)dirty);
  cr_assert_not(claim_only(&held, 1, 0));
  give_all(&held, true);
}

static bool fail_to_purge(mica_os_call_t call) { return call == MICA_OS_MADVISE || call == MICA_OS_MUNMAP; }
static bool fail_mmap(mica_os_call_t call) { return call == MICA_OS_MMAP; }
static bool fail_mremap(mica_os_call_t call) { return call == MICA_OS_MREMAP; }

Test(limit, what_cannot_be_purged_is_in_the_way) {
  mica_purge(0);
  limit_by(100);
  cr_assert(claim_only(&held, 60, 0));
  give_all(&held, true);
  const figures_t before = figures();
  mica_os_set_fault(fail_to_purge);
  const bool got = claim_only(&held, 64, 0);
  mica_os_set_fault(NULL);
  REQUIRE(!got, "64 slices, and 60 dirty ones");
  same_figures(before, "refused");
  cr_assert(mica_limit_refused(NULL, NULL, NULL));
  cr_assert(claim_only(&held, 64, 0));
}

Test(limit, another_reason_is_not_the_limit) {
  limit_by(100000);
  cr_assert_not(claim_only(&held, 4032, 0) && claim_only(&held, 4033, 0), "an arena's all");
  const uint32_t number = mica_reserve_memory(4 * MiB, false, false, true);
  claim_all(&held, 1, number);
  cr_assert_not(mica_limit_refused(NULL, NULL, NULL), "the reservation is full, and the limit is far");
  mica_hint_t hint = {.only = 0};
  const figures_t before = figures();
  mica_os_set_fault(fail_mmap);
  const mica_page_t* page = mica_single_make((size_t)600 * MiB, 16, 0, false, &hint);
  mica_os_set_fault(NULL);
  cr_assert_null(page);
  same_figures(before, "no addresses");
  cr_assert_not(mica_limit_refused(NULL, NULL, NULL));
  limit_by(10);
  cr_assert_not(claim_only(&held, 11, 0)); /* the limit: */
  limit_by(100000);
  cr_assert_not(claim_only(&held, 1, number)); /* but not this time */
  cr_assert_not(mica_limit_refused(NULL, NULL, NULL));
  give_all(&held, false);
}

Test(limit, mappings_of_their_own_count) {
  mica_hint_t hint = {.only = 0};
  const figures_t before = figures();
  limit_by((700 * MiB) >> MICA_SLICE_SHIFT);
  cr_assert_null(mica_single_make((size_t)701 * MiB, 16, 0, false, &hint));
  same_figures(before, "too large");
  mica_page_t* page = mica_single_make((size_t)699 * MiB, 16, 0, false, &hint);
  cr_assert_not_null(page);
  cr_assert(mica_single_resize(page, (size_t)600 * MiB)); /* so there are addresses to grow to */
  const size_t used = mica_limit_used() - before.charged;
  REQUIRE(used >= (size_t)600 * MiB && used <= (size_t)600 * MiB + 2 * MICA_SLICE, "%zu bytes are charged", used);
  cr_assert_null(mica_single_make((size_t)300 * MiB, 16, 0, false, &hint));
  cr_assert_null(mica_single_make(101 * MiB, 16, 0, false, &hint));
  cr_assert_not(mica_single_resize(page, (size_t)701 * MiB), "grown over the limit");
  cr_assert(mica_limit_refused(NULL, NULL, NULL));
  cr_assert(mica_single_resize(page, (size_t)699 * MiB));
  cr_assert_eq(mica_limit_used() - before.charged, used + 99 * MiB);
  mica_os_set_fault(fail_mremap);
  limit_by(100000);
  const bool grown = mica_single_resize(page, (size_t)900 * MiB);
  mica_os_set_fault(NULL);
  REQUIRE(!grown && mica_limit_used() - before.charged == used + 99 * MiB, "charged, and not grown");
  cr_assert(mica_single_resize(page, (size_t)400 * MiB));
  cr_assert_eq(mica_limit_used() - before.charged, used - 200 * MiB);
  mica_single_give(page);
  same_figures(before, "in the end");
}

Test(limit, growing_in_place_and_moving_count) {
  mica_hint_t hint = {.only = 0};
  mica_page_t* const first = mica_single_make(10 * MiB, 16, 0, false, &hint); /* over what a fork makes two mappings */
  const size_t start = mica_limit_used();
  mica_page_t* page = mica_single_make(10 * MiB, 16, 0, false, &hint);
  REQUIRE(first != NULL && page != NULL, "no memory");
  const size_t used = mica_limit_used();
  limit_by(80);
  const figures_t before = figures();
  cr_assert_not(mica_single_resize(page, 16 * MiB), "grown over the limit");
  cr_assert(mica_limit_refused(NULL, NULL, NULL));
  cr_assert_null(mica_single_move(page, 16 * MiB, &hint, NULL), "moved over the limit");
  same_figures(before, "refused");
  const bool grown = mica_single_resize(page, 14 * MiB);
  REQUIRE(grown || SANITIZED, "not grown"); /* a sanitizer may have the addresses behind it */
  cr_assert_eq(mica_limit_used(), used + (grown ? 4U : 0U) * MiB);
  cr_assert(mica_single_resize(page, 5 * MiB));
  cr_assert_eq(mica_limit_used(), used - 5 * MiB);
  limit_by(160);
  page = mica_single_move(page, 9 * MiB, &hint, NULL);
  REQUIRE(page != NULL && mica_limit_used() == used - MiB, "the old place is still charged");
  mica_single_give(page);
  cr_assert_eq(mica_limit_used(), start);
  mica_single_give(first);
}

Test(limit, a_lower_one_waits_for_frees) {
  cr_assert(claim_only(&held, 200, 0));
  cr_assert(claim_only(&held, 60, 0));
  cr_assert(claim_only(&held, 30, 0));
  give_to(&held, 2, true);
  cr_assert_geq(mica_slices_dirty(), 30);
  mi_process_set_limit(mica_limit_used() - 100 * MICA_SLICE);
  cr_assert_eq(mica_slices_dirty(), 0, "no room for dirty slices");
  cr_assert_not(claim_only(&held, 1, 0));
  give_to(&held, 1, true);
  cr_assert_not(claim_only(&held, 1, 0), "60 given back, 100 too many");
  give_to(&held, 0, true);
  cr_assert(claim_only(&held, 160, 0));
  cr_assert_not(claim_only(&held, 1, 0));
  mi_process_set_limit(0);
  cr_assert(claim_only(&held, 1000, 0));
  give_all(&held, false);
}

Test(limit, reserved_memory_counts_when_it_is_used) {
  const uint32_t number = mica_reserve_memory(64 * MiB, false, false, true);
  char* base = map_at(free_windows(1), 64 * MiB, PROT_READ | PROT_WRITE);
  mi_arena_id_t id = NULL;
  cr_assert(mi_manage_os_memory_ex(base, 64 * MiB, true, true, true, -1, true, &id));
  const uint32_t pinned = mica_reserve_number(id);
  limit_by(500);
  claim_all(&held, 10, pinned);
  cr_assert_eq(held.slices, 500);
  give_all(&held, true); /* what is pinned is not dirty: */
  const int64_t dirty = mica_slices_dirty();
  claim_all(&held, 10, number);
  cr_assert_eq(held.slices, 500);
  cr_assert_leq(mica_slices_dirty(), dirty);
  give_all(&held, true);
}

/* ---- four threads ---- */

enum { THREADS = 4, ROUNDS = 20000, MOST = 2000, DEDICATED = 200 };
static _Atomic(int64_t) handed; /* what the threads hold, by their own count: up after a claim, down before a release */
static _Atomic(int64_t) most_handed, refusals, wrong;
static int64_t allowed, charged_before;
static _Atomic(bool) over;

static void add(int64_t slices) {
  const int64_t now = atomic_fetch_add_explicit(&handed, slices, memory_order_relaxed) + slices;
  int64_t most = atomic_load_explicit(&most_handed, memory_order_relaxed);
  while (now > most &&
         !atomic_compare_exchange_weak_explicit(&most_handed, &most, now, memory_order_relaxed, memory_order_relaxed))
    continue;
  if (now > allowed) atomic_fetch_add_explicit(&wrong, 1, memory_order_relaxed);
}

static void* claims_and_releases(void* arg) {
  mica_run_t runs[DEDICATED];
  unsigned n = 0;
  uint64_t random = 77 + (uint64_t)(uintptr_t)arg;
  mica_hint_t hint = {.only = 0};
  for (int i = 0; i < ROUNDS; i++) {
    if (n < DEDICATED && random_below(&random, 100) < 60 &&
        mica_run_claim(&runs[n], 1 + (unsigned)random_below(&random, random_below(&random, 20) == 0 ? 150 : 20), false,
                       &hint)) {
      add(runs[n].count);
      mica_slice_address(runs[n].arena, runs[n].first)[0] = 1;
      n++;
    } else if (n != 0) {
      if (mica_limit_refused(NULL, NULL, NULL)) atomic_fetch_add_explicit(&refusals, 1, memory_order_relaxed);
      const size_t at = random_below(&random, n);
      add(-(int64_t)runs[at].count);
      runs[at].clean = false;
      mica_run_release(&runs[at]);
      runs[at] = runs[--n];
    }
  }
  for (; n != 0; n--) {
    runs[n - 1].clean = false;
    add(-(int64_t)runs[n - 1].count);
    mica_run_release(&runs[n - 1]);
  }
  return NULL;
}

/* Looks at the library's own count. */
static void* looks(void* arg) {
  while (!atomic_load_explicit(&over, memory_order_relaxed))
    if (used_slices() > charged_before + allowed || used_slices() < charged_before)
      atomic_fetch_add_explicit(&wrong, 1, memory_order_relaxed);
  return arg;
}

Test(limit, four_threads_never_exceed_it_and_nothing_is_lost) {
  pthread_t threads[THREADS], looker;
  const figures_t before = figures();
  allowed = MOST;
  charged_before = used_slices();
  limit_by(MOST);
  const size_t limit = mi_process_get_limit();
  cr_assert_eq(pthread_create(&looker, NULL, looks, NULL), 0);
  for (uintptr_t i = 0; i < THREADS; i++)
    cr_assert_eq(pthread_create(&threads[i], NULL, claims_and_releases, (void*)i), 0);
  for (unsigned i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
  atomic_store_explicit(&over, true, memory_order_relaxed);
  pthread_join(looker, NULL);
  const int64_t most = atomic_load_explicit(&most_handed, memory_order_relaxed);
  cr_assert_eq(atomic_load_explicit(&wrong, memory_order_relaxed), 0, "more than the limit was handed out");
  cr_assert_gt(atomic_load_explicit(&refusals, memory_order_relaxed), 100);
  cr_assert_gt(most, MOST * 95 / 100, "only %ld of %d slices were ever handed out", (long)most, MOST);
  REQUIRE(used_slices() - charged_before == mica_slices_used() - before.used, "%ld slices are charged, %ld are used",
          (long)(used_slices() - charged_before), (long)(mica_slices_used() - before.used));
  cr_assert_leq((size_t)(used_slices() + mica_slices_dirty()) << MICA_SLICE_SHIFT, limit);
  const int64_t rest = (int64_t)((limit - mica_limit_used()) >> MICA_SLICE_SHIFT);
  claim_all(&held, 1, 0);
  cr_assert_eq(held.slices, rest, "%ld of %ld slices can be had in the end", (long)held.slices, (long)rest);
}

/* The word alone, by four threads that do nothing else. */
enum { CHARGES = 3000000, WORD_MOST = 7 };
static _Atomic(int64_t) word;
static _Atomic(int) begun;
static void* charges(void* arg) {
  int64_t mine = 0;
  atomic_fetch_add_explicit(&begun, 1, memory_order_relaxed);
  while (atomic_load_explicit(&begun, memory_order_relaxed) < THREADS) sched_yield();
  for (int i = 0; i < CHARGES; i++) {
    const int64_t n = 1 + i % 3;
    if (lm_charge(&word, n, i % 16 == 0 ? WORD_MOST - 2 : WORD_MOST)) mine += n;
    if (lm_charged(&word) > WORD_MOST || lm_charged(&word) < 0)
      atomic_fetch_add_explicit(&wrong, 1, memory_order_relaxed);
    if (mine > 2) {
      lm_discharge(&word, mine);
      mine = 0;
    }
  }
  lm_discharge(&word, mine);
  return arg;
}

Test(limit, its_word_counts_exactly) {
  pthread_t threads[THREADS];
  for (unsigned i = 0; i < THREADS; i++) cr_assert_eq(pthread_create(&threads[i], NULL, charges, NULL), 0);
  for (unsigned i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
  cr_assert_eq(lm_charged(&word), 0, "%ld are left", (long)lm_charged(&word));
  cr_assert_eq(atomic_load_explicit(&wrong, memory_order_relaxed), 0, "more than the limit");
  cr_assert(lm_charge(&word, INT64_MAX / 2, LM_NONE) && lm_charge(&word, 1, LM_NONE));
  cr_assert_not(lm_charge(&word, 1, INT64_MAX / 2));
}

/* Each takes all that it can get: together it is all there is, to the slice. */
static _Atomic(int64_t) together;
static void* takes_all(void* arg) {
  static mica_run_t runs[THREADS][MOST];
  mica_run_t* mine = runs[(uintptr_t)arg];
  mica_hint_t hint = {.only = 0};
  unsigned n = 0;
  while (mica_run_claim(&mine[n], 1, false, &hint)) n++;
  atomic_fetch_add_explicit(&together, (int64_t)n, memory_order_relaxed);
  return NULL;
}

Test(limit, four_threads_get_all_of_it) {
  pthread_t threads[THREADS];
  limit_by(MOST);
  const int64_t rest = (int64_t)((mi_process_get_limit() - mica_limit_used()) >> MICA_SLICE_SHIFT);
  for (uintptr_t i = 0; i < THREADS; i++) cr_assert_eq(pthread_create(&threads[i], NULL, takes_all, (void*)i), 0);
  for (unsigned i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
  const int64_t got = atomic_load_explicit(&together, memory_order_relaxed);
  REQUIRE(got <= rest && got >= rest - 4, "%ld of %ld slices", (long)got, (long)rest); /* the threads' own needs */
  cr_assert_eq(used_slices(), (int64_t)(mi_process_get_limit() >> MICA_SLICE_SHIFT));
}
