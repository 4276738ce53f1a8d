/* storm.c -- threads that come and go: each starts, gets one block, gives it back and ends.
 *
 * usage: storm [AT_A_TIME [THREADS]]         default 1 30000
 * AT_A_TIME threads are started, then joined in the same order, until there have been THREADS, a multiple of AT_A_TIME.
 * Sizes are uniform from 16 to 1,039 bytes. Every thread leaves a sign that it has run; the
 * block is gone before anything could befall its content, so that is not checked.
 * `time` is microseconds of wall time per thread. */
#include BENCH_BLOCKS

#include <pthread.h>

enum { SMALLEST = 16, SIZES = 1024, MOST_AT_A_TIME = 64 };

static void* once(void* number_of_thread) {
  size_t number = *(const size_t*)number_of_thread;
  uint64_t random = random_seed(number);
  block_release(block_get(SMALLEST + random_below(random_next(&random), SIZES)));
  *(size_t*)number_of_thread = ~number;
  return NULL;
}

int main(int argc, char** argv) {
  size_t at_a_time = argument(argc, argv, 1, 1);
  size_t threads = argument(argc, argv, 2, 30000);
  pthread_t ids[MOST_AT_A_TIME];
  size_t numbers[MOST_AT_A_TIME];
  if (at_a_time == 0 || at_a_time > MOST_AT_A_TIME || threads == 0 || threads % at_a_time != 0) give_up("arguments");
  blocks_begin(SMALLEST + SIZES, 1);
  struct measured begun = measured_begin();
  for (size_t done = 0; done < threads; done += at_a_time) {
    for (size_t i = 0; i < at_a_time; i++) {
      numbers[i] = done + i;
      if (pthread_create(&ids[i], NULL, once, &numbers[i]) != 0) give_up("pthread_create");
    }
    for (size_t i = 0; i < at_a_time; i++) {
      if (pthread_join(ids[i], NULL) != 0 || numbers[i] != ~(done + i)) give_up("a thread has not run");
    }
  }
  report_wall(&begun, 1e6 / (double)threads);
  return 0;
}
