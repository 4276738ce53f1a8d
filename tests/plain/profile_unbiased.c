/* profile_unbiased.c -- whether the sums of samples are what was allocated: known amounts by every way in which blocks
 * come, are resized and go; the estimates of what lives and of what was allocated so far are compared with the truth.
 *
 * An estimate's standard error is known: an allocation that is drawn with the probability p stands for 1 / p of them, so
 * each adds size * size * (1 - p) / p to the variance of a sum of bytes. One that is more than four errors off is made once
 * more, and fails if it is off again. When all is freed nothing may be left, exactly.
 *
 * With a number: so many runs. Of each way the mean of the errors must be within what chance allows 95 times in 100 when the
 * ways are taken together (Bonferroni), and of all single estimates so many must be within 1.96 errors. */
#include <math.h>
#include <mica.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/support/check.h"
#include "tests/support/random.h"
#include "tests/support/truth.h"

/* C++'s operators, which libmica.a has. */
void* _Znwm(size_t size); /* NOLINT(bugprone-reserved-identifier) */
void _ZdlPv(void* p);     /* NOLINT(bugprone-reserved-identifier) */

enum { BLOCKS = 20000, THREADS = 4, ERRORS = 4 };

typedef struct block_s {
  char* p;
  size_t size;
  size_t drawn; /* the size that it was drawn by, at its last move */
  bool is_new;  /* C++'s */
} block_t;

static block_t blocks[BLOCKS];
static size_t count;
static truth_t so_far; /* of all that was allocated */
static uint64_t state = 88172645463325252u;

static void put(void* p, size_t size, size_t drawn) {
  CHECK(p != NULL && count < BLOCKS);
  memset(p, 1, size < 64 ? size : 64);
  blocks[count++] = (block_t){p, size, drawn, false};
  tally(&so_far, size, drawn, 1);
}

static void drop(size_t i) {
  if (blocks[i].is_new)
    _ZdlPv(blocks[i].p);
  else
    free(blocks[i].p);
  blocks[i] = blocks[--count];
}

static void drop_half(void) {
  for (size_t i = 0; i < count; i++)
    if (random_next(&state) % 2 == 0) drop(i);
}

/* Up to 2^4 .. 2^13, and now and then more. */
static size_t any_size(void) {
  const size_t most = (size_t)16 << random_below(&state, random_below(&state, 50) == 0 ? 14 : 10);
  return 1 + random_below(&state, most);
}

/* ---- ways of allocating ---- */

static void by_malloc(void) {
  for (int i = 0; i < BLOCKS; i++) {
    const size_t size = any_size();
    put(malloc(size), size, drawn_by(size));
    if (random_next(&state) % 2 == 0) drop(random_below(&state, count));
  }
}

/* Of one class, freed and had again: the same blocks are allocated over and over. */
static void by_turns(void) {
  for (int i = 0; i < 10 * BLOCKS; i++) {
    put(malloc(200), 200, 208);
    if (count > 50) drop(random_below(&state, count));
  }
}

static void by_calloc(void) {
  for (int i = 0; i < BLOCKS; i++) {
    const size_t size = any_size();
    char* p = calloc(1, size);
    for (size_t at = 0; p != NULL && at < size; at++) CHECK(p[at] == 0);
    put(p, size, drawn_by(size));
    if (random_next(&state) % 2 == 0) drop(random_below(&state, count));
  }
}

static void by_new(void) {
  for (int i = 0; i < BLOCKS; i++) {
    const size_t size = any_size() % 2000;
    put(_Znwm(size), size, drawn_by(size));
    blocks[count - 1].is_new = true;
  }
  drop_half();
}

/* All alignments, also of a place within the block. */
static void by_alignment(void) {
  for (int i = 0; i < BLOCKS; i++) {
    const size_t size = any_size(), align = (size_t)8 << random_below(&state, 11);
    const size_t offset = random_next(&state) % 8 == 0 ? 8 + random_below(&state, size) : 0;
    char* p = offset != 0 ? mi_malloc_aligned_at(size, align, offset) : aligned_alloc(align, size);
    CHECK(((uintptr_t)p + offset) % align == 0);
    const size_t fits = (size + align - 1) & ~(align - 1);
    size_t drawn = drawn_by(offset == 0 ? fits : size + align - 1);
    if (offset % align != 0 && size + align - 1 <= 65536) /* of a class for inner pointers */
      for (drawn = 64; drawn < size + align - 1;) drawn *= 2;
    put(p, size, drawn);
    if (random_next(&state) % 2 == 0) drop(random_below(&state, count));
  }
}

/* The block gets another size; its contents stay. */
static void resize(block_t* b, size_t size) {
  b->p[0] = 42;
  char* const before = b->p;
  b->p = realloc(b->p, size);
  CHECK(b->p != NULL && b->p[0] == 42);
  b->size = size;
  if (b->p != before || size > 65536) b->drawn = drawn_by(size);
}

/* Vectors that grow, by little and by much, and shrink again. */
static void by_realloc(void) {
  for (int i = 0; i < 2000; i++) {
    const size_t size = 1 + random_below(&state, 100);
    put(malloc(size), size, drawn_by(size));
  }
  for (int i = 0; i < 40 * 2000; i++) {
    block_t* b = &blocks[random_below(&state, count)];
    const size_t by = random_below(&state, b->size / (random_next(&state) % 2 == 0 ? 8 : 1) + 20);
    const size_t size = random_next(&state) % 5 < 3 ? b->size + by : b->size > by ? b->size - by : 1;
    resize(b, size > 3000 ? 100 : size);
  }
}

/* Across the border between pages that are shared and pages of one block, and far beyond it. */
static void by_large_realloc(void) {
  for (int i = 0; i < 200; i++) put(malloc(50000), 50000, drawn_by(50000));
  for (int i = 0; i < 4000; i++) {
    block_t* b = &blocks[random_below(&state, count)];
    resize(b, 25000 + random_below(&state, i % 2 == 0 ? 50000 : 300000));
  }
}

static mi_heap_t* heap;

static void by_heap(void) {
  heap = mi_heap_new();
  for (int i = 0; i < BLOCKS; i++) {
    const size_t size = any_size(), align = 64;
    if (i % 4 != 0)
      put(mi_heap_malloc(heap, size), size, drawn_by(size));
    else
      put(mi_heap_malloc_aligned(heap, size, align), size, drawn_by((size + align - 1) & ~(align - 1)));
    if (random_next(&state) % 2 == 0) drop(random_below(&state, count));
  }
}

static mi_pool_t* pool;

/* A pool's chunks are what is allocated. */
static void by_pool(void) {
  pool = mi_pool_create(4096);
  for (int i = 0; i < BLOCKS; i++)
    CHECK(mi_pool_alloc(pool, 1 + random_below(&state, i % 100 == 0 ? 20000 : 500)) != NULL);
  for (int i = 0; i < 100; i++) CHECK(mi_pool_memalign(pool, 5000, 256) != NULL);
}

/* ---- threads ---- */

static pthread_barrier_t barrier;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

static void* do_nothing(void* arg) { return arg; }

static void run_threads(void* (*fun)(void*)) {
  pthread_t thread[THREADS];
  for (intptr_t i = 0; i < THREADS; i++) CHECK(pthread_create(&thread[i], NULL, fun, (void*)i) == 0);
  for (int i = 0; i < THREADS; i++) CHECK(pthread_join(thread[i], NULL) == 0);
}

/* Each allocates, then the next one's neighbour frees half of it. */
static void* exchange(void* arg) {
  enum { EACH = BLOCKS / THREADS };
  const size_t self = (size_t)(intptr_t)arg;
  uint64_t own = (self + 1) * 7919;
  for (size_t i = 0; i < EACH; i++) {
    const size_t size = 1 + random_below(&own, 1000);
    blocks[self * EACH + i] = (block_t){malloc(size), size, drawn_by(size), false};
  }
  pthread_barrier_wait(&barrier);
  const size_t other = (self + 1) % THREADS;
  for (size_t i = 0; i < EACH; i += 2) free(blocks[other * EACH + i].p);
  return NULL;
}

static void by_others(void) {
  pthread_barrier_init(&barrier, NULL, THREADS);
  run_threads(exchange);
  pthread_barrier_destroy(&barrier);
  for (size_t i = 0; i < BLOCKS; i++) {
    tally(&so_far, blocks[i].size, blocks[i].drawn, 1);
    if (i % 2 != 0) blocks[count++] = blocks[i];
  }
}

static pthread_key_t key;

/* Called when the thread's theap has gone. */
static void at_exit(void* arg) {
  pthread_mutex_lock(&mutex);
  for (int i = 0; i < 500; i++) put(malloc(600), 600, drawn_by(600));
  pthread_mutex_unlock(&mutex);
  (void)arg;
}

static void* end_soon(void* arg) {
  pthread_mutex_lock(&mutex);
  for (int i = 0; i < 1000; i++) {
    const size_t size = any_size();
    put(malloc(size), size, drawn_by(size));
    if (i % 4 == 0) drop(random_below(&state, count));
  }
  pthread_mutex_unlock(&mutex);
  CHECK(pthread_setspecific(key, arg == NULL ? &key : arg) == 0);
  return NULL;
}

static void by_threads_that_end(void) {
  CHECK(pthread_key_create(&key, at_exit) == 0);
  run_threads(end_soon);
  CHECK(pthread_key_delete(key) == 0);
}

/* ---- all ways ---- */

typedef struct way_s {
  const char* name;
  void (*run)(void);
  bool live_only; /* what is resized in place has no allocation of its own */
} way_t;

static const way_t ways[] = {
    {"malloc", by_malloc, false},
    {"turns", by_turns, false},
    {"calloc", by_calloc, false},
    {"new", by_new, false},
    {"alignment", by_alignment, false},
    {"realloc", by_realloc, true},
    {"large realloc", by_large_realloc, true},
    {"heap", by_heap, false},
    {"others", by_others, false},
    {"threads that end", by_threads_that_end, false},
};
enum { WAYS = sizeof ways / sizeof ways[0], FIGURES = 4 };
static const char* const figures[FIGURES] = {"live blocks", "live bytes", "blocks", "bytes"};

/* How many standard errors the estimates are off. */
static void compare(const way_t* way, double off[FIGURES]) {
  truth_t live = {0};
  const mi_profile_sums_t s = sums();
  for (size_t i = 0; i < count; i++) tally(&live, blocks[i].size, blocks[i].drawn, 1);
  off[0] = ((double)s.live_count - live.count) / sqrt(live.count_varies);
  off[1] = ((double)s.live_bytes - live.bytes) / sqrt(live.bytes_varies);
  off[2] = way->live_only ? 0 : ((double)s.count - so_far.count) / sqrt(so_far.count_varies);
  off[3] = way->live_only ? 0 : ((double)s.bytes - so_far.bytes) / sqrt(so_far.bytes_varies);
}

static void clear(void) {
  while (count != 0) drop(count - 1);
  if (heap != NULL) mi_heap_delete(heap);
  heap = NULL;
}

static void run(const way_t* way, double off[FIGURES]) {
  so_far = (truth_t){0};
  CHECK(mi_profile_start(EVERY));
  mi_profile_reset();
  way->run();
  compare(way, off);
  clear();
  nothing_is_left(way->name);
  mi_profile_stop();
}

/* Whether all of the way's estimates are near enough. */
static bool is_near(const way_t* way, bool again) {
  double off[FIGURES];
  bool near = true;
  run(way, off);
  for (int f = 0; f < FIGURES; f++) {
    if (fabs(off[f]) <= ERRORS) continue;
    near = false;
    if (again) printf("%s: %s are off by %.1f standard errors, twice\n", way->name, figures[f], off[f]);
  }
  return near;
}

/* ---- a heap that is destroyed, and pools ---- */

static void check_destroyed(void) {
  CHECK(mi_profile_start(EVERY));
  by_heap();
  for (int i = 0; i < 20; i++) put(mi_heap_malloc(heap, 100000), 100000, 100000);
  CHECK(sums().live_count != 0);
  mi_heap_destroy(heap);
  heap = NULL;
  count = 0;
  nothing_is_left("destroyed heap");
  mi_profile_stop();
}

static void check_pool(void) {
  CHECK(mi_profile_start(EVERY));
  by_pool();
  const double used = (double)mi_pool_get_used(pool), live = (double)sums().live_bytes;
  CHECK(live > used / 2 && live < used * 2);
  mi_pool_destroy(pool);
  nothing_is_left("pool");
  mi_profile_stop();
}

/* Every allocation is a sample, and the sums are the truth. */
static void check_exact(void) {
  for (size_t w = 0; w < WAYS; w++) {
    truth_t live = {0};
    so_far = (truth_t){0};
    CHECK(mi_profile_start(1));
    mi_profile_reset();
    ways[w].run();
    const mi_profile_sums_t s = sums();
    for (size_t i = 0; i < count; i++) tally(&live, blocks[i].size, blocks[i].drawn, 1);
    const bool same = (double)s.live_count == live.count && (double)s.live_bytes == live.bytes;
    if (!same) {
      mi_profile_stop();
      printf("%s, exactly: %zu blocks live, %zu bytes, not %.0f, %.0f\n", ways[w].name, s.live_count, s.live_bytes,
             live.count, live.bytes);
      exit(1);
    }
    if (!ways[w].live_only) CHECK((double)s.count == so_far.count && (double)s.bytes == so_far.bytes);
    clear();
    nothing_is_left(ways[w].name);
    mi_profile_stop();
  }
}

/* ---- many runs ---- */

/* Of this many figures' means, each of that many runs, none is off by more, 95 times in 100. */
enum { MEANS = WAYS * FIGURES };
#define BOUND 3.2

static int many(int runs) {
  int bad = 0, inside = 0, all = 0;
  for (size_t w = 0; w < WAYS; w++) {
    double sum[FIGURES] = {0}, off[FIGURES];
    for (int r = 0; r < runs; r++) {
      run(&ways[w], off);
      for (int f = 0; f < FIGURES; f++) {
        sum[f] += off[f];
        inside += fabs(off[f]) < 1.96 && off[f] != 0;
        all += off[f] != 0;
      }
    }
    for (int f = 0; f < FIGURES; f++) {
      const double mean = sum[f] / sqrt(runs);
      bad += fabs(mean) > BOUND;
      printf("%-18s %-12s the mean of %d is off by %5.2f of its standard errors%s\n", ways[w].name, figures[f], runs,
             mean, fabs(mean) > BOUND ? "  too much" : "");
    }
  }
  const double share = (double)inside / all;
  printf("%.1f of 100 estimates are within 1.96 standard errors\n", 100 * share);
  return bad != 0 || share < 0.93 || share > 0.97;
}

int main(int argc, char** argv) {
  static char buffer[1 << 14];
  setvbuf(stdout, buffer, _IOFBF, sizeof buffer);
  run_threads(do_nothing); /* what the C library keeps for threads is had before anything is counted */
  if (!mi_profile_start(EVERY)) {
    SHOWN("this variant does not profile");
    return 0;
  }
  mi_profile_stop();
  if (argc > 1) return many(atoi(argv[1]));
  for (size_t w = 0; w < WAYS; w++)
    if (!is_near(&ways[w], false) && !is_near(&ways[w], true)) return 1;
  check_destroyed();
  check_pool();
  check_exact();
  SHOWN("estimates of what was allocated are near the truth, and exact if every allocation is a sample");
  return 0;
}
