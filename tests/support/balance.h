/* balance.h -- what is in use when all is collected, and that it is the same again later. */
#ifndef MICA_TESTS_BALANCE_H
#define MICA_TESTS_BALANCE_H
#include <pthread.h>

#include "heap/alloc.h"
#include "heap/fast.h"
#include "observe/counters.h"
#include "tests/support/require.h"

typedef struct in_use_s {
  int64_t slices, pages, large, windows;
} in_use_t;

static inline int64_t difference(mica_counter_t born, mica_counter_t gone) {
  const int64_t back = (int64_t)mica_counted(gone);
  return (int64_t)mica_counted(born) - back;
}
static inline void* wait_for_all(void* together) {
  pthread_barrier_wait(together);
  return NULL;
}

/* The C library keeps blocks of threads that have ended for the next ones: once so many have been there at the same time. */
static inline void threads_before(void) {
  enum { THREADS = 16 };
  static bool done;
  pthread_t threads[THREADS];
  pthread_barrier_t together;
  if (done) return;
  done = true;
  pthread_barrier_init(&together, NULL, THREADS);
  for (int i = 0; i < THREADS; i++)
    REQUIRE(pthread_create(&threads[i], NULL, wait_for_all, &together) == 0, "no thread");
  for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
  pthread_barrier_destroy(&together);
}

static inline in_use_t in_use(void) {
  threads_before();
  mica_collect(true);
  return (in_use_t){mica_slices_used(), difference(MICA_COUNTER_PAGES_BORN, MICA_COUNTER_PAGES_GONE),
                    difference(MICA_COUNTER_LARGE_BORN, MICA_COUNTER_LARGE_GONE),
                    difference(MICA_COUNTER_WINDOWS_BORN, MICA_COUNTER_WINDOWS_GONE)};
}

/* All that was taken since `before` is back. */
static inline void require_back(in_use_t before) {
  const in_use_t now = in_use();
  REQUIRE(now.slices == before.slices, "%ld slices are not back", (long)(now.slices - before.slices));
  REQUIRE(now.pages == before.pages, "%ld pages are not back", (long)(now.pages - before.pages));
  REQUIRE(now.large == before.large, "%ld large blocks are not back", (long)(now.large - before.large));
  REQUIRE(now.windows == before.windows, "%ld mappings are not back", (long)(now.windows - before.windows));
}

#endif
