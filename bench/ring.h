/* ring.h -- a bounded queue of blocks from one thread to one other, and a pair of threads that use it.
 *
 * Blocks travel in groups, a table of blocks in the ring for each, so that the queue costs little beside the allocator: its
 * indices are touched once a group. Waiting is by yielding the processor: this is a measuring program, no part of the
 * product. One producer and one consumer. */
#ifndef MICA_BENCH_RING_H
#define MICA_BENCH_RING_H
#include "measure.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

enum { RING_ENTRIES = 4096, RING_GROUP = 64, RING_SMALLEST = 16, RING_SIZES = 128 };

/* A ring is zeroed but for `group`, the blocks of a group, at most RING_ENTRIES. */
struct ring {
  size_t group;
  _Alignas(128) _Atomic(size_t) sent; /* groups published by the producer */
  size_t room;                        /* the producer's own: groups it may have sent before it looks at `done` again */
  _Alignas(128) _Atomic(size_t) done; /* groups given back by the consumer */
  _Alignas(128) char* entries[RING_ENTRIES];
};

static inline size_t ring_groups(const struct ring* r) { return RING_ENTRIES / r->group; }

/* The table to fill with the next group, for the producer; waits for room. */
static inline char** ring_table(struct ring* r) {
  /* Relaxed: the producer's own figure. */
  size_t sent = atomic_load_explicit(&r->sent, memory_order_relaxed);
  while (sent == r->room) {
    /* Acquire: pairs with the release of ring_done; the table's old entries have been read. */
    r->room = atomic_load_explicit(&r->done, memory_order_acquire) + ring_groups(r);
    if (sent == r->room) sched_yield();
  }
  return &r->entries[sent % ring_groups(r) * r->group];
}

static inline void ring_send(struct ring* r) {
  size_t sent = atomic_load_explicit(&r->sent, memory_order_relaxed);
  /* Release: the consumer sees the table, and the content of the blocks in it. */
  atomic_store_explicit(&r->sent, sent + 1, memory_order_release);
}

/* The oldest group, for the consumer, or NULL if none is there. */
static inline char** ring_receive(struct ring* r) {
  /* Relaxed: the consumer's own figure. */
  size_t done = atomic_load_explicit(&r->done, memory_order_relaxed);
  /* Acquire: pairs with the release of ring_send. */
  if (atomic_load_explicit(&r->sent, memory_order_acquire) == done) return NULL;
  return &r->entries[done % ring_groups(r) * r->group];
}

static inline void ring_done(struct ring* r) {
  size_t done = atomic_load_explicit(&r->done, memory_order_relaxed);
  /* Release: the producer may overwrite the table only after it was read. */
  atomic_store_explicit(&r->done, done + 1, memory_order_release);
}

static inline size_t ring_size(uint64_t* random) { return RING_SMALLEST + (random_next(random) >> 32) % RING_SIZES; }

struct ring_reader {
  struct ring* ring;
  size_t groups;
};

static inline void* ring_consume(void* argument_of_thread) {
  const struct ring_reader* reader = argument_of_thread;
  for (size_t i = 0; i < reader->groups;) {
    char** table = ring_receive(reader->ring);
    if (table == NULL) {
      sched_yield();
      continue;
    }
    for (size_t k = 0; k < RING_GROUP; k++) free(table[k]);
    ring_done(reader->ring);
    i++;
  }
  return NULL;
}

/* malloc `total` blocks here, free them in another thread, at most RING_ENTRIES on the way. Returns wall seconds. */
static inline double ring_run(struct ring* r, size_t total) {
  if (total == 0 || total % RING_GROUP != 0) give_up("the number of blocks must be a multiple of 64");
  r->group = RING_GROUP;
  struct ring_reader reader = {r, total / RING_GROUP};
  pthread_t consumer;
  uint64_t random = random_seed(0);
  double start = wall_seconds();
  if (pthread_create(&consumer, NULL, ring_consume, &reader) != 0) give_up("pthread_create");
  for (size_t i = 0; i < reader.groups; i++) {
    char** table = ring_table(r);
    for (size_t k = 0; k < RING_GROUP; k++) table[k] = block_new(ring_size(&random));
    ring_send(r);
  }
  pthread_join(consumer, NULL);
  return wall_seconds() - start;
}

#endif
