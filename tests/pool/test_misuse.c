/* test_misuse.c -- debug and secure only: what must not be done with a pool ends the program with one line that says what and
 * where. */
#include "base/track.h"
#include <stdio.h>

#include "tests/pool/pools.h"
#include "tests/support/balance.h"
#include "tests/support/dying.h"
#include "tests/support/require.h"
#include "tests/support/threads.h"

/* What the child does; it must die by it. */
typedef struct mistake_s {
  mi_pool_t* pool;
  mi_pool_group_t* group;
  void* p;
} mistake_t;

/* One line, which begins with the function, names its arguments and says what is wrong. */
static void expect_line(void (*act)(void*), mistake_t m, const char* function, const char* what) {
  char words[1000], pool[40], p[40];
  if (!MICA_EXAMINES) return;
  dying_words(act, &m, words, sizeof words);
  const char* end = strchr(words, '\n');
  cr_assert(strncmp(words, "mica: ", 6) == 0 && end != NULL && end[1] == '\0', "not one line of mica's: \"%s\"", words);
  cr_assert(strncmp(words + 6, function, strlen(function)) == 0 && words[6 + strlen(function)] == '(',
            "\"%s\" does not name %s", words, function);
  snprintf(pool, sizeof pool, "%p", m.group != NULL && m.pool == NULL ? (void*)m.group : (void*)m.pool);
  snprintf(p, sizeof p, "%p", m.p);
  cr_assert(strstr(words, pool) != NULL, "\"%s\" does not name %s", words, pool);
  cr_assert(m.p == NULL || strstr(words, p) != NULL, "\"%s\" does not name %s", words, p);
  cr_assert_not_null(strstr(words, what), "\"%s\" does not say \"%s\"", words, what);
}

static void do_free(void* arg) {
  const mistake_t* m = arg;
  mi_pool_free(m->pool, m->p);
}
static void do_free_large(void* arg) {
  const mistake_t* m = arg;
  mi_pool_free_large(m->pool, m->p);
}
static void do_free_twice(void* arg) {
  do_free(arg);
  do_free(arg);
}
static void do_destroy(void* arg) { mi_pool_destroy(((const mistake_t*)arg)->pool); }
static void do_destroy_twice(void* arg) {
  do_destroy(arg);
  do_destroy(arg);
}
static void do_reset(void* arg) { mi_pool_reset(((const mistake_t*)arg)->pool); }

/* ---- pointers ---- */

static const size_t sizes[] = {0, 1, 16, 100, 3000, 5000, 100000, 5 << 20};
enum { SIZES = sizeof sizes / sizeof sizes[0] };

Test(pool_misuse, a_pointer_of_another_pool) {
  mi_pool_t *pool = pools_new(0), *other = pools_new(0);
  for (unsigned i = 0; i < SIZES; i++) {
    const piece_t piece = pools_piece(other, sizes[i], i);
    expect_line(do_free, (mistake_t){pool, NULL, piece.p}, "mi_pool_free", "not in use in this pool");
    expect_line(do_free_large, (mistake_t){pool, NULL, piece.p}, "mi_pool_free_large", "not in use in this pool");
    if (!MICA_EXAMINES) REQUIRE(!mi_pool_free(pool, piece.p), "freed into another pool");
    pools_free(other, piece);
  }
  mi_pool_destroy(pool);
  mi_pool_destroy(other);
}

Test(pool_misuse, a_pointer_of_no_pool) {
  int local = 0;
  static int global;
  mi_pool_t* pool = pools_new(0);
  void *block = mi_malloc(100), *large = mi_malloc(1 << 20);
  void* const strays[] = {&local, &global, (void*)(uintptr_t)16, (void*)(UINTPTR_MAX - 15), block, large, pool};
  for (unsigned i = 0; i < 7; i++) {
    expect_line(do_free, (mistake_t){pool, NULL, strays[i]}, "mi_pool_free", "not in use in this pool");
    if (!MICA_EXAMINES) REQUIRE(!mi_pool_free(pool, strays[i]), "stray %u was freed", i);
  }
  mi_free(block);
  mi_free(large);
  mi_pool_destroy(pool);
}

Test(pool_misuse, a_pointer_into_a_piece) {
  mi_pool_t* pool = pools_new(0);
  for (unsigned i = 3; i < SIZES; i++) {
    const piece_t piece = pools_piece(pool, sizes[i], i);
    expect_line(do_free, (mistake_t){pool, NULL, piece.p + 16}, "mi_pool_free",
                sizes[i] < 4096 ? "not the start" : "not");
    pools_verify(piece);
  }
  mi_pool_destroy(pool);
}

/* What is behind all that was given out. */
Test(pool_misuse, a_pointer_to_what_was_not_given_out) {
  mi_pool_t* pool = pools_new(0);
  const piece_t piece = pools_piece(pool, 16, 1);
  expect_line(do_free, (mistake_t){pool, NULL, piece.p + 512}, "mi_pool_free", "not in use in this pool");
  mi_pool_destroy(pool);
}

Test(pool_misuse, a_piece_that_was_freed_before) {
  mi_pool_t* pool = pools_new(0);
  pools_piece(pool, 16, 1); /* the block stays in use */
  for (unsigned i = 0; i < SIZES; i++) {
    const piece_t piece = pools_piece(pool, sizes[i], i);
    expect_line(do_free_twice, (mistake_t){pool, NULL, piece.p}, "mi_pool_free",
                sizes[i] < 4096 ? "freed before" : "not in use in this pool");
    pools_verify(piece);
    if (sizes[i] < 4096) continue; /* elsewhere a second free of a large one does nothing */
    pools_free(pool, piece);
    if (!MICA_EXAMINES) REQUIRE(!mi_pool_free(pool, piece.p), "%zu bytes were freed twice", sizes[i]);
  }
  mi_pool_destroy(pool);
}

/* Freed when it was the last one of its block, whose memory is ready to be used again. */
/* What gave it back has unmapped it. */
Test(pool_misuse, large_memory_freed_twice_that_is_unmapped) {
  enum { PIECES = 30, SIZE = 3000000 };
  mi_pool_t* pool = pools_new(0);
  void* pieces[PIECES];
  for (int i = 0; i < PIECES; i++) pieces[i] = mi_pool_alloc(pool, SIZE);
  for (int i = 0; i < PIECES; i++) REQUIRE(mi_pool_free(pool, pieces[i]), "piece %d", i);
  mi_collect(true);
  expect_line(do_free, (mistake_t){pool, NULL, pieces[20]}, "mi_pool_free", "not in use in this pool");
  for (int i = 0; !MICA_EXAMINES && i < PIECES; i++) REQUIRE(!mi_pool_free(pool, pieces[i]), "piece %d, twice", i);
  mi_pool_destroy(pool);
}

Test(pool_misuse, the_last_piece_of_a_block_freed_twice) {
  mi_pool_t* pool = pools_new(0);
  const piece_t piece = pools_piece(pool, 100, 1);
  expect_line(do_free_twice, (mistake_t){pool, NULL, piece.p}, "mi_pool_free", "not in use in this pool");
  mi_pool_destroy(pool);
}

static void* free_it(void* arg) {
  do_free(arg);
  return NULL;
}
static void do_free_in_two_threads(void* arg) {
  run_thread(free_it, arg);
  run_thread(free_it, arg);
}

Test(pool_misuse, a_piece_that_another_thread_freed_before) {
  mi_pool_t* pool = pools_new(0);
  pools_piece(pool, 16, 1);
  for (unsigned i = 0; i < SIZES; i++) {
    const mistake_t m = {pool, NULL, pools_piece(pool, sizes[i], i).p};
    expect_line(do_free_in_two_threads, m, "mi_pool_free",
                sizes[i] < 4096 ? "freed before" : "not in use in this pool");
  }
  mi_pool_destroy(pool);
}

static void do_free_after_reset(void* arg) {
  do_reset(arg);
  do_free(arg);
}

Test(pool_misuse, a_piece_of_before_the_reset) {
  mi_pool_t* pool = pools_new(0);
  for (unsigned i = 0; i < SIZES; i++) {
    const mistake_t m = {pool, NULL, pools_piece(pool, sizes[i], i).p};
    expect_line(do_free_after_reset, m, "mi_pool_free", "not in use in this pool");
  }
  mi_pool_destroy(pool);
}

/* It lies in the middle of another piece now, and what was written in front of it is still there. */
Test(pool_misuse, a_piece_of_before_the_reset_where_another_one_is) {
  mi_pool_t* pool = pools_new(0);
  const piece_t first = pools_piece(pool, 100, 1), old = pools_piece(pool, 100, 2);
  mi_pool_reset(pool);
  const char* p = mi_pool_alloc(pool, 1000);
  REQUIRE(p == first.p && old.p < p + 1000, "the memory is not used again");
  expect_line(do_free, (mistake_t){pool, NULL, old.p}, "mi_pool_free", "not the start of a block in use");
  mi_pool_destroy(pool);
}

/* ---- pools ---- */

static mi_pool_t* ended(void) {
  mi_pool_t* pool = pools_new(0);
  pools_piece(pool, 5000, 1);
  mi_pool_destroy(pool);
  return pool;
}

Test(pool_misuse, a_pool_that_is_destroyed_twice) {
  mi_pool_t* keep = pools_new(0); /* the page stays */
  expect_line(do_destroy_twice, (mistake_t){pools_new(0), NULL, NULL}, "mi_pool_destroy", "not a pool, or destroyed");
  expect_line(do_destroy_twice, (mistake_t){pools_new(100000), NULL, NULL}, "mi_pool_destroy",
              "not a pool, or destroyed");
  mi_pool_destroy(keep);
}

static void do_alloc(void* arg) { (void)!mi_pool_alloc(((const mistake_t*)arg)->pool, 10); }
static void do_unaligned(void* arg) { (void)!mi_pool_alloc_unaligned(((const mistake_t*)arg)->pool, 10); }
static void do_calloc(void* arg) { (void)!mi_pool_calloc(((const mistake_t*)arg)->pool, 10, 10); }
static void do_memalign(void* arg) { (void)!mi_pool_memalign(((const mistake_t*)arg)->pool, 10, 64); }

Test(pool_misuse, a_pool_that_is_used_after_its_end) {
  if (!MICA_EXAMINES) return;
  const mistake_t m = {ended(), NULL, NULL};
  int local[64] = {0};
  expect_line(do_alloc, m, "mi_pool_alloc", "not a pool, or destroyed");
  expect_line(do_unaligned, m, "mi_pool_alloc_unaligned", "not a pool, or destroyed");
  expect_line(do_calloc, m, "mi_pool_calloc", "not a pool, or destroyed");
  expect_line(do_memalign, m, "mi_pool_memalign", "not a pool, or destroyed");
  expect_line(do_reset, m, "mi_pool_reset", "not a pool, or destroyed");
  expect_line(do_free, (mistake_t){m.pool, NULL, NULL}, "mi_pool_free", "not a pool, or destroyed");
  expect_line(do_free_large, (mistake_t){m.pool, NULL, NULL}, "mi_pool_free_large", "not a pool, or destroyed");
  expect_line(do_alloc, (mistake_t){(mi_pool_t*)(void*)local, NULL, NULL}, "mi_pool_alloc", "not a pool");
}

/* Another thread is in the middle of an allocation: mica tells of a heap's limit, and there its pool is ended. */
static void* end_it(void* pool) {
  mi_pool_destroy(pool);
  return NULL;
}
static void* reset_it(void* pool) {
  mi_pool_reset(pool);
  return NULL;
}
static void* (*meanwhile)(void* pool);

static void beyond_limit(mi_heap_t* heap, size_t wanted, size_t used, size_t limit, void* pool) {
  REQUIRE(heap != NULL && wanted + used > limit, "told of %zu bytes, which fit", wanted);
  run_thread(meanwhile, pool);
}
static void do_alloc_beyond_limit(void* arg) {
  const mistake_t* m = arg;
  mi_register_limit(beyond_limit, m->pool);
  (void)!mi_pool_alloc(m->pool, 100000);
}

Test(pool_misuse, a_pool_that_ends_while_another_thread_is_in_a_call) {
  mi_heap_t* heap = mi_heap_new();
  REQUIRE(heap != NULL, "no heap");
  mi_pool_t* pool = mi_pool_create_in(heap, 0);
  mi_heap_set_limit(heap, 1);
  meanwhile = end_it;
  expect_line(do_alloc_beyond_limit, (mistake_t){pool, NULL, NULL}, "mi_pool_destroy",
              "a call with this pool is under way");
  meanwhile = reset_it;
  expect_line(do_alloc_beyond_limit, (mistake_t){pool, NULL, NULL}, "mi_pool_reset",
              "a call with this pool is under way");
  REQUIRE(mi_pool_alloc(pool, 100000) == NULL, "beyond the limit");
  mi_pool_destroy(pool); /* a call that failed is over, too */
  mi_heap_destroy(heap);
}

/* A handler must leave its pool alone. */
static void end_own(void* pool) { mi_pool_destroy(*(mi_pool_t**)pool); }
static void reset_own(void* pool) { mi_pool_reset(*(mi_pool_t**)pool); }

Test(pool_misuse, a_pool_that_its_own_cleanup_ends) {
  for (int i = 0; i < 2; i++) {
    mi_pool_t* pool = pools_new(0);
    mi_pool_cleanup_t* c = mi_pool_cleanup_add(pool, sizeof pool);
    REQUIRE(c != NULL, "no cleanup");
    memcpy(c->data, &pool, sizeof pool);
    c->handler = i == 0 ? end_own : reset_own;
    expect_line(do_destroy, (mistake_t){pool, NULL, NULL}, i == 0 ? "mi_pool_destroy" : "mi_pool_reset", "under way");
    c->handler = NULL;
    mi_pool_destroy(pool);
  }
}

/* Those that tell something, too. */
static void do_get_used(void* arg) { (void)mi_pool_get_used(((const mistake_t*)arg)->pool); }
static void do_get_limit(void* arg) { (void)mi_pool_get_limit(((const mistake_t*)arg)->pool); }
static void do_set_limit(void* arg) { mi_pool_set_limit(((const mistake_t*)arg)->pool, 1); }
static void do_get_data(void* arg) { (void)mi_pool_get_data(((const mistake_t*)arg)->pool); }
static void do_set_data(void* arg) { mi_pool_set_data(((const mistake_t*)arg)->pool, NULL); }
static void do_max(void* arg) { (void)mi_pool_max(((const mistake_t*)arg)->pool); }
static void do_add(void* arg) { (void)!mi_pool_cleanup_add(((const mistake_t*)arg)->pool, 0); }
static void do_first(void* arg) { (void)mi_pool_cleanup_first(((const mistake_t*)arg)->pool); }

Test(pool_misuse, a_pool_that_is_asked_after_its_end) {
  if (!MICA_EXAMINES) return;
  const mistake_t m = {ended(), NULL, NULL};
  expect_line(do_get_used, m, "mi_pool_get_used", "not a pool, or destroyed");
  expect_line(do_get_limit, m, "mi_pool_get_limit", "not a pool, or destroyed");
  expect_line(do_set_limit, m, "mi_pool_set_limit", "not a pool, or destroyed");
  expect_line(do_get_data, m, "mi_pool_get_data", "not a pool, or destroyed");
  expect_line(do_set_data, m, "mi_pool_set_data", "not a pool, or destroyed");
  expect_line(do_max, m, "mi_pool_max", "not a pool, or destroyed");
  expect_line(do_add, m, "mi_pool_cleanup_add", "not a pool, or destroyed");
  expect_line(do_first, m, "mi_pool_cleanup_first", "not a pool, or destroyed");
}

/* What a checker of memory knows: what is not lent is hidden. Only one tells what it knows. */
Test(pool_misuse, a_checker_is_told_what_is_nobodys) {
  mi_pool_t* pool = pools_new(0);
  const void* neighbour = mi_pool_alloc(pool, 16);
  if (MICA_TRACKED)
    for (unsigned i = 2; i < SIZES; i++) {
      const piece_t piece = pools_piece(pool, sizes[i], i);
      REQUIRE(!mica_track_dead(piece.p) && !mica_track_dead(piece.p + sizes[i] - 1), "%zu bytes: hidden", sizes[i]);
      REQUIRE(mica_track_dead(piece.p - 1), "%zu bytes: what is before them is not hidden", sizes[i]);
      REQUIRE(mica_track_dead(piece.p + (sizes[i] | 7) + 1), "%zu bytes: what is behind them is not hidden", sizes[i]);
      pools_free(pool, piece);
      REQUIRE(mica_track_dead(piece.p) && mica_track_dead(piece.p + sizes[i] / 2), "%zu bytes: not hidden", sizes[i]);
      REQUIRE(!mica_track_dead(neighbour), "a piece in use is hidden");
    }
  mi_pool_destroy(pool);
}

/* ---- groups ---- */

static void do_leave(void* arg) {
  const mistake_t* m = arg;
  mi_pool_group_leave(m->group, m->pool);
}
static void do_leave_twice(void* arg) {
  do_leave(arg);
  do_leave(arg);
}
static void do_group_destroy(void* arg) { mi_pool_group_destroy(((const mistake_t*)arg)->group); }

Test(pool_misuse, a_pool_of_a_group_is_ended_by_its_tasks_only) {
  mi_pool_group_t* group = mi_pool_group_create(8);
  mi_pool_t* pool = mi_pool_group_enter(group);
  REQUIRE(pool != NULL, "no pool");
  expect_line(do_destroy, (mistake_t){pool, NULL, NULL}, "mi_pool_destroy", "a group's");
  expect_line(do_reset, (mistake_t){pool, NULL, NULL}, "mi_pool_reset", "a group's");
  mi_pool_group_leave(group, pool);
  mi_pool_group_destroy(group);
}

Test(pool_misuse, a_task_that_leaves_twice) {
  mi_pool_group_t *group = mi_pool_group_create(8), *other = mi_pool_group_create(8);
  mi_pool_t *pool = mi_pool_group_enter(group), *own = pools_new(0);
  REQUIRE(pool != NULL, "no pool");
  expect_line(do_leave_twice, (mistake_t){pool, group, NULL}, "mi_pool_group_leave", "not a pool, or destroyed");
  expect_line(do_leave, (mistake_t){pool, other, NULL}, "mi_pool_group_leave", "no task is in this pool of the group");
  expect_line(do_leave, (mistake_t){own, group, NULL}, "mi_pool_group_leave", "no task is in this pool of the group");
  mi_pool_group_leave(group, pool);
  mi_pool_destroy(own);
  mi_pool_group_destroy(group);
  mi_pool_group_destroy(other);
}

Test(pool_misuse, a_group_that_ends_before_its_tasks) {
  mi_pool_group_t* group = mi_pool_group_create(2);
  mi_pool_t* pools[3];
  for (int i = 0; i < 3; i++) pools[i] = mi_pool_group_enter(group);
  expect_line(do_group_destroy, (mistake_t){NULL, group, NULL}, "mi_pool_group_destroy", "in its pool");
  for (int i = 0; i < 3; i++) mi_pool_group_leave(group, pools[i]);
  mi_pool_group_destroy(group);
}

static void do_group_destroy_twice(void* arg) {
  do_group_destroy(arg);
  do_group_destroy(arg);
}
static void do_enter(void* arg) { (void)!mi_pool_group_enter(((const mistake_t*)arg)->group); }
static void do_group_stat(void* arg) {
  mi_pool_group_stat_t stat;
  mi_pool_group_stat(((const mistake_t*)arg)->group, &stat);
}

Test(pool_misuse, a_group_that_is_used_after_its_end) {
  mi_pool_group_t *keep = mi_pool_group_create(8), *group = mi_pool_group_create(8); /* the page stays */
  const mistake_t m = {NULL, group, NULL};
  expect_line(do_group_destroy_twice, m, "mi_pool_group_destroy", "not a group of pools, or destroyed");
  mi_pool_group_destroy(group);
  expect_line(do_enter, m, "mi_pool_group_enter", "not a group of pools, or destroyed");
  expect_line(do_group_stat, m, "mi_pool_group_stat", "not a group of pools, or destroyed");
  mi_pool_group_destroy(keep);
}

/* Elsewhere their pools are destroyed with it. */
static unsigned cleaned;
static void clean(void* data) { cleaned += data == NULL; }

Test(pool_misuse, a_group_that_ends_before_its_tasks_takes_their_pools_along) {
  if (MICA_EXAMINES) return;
  mi_pool_group_destroy(mi_pool_group_create(1));
  const in_use_t before = in_use();
  mi_pool_group_t* group = mi_pool_group_create(2);
  for (int i = 0; i < 5; i++) {
    mi_pool_t* pool = mi_pool_group_enter(group);
    pools_piece(pool, 10000, 1);
    mi_pool_cleanup_t* c = mi_pool_cleanup_add(pool, 0);
    REQUIRE(c != NULL, "no cleanup");
    c->handler = clean;
  }
  mi_pool_group_destroy(group);
  REQUIRE(cleaned == 5, "%u cleanups ran", cleaned);
  require_back(before);
}
