/* slices_model.h -- the situations in which slice_word.h is checked.
 *
 * Two segments, each of four units of 16 slices, so that a full word is what it is in the allocator. The memory of a unit
 * is one plain variable, 0 where it is zero: whoever holds a unit reads and writes it, so two holders, or a holder that does
 * not see what the last one did, are a data race. Who finds a unit clean finds zero. At the end each unit is free exactly
 * once, or where the situation left it; a segment is whole or in pieces; the count of dirty slices is that of the bits. */
#ifndef SLICES_MODEL_H
#define SLICES_MODEL_H
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#ifndef PW_VAR
#define PW_VAR(T) T
#endif

typedef struct sw_arena_s {
  _Atomic(uint64_t) absent;
  _Atomic(uint64_t) whole;
  _Atomic(uint64_t) slices_free[2];
  _Atomic(uint64_t) slices_dirty[2];
  _Atomic(int64_t) dirty;
} sw_arena_t;
#define SW_COUNT_DIRTY(arena, n) ((void)atomic_fetch_add_explicit(&(arena)->dirty, (n), memory_order_relaxed))
#define SW_COUNT_WHOLE(arena, n) ((void)0)
#define SW_BECAME_WHOLE(arena, segment) ((void)0)
#define SW_ABSENT_CHANGED(arena, before, after) ((void)0)
#define SW_ASSERT(x) MODEL_ASSERT(x)
#include "segment/slice_word.h"

#ifndef SITUATION
#define SITUATION 1
#endif
enum { THREADS = 3, SEGMENTS = 2, UNIT = 16, UNITS = SW_SLICES / UNIT };

typedef struct model_s {
  sw_arena_t arena;
  PW_VAR(int) memory[SEGMENTS * UNITS];
} model_t;

/* A run, in units: unit 4 is the first of the second segment. */
typedef struct units_s {
  unsigned first, count;
} units_t;

static inline units_t units(unsigned first, unsigned count) {
  units_t run = {first, count};
  return run;
}

/* ---- what threads do ---- */

/* We hold the run: its memory must be as its dirty bits say. Returns whether it is clean. */
static inline bool model_look(model_t* m, units_t run) {
  const bool clean = sw_run_clean(&m->arena, run.first * UNIT, run.count * UNIT);
  for (unsigned u = run.first; u < run.first + run.count; u++) {
    const int found = m->memory[u];
    MODEL_ASSERT(!clean || found == 0);
  }
  return clean;
}
static inline void model_write(model_t* m, units_t run, int value) {
  for (unsigned u = run.first; u < run.first + run.count; u++) m->memory[u] = value;
}
static inline void model_release(model_t* m, units_t run, bool clean) {
  sw_run_release(&m->arena, run.first * UNIT, run.count * UNIT, clean);
}
static inline bool model_claim(model_t* m, units_t run) {
  return sw_run_claim(&m->arena, run.first * UNIT, run.count * UNIT);
}
/* A page: claimed, looked at, written to, given back. */
static inline void model_use(model_t* m, units_t run) {
  if (!model_claim(m, run)) return;
  model_look(m, run);
  model_write(m, run, 1);
  model_release(m, run, false);
}
/* A run that nobody writes to: it goes back as clean as it was. */
static inline void model_touch(model_t* m, units_t run) {
  if (model_claim(m, run)) model_release(m, run, model_look(m, run));
}
/* As purge.c does: the first run of dirty free units, by hints, is claimed, zeroed, given back clean. */
static inline void model_purge(model_t* m, unsigned segment) {
  sw_arena_t* a = &m->arena;
  const bool whole = (atomic_load_explicit(&a->whole, memory_order_relaxed) >> segment & 1) != 0;
  const uint64_t free = whole ? SW_FULL : atomic_load_explicit(&a->slices_free[segment], memory_order_relaxed);
  const uint64_t dirty = free & atomic_load_explicit(&a->slices_dirty[segment], memory_order_relaxed);
  unsigned first = 0, count = 0;
  while (first < UNITS && (dirty >> (first * UNIT) & 1) == 0) first++;
  while (first + count < UNITS && (dirty >> ((first + count) * UNIT) & 1) != 0) count++;
  if (count == 0) return;
  const units_t run = units(segment * UNITS + first, count);
  if (!sw_claim(a, segment, mica_bits_mask(first * UNIT, count * UNIT))) return;
  model_write(m, run, 0);
  model_release(m, run, true);
}

/* As purge.c and arena.c do: a whole segment is claimed and unmapped. */
static inline void model_unmap(model_t* m, unsigned segment) {
  if (!sw_claim(&m->arena, segment, SW_FULL)) return;
  model_write(m, units(segment * UNITS, UNITS), 0);
  sw_mark(&m->arena, segment, SW_FULL, true);
  sw_absent_release(&m->arena, (uint64_t)1 << segment);
}
/* Segments that are absent, all of them or none, are mapped: fresh memory is zero. */
static inline void model_map(model_t* m, uint64_t segments) {
  if (!sw_absent_claim(&m->arena, segments)) return;
  for (unsigned s = 0; s < SEGMENTS; s++) {
    if ((segments >> s & 1) == 0) continue;
    model_write(m, units(s * UNITS, UNITS), 0);
    sw_whole_release(&m->arena, s);
  }
}

/* ---- situations ---- */

/* Units as digits, the last one first: free and clean 0, free and dirty 1, in somebody's hands 2, absent 3. A segment of free
 * units only is whole. OUT: units never given back. */
#if SITUATION == 1 /* in pieces, one unit stays out: three claims of runs that overlap */
enum { FIRST = 0x2010, SECOND = 0x2222, OUT = 0xf8 };
#elif SITUATION == 2  /* two releases, one of which makes the segment whole, against claims */
enum { FIRST = 0x2222, SECOND = 0x2222, OUT = 0xf0 };
#elif SITUATION == 3  /* a whole segment: two break it, one claims it as a whole */
enum { FIRST = 0x0010, SECOND = 0x2222, OUT = 0xf0 };
#elif SITUATION == 4  /* in pieces: a purge against a claim that wants zero, and a run given back untouched */
enum { FIRST = 0x2201, SECOND = 0x2222, OUT = 0xfc };
#elif SITUATION == 5  /* a whole segment, dirty in part: a purge against one that breaks it */
enum { FIRST = 0x0011, SECOND = 0x2222, OUT = 0xf0 };
#elif SITUATION == 6  /* two purges, and a release of dirty slices */
enum { FIRST = 0x2021, SECOND = 0x2222, OUT = 0xf8 };
#elif SITUATION == 7  /* dirty slices given back and claimed by the next, twice; a neighbour's bit changes meanwhile */
enum { FIRST = 0x2202, SECOND = 0x2222, OUT = 0xfc };
#elif SITUATION == 8  /* a run over two segments whose second part may be taken: undone, as dirty as it was */
enum { FIRST = 0x0122, SECOND = 0x2200, OUT = 0xc3 };
#elif SITUATION == 9  /* a run over two segments, both whole; the first is broken meanwhile */
enum { FIRST = 0x0000, SECOND = 0x0001, OUT = 0 };
#elif SITUATION == 10 /* one and a half segments in one step, the first of which becomes whole meanwhile */
enum { FIRST = 0x2110, SECOND = 0x0010, OUT = 0 };
#elif SITUATION == \
    11 /* a whole segment, dirty in part, is unmapped, and mapped again, while somebody wants a part of it */
enum { FIRST = 0x0011, SECOND = 0x2222, OUT = 0xf0 };
#elif SITUATION == 13 /* two whole segments are unmapped by two, and both or none mapped again by a third */
enum { FIRST = 0x0100, SECOND = 0x0001, OUT = 0 };
#elif SITUATION == 12 /* an absent segment is wanted by two, one of which needs its neighbour as well */
enum { FIRST = 0x3333, SECOND = 0x3333, OUT = 0 };
#endif

static inline unsigned model_digit(unsigned unit) {
  const unsigned digits = unit < UNITS ? (unsigned)FIRST : (unsigned)SECOND;
  return digits >> (unit % UNITS * 4) & 0xf;
}

static inline void model_setup(model_t* m) {
  uint64_t whole = 0, absent = 0, free[SEGMENTS] = {0, 0}, dirty[SEGMENTS] = {0, 0};
  int64_t count = 0;
  for (unsigned u = 0; u < SEGMENTS * UNITS; u++) {
    const unsigned digit = model_digit(u);
    const uint64_t bits = mica_bits_mask(u % UNITS * UNIT, UNIT);
    if (digit < 2) free[u / UNITS] |= bits;
    if (digit == 3) absent |= (uint64_t)1 << (u / UNITS);
    if (digit == 1) dirty[u / UNITS] |= bits;
    count += digit == 1 ? UNIT : 0;
    m->memory[u] = digit == 1 ? 1 : 0;
  }
  for (unsigned s = 0; s < SEGMENTS; s++) {
    if (free[s] == SW_FULL) whole |= (uint64_t)1 << s;
    atomic_store_explicit(&m->arena.slices_free[s], free[s] == SW_FULL ? 0 : free[s], memory_order_relaxed);
    atomic_store_explicit(&m->arena.slices_dirty[s], dirty[s], memory_order_relaxed);
  }
  atomic_store_explicit(&m->arena.absent, absent, memory_order_relaxed);
  atomic_store_explicit(&m->arena.whole, whole, memory_order_relaxed);
  atomic_store_explicit(&m->arena.dirty, count, memory_order_relaxed);
}

static inline void model_thread(model_t* m, int t) {
#if SITUATION == 1
  model_use(m, t == 0 ? units(0, 2) : t == 1 ? units(1, 2) : units(2, 1));
  if (t == 2) model_use(m, units(0, 1));
#elif SITUATION == 2
  if (t < 2) {
    const units_t mine = units(t == 0 ? 0 : 2, 2);
    model_write(m, mine, 1);
    model_release(m, mine, false);
    model_use(m, units(t == 0 ? 3 : 0, 1));
  } else {
    model_use(m, units(1, 1));
    model_use(m, units(0, 4));
  }
#elif SITUATION == 3
  model_use(m, t == 0 ? units(0, 1) : t == 1 ? units(2, 2) : units(0, 4));
#elif SITUATION == 4
  if (t == 0) model_purge(m, 0);
  if (t == 1) model_use(m, units(0, 1));
  if (t == 2) model_touch(m, units(0, 2));
#elif SITUATION == 5
  if (t == 0) model_purge(m, 0);
  if (t == 1) model_use(m, units(1, 2));
  if (t == 2) model_touch(m, units(0, 1));
#elif SITUATION == 6
  if (t < 2) {
    model_purge(m, 0);
  } else {
    model_write(m, units(1, 1), 1);
    model_release(m, units(1, 1), false);
    model_touch(m, units(2, 1));
  }
#elif SITUATION == 7
  if (t == 0) {
    model_write(m, units(0, 1), 1);
    model_release(m, units(0, 1), false);
    model_use(m, units(0, 1));
  } else if (t == 1) {
    if (!model_claim(m, units(0, 1))) return;
    model_look(m, units(0, 1));
    model_write(m, units(0, 1), 0);
    model_release(m, units(0, 1), true);
  } else {
    model_use(m, units(1, 1));
    model_use(m, units(0, 1));
  }
#elif SITUATION == 8
  if (t == 1) model_touch(m, units(5, 1));
  if (t == 2) model_touch(m, units(2, 1));
  if (t != 0 || !model_claim(m, units(2, 4))) return;
  model_look(m, units(2, 4));
  model_release(m, units(2, 1), false);
  model_release(m, units(3, 3), true);
#elif SITUATION == 9
  if (t == 0) model_use(m, units(3, 2));
  if (t == 1) model_use(m, units(2, 1));
  if (t == 2) model_use(m, units(4, 4));
#elif SITUATION == 10
  if (t == 0) {
    const units_t run = units(0, 6);
    if (!sw_run_claim_whole(&m->arena, run.first * UNIT, run.count * UNIT)) return;
    model_look(m, run);
    model_write(m, run, 1);
    model_release(m, run, false);
  } else if (t == 1) {
    model_write(m, units(3, 1), 1);
    model_release(m, units(3, 1), false);
    model_use(m, units(0, 1));
  } else {
    model_use(m, units(6, 1));
    model_use(m, units(4, 4));
  }
#elif SITUATION == 11
  if (t == 0) model_unmap(m, 0);
  if (t == 1) {
    model_map(m, 1);
    model_touch(m, units(0, 2));
  }
  if (t == 2) model_use(m, units(1, 2));
#elif SITUATION == 13
  if (t < 2) model_unmap(m, (unsigned)t);
  if (t == 2) {
    model_map(m, 3);
    model_touch(m, units(3, 2));
  }
#elif SITUATION == 12
  if (t == 0) model_map(m, 3);
  if (t == 1) {
    model_map(m, 2);
    model_unmap(m, 1);
  }
  if (t == 2) model_use(m, units(4, 4));
#endif
}

/* when all threads are done */
static inline void model_check(model_t* m) {
  const uint64_t whole = atomic_load_explicit(&m->arena.whole, memory_order_relaxed);
  const uint64_t absent = atomic_load_explicit(&m->arena.absent, memory_order_relaxed);
  int64_t dirty_free = 0;
  for (unsigned s = 0; s < SEGMENTS; s++) {
    const bool is_whole = (whole >> s & 1) != 0;
    const uint64_t word = atomic_load_explicit(&m->arena.slices_free[s], memory_order_relaxed);
    const uint64_t dirty = atomic_load_explicit(&m->arena.slices_dirty[s], memory_order_relaxed);
    uint64_t free = 0;
    for (unsigned u = 0; u < UNITS; u++)
      if ((absent >> s & 1) == 0 && ((unsigned)OUT >> (s * UNITS + u) & 1) == 0) free |= mica_bits_mask(u * UNIT, UNIT);
    MODEL_ASSERT(is_whole == (free == SW_FULL));
    MODEL_ASSERT(word == (is_whole ? 0 : free));
    MODEL_ASSERT((absent >> s & 1) == 0 || dirty == 0);
    for (unsigned u = 0; u < UNITS; u++) {
      const int found = m->memory[s * UNITS + u];
      MODEL_ASSERT(found == 0 || (dirty & free & mica_bits_mask(u * UNIT, UNIT)) != 0);
    }
    dirty_free += __builtin_popcountll(dirty & free);
#if SITUATION == 8
    MODEL_ASSERT((dirty & free) == (s == 0 ? mica_bits_mask(2 * UNIT, UNIT) : 0)); /* nobody wrote or purged */
#endif
  }
  MODEL_ASSERT(atomic_load_explicit(&m->arena.dirty, memory_order_relaxed) == dirty_free);
}
#endif
