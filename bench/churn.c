/* churn.c -- random free/malloc pairs over a constant live volume.
 *
 * usage: churn [LIVE_MIB [THREADS [PAIRS]]]         default 10 1 10000000
 * LIVE_MIB MiB are live in the whole process, divided among the threads; each has its own slots and no other's.
 * A pair frees a random slot's block and puts a new one of 16 to 1,039 bytes there. PAIRS per thread are timed after a
 * warm-up that replaces every block about ten times, so that the heap has the shape it keeps. */
#include "measure.h"

#include <pthread.h>

enum { SMALLEST = 16, SIZES = 1024, AVERAGE = SMALLEST + SIZES / 2, MOST_THREADS = 64 };

struct worker {
  char** slots;
  size_t count;
  size_t pairs;
  uint64_t random;
  double seconds;
};

static pthread_barrier_t together;

static size_t random_size(uint64_t word) { return SMALLEST + (size_t)(word & (SIZES - 1)); }

static void replace(struct worker* w, size_t pairs) {
  for (size_t i = 0; i < pairs; i++) {
    uint64_t word = random_next(&w->random);
    char** slot = &w->slots[random_below(word, w->count)];
    free(*slot);
    *slot = block_new(random_size(word));
  }
}

static void* work(void* argument_of_thread) {
  struct worker* w = argument_of_thread;
  for (size_t i = 0; i < w->count; i++) w->slots[i] = block_new(random_size(random_next(&w->random)));
  replace(w, 10 * w->count > 1000000 ? 10 * w->count : 1000000);
  pthread_barrier_wait(&together);
  double start = wall_seconds();
  replace(w, w->pairs);
  w->seconds = wall_seconds() - start;
  pthread_barrier_wait(&together);
  return NULL;
}

int main(int argc, char** argv) {
  size_t live_mib = argument(argc, argv, 1, 10);
  size_t threads = argument(argc, argv, 2, 1);
  size_t pairs = argument(argc, argv, 3, 10000000);
  if (live_mib == 0 || pairs == 0 || threads == 0 || threads > MOST_THREADS) give_up("arguments");
  static struct worker workers[MOST_THREADS];
  pthread_t ids[MOST_THREADS];
  pthread_barrier_init(&together, NULL, (unsigned)threads);
  for (size_t t = 0; t < threads; t++) {
    size_t count = (live_mib << 20) / AVERAGE / threads;
    workers[t] = (struct worker){table_new(count, sizeof(char*)), count, pairs, random_seed(t), 0};
  }
  /* The first worker is the main thread: with one thread the program really has only one. */
  for (size_t t = 1; t < threads; t++) {
    if (pthread_create(&ids[t], NULL, work, &workers[t]) != 0) give_up("pthread_create");
  }
  work(&workers[0]);
  double slowest = workers[0].seconds;
  for (size_t t = 1; t < threads; t++) {
    pthread_join(ids[t], NULL);
    if (workers[t].seconds > slowest) slowest = workers[t].seconds;
  }
  say("time=%.2f peak_kib=%zu faults=%ld\n", slowest * 1e9 / (double)pairs, peak_kib(), page_faults());
  return 0;
}
