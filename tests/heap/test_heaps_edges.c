/* test_heaps_edges.c -- first-class heaps at their edges: structures that served another heap before, threads past their end,
 * memory that runs out, and what the program's own functions are told then. */
#include <pthread.h>
#include <sys/resource.h>

#include "heap/first_class/heap.h"
#include "heap/first_class/subheap.h"
#include "tests/support/balance.h"
#include "tests/support/errno_mark.h"
#include "tests/support/heaps.h"
#include "tests/support/pattern.h"
#include "tests/support/require.h"
#include "tests/support/reserved.h"
#include "tests/support/threads.h"

enum { MiB = 1 << 20, SMALL = 64 };

static pthread_barrier_t gate;
static void meet(void) { pthread_barrier_wait(&gate); }

static bool is_of(const mi_heap_t* heap, char* p) {
  const bool is_there = p != NULL && mi_heap_of(p) == heap;
  mi_free(p);
  return is_there;
}

/* ---- a subprocess that ends before its thread ---- */

static mi_subproc_id_t home;
static const mica_theap_t* run_by_exile;

/* Even ways notice it by mi_collect, odd ones by the next heap that they make. */
static void* outlive_home(void* arg) {
  const unsigned way = *(unsigned*)arg;
  mi_subproc_add_current_thread(home);
  char* p = heaps_block(mi_heap_get_default(), SMALL, 1);
  meet(); /* it ends */
  meet();
  if (way % 2 == 0)
    mi_collect(false);
  else
    mi_heap_destroy(heaps_new());
  run_by_exile = mica_theap_mine();
  REQUIRE(mi_subproc_current()._mi_subproc_id == mi_subproc_main()._mi_subproc_id, "the subprocess has gone");
  meet(); /* another thread comes and goes */
  meet();
  heaps_litter(mi_heap_main(), 1);
  REQUIRE(mi_heap_get_default() == mi_heap_main() && is_of(mi_heap_main(), mi_malloc(SMALL)), "of another heap");
  if (way < 2) heaps_verify(p, SMALL, 1);
  return NULL;
}
static void* come_after(void* arg) {
  REQUIRE(is_of(mi_heap_main(), mi_malloc(SMALL)) && mica_theap_mine() != run_by_exile, "two threads run one heap");
  return arg;
}

Test(heaps_edges, a_thread_whose_subprocess_has_gone_goes_on_in_the_main_heap) {
  pthread_barrier_init(&gate, NULL, 2);
  for (unsigned way = 0; way < 4; way++) {
    pthread_t thread;
    home = mi_subproc_new();
    REQUIRE(pthread_create(&thread, NULL, outlive_home, &way) == 0, "no thread");
    meet();
    (way < 2 ? mi_subproc_delete : mi_subproc_destroy)(home);
    meet();
    meet();
    run_thread(come_after, NULL);
    meet();
    pthread_join(thread, NULL);
  }
}

/* ---- what served another heap before ---- */

static mi_heap_t* shared;

static void* litter_and_stay(void* arg) {
  heaps_litter(shared, 1);
  meet();
  meet();
  return arg;
}

/* Blocks that share pages are counted by size in malloc_normal, the others in bin MI_BIN_HUGE. */
static void require_figures(mi_heap_t* heap, int64_t pages, int64_t large) {
  static mi_stats_t s;
  mi_stats_header_init(&s);
  cr_assert(mi_heap_stats_get(heap, &s));
  REQUIRE(s.malloc_normal.current == 0, "%ld bytes of small blocks", (long)s.malloc_normal.current);
  REQUIRE(s.pages.current == pages, "%ld pages", (long)s.pages.current);
  REQUIRE(s.malloc_bins[MI_BIN_HUGE].current == large, "%ld large blocks", (long)s.malloc_bins[MI_BIN_HUGE].current);
}

Test(heaps_edges, figures_of_a_heap_leave_out_what_an_earlier_one_left) {
  pthread_t thread;
  pthread_barrier_init(&gate, NULL, 2);
  shared = heaps_new();
  REQUIRE(pthread_create(&thread, NULL, litter_and_stay, NULL) == 0, "no thread");
  meet();
  mi_heap_delete(shared); /* the thread still has its part */
  mi_heap_t* heap = heaps_new();
  REQUIRE(heap == shared, "in another structure: this test shows nothing");
  require_figures(heap, 0, 0);
  char* p = heaps_block(heap, 2 * MiB, 1);
  require_figures(heap, 1, 1);
  cr_assert_eq(mi_heap_get_used(heap), (size_t)2 * MiB + MICA_SLICE);
  mi_free(p);
  require_figures(heap, 0, 0);
  meet();
  pthread_join(thread, NULL);
}

enum { HEIRLOOMS = 20000, NEW_ONES = 2000 };
static char* heirlooms[HEIRLOOMS];
static mi_arena_id_t arena;

static void* inherit(void* arg) {
  static char* blocks[NEW_ONES];
  mi_free(mi_malloc(SMALL));
  const uintptr_t owner = mica_page_owner(mica_page_find(heirlooms[0]));
  REQUIRE(mica_theap_of(owner & ~(uintptr_t)MICA_MARKS) == mica_theap_mine(), "no heir: this test shows nothing");
  for (unsigned i = 0; i < HEIRLOOMS; i += 2) mi_free(heirlooms[i]);
  for (unsigned i = 0; i < NEW_ONES; i++) {
    blocks[i] = heaps_block(mi_heap_main(), SMALL, i);
    REQUIRE(!mi_arena_contains(arena, blocks[i]), "block %u is in the arena", i);
  }
  for (unsigned i = 0; i < NEW_ONES; i++) mi_free(blocks[i]);
  return arg;
}

Test(heaps_edges, an_exclusive_arena_is_not_used_by_who_inherits_a_deleted_heaps_structure) {
  cr_assert_eq(mi_reserve_os_memory_ex((size_t)64 * MiB, true, false, true, &arena), 0);
  mi_heap_destroy(heaps_new());
  const in_use_t before = in_use();
  mi_heap_t* heap = mi_heap_new_in_arena(arena);
  for (unsigned i = 0; i < HEIRLOOMS; i++) heirlooms[i] = heaps_block(heap, SMALL, i);
  mi_heap_delete(heap);
  run_thread(inherit, NULL);
  for (unsigned i = 1; i < HEIRLOOMS; i += 2) {
    heaps_verify(heirlooms[i], SMALL, i);
    mi_free(heirlooms[i]);
  }
  require_back(before);
}

/* ---- what the program's functions are told, and do ---- */

static mi_heap_t *narrow, *wide;
static unsigned errors, limits, wrong;

static bool can_allocate(void) {
  mi_heap_t* own = mi_heap_new();
  const bool in_own = own != NULL && is_of(own, mi_heap_malloc(own, SMALL));
  mi_heap_destroy(own);
  return in_own && is_of(mi_heap_main(), mi_malloc(SMALL)) && is_of(wide, mi_heap_malloc(wide, SMALL));
}
static void count_error(int err, void* arg) {
  errors++;
  wrong += err != ENOMEM || (arg != NULL && !can_allocate());
}
static void count_limit(mi_heap_t* heap, size_t wanted, size_t used, size_t limit, void* arg) {
  limits++;
  wrong += wanted + used <= limit || (heap != NULL && heap != narrow) || (arg != NULL && !can_allocate());
}
/* If they allocate, they do it in three heaps. */
static void count_all(bool allocate) {
  mi_register_error(count_error, allocate ? &gate : NULL);
  mi_register_limit(count_limit, allocate ? &gate : NULL);
}
static bool notified(unsigned of_errors, unsigned of_limits) {
  const bool is_so = errors == of_errors && limits == of_limits && wrong == 0;
  errors = limits = wrong = 0;
  return is_so;
}

/* The first call may come before mica's own, the second does not. */
static pthread_key_t key;
static void fail_past_the_end(void* arg) {
  if (arg == &key)
    pthread_setspecific(key, &gate);
  else if (!is_of(narrow, mi_heap_malloc(narrow, 10 * MiB)))
    wrong += !is_of(narrow, mi_heap_malloc(narrow, SMALL)) || !can_allocate();
}
static void* end_with_failure(void* arg) {
  mi_free(mi_malloc(1));
  pthread_setspecific(key, &key);
  return arg;
}

Test(heaps_edges, a_function_told_of_a_failure_past_the_threads_end_may_allocate) {
  uint64_t structures = 0;
  mi_heap_destroy(heaps_new());
  const in_use_t before = in_use();
  narrow = heaps_new(), wide = heaps_new();
  REQUIRE(pthread_key_create(&key, fail_past_the_end) == 0, "no key");
  mi_heap_set_limit(narrow, MiB);
  count_all(true);
  for (unsigned i = 0; i < 10; i++) {
    run_thread(end_with_failure, NULL);
    REQUIRE(notified(1, 1), "thread %u: not told once, or not all that it allocated was right", i);
    if (i == 1) structures = mica_counted(MICA_COUNTER_THEAPS);
  }
  REQUIRE(mica_counted(MICA_COUNTER_THEAPS) == structures, "structures are not used again");
  mi_heap_destroy(narrow), mi_heap_destroy(wide);
  require_back(before);
}

/* ---- when memory runs out ---- */

enum { ORPHANED = 3000, ORPHANED_SIZE = 10000 };
static char* orphaned[ORPHANED];

static void* hold_an_orphan(void* arg) {
  for (unsigned i = 0; i < ORPHANED; i++) orphaned[i] = heaps_block(shared, ORPHANED_SIZE, i);
  mi_free(heaps_block(wide, SMALL, 1));
  meet(); /* the heap is deleted, its blocks are freed */
  meet();
  char* p = mi_heap_malloc(wide, 25 * MiB);
  mi_process_set_limit(0);
  REQUIRE(p != NULL && notified(0, 0), "no block, or not at the first attempt");
  return arg;
}

Test(heaps_edges, an_orphans_pages_are_had_back_before_an_allocation_fails) {
  pthread_t thread;
  pthread_barrier_init(&gate, NULL, 2);
  shared = heaps_new(), wide = heaps_new();
  count_all(false);
  REQUIRE(pthread_create(&thread, NULL, hold_an_orphan, NULL) == 0, "no thread");
  meet();
  mi_heap_delete(shared);
  for (unsigned i = 0; i < ORPHANED; i++) {
    heaps_verify(orphaned[i], ORPHANED_SIZE, i);
    mi_free(orphaned[i]);
  }
  mi_collect(true);
  mi_process_set_limit(mica_limit_used() + 10 * MiB);
  meet();
  pthread_join(thread, NULL);
}

static bool shrink(char* p, size_t size, unsigned seed, unsigned* stayed) {
  const size_t less = size / 13;
  errno = ERRNO_MARK;
  char* q = seed % 2 == 0 ? mi_realloc(p, less) : mi_heap_realloc(narrow, p, less);
  *stayed += q == p;
  return q != NULL && errno == ERRNO_MARK && pattern_kept(q, less, heaps_step(size), seed, false);
}

Test(heaps_edges, a_shrink_that_works_tells_no_failure) {
  static const size_t sizes[] = {2000, 40000, 5 * MiB};
  char* blocks[24];
  unsigned stayed = 0, lost = 0;
  narrow = heaps_new();
  for (unsigned i = 0; i < 24; i++) blocks[i] = heaps_block(i % 2 == 0 ? mi_heap_main() : narrow, sizes[i / 8], i);
  count_all(false);
  mi_heap_set_limit(narrow, MICA_SLICE); /* below use, as the next */
  mi_process_set_limit(MICA_SLICE);
  for (unsigned i = 0; i < 24; i++) lost += !shrink(blocks[i], sizes[i / 8], i, &stayed);
  const bool silent = notified(0, 0);
  void *p = mi_malloc(100 * MiB), *q = mi_heap_malloc(narrow, 100 * MiB);
  mi_process_set_limit(0); /* what reports a failure allocates */
  REQUIRE(lost == 0 && stayed >= 8, "%u blocks lost, %u stayed", lost, stayed);
  REQUIRE(silent && p == NULL && q == NULL && notified(2, 2), "told of a shrink, or not of what failed then");
}

Test(heaps_edges, a_refusal_is_told_of_the_call_it_was_for) {
  char* p = heaps_block(mi_heap_main(), 10 * MiB, 1);
  count_all(false);
  for (unsigned i = 0; i < 2; i++) {
    mi_process_set_limit(i == 0 ? mica_limit_used() + MiB : MICA_SLICE);
    const bool refused = i == 0 ? mi_expand(p, 20 * MiB) == NULL : mi_realloc(p, 50000) == p;
    mi_process_set_limit(0);
    REQUIRE(refused && notified(0, 0), "%u: not refused, or told", i);
    REQUIRE(mi_malloc_aligned(16, (size_t)2 << 30) == NULL && notified(1, 0), "%u: told of a limit", i);
  }
}

static bool fail_mmap(mica_os_call_t call) { return call == MICA_OS_MMAP; }

Test(heaps_edges, a_heap_that_cannot_be_made_is_told_as_a_failure) {
  unsigned made = 0;
  count_all(false);
  mica_os_set_fault(fail_mmap);
  while (made < 100000 && mi_heap_new() != NULL) made++;
  mica_os_set_fault(NULL);
  REQUIRE(made < 100000 && notified(1, 0), "%u heaps, and then nothing was told", made);
}

/* From the eleventh on a mapping that holds an aligned window in any case is too large. */
Test(heaps_edges, reservations_succeed_while_there_is_address_space) {
  struct rlimit limit;
  mi_free(mi_malloc(1));
  getrlimit(RLIMIT_AS, &limit);
  limit.rlim_cur = address_space() + (size_t)300 * MiB;
  cr_assert_eq(setrlimit(RLIMIT_AS, &limit), 0);
  for (unsigned i = 0; i < 25; i++) {
    const size_t used = address_space();
    REQUIRE(mi_reserve_os_memory(4 * MiB, false, false) == 0, "reservation %u", i);
    REQUIRE(address_space() - used < 5 * MiB, "reservation %u takes %zu bytes", i, address_space() - used);
  }
}

static void fail(bool force, unsigned long long heartbeat, void* arg) {
  (void)force, (void)heartbeat, (void)arg;
  mi_free(mi_malloc(100 * MiB));
}

Test(heaps_edges, what_a_deferred_function_fails_at_during_a_shrink_is_told) {
  char* blocks[64];
  for (unsigned i = 0; i < 64; i++) blocks[i] = heaps_block(mi_heap_main(), 40000, i);
  count_all(false);
  mi_process_set_limit(MICA_SLICE);
  mi_register_deferred_free(fail, NULL);
  char* p = mi_realloc(blocks[0], 3000);
  mi_register_deferred_free(NULL, NULL);
  const bool once = notified(1, 1);
  mi_process_set_limit(0);
  REQUIRE(p == blocks[0] && once, "not told of that alone");
}
