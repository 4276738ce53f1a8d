/* busy.h -- threads that allocate and free all the time, over a given amount of memory that is alive: for who looks at a
 * process under load, or switches something in it.
 *
 * The blocks stand in one table of all threads: whoever comes to a slot frees what is there, whosever it was. 31 of 32 have
 * 16 to 527 bytes, the others up to 16 KiB. Time is cut into windows, which the main thread begins: each thread keeps for
 * each window how often it has replaced a block and, where calls are timed, its longest call. */
#ifndef MICA_BENCH_BUSY_H
#define MICA_BENCH_BUSY_H
#include "measure.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

enum { BUSY_AVERAGE = 520, BUSY_WINDOWS = 512, BUSY_THREADS = 256 };

/* Of the calls of malloc and free in one window, nanoseconds: the longest by the thread's processor time, and the longest by
 * the clock of those in which the thread was not driven off its processor. */
struct busy_longest {
  uint64_t cpu, wall;
};

struct busy_thread {
  pthread_t thread;
  uint64_t random;
  size_t from, to; /* the slots that it fills */
  _Atomic(uint64_t) done[BUSY_WINDOWS];
  struct busy_longest longest[BUSY_WINDOWS];
};

static struct {
  _Atomic(char*)* slots;
  size_t count, threads;
  bool timed;
  pthread_barrier_t filled;
  _Atomic(unsigned) window; /* BUSY_WINDOWS: it is over */
  struct busy_thread* each;
} busy;

static inline size_t busy_size(uint64_t word) { return 16 + (size_t)(word >> 40 & ((word & 31) == 0 ? 16383 : 511)); }

/* What the call began with. */
struct busy_time {
  uint64_t cpu, wall;
  long driven_off;
};

static inline uint64_t busy_clock(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static inline struct busy_time busy_now(void) {
  struct rusage usage;
  if (!busy.timed) return (struct busy_time){0, 0, 0};
  getrusage(RUSAGE_THREAD, &usage);
  return (struct busy_time){busy_clock(CLOCK_THREAD_CPUTIME_ID), busy_clock(CLOCK_MONOTONIC), usage.ru_nivcsw};
}

static inline void busy_note(struct busy_longest* longest, const struct busy_time* before) {
  if (!busy.timed) return;
  const uint64_t wall = busy_clock(CLOCK_MONOTONIC) - before->wall;
  const uint64_t cpu = busy_clock(CLOCK_THREAD_CPUTIME_ID) - before->cpu;
  if (cpu > longest->cpu) longest->cpu = cpu;
  if (wall <= longest->wall) return;
  struct rusage usage;
  getrusage(RUSAGE_THREAD, &usage);
  if (usage.ru_nivcsw == before->driven_off) longest->wall = wall;
}

/* The n-th slot gets another block; how long it took is noted. */
static inline void busy_replace(uint64_t word, size_t n, struct busy_longest* longest) {
  const size_t size = busy_size(word);
  struct busy_time before = busy_now();
  char* p = malloc(size);
  busy_note(longest, &before);
  if (p == NULL) give_up("malloc returned NULL");
  p = atomic_exchange_explicit(&busy.slots[n], block_touch(p, size), memory_order_acq_rel);
  before = busy_now();
  free(p);
  busy_note(longest, &before);
}

static void* busy_work(void* thread) {
  struct busy_thread* me = thread;
  struct busy_longest ignored = {0, 0};
  for (size_t n = me->from; n < me->to; n++) busy_replace(random_next(&me->random), n, &ignored);
  pthread_barrier_wait(&busy.filled);
  for (;;) {
    const unsigned window = atomic_load_explicit(&busy.window, memory_order_relaxed);
    if (window >= BUSY_WINDOWS) return NULL;
    for (unsigned i = 0; i < 64; i++) {
      const uint64_t word = random_next(&me->random);
      busy_replace(random_next(&me->random), random_below(word, busy.count), &me->longest[window]);
    }
    atomic_fetch_add_explicit(&me->done[window], 64, memory_order_relaxed);
  }
}

/* Starts the threads; returns when so many MiB are alive. */
static inline void busy_begin(size_t threads, size_t mib, bool timed) {
  busy.count = (mib << 20) / BUSY_AVERAGE;
  if (threads == 0 || threads > BUSY_THREADS || busy.count < threads || busy.count >> 32 != 0) give_up("arguments");
  busy.threads = threads;
  busy.timed = timed;
  busy.slots = table_new(busy.count, sizeof busy.slots[0]);
  busy.each = table_new(threads, sizeof busy.each[0]);
  pthread_barrier_init(&busy.filled, NULL, (unsigned)threads + 1);
  for (size_t i = 0; i < threads; i++) {
    struct busy_thread* t = &busy.each[i];
    t->random = random_seed(i);
    t->from = busy.count * i / threads;
    t->to = busy.count * (i + 1) / threads;
    if (pthread_create(&t->thread, NULL, busy_work, t) != 0) give_up("pthread_create");
  }
  pthread_barrier_wait(&busy.filled);
}

static inline void busy_end(void) {
  atomic_store_explicit(&busy.window, BUSY_WINDOWS, memory_order_relaxed);
  for (size_t i = 0; i < busy.threads; i++) pthread_join(busy.each[i].thread, NULL);
}

/* Of all threads. */
static inline uint64_t busy_done(unsigned window) {
  uint64_t sum = 0;
  for (size_t i = 0; i < busy.threads; i++)
    sum += atomic_load_explicit(&busy.each[i].done[window], memory_order_relaxed);
  return sum;
}

static inline void busy_sleep(double seconds) {
  const time_t whole = (time_t)seconds;
  struct timespec left = {whole, (long)((seconds - (double)whole) * 1e9)};
  while (nanosleep(&left, &left) != 0) {
  }
}

static inline int busy_by_size(const void* a, const void* b) {
  const double x = *(const double*)a, y = *(const double*)b;
  return (x > y) - (x < y);
}

/* Of figures, which are put in order. */
static inline double median(double* figures, size_t n) {
  qsort(figures, n, sizeof *figures, busy_by_size);
  return n % 2 != 0 ? figures[n / 2] : (figures[n / 2 - 1] + figures[n / 2]) / 2;
}

#endif
