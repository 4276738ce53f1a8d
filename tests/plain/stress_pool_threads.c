/* stress_pool_threads.c -- four threads in one pool allocate, free, pass pieces to each other and add cleanups; the pool is
 * reset or ends, and new threads come: no piece is overwritten, the figures are what the threads did, the limit holds.
 *
 * Each thread keeps count of what it was given and has freed, its own model; in the end the pool's figures must be the sum.
 * A piece knows what it contains (stress.h), whoever frees it. */
#include <errno.h>

#include "tests/stress/stress.h"

enum { THREADS = 4, HELD = 128, SLOTS = 256, ROUNDS = 40, STEPS = 4000000, LIMIT = 1 << 20, BLOCKS_MOST = 32 << 20 };

static mi_pool_t* pool;
static size_t limit;
static size_t places,
    crossings; /* of HELD and SLOTS, in this round: where they are few, blocks are empty again and again */
static stress_slot_t slots[SLOTS];
static uintptr_t held[THREADS][HELD];
static size_t pieces_of_cleanup;

/* What the threads did; each adds its own at its end. relaxed: figures, looked at when all are joined */
static _Atomic(size_t) given, freed, cleanups, refused;
static size_t ran; /* cleanups */

static void count(_Atomic(size_t)* figure, size_t n) { atomic_fetch_add_explicit(figure, n, memory_order_relaxed); }
static size_t taken(_Atomic(size_t)* figure) { return atomic_exchange_explicit(figure, 0, memory_order_relaxed); }

typedef struct counts_s {
  size_t given, freed, cleanups, refused;
} counts_t;

/* ---- pieces ---- */

static size_t any_size(stress_rng_t* rng) {
  if (stress_one_in(rng, 400)) return stress_below(rng, 100000);
  if (stress_one_in(rng, 20)) return 3600 + stress_below(rng, 600);
  return stress_fit(stress_size(rng, 700));
}

/* Without memory only where there is a limit. */
static bool was_given(const void* p, counts_t* c) {
  WALK_IS(p != NULL || (errno == ENOMEM && limit != 0), "no memory: errno %d", errno);
  c->given += p != NULL;
  c->refused += p == NULL;
  return p != NULL;
}

/* 0: it was refused. */
static uintptr_t make(stress_rng_t* rng, counts_t* c) {
  const size_t size = any_size(rng), align = (size_t)16 << stress_below(rng, stress_one_in(rng, 20) ? 12 : 4);
  char* p;
  switch (stress_below(rng, 8)) {
  case 0:
    p = mi_pool_calloc(pool, size, 1);
    if (p != NULL) stress_is_zero(p, size);
    break;
  case 1:
    p = mi_pool_memalign(pool, size, align);
    WALK_IS((uintptr_t)p % align == 0, "piece %p is not aligned to %zu", (void*)p, align);
    break;
  default: p = mi_pool_alloc(pool, size);
  }
  return was_given(p, c) ? stress_word(p, size, stress_next(rng)) : 0;
}

static void release(uintptr_t word, stress_rng_t* rng, counts_t* c) {
  if (word == 0) return;
  const size_t size = stress_verify(word), max = mi_pool_max(pool);
  const bool done = stress_one_in(rng, 4) && mi_pool_free_large(pool, stress_block(word));
  WALK_IS(!done || size > max / 2 || word % 32 < 16, "%zu bytes were freed as large", size); /* or aligned */
  WALK_IS(done || mi_pool_free(pool, stress_block(word)), "piece %p was not freed", (void*)stress_block(word));
  c->freed++;
}

/* Text, which stays in the pool or goes at once. */
static void text(stress_rng_t* rng, counts_t* c) {
  const size_t size = 1 + stress_below(rng, 40);
  char* p = mi_pool_alloc_unaligned(pool, size);
  if (!was_given(p, c)) return;
  memset(p, (int)size, size);
  for (size_t i = 0; i < size; i++) WALK_IS(p[i] == (char)size, "text at %p: overwritten at %zu", (void*)p, i);
  if (places == HELD && stress_one_in(rng, 20)) return;
  WALK_IS(mi_pool_free(pool, p), "text at %p was not freed", (void*)p);
  c->freed++;
}

/* ---- cleanups, figures ---- */

static void run_cleanup(void* data) {
  uint64_t* word = data;
  WALK_IS(word[1] == ~word[0], "a cleanup's data at %p were lost, or it ran before", data);
  word[1] = word[0];
  ran++;
}

static void add_cleanup(stress_rng_t* rng, counts_t* c) {
  mi_pool_cleanup_t* cleanup = mi_pool_cleanup_add(pool, 2 * sizeof(uint64_t));
  if (cleanup == NULL) {
    WALK_IS(errno == ENOMEM && limit != 0, "no cleanup: errno %d", errno);
    return;
  }
  uint64_t* word = cleanup->data;
  word[0] = stress_next(rng);
  word[1] = ~word[0];
  cleanup->handler = run_cleanup;
  c->cleanups++;
}

/* Of a moment; what cannot be is seen all the same. */
static void look(void) {
  mi_pool_stat_t s;
  mi_pool_stat(pool, &s);
  WALK_IS(s.blocks != 0 && s.used <= s.block_bytes && s.limit == limit, "%zu blocks, %zu bytes used of %zu", s.blocks,
          s.used, s.block_bytes);
}

static void step(stress_rng_t* rng, uintptr_t* mine, counts_t* c) {
  uintptr_t* own = &mine[stress_below(rng, places)];
  switch (stress_below(rng, 16)) {
  case 0:
  case 1:
  case 2: *own = stress_swap(&slots[stress_below(rng, crossings)], *own); break;
  case 3: release(stress_swap(&slots[stress_below(rng, crossings)], 0), rng, c); break;
  case 4: text(rng, c); break;
  case 5:
    if (stress_one_in(rng, 100)) add_cleanup(rng, c);
    if (stress_one_in(rng, 200)) look();
    WALK_IS(limit == 0 || mi_pool_get_used(pool) <= limit, "%zu bytes, the limit is %zu", mi_pool_get_used(pool),
            limit);
    break;
  default: release(*own, rng, c); *own = stress_below(rng, 8) < 5 ? make(rng, c) : 0;
  }
}

static void run(stress_thread_t* t) {
  counts_t c = {0, 0, 0, 0};
  const bool clears = stress_one_in(&t->rng, 2); /* or leaves it to the pool's end */
  for (size_t i = stress_scaled(t->stress, STEPS) / ROUNDS; i != 0; i--) step(&t->rng, held[t->number], &c);
  for (size_t i = 0; i < HELD; i++) {
    if (clears) release(held[t->number][i], &t->rng, &c);
    held[t->number][i] = 0;
  }
  count(&given, c.given);
  count(&freed, c.freed);
  count(&cleanups, c.cleanups);
  count(&refused, c.refused);
}

/* ---- rounds ---- */

static void begin(size_t round) {
  static const size_t sizes[] = {0, 512, 20000};
  places = round % 2 == 1 ? 2 : HELD;
  crossings = round % 2 == 1 ? 3 : SLOTS;
  mi_pool_stat_t before, after;
  if (pool == NULL) pool = mi_pool_create(sizes[round % 3]);
  WALK_IS(pool != NULL, "no pool: errno %d", errno);
  mi_pool_set_limit(pool, 0);
  mi_pool_stat(pool, &before);
  WALK_IS(mi_pool_cleanup_add(pool, 2 * sizeof(uint64_t)) != NULL, "no cleanup: errno %d", errno);
  mi_pool_stat(pool, &after);
  pieces_of_cleanup = after.live - before.live;
  mi_pool_reset(pool);
  limit = round % 4 == 2 ? mi_pool_get_used(pool) + LIMIT / (1 + round % 8) : 0;
  mi_pool_set_limit(pool, limit);
}

/* The pool's figures are the sums of what the threads did. */
static void compare(void) {
  mi_pool_stat_t s;
  mi_pool_stat(pool, &s);
  const size_t of_cleanups = taken(&cleanups), in_use = taken(&given) - taken(&freed);
  WALK_IS(s.live + s.large == in_use + of_cleanups * pieces_of_cleanup, "%zu pieces and %zu large; %zu are in use",
          s.live, s.large, in_use + of_cleanups * pieces_of_cleanup);
  WALK_IS(s.block_bytes <= BLOCKS_MOST, "%zu bytes in blocks", s.block_bytes);
  WALK_IS(s.threads <= 2 * (THREADS + 1), "%zu threads", s.threads);
  ran = 0;
  count(&cleanups, of_cleanups);
}

static void end(size_t round, stress_rng_t* rng) {
  counts_t c = {0, 0, 0, 0};
  for (size_t i = 0; i < SLOTS; i++) {
    const uintptr_t word = stress_swap(&slots[i], 0);
    if (round % 2 == 0) release(word, rng, &c);
  }
  count(&freed, c.freed);
  compare();
  if (round % 5 == 4) {
    mi_pool_destroy(pool);
    pool = NULL;
  } else {
    mi_pool_reset(pool);
    mi_pool_stat_t s;
    mi_pool_stat(pool, &s);
    WALK_IS(s.live == 0 && s.large == 0 && s.used == 0, "%zu pieces, %zu large after the reset", s.live, s.large);
  }
  const size_t expected = taken(&cleanups);
  WALK_IS(ran == expected, "%zu cleanups ran, of %zu", ran, expected);
}

int main(int argc, char** argv) {
  const stress_t s = stress_begin(argc, argv, "stress_pool_threads");
  stress_rng_t rng = stress_rng(&s, 0);
  mi_option_disable(mi_option_show_errors);
  for (size_t round = 0; round < ROUNDS; round++) {
    begin(round);
    stress_threads(&s, THREADS, run);
    end(round, &rng);
  }
  mi_pool_destroy(pool);
  CHECK(taken(&refused) > 0 || s.scale < 20);
  stress_quiet(&s);
  SHOWN(
      "stress_pool_threads: four threads in one pool; no piece is overwritten or lost, its figures are what they did");
  return 0;
}
