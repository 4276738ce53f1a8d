/* stress_purge.c -- large and huge blocks and small pages come and go while a thread purges everything again and again and
 * next to nothing may stay dirty: no memory in use is purged, what is said to be zero is, and nothing is lost. */
#include "observe/environment.h"
#include "observe/options.h"
#include "tests/stress/stress.h"

enum {
  WORKERS = 4,
  SLOTS = 256,
  OPERATIONS = 2000,
  SMALL = 64,
  SMALL_MOST = 16384,
  LARGE_MOST = 4 << 20,
  HUGE_MOST = 12 << 20
};

static stress_slot_t slots[SLOTS];
static _Atomic(unsigned) working;

static size_t any_size(stress_rng_t* rng) {
  if (stress_one_in(rng, 60)) return stress_below(rng, HUGE_MOST);
  return 60000 + stress_size(rng, LARGE_MOST);
}

/* Small blocks enough for some pages, and free again. */
static void small(stress_rng_t* rng) {
  uintptr_t words[SMALL];
  const size_t size = 1024 + stress_below(rng, SMALL_MOST);
  for (size_t i = 0; i < SMALL; i++) words[i] = stress_one_in(rng, 2) ? stress_calloc(size, i) : stress_malloc(size, i);
  for (size_t i = 0; i < SMALL; i++) stress_free(words[i]);
}

/* Half the time it grows by a half or more, so that blocks become huge and are moved. */
static void resize(stress_rng_t* rng, stress_slot_t* slot, uint64_t number) {
  const uintptr_t word = stress_swap(slot, 0);
  if (word == 0) return;
  const size_t grown = stress_verify(word) * (3 + stress_below(rng, 4)) / 2;
  const size_t size = stress_one_in(rng, 2) && grown < HUGE_MOST ? grown : any_size(rng);
  stress_free(stress_swap(slot, stress_realloc(word, size, number)));
}

/* A huge block that has to move to grow, with another behind it. */
static void move(stress_rng_t* rng) {
  const size_t size = LARGE_MOST + stress_below(rng, LARGE_MOST);
  const uintptr_t word = stress_malloc(size, 1), behind = stress_malloc(size, 2);
  stress_free(stress_realloc(word, size + LARGE_MOST, 3));
  stress_free(behind);
}

static void one(stress_rng_t* rng) {
  if (stress_one_in(rng, 100)) move(rng);
  stress_slot_t* slot = &slots[stress_below(rng, SLOTS)];
  const uint64_t number = stress_next(rng);
  switch (stress_below(rng, 6)) {
  case 0: stress_free(stress_swap(slot, stress_calloc(any_size(rng), number))); break;
  case 1: stress_free(stress_swap(slot, stress_malloc(any_size(rng), number))); break;
  case 2: resize(rng, slot, number); break;
  case 3: small(rng); break;
  default: stress_free(stress_swap(slot, 0));
  }
}

static void run(stress_thread_t* t) {
  if (t->number == WORKERS) {
    /* relaxed: only how long to go on */
    while (atomic_load_explicit(&working, memory_order_relaxed) != 0) {
      mi_collect(true);
      sched_yield();
    }
    return;
  }
  for (size_t i = stress_scaled(t->stress, OPERATIONS); i != 0; i--) one(&t->rng);
  atomic_fetch_sub_explicit(&working, 1, memory_order_relaxed); /* relaxed: as above */
}

static void round_with_limit(const stress_t* s, const char* limit) {
  CHECK(setenv("MICA_DIRTY_LIMIT", limit, 1) == 0);
  mica_options_read();
  atomic_store_explicit(&working, WORKERS, memory_order_relaxed); /* relaxed: before the threads start */
  stress_threads(s, WORKERS + 1, run);
  walk();
  stress_free_slots(slots, SLOTS);
  stress_quiet(s);
}

int main(int argc, char** argv) {
  CHECK(setenv("MICA_DIRTY_PERCENT", "0", 1) == 0);
  CHECK(setenv("MICA_DIRTY_CREDIT", "0", 1) == 0);
  const stress_t s = stress_begin(argc, argv, "stress_purge");
  round_with_limit(&s, "256K");
  round_with_limit(&s, "16M");
  CHECK(mica_counted(MICA_COUNTER_SLICES_PURGED) > stress_scaled(&s, 100));
  SHOWN("stress_purge: blocks come and go while everything is purged again and again; none is purged in use or lost");
  return 0;
}
