/* stress.h -- what the stress programs share: seeds, blocks that know what they contain, slots to exchange them through,
 * threads, and the look at the allocator afterwards.
 *
 *   a word      how a block travels: its address, and in the low four bits its size + 1 where that is under 15. 0: none
 *   a block     of 16 bytes or more: its size, a key that fits it, words that follow from the key: all of them up to 2 KiB;
 *               above, the first and last 64 bytes and a word of each KiB. A smaller one: bytes that follow from its size
 *   a program   NAME [SEED] [SCALE]: SCALE hundredths of the usual number of operations, which may have a fraction. The seed
 *               is printed first
 *
 * Everything is allocated through mica.h, so that the programs mean the same where another library provides malloc. */
#ifndef MICA_TESTS_STRESS_H
#define MICA_TESTS_STRESS_H
#include <mica.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "tests/stress/order.h"
#include "tests/stress/walk.h"
#include "tests/support/check.h"

enum { STRESS_TINY = 15, STRESS_WHOLE = 2048, STRESS_EDGE = 64, STRESS_STEP = 1024, STRESS_THREADS = 64 };

/* ---- numbers ---- */

typedef struct stress_rng_s {
  uint64_t state;
} stress_rng_t;

static inline uint64_t stress_mix(uint64_t x) {
  x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
  x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
  return x ^ x >> 31;
}
static inline uint64_t stress_next(stress_rng_t* rng) { return stress_mix(rng->state += UINT64_C(0x9e3779b97f4a7c15)); }
/* 0 .. n - 1 */
static inline size_t stress_below(stress_rng_t* rng, size_t n) { return (size_t)(stress_next(rng) % n); }
static inline bool stress_one_in(stress_rng_t* rng, size_t n) { return stress_below(rng, n) == 0; }
/* Up to most; small ones as often as large ones, by powers of two. */
static inline size_t stress_size(stress_rng_t* rng, size_t most) {
  unsigned bits = 0;
  while (most >> bits != 0) bits++;
  const size_t size = stress_below(rng, (size_t)1 << stress_below(rng, bits + 1));
  return size > most ? most : size;
}

/* ---- what a block contains ---- */

typedef struct stress_header_s {
  uint64_t size;
  uint64_t key; /* its low 16 bits are a checksum of the rest and of the size */
} stress_header_t;

static inline uint64_t stress_key(uint64_t size, uint64_t number) {
  const uint64_t high = stress_mix(number) & ~UINT64_C(0xffff);
  return high | (stress_mix(high ^ size) & 0xffff);
}
static inline uint64_t stress_content(uint64_t key, size_t at) { return key + at * UINT64_C(0x9e3779b97f4a7c15); }

/* The next word after the one at `at` that is written and verified. */
static inline size_t stress_step(size_t at, size_t size) {
  if (size <= STRESS_WHOLE || at + 8 < STRESS_EDGE || at + 8 > size - STRESS_EDGE) return at + 8;
  const size_t far = at - at % STRESS_STEP + STRESS_STEP, last = (size - STRESS_EDGE) & ~(size_t)7;
  return far < last ? far : last;
}

static inline void stress_fill(char* p, size_t size, uint64_t number) {
  const stress_header_t h = {size, stress_key(size, number)};
  memcpy(p, &h, sizeof h);
  for (size_t at = sizeof h; at + 8 <= size; at = stress_step(at, size)) {
    const uint64_t word = stress_content(h.key, at);
    memcpy(p + at, &word, 8);
  }
}

/* Its first `part` bytes are as they were written; the header says how large it was. */
static inline void stress_verify_part(const char* p, size_t part) {
  stress_header_t h;
  memcpy(&h, p, sizeof h);
  WALK_IS(h.key == ((h.key & ~UINT64_C(0xffff)) | (stress_mix((h.key & ~UINT64_C(0xffff)) ^ h.size) & 0xffff)),
          "block %p: overwritten: size %#llx, key %#llx", (const void*)p, (unsigned long long)h.size,
          (unsigned long long)h.key);
  const size_t end = part < h.size ? part : (size_t)h.size;
  for (size_t at = sizeof h; at + 8 <= end; at = stress_step(at, (size_t)h.size)) {
    uint64_t word;
    memcpy(&word, p + at, 8);
    WALK_IS(word == stress_content(h.key, at), "block %p of %llu bytes: overwritten at %zu: %#llx", (const void*)p,
            (unsigned long long)h.size, at, (unsigned long long)word);
  }
}

/* ---- words ---- */

static inline char* stress_block(uintptr_t word) { return (char*)(word & ~(uintptr_t)15); }

/* The block's size, and that its contents are right. */
static inline size_t stress_verify(uintptr_t word) {
  const char* p = stress_block(word);
  if ((word & 15) == 0) {
    stress_verify_part(p, SIZE_MAX);
    stress_header_t h;
    memcpy(&h, p, sizeof h);
    return (size_t)h.size;
  }
  const size_t size = (size_t)(word & 15) - 1;
  for (size_t i = 0; i < size; i++)
    WALK_IS(p[i] == (char)(size * 16 + i), "block %p of %zu bytes: overwritten at %zu", (const void*)p, size, i);
  return size;
}

static inline uintptr_t stress_word(char* p, size_t size, uint64_t number) {
  WALK_IS(p != NULL, "no memory for %zu bytes", size);
  WALK_IS(((uintptr_t)p & 15) == 0, "block %p is not aligned", (void*)p);
  if (size >= STRESS_TINY) {
    stress_fill(p, size, number);
    return (uintptr_t)p;
  }
  for (size_t i = 0; i < size; i++) p[i] = (char)(size * 16 + i);
  return (uintptr_t)p | (size + 1);
}

/* A size that a header fits into, or that the word tells. */
static inline size_t stress_fit(size_t size) { return size >= STRESS_TINY && size < 16 ? 16 : size; }

static inline void stress_is_zero(const char* p, size_t size) {
  for (size_t i = 0; i < size; i += i < 4096 || i + 512 > size ? 1 : 256)
    WALK_IS(p[i] == 0, "calloc: block %p of %zu bytes is not zero at %zu", (const void*)p, size, i);
}

static inline uintptr_t stress_malloc(size_t size, uint64_t number) {
  size = stress_fit(size);
  return stress_word(mi_malloc(size), size, number);
}
static inline uintptr_t stress_calloc(size_t size, uint64_t number) {
  size = stress_fit(size);
  char* p = mi_calloc(1, size);
  if (p != NULL) stress_is_zero(p, mi_usable_size(p));
  return stress_word(p, size, number);
}
static inline uintptr_t stress_aligned(size_t size, size_t align, size_t offset, uint64_t number) {
  size = stress_fit(size);
  char* p = mi_malloc_aligned_at(size, align, offset);
  WALK_IS(((uintptr_t)p + offset) % align == 0, "block %p + %zu is not aligned to %zu", (void*)p, offset, align);
  return stress_word(p, size, number);
}

/* Up to 4 KiB; now and then up to 2 MiB, which needs a choice of slices. */
static inline size_t stress_align(stress_rng_t* rng) {
  return stress_one_in(rng, 64) ? (size_t)65536 << stress_below(rng, 6) : (size_t)16 << stress_below(rng, 9);
}

/* One way or another, as the generator says. */
static inline uintptr_t stress_make(stress_rng_t* rng, size_t size) {
  const uint64_t number = stress_next(rng);
  switch (stress_below(rng, 8)) {
  case 0: return stress_calloc(size, number);
  case 1: return stress_aligned(size, stress_align(rng), 0, number);
  case 2: return stress_aligned(size, (size_t)16 << stress_below(rng, 6), 16 * stress_below(rng, 8), number);
  default: return stress_malloc(size, number);
  }
}

static inline void stress_free(uintptr_t word) {
  if (word == 0) return;
  stress_verify(word);
  walk_mark(stress_block(word));
  mi_free(stress_block(word));
}

static inline uintptr_t stress_realloc(uintptr_t word, size_t size, uint64_t number) {
  const size_t old = stress_verify(word);
  size = stress_fit(size);
  char* p = mi_realloc(stress_block(word), size);
  WALK_IS(p != NULL, "no memory for %zu bytes", size);
  if ((word & 15) == 0 && size >= 16) {
    stress_header_t h;
    memcpy(&h, p, sizeof h);
    WALK_IS(h.size == old, "realloc: block %p has lost its beginning", (void*)p);
    stress_verify_part(p, size);
  }
  return stress_word(p, size, number);
}

/* ---- slots ---- */

typedef _Atomic(uintptr_t) stress_slot_t;

/* acquire: the block's contents, written by who put it there. release: ours, to who takes it */
static inline uintptr_t stress_swap(stress_slot_t* slot, uintptr_t word) {
  if (word != 0) ORDER_SENT(stress_block(word));
  const uintptr_t old = atomic_exchange_explicit(slot, word, memory_order_acq_rel);
  if (old != 0) ORDER_RECEIVED(stress_block(old));
  return old;
}

static inline void stress_free_slots(stress_slot_t* slots, size_t n) {
  for (size_t i = 0; i < n; i++) stress_free(stress_swap(&slots[i], 0));
}

/* ---- the program ---- */

typedef struct stress_s {
  uint64_t seed;
  double scale; /* hundredths */
  walk_t before;
} stress_t;

static inline size_t stress_scaled(const stress_t* s, size_t n) {
  const size_t scaled = (size_t)((double)n * s->scale / 100);
  return scaled == 0 ? 1 : scaled;
}
static inline stress_rng_t stress_rng(const stress_t* s, size_t stream) {
  return (stress_rng_t){stress_mix(s->seed) ^ stress_mix(stream * 2 + 1)};
}

static inline stress_t stress_begin(int argc, char** argv, const char* name) {
  stress_t s = {.seed = 1, .scale = 100};
  if (argc > 1) s.seed = strtoull(argv[1], NULL, 0);
  if (argc > 2) s.scale = strtod(argv[2], NULL);
  char text[128];
  snprintf(text, sizeof text, "%s: seed %llu, scale %g\n", name, (unsigned long long)s.seed, s.scale);
  say(2, text);
  mi_collect(true);
  s.before = walk();
  return s;
}

/* All threads are joined and all blocks freed: nothing but what the C library keeps is left. It keeps a block or two for each
 * of up to STRESS_THREADS threads whose stacks it caches. */
static inline void stress_quiet(const stress_t* s) {
  mi_collect(true);
  const walk_t w = walk();
  WALK_IS(w.heaps == s->before.heaps, "%llu first-class heaps are left", (unsigned long long)w.heaps);
  WALK_IS(w.lost == 0, "%llu blocks were freed, and are in use", (unsigned long long)w.lost);
  WALK_IS(w.live <= s->before.live + 2 * STRESS_THREADS, "%llu blocks in use, %llu before", (unsigned long long)w.live,
          (unsigned long long)s->before.live);
  WALK_IS(w.empty == 0, "%llu empty pages have stayed", (unsigned long long)w.empty);
  WALK_IS(w.abandoned == 0, "%llu pages are nobody's", (unsigned long long)w.abandoned);
  WALK_IS(w.singles == s->before.singles, "%llu pages of one block", (unsigned long long)w.singles);
  WALK_IS(w.owned <= s->before.owned + 8, "%llu pages are owned, %llu before", (unsigned long long)w.owned,
          (unsigned long long)s->before.owned);
  WALK_IS(w.dirty == 0, "%llu dirty slices after everything was purged", (unsigned long long)w.dirty);
}

/* ---- threads ---- */

typedef struct stress_thread_s {
  const stress_t* stress;
  void (*run)(struct stress_thread_s*);
  size_t number; /* from 0 */
  size_t count;  /* of threads */
  stress_rng_t rng;
  pthread_t id;
} stress_thread_t;

static inline void* stress_thread_run(void* arg) {
  stress_thread_t* t = arg;
  t->run(t);
  return NULL;
}

static inline void stress_start(const stress_t* s, stress_thread_t* t, size_t number, size_t count,
                                void (*run)(stress_thread_t*)) {
  *t = (stress_thread_t){
      .stress = s, .run = run, .number = number, .count = count, .rng = stress_rng(s, count * 1000003 + number)};
  pthread_attr_t attr;
  CHECK(pthread_attr_init(&attr) == 0);
  CHECK(pthread_attr_setstacksize(&attr, 256 * 1024) == 0);
  CHECK(pthread_create(&t->id, &attr, stress_thread_run, t) == 0);
  pthread_attr_destroy(&attr);
}

static inline void stress_join(stress_thread_t* t) { CHECK(pthread_join(t->id, NULL) == 0); }

/* Runs so many threads side by side. */
static inline void stress_threads(const stress_t* s, size_t count, void (*run)(stress_thread_t*)) {
  stress_thread_t threads[STRESS_THREADS];
  CHECK(count <= STRESS_THREADS);
  for (size_t i = 0; i < count; i++) stress_start(s, &threads[i], i, count, run);
  for (size_t i = 0; i < count; i++) stress_join(&threads[i]);
}

#endif
