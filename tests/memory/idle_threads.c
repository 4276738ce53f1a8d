/* idle_threads.c -- many threads, each of which has allocated and freed blocks of 20 size classes, and now waits.
 *
 * usage: idle_threads [BLOCKS_PER_CLASS [THREADS [ALLOWED_MIB]]]         default 1 1000 128
 * The sizes go from 16 bytes to 16 KiB in equal ratios. Measured while every thread is alive, stacks included. */
#include "report.h"

#include <pthread.h>

enum { CLASSES = 20, MOST_BLOCKS = 1000, MOST_THREADS = 4000 };

/* 16 * 1024^(i / 19), rounded to multiples of 16 from the second on; no two equal. */
static const unsigned short sizes[CLASSES] = {16,  32,  48,   64,   80,   112,  144,  208,  304,   432,
                                              624, 896, 1280, 1840, 2656, 3824, 5504, 7920, 11408, 16384};

static size_t blocks_per_class;
static pthread_barrier_t idle, done;

static void* work(void* unused) {
  (void)unused;
  char* blocks[MOST_BLOCKS];
  for (size_t c = 0; c < CLASSES; c++) {
    for (size_t i = 0; i < blocks_per_class; i++) blocks[i] = block_new(sizes[c]);
    for (size_t i = 0; i < blocks_per_class; i++) free(blocks[i]);
  }
  pthread_barrier_wait(&idle);
  pthread_barrier_wait(&done);
  return NULL;
}

int main(int argc, char** argv) {
  blocks_per_class = argument(argc, argv, 1, 1);
  size_t threads = argument(argc, argv, 2, 1000);
  size_t allowed = argument(argc, argv, 3, 128);
  if (blocks_per_class > MOST_BLOCKS || threads == 0 || threads > MOST_THREADS) give_up("arguments");
  static pthread_t ids[MOST_THREADS];
  pthread_barrier_init(&idle, NULL, (unsigned)threads + 1);
  pthread_barrier_init(&done, NULL, (unsigned)threads + 1);
  for (size_t t = 0; t < threads; t++) {
    if (pthread_create(&ids[t], NULL, work, NULL) != 0) give_up("pthread_create");
  }
  pthread_barrier_wait(&idle);
  size_t kib = resident_kib();
  pthread_barrier_wait(&done);
  for (size_t t = 0; t < threads; t++) pthread_join(ids[t], NULL);
  char name[64];
  snprintf(name, sizeof name, "idle-threads/%zu-per-class", blocks_per_class);
  return check_mib(name, kib, allowed);
}
