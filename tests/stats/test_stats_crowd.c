/* test_stats_crowd.c -- the figures of heaps that many threads have, and those that come and go meanwhile. */
#include <mica.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "heap/alloc.h"
#include "tests/stats/figures.h"
#include "tests/support/random.h"
#include "tests/support/require.h"

enum { SIZE = 2000, LARGE = 100000 };

/* More than the table of usage.c holds. */
enum { CROWD = 160 };
static pthread_barrier_t ready, asked;
static void* stay(void* heap) {
  void* p[4] = {mi_heap_malloc(heap, SIZE), mi_heap_malloc(heap, LARGE), mi_malloc(SIZE), mi_malloc(LARGE)};
  pthread_barrier_wait(&ready);
  pthread_barrier_wait(&asked);
  for (int i = 0; i < 4; i++) mi_free(p[i]);
  return NULL;
}

Test(figures_crowd, pages_of_a_crowd_of_threads) {
  static pthread_t threads[CROWD];
  const mi_stats_t main_before = figures_of(NULL), before = figures(); /* there may be other heaps */
  mi_heap_t* heap = mi_heap_new();
  pthread_barrier_init(&ready, NULL, CROWD + 1);
  pthread_barrier_init(&asked, NULL, CROWD + 1);
  for (int i = 0; i < CROWD; i++) REQUIRE(pthread_create(&threads[i], NULL, stay, heap) == 0, "thread %d", i);
  pthread_barrier_wait(&ready);
  const mi_stats_t one = figures_of(heap), rest = figures_of(NULL), all = figures();
  pthread_barrier_wait(&asked);
  for (int i = 0; i < CROWD; i++) pthread_join(threads[i], NULL);
  REQUIRE(one.pages.current == 2 * CROWD && large(&one) == CROWD, "%ld pages of the heap", (long)one.pages.current);
  REQUIRE(rest.pages.current >= 2 * CROWD && large(&rest) >= CROWD, "%ld pages of the main heap",
          (long)rest.pages.current);
  const int64_t pages = before.pages.current - main_before.pages.current;
  REQUIRE(all.pages.current - rest.pages.current == one.pages.current + pages, "%ld pages in all",
          (long)all.pages.current);
  REQUIRE(shared(&all) - shared(&rest) == shared(&one) + shared(&before) - shared(&main_before), "%ld blocks in all",
          (long)shared(&all));
  const int64_t bytes = before.malloc_huge.current - main_before.malloc_huge.current;
  REQUIRE(all.malloc_huge.current - rest.malloc_huge.current == one.malloc_huge.current + bytes, "large bytes");
  REQUIRE(all.threads.current >= CROWD && all.threads.peak >= CROWD, "%ld threads", (long)all.threads.current);
  mi_heap_destroy(heap);
}

static _Atomic(bool) stop;
static mi_heap_t* meeting;

/* Makes heaps and ends them; allocates in a heap that all threads have, too. */
static void* heaps_come_and_go(void* arg) {
  uint64_t random = (uintptr_t)arg;
  void* mine[50] = {0};
  while (!atomic_load_explicit(&stop, memory_order_relaxed)) {
    mi_heap_t* heap = mi_heap_new();
    void* p[40];
    for (int i = 0; i < 40; i++) p[i] = mi_heap_malloc(heap, random_below(&random, i == 0 ? 300000 : 3000));
    for (int i = 0; i < 50; i++) {
      mi_free(mine[i]);
      mine[i] = mi_heap_malloc(meeting, random_below(&random, i == 0 ? 300000 : 3000));
    }
    if (random_below(&random, 2) == 0) {
      mi_heap_destroy(heap);
      continue;
    }
    mi_heap_delete(heap);
    for (int i = 0; i < 40; i++) mi_free(p[i]);
  }
  for (int i = 0; i < 50; i++) mi_free(mine[i]);
  return NULL;
}

static void silent(const char* line, void* arg) { (void)line, (void)arg; }

enum { THREADS = 3 };
static void ask_while_heaps_come_and_go(int questions) {
  pthread_t threads[THREADS];
  meeting = mi_heap_new();
  atomic_store_explicit(&stop, false, memory_order_relaxed);
  for (uintptr_t i = 0; i < THREADS; i++)
    REQUIRE(pthread_create(&threads[i], NULL, heaps_come_and_go, (void*)(i + 1)) == 0, "thread");
  for (int i = 0; i < questions; i++) {
    const mi_stats_t one = figures_of(meeting), rest = figures_of(NULL), all = figures_of_subproc(mi_subproc_main());
    REQUIRE(one.malloc_normal.current >= 0 && one.malloc_huge.current >= 0, "the heap");
    REQUIRE(rest.malloc_normal.current >= 0 && rest.malloc_huge.current >= 0, "the main heap");
    REQUIRE(all.pages.current >= 0, "all");
    mi_subproc_heap_stats_print_out(mi_subproc_main(), silent, NULL);
  }
  atomic_store_explicit(&stop, true, memory_order_relaxed);
  for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
  mi_heap_destroy(meeting);
  mica_collect(true);
}

Test(figures_crowd, questions_while_heaps_come_and_go) {
  ask_while_heaps_come_and_go(1); /* what the C library allocates for threads, it keeps */
  const mi_stats_t before = figures();
  ask_while_heaps_come_and_go(50);
  const mi_stats_t after = figures();
  REQUIRE(shared(&after) == shared(&before), "%ld blocks are left", (long)(shared(&after) - shared(&before)));
  REQUIRE(large(&after) == large(&before), "%ld large blocks are left", (long)(large(&after) - large(&before)));
  REQUIRE(after.malloc_huge.current == before.malloc_huge.current, "large bytes are left");
  REQUIRE(after.pages.current == before.pages.current, "pages are left");
}
