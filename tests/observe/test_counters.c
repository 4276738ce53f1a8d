/* test_counters.c -- counters: sums over the shards, from one thread and from many; peaks; beginning again. */
#include "observe/counters.h"
#include "observe/process.h"
#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/errno_mark.h"

enum { THREADS = 16, ROUNDS = 20000 };

Test(stats, a_counter_adds_up) {
  const uint64_t before = mica_counted(MICA_COUNTER_MREMAP);
  mica_count(MICA_COUNTER_MREMAP, 1);
  mica_count(MICA_COUNTER_MREMAP, 41);
  mica_count(MICA_COUNTER_MREMAP, (uint64_t)1 << 40);
  cr_assert_eq(mica_counted(MICA_COUNTER_MREMAP) - before, ((uint64_t)1 << 40) + 42);
}

Test(stats, counters_are_separate) {
  uint64_t before[MICA_COUNTER_COUNT];
  for (int i = 0; i < MICA_COUNTER_COUNT; i++) before[i] = mica_counted((mica_counter_t)i);
  for (int i = 0; i < MICA_COUNTER_COUNT; i++) mica_count((mica_counter_t)i, (uint64_t)i + 1);
  for (int i = 0; i < MICA_COUNTER_COUNT; i++) {
    cr_assert_eq(mica_counted((mica_counter_t)i) - before[i], (uint64_t)i + 1, "counter %d", i);
  }
}

static void* count_up(void* arg) {
  for (int i = 0; i < ROUNDS; i++) mica_count(MICA_COUNTER_MREMAP, 3);
  return arg;
}

Test(stats, no_count_of_many_threads_is_lost) {
  const uint64_t before = mica_counted(MICA_COUNTER_MREMAP);
  pthread_t threads[THREADS];
  for (int i = 0; i < THREADS; i++) cr_assert_eq(pthread_create(&threads[i], NULL, count_up, NULL), 0);
  for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
  cr_assert_eq(mica_counted(MICA_COUNTER_MREMAP) - before, (uint64_t)3 * THREADS * ROUNDS);
}

Test(stats, a_peak_is_the_largest_value_told) {
  mica_counters_restart();
  cr_assert_eq(mica_peak(MICA_PEAK_RESERVED, 5), 5);
  cr_assert_eq(mica_peak(MICA_PEAK_RESERVED, 3), 5);
  cr_assert_eq(mica_peak(MICA_PEAK_RESERVED, (int64_t)1 << 40), (int64_t)1 << 40);
  cr_assert_eq(mica_peak(MICA_PEAK_RESERVED, 0), (int64_t)1 << 40);
  for (int i = MICA_PEAK_RESERVED + 1; i < MICA_PEAK_COUNT; i++)
    cr_assert_eq(mica_peak((mica_peak_t)i, 0), 0, "peak %d is another one", i);
}

static pthread_barrier_t start;

/* Raises the peak by one, again and again; it must never be seen lower than before. */
static void* raise_peak(void* arg) {
  int64_t last = 0;
  pthread_barrier_wait(&start);
  for (int i = 0; i < 50 * ROUNDS; i++) {
    const int64_t notified = mica_peak(MICA_PEAK_THREADS, last + 1), seen = mica_peak(MICA_PEAK_THREADS, 0);
    if (notified < last + 1 || seen < notified)
      cr_assert_fail("%ld, then %ld, then %ld", (long)last, (long)notified, (long)seen);
    last = seen;
  }
  return arg;
}

Test(stats, a_peak_that_many_threads_raise_never_sinks) {
  enum { RAISERS = 4 };
  pthread_t threads[RAISERS];
  mica_counters_restart();
  pthread_barrier_init(&start, NULL, RAISERS);
  for (int i = 0; i < RAISERS; i++) cr_assert_eq(pthread_create(&threads[i], NULL, raise_peak, NULL), 0);
  for (int i = 0; i < RAISERS; i++) pthread_join(threads[i], NULL);
  cr_assert_geq(mica_peak(MICA_PEAK_THREADS, 0), (int64_t)50 * ROUNDS);
}

Test(stats, counts_since_a_restart_begin_at_0) {
  mica_count(MICA_COUNTER_MREMAP, 100);
  const uint64_t all = mica_counted(MICA_COUNTER_MREMAP);
  mica_peak(MICA_PEAK_HEAPS, 77);
  mica_counters_restart();
  cr_assert_eq(mica_counted_since(MICA_COUNTER_MREMAP), (uint64_t)0);
  cr_assert_eq(mica_peak(MICA_PEAK_HEAPS, 0), 0);
  mica_count(MICA_COUNTER_MREMAP, 3);
  cr_assert_eq(mica_counted_since(MICA_COUNTER_MREMAP), (uint64_t)3);
  cr_assert_eq(mica_counted(MICA_COUNTER_MREMAP), all + 3, "the counter itself goes on");
}

Test(stats, process_sees_touched_memory) {
  enum { SIZE = 30 << 20 };
  errno = ERRNO_MARK;
  const mica_process_t before = mica_process();
  cr_assert_eq(errno, ERRNO_MARK);
  cr_assert_gt(before.resident, (size_t)100000);
  cr_assert_geq(before.peak, before.resident);
  char* volatile p = malloc(SIZE);
  memset(p, 1, SIZE);
  const mica_process_t after = mica_process();
  cr_assert_geq(after.resident, before.resident + SIZE * 9 / 10, "%zu, then %zu", before.resident, after.resident);
  cr_assert_geq(after.faults_soft, before.faults_soft);
  free(p);
}
