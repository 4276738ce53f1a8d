/* ring.h -- a bounded queue of blocks from one thread to one other, and the pair of threads that use it.
 *
 * The indices are published in batches, so that the queue costs little beside the allocator. Waiting is by yielding the
 * processor: this is a measuring program, no part of the product. One producer and one consumer. */
#ifndef MICA_BENCH_RING_H
#define MICA_BENCH_RING_H
#include "measure.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

enum { RING_ENTRIES = 4096, RING_BATCH = 64, RING_SMALLEST = 16, RING_SIZES = 128 };

struct ring {
  _Alignas(128) _Atomic(size_t) written; /* entries published by the producer */
  _Alignas(128) _Atomic(size_t) taken;   /* entries given back by the consumer */
  _Alignas(128) char* entries[RING_ENTRIES];
  size_t total;
};

static inline void* ring_consume(void* argument_of_thread) {
  struct ring* r = argument_of_thread;
  size_t taken = 0;
  while (taken < r->total) {
    size_t written = atomic_load_explicit(&r->written, memory_order_acquire); /* pairs with the producer's release */
    if (written == taken) {
      sched_yield();
      continue;
    }
    while (taken < written) {
      free(r->entries[taken % RING_ENTRIES]);
      taken++;
      /* Release: the producer may overwrite the entries only after they were read. */
      if (taken % RING_BATCH == 0) atomic_store_explicit(&r->taken, taken, memory_order_release);
    }
  }
  return NULL;
}

/* Allocate `total` blocks here, free them in another thread, at most RING_ENTRIES on the way. Returns wall seconds. */
static inline double ring_run(struct ring* r, size_t total) {
  if (total == 0 || total % RING_BATCH != 0) give_up("the number of blocks must be a multiple of 64");
  r->total = total;
  pthread_t consumer;
  uint64_t random = random_seed(0);
  double start = wall_seconds();
  if (pthread_create(&consumer, NULL, ring_consume, r) != 0) give_up("pthread_create");
  size_t room = RING_ENTRIES;
  for (size_t written = 0; written < total;) {
    while (written == room) {
      /* Acquire: pairs with the consumer's release of the entries that are about to be overwritten. */
      room = atomic_load_explicit(&r->taken, memory_order_acquire) + RING_ENTRIES;
      if (written == room) sched_yield();
    }
    r->entries[written % RING_ENTRIES] = block_new(RING_SMALLEST + (random_next(&random) >> 32) % RING_SIZES);
    written++;
    /* Release: the consumer sees the entries, and the blocks' content, of all that is published. */
    if (written % RING_BATCH == 0) atomic_store_explicit(&r->written, written, memory_order_release);
  }
  pthread_join(consumer, NULL);
  return wall_seconds() - start;
}

#endif
