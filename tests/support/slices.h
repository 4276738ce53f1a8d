/* slices.h -- the free slices of an arena as its words say, and claims that must succeed. */
#ifndef MICA_TESTS_SLICES_H
#define MICA_TESTS_SLICES_H
#include "segment/purge.h"
#include "segment/slices.h"
#include "tests/support/require.h"

typedef struct state_s {
  int64_t used, dirty;
  uint64_t whole;
  uint64_t slices_free[MICA_ARENA_SEGMENTS];
  uint64_t slices_dirty[MICA_ARENA_SEGMENTS];
} state_t;

static inline state_t state_of(mica_arena_t* arena) {
  state_t s = {.used = mica_slices_used(), .dirty = mica_slices_dirty()};
  s.whole = atomic_load_explicit(&arena->whole, memory_order_relaxed); /* relaxed, here and below: one thread */
  for (unsigned i = 0; i < MICA_ARENA_SEGMENTS; i++) {
    s.slices_free[i] = atomic_load_explicit(&arena->slices_free[i], memory_order_relaxed);
    s.slices_dirty[i] = atomic_load_explicit(&arena->slices_dirty[i], memory_order_relaxed);
  }
  return s;
}
static inline bool state_is(mica_arena_t* arena, const state_t* before) {
  const state_t now = state_of(arena);
  return memcmp(&now, before, sizeof now) == 0;
}

/* Free dirty slices as the words say, over all arenas. */
static inline int64_t dirty_by_words(void) {
  int64_t sum = 0;
  for (unsigned n = 0; n < mica_arena_count(); n++) {
    const state_t s = state_of(mica_arena(n));
    for (unsigned i = 0; i < MICA_ARENA_SEGMENTS; i++)
      sum += __builtin_popcountll(s.slices_dirty[i] & ((s.whole >> i & 1) != 0 ? ~(uint64_t)0 : s.slices_free[i]));
  }
  return sum;
}

static inline mica_run_t claim(unsigned count, bool want_clean) {
  static mica_hint_t hint;
  mica_run_t run = {0};
  REQUIRE(mica_run_claim(&run, count, want_clean, &hint), "no run of %u slices", count);
  REQUIRE(run.count == count, "asked for %u slices, got %u", count, run.count);
  return run;
}
static inline char* address(const mica_run_t* run) { return mica_slice_address(run->arena, run->first); }
static inline size_t bytes(const mica_run_t* run) { return (size_t)run->count << MICA_SLICE_SHIFT; }

/* Gives a run back that has been written to. */
static inline void release_dirty(mica_run_t run) {
  memset(address(&run), 0xff, bytes(&run));
  run.clean = false;
  mica_run_release(&run);
}

#endif
