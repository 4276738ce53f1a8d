/* test_thread.c -- heaps and their threads: made on first use, settled at exit, run again by the next thread. */
#include "heap/theap.h"

#include <pthread.h>
#include <stdlib.h>

#include "tests/support/balance.h"
#include "tests/support/pattern.h"
#include "tests/support/require.h"
#include "tests/support/threads.h"

static mica_theap_t* seen;

static void* see_heap(void* arg) {
  mica_free(mica_malloc(10));
  seen = mica_theap_mine();
  return arg;
}

Test(heap_thread, a_heap_is_run_again_by_the_next_thread) {
  mica_free(mica_malloc(1));
  run_thread(see_heap, NULL);
  mica_theap_t* const first = seen;
  const uint64_t heaps = mica_counted(MICA_COUNTER_THEAPS);
  const int64_t running = difference(MICA_COUNTER_THREADS_BORN, MICA_COUNTER_THREADS_GONE);
  for (int i = 0; i < 100; i++) {
    run_thread(see_heap, NULL);
    cr_assert_eq(seen, first);
    cr_assert_neq(seen, mica_theap_mine());
  }
  cr_assert_eq(mica_counted(MICA_COUNTER_THEAPS), heaps);
  cr_assert_eq(difference(MICA_COUNTER_THREADS_BORN, MICA_COUNTER_THREADS_GONE), running);
}

Test(heap_thread, an_idle_theap_has_nothing) {
  run_thread(see_heap, NULL);
  cr_assert_eq(seen->owned_bytes, (size_t)0);
  cr_assert_eq(seen->full_bytes, (size_t)0);
  cr_assert_eq(seen->kept_bytes, (size_t)0);
  cr_assert_eq(seen->budget_share, (size_t)0);
  cr_assert_eq(seen->thread.outbox_credit, MICA_OUTBOX_BYTES);
  for (unsigned c = 0; c < MICA_CLASSES; c++) {
    const mica_bin_t* s = &seen->bin[c];
    REQUIRE(seen->cache[c].head == NULL && seen->cache[c].left == 0, "class %u: hot blocks", c);
    REQUIRE(s->active == NULL && s->ready == NULL && s->sparse == NULL && s->full == NULL, "class %u: pages", c);
    REQUIRE(mica_outstanding(s) == 0, "class %u: charged", c);
  }
}

static void* do_nothing(void* arg) { return arg; }

Test(heap_thread, a_thread_that_never_allocates_gets_no_heap) {
  run_thread(do_nothing, NULL);
  const uint64_t born = mica_counted(MICA_COUNTER_THREADS_BORN);
  run_thread(do_nothing, NULL);
  cr_assert_eq(mica_counted(MICA_COUNTER_THREADS_BORN), born);
}

enum { THREADS = 10000, EACH = 100 };
static void* left[THREADS][EACH];

static void* leave_blocks(void* arg) {
  void** mine = arg;
  for (unsigned i = 0; i < EACH; i++) {
    const size_t size = 16 + i * 7 % 300;
    mine[i] = mica_malloc(size);
    pattern_set(mine[i], size, 8, i);
  }
  return NULL;
}

Test(heap_thread, blocks_of_10000_short_threads_are_freed_later) {
  run_thread(leave_blocks, left[0]);
  for (unsigned i = 0; i < EACH; i++) mica_free(left[0][i]);
  const in_use_t before = in_use();
  const uint64_t heaps = mica_counted(MICA_COUNTER_THEAPS);
  const int64_t running = difference(MICA_COUNTER_THREADS_BORN, MICA_COUNTER_THREADS_GONE);
  for (unsigned t = 0; t < THREADS; t += 4) {
    pthread_t threads[4];
    for (unsigned k = 0; k < 4; k++)
      REQUIRE(pthread_create(&threads[k], NULL, leave_blocks, left[t + k]) == 0, "no thread");
    for (unsigned k = 0; k < 4; k++) pthread_join(threads[k], NULL);
  }
  const int64_t slices = mica_slices_used() - before.slices;
  REQUIRE(slices < 6000, "%ld slices for 160 MB", (long)slices);
  REQUIRE(mica_counted(MICA_COUNTER_THEAPS) - heaps <= 4, "heaps are not run again");
  for (unsigned t = 0; t < THREADS; t++)
    for (unsigned i = 0; i < EACH; i++) {
      REQUIRE(pattern_kept(left[t][i], 16 + i * 7 % 300, 8, i, true), "thread %u, block %u: overwritten", t, i);
      mica_free(left[t][i]);
    }
  require_back(before);
  cr_assert_eq(difference(MICA_COUNTER_THREADS_BORN, MICA_COUNTER_THREADS_GONE), running);
}

static void* free_everything(void* arg) {
  void** given = arg;
  for (unsigned i = 0; i < EACH; i++) mica_free(given[i]);
  return NULL;
}

Test(heap_thread, a_thread_that_only_frees_frees) {
  const in_use_t before = in_use();
  for (unsigned round = 0; round < 50; round++) {
    leave_blocks(left[0]);
    run_thread(free_everything, left[0]);
  }
  require_back(before);
}

static void* done_and_on(void* arg) {
  char* p = mica_malloc(100);
  pattern_set(p, 100, 1, 1);
  const uint64_t gone = mica_counted(MICA_COUNTER_THREADS_GONE);
  mica_thread_done();
  REQUIRE(mica_counted(MICA_COUNTER_THREADS_GONE) == gone + 1, "the heap was not given back");
  REQUIRE(!mica_theap_is_real(mica_theap_mine()), "still a heap");
  mica_thread_done();
  char* q = mica_malloc(100);
  REQUIRE(q != NULL && q != p && mica_theap_is_real(mica_theap_mine()), "no allocation after mica_thread_done");
  REQUIRE(pattern_kept(p, 100, 1, 1, true), "contents lost");
  mica_free(p);
  mica_free(q);
  return arg;
}

Test(heap_thread, after_thread_done_a_thread_allocates_as_before) {
  const in_use_t before = in_use();
  for (int i = 0; i < 20; i++) run_thread(done_and_on, NULL);
  done_and_on(NULL);
  require_back(before);
}

static void* init_only(void* arg) {
  mica_thread_init();
  REQUIRE(mica_theap_is_real(mica_theap_mine()), "no heap");
  mica_theap_t* const heap = mica_theap_mine();
  mica_thread_init();
  REQUIRE(mica_theap_mine() == heap, "another heap");
  return arg;
}

Test(heap_thread, thread_init_gives_a_heap_once) { run_thread(init_only, NULL); }

static pthread_key_t late_key;
static bool late_called;

/* Runs after mica's own exit hook: called again and again, as long as a round of destructors is left. */
static void late(void* arg) {
  const size_t rounds = (size_t)arg;
  char* p = mica_malloc(200);
  char* large = mica_malloc(1 << 20);
  char* zero = mica_zalloc(3000);
  if (p == NULL || large == NULL || zero == NULL || !all_zero(zero, 3000)) abort();
  memset(p, 1, 200);
  mica_free(mica_realloc(p, 5000));
  mica_free(large);
  mica_free(zero);
  for (unsigned i = 0; i < 10; i++) mica_free(left[1][(rounds - 1) * 10 + i]);
  late_called = true;
  if (rounds > 1) pthread_setspecific(late_key, (void*)(rounds - 1));
}
static void* with_late_destructor(void* arg) {
  mica_free(mica_malloc(1));
  pthread_setspecific(late_key, arg);
  return NULL;
}

Test(heap_thread, late_destructors_allocate_and_free) {
  cr_assert_eq(pthread_key_create(&late_key, late), 0);
  const in_use_t before = in_use();
  leave_blocks(left[1]);
  run_thread(with_late_destructor, (void*)(size_t)4);
  cr_assert(late_called);
  for (unsigned i = 40; i < EACH; i++) mica_free(left[1][i]);
  require_back(before);
}
