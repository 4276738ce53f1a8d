/* test_stats.c -- counters: sums over the shards, from one thread and from many. */
#include <criterion/criterion.h>
#include <errno.h>
#include <observe/process.h>
#include <observe/stats.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { THREADS = 16, ROUNDS = 20000 };

Test(stats, a_counter_adds_up) {
  const uint64_t before = mica_counted(MICA_STAT_MREMAP);
  mica_count(MICA_STAT_MREMAP, 1);
  mica_count(MICA_STAT_MREMAP, 41);
  mica_count(MICA_STAT_MREMAP, (uint64_t)1 << 40);
  cr_assert_eq(mica_counted(MICA_STAT_MREMAP) - before, ((uint64_t)1 << 40) + 42);
}

Test(stats, counters_are_separate) {
  uint64_t before[MICA_STAT_COUNT];
  for (int i = 0; i < MICA_STAT_COUNT; i++) before[i] = mica_counted((mica_stat_t)i);
  for (int i = 0; i < MICA_STAT_COUNT; i++) mica_count((mica_stat_t)i, (uint64_t)i + 1);
  for (int i = 0; i < MICA_STAT_COUNT; i++) {
    cr_assert_eq(mica_counted((mica_stat_t)i) - before[i], (uint64_t)i + 1, "counter %d", i);
  }
}

static void* count_up(void* arg) {
  for (int i = 0; i < ROUNDS; i++) mica_count(MICA_STAT_MREMAP, 3);
  return arg;
}

Test(stats, no_count_of_many_threads_is_lost) {
  const uint64_t before = mica_counted(MICA_STAT_MREMAP);
  pthread_t threads[THREADS];
  for (int i = 0; i < THREADS; i++) cr_assert_eq(pthread_create(&threads[i], NULL, count_up, NULL), 0);
  for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
  cr_assert_eq(mica_counted(MICA_STAT_MREMAP) - before, (uint64_t)3 * THREADS * ROUNDS);
}

Test(stats, process_sees_touched_memory) {
  enum { SIZE = 30 << 20 };
  errno = 4711;
  const mica_process_t before = mica_process();
  cr_assert_eq(errno, 4711);
  cr_assert_gt(before.resident, (size_t)100000);
  cr_assert_geq(before.peak, before.resident);
  char* volatile p = malloc(SIZE);
  memset(p, 1, SIZE);
  const mica_process_t after = mica_process();
  cr_assert_geq(after.resident, before.resident + SIZE * 9 / 10, "%zu, then %zu", before.resident, after.resident);
  cr_assert_geq(after.faults_soft, before.faults_soft);
  free(p);
}
