/* arena.c -- making and growing arenas, the table of them, the map of windows that are mica's, and the counts over all of them.
 *
 * The table (arena_table.h) only grows. Two threads that make an arena at the same time end up with one: address space is not
 * spent on races. */
#include "segment/arena.h"

#include "observe/counters.h"
#include "observe/options.h"
#include "observe/own_data.h"
#include "observe/probe.h"
#include "segment/os.h"
#include "segment/segment.h"

typedef mica_arena_t at_arena_t;
#include "segment/arena_table.h"

MICA_TABLE _Atomic(mica_arena_t*) mica_arenas[MICA_ARENAS_MAX];
_Atomic(unsigned) mica_arenas_made;
_Atomic(int64_t) mica_mapped;
_Atomic(int64_t) mica_used_slices;
_Atomic(int64_t) mica_dirty_slices;
_Atomic(int) mica_whole_segments;
_Atomic(int) mica_island_count;

MICA_TABLE _Atomic(uint64_t) mica_arena_windows[MICA_WINDOWS / 64];
MICA_TABLE _Atomic(uint64_t) mica_single_windows[MICA_WINDOWS / 64];
MICA_TABLE _Atomic(uint64_t) mica_first_windows[MICA_WINDOWS / 64];

unsigned mica_arena_count(void) { return at_count(&mica_arenas_made); }

mica_arena_t* mica_arena(unsigned number) { return at_get(mica_arenas, number); }

size_t mica_mapped_bytes(void) {
  return (size_t)atomic_load_explicit(&mica_mapped, memory_order_relaxed); /* relaxed: a figure */
}
void mica_mapped_add(int64_t bytes) {
  /* relaxed: a figure */
  const int64_t before = atomic_fetch_add_explicit(&mica_mapped, bytes, memory_order_relaxed);
  mica_peak(MICA_PEAK_RESERVED, before + bytes);
}

/* relaxed: a pointer into a window reached its asker after the window was marked [M2] */
static bool window_has(_Atomic(uint64_t)* map, uintptr_t window) {
  return (atomic_load_explicit(&map[window / 64], memory_order_relaxed) >> (window % 64) & 1) != 0;
}

mica_window_t mica_window_kind(const void* p) {
  const uintptr_t window = ((uintptr_t)p - 1) >> MICA_ARENA_SHIFT;
  if (p == NULL || window >= MICA_WINDOWS) return MICA_WINDOW_FOREIGN;
  if (window_has(mica_arena_windows, window)) return MICA_WINDOW_ARENA;
  return window_has(mica_single_windows, window) ? MICA_WINDOW_SINGLE : MICA_WINDOW_FOREIGN;
}

/* relaxed: likewise [M1] */
void mica_window_mark(uintptr_t from, size_t bytes, mica_window_t kind) {
  const uintptr_t last = (from + bytes - 1) >> MICA_ARENA_SHIFT;
  for (uintptr_t w = from >> MICA_ARENA_SHIFT; w <= last && w < MICA_WINDOWS; w++) {
    const uint64_t bit = (uint64_t)1 << (w % 64);
    if (kind == MICA_WINDOW_ARENA) atomic_fetch_or_explicit(&mica_arena_windows[w / 64], bit, memory_order_relaxed);
    if (kind == MICA_WINDOW_SINGLE) atomic_fetch_or_explicit(&mica_single_windows[w / 64], bit, memory_order_relaxed);
    if (kind == MICA_WINDOW_SINGLE && w == from >> MICA_ARENA_SHIFT)
      atomic_fetch_or_explicit(&mica_first_windows[w / 64], bit, memory_order_relaxed);
    if (kind != MICA_WINDOW_FOREIGN) continue;
    atomic_fetch_and_explicit(&mica_single_windows[w / 64], ~bit, memory_order_relaxed);
    atomic_fetch_and_explicit(&mica_first_windows[w / 64], ~bit, memory_order_relaxed);
    atomic_fetch_and_explicit(&mica_arena_windows[w / 64], ~bit, memory_order_relaxed);
  }
}

static _Atomic(uintptr_t) next_window; /* where the next arena is tried; a hint [F2] */

enum { GROW_TRIES = 4, ISLANDS_MOST = 16384 /* Linux allows 65,530 mappings */ };

/* Memory from the system, in large OS pages if the program wants that. */
static void* advised(void* at, size_t size) {
  if (at != NULL && mica_option(MICA_OPTION_ALLOW_LARGE_OS_PAGES) != 0) mica_os_advise_huge(at, size);
  return at;
}

/* The segments that are mapped at a time, where `least` are needed. */
static unsigned step(unsigned least) {
  const uintptr_t wanted = (uintptr_t)mica_option(MICA_OPTION_ARENA_RESERVE) * MICA_KiB / MICA_SEGMENT;
  const unsigned most = wanted > MICA_ARENA_SEGMENTS ? MICA_ARENA_SEGMENTS : (unsigned)wanted;
  return most > least ? most : least;
}

/* Arenas lie below one another, at a place of their own: whatever the program maps, their windows stay free for them, and need
 * not be reserved. Where the system decides, or whoever stands between, an arena is mapped as a whole. */
static char* map_first(unsigned least, unsigned* got) {
  uintptr_t at = atomic_load_explicit(&next_window, memory_order_relaxed); /* relaxed: a hint */
  if (at < MICA_ARENA) at = mica_os_place() & ~(MICA_ARENA - 1);
  for (unsigned n = at == 0 ? MICA_ARENA_SEGMENTS : step(least);; n = least) {
    char* base = mica_os_map(at, n * MICA_SEGMENT, MICA_ARENA, 0);
    *got = n;
    /* Whether it is there or, as somebody else came first, elsewhere. relaxed: likewise */
    if (base != NULL && at != 0) atomic_store_explicit(&next_window, at - MICA_ARENA, memory_order_relaxed);
    if (base != NULL || n == least) return advised(base, n * MICA_SEGMENT);
  }
}

/* Its words are written for the first time. 0 segments: not even the first one's slices are free yet [S12] */
static void set_up(mica_arena_t* arena, unsigned number, unsigned segments) {
  if (MICA_TRACKED && number == 0) mica_track_own_data();
  mica_track_lines((const void*)mica_arena_base(arena), MICA_HEAD);
  arena->number = number;
  const uint64_t mapped = mica_bits_mask(0, segments == 0 ? 1 : segments), first = 1;
  /* relaxed: published by the release of the table's CAS */
  atomic_store_explicit(&arena->absent, ~mapped, memory_order_relaxed);
  atomic_store_explicit(&arena->whole, mapped & ~first, memory_order_relaxed);
  const uint64_t free = segments == 0 ? 0 : ~mica_bits_mask(0, MICA_HEAD_SLICES);
  atomic_store_explicit(&arena->slices_free[0], free, memory_order_relaxed);
  mica_window_mark(mica_arena_base(arena), 1, MICA_WINDOW_ARENA);
}

/* The arena gets this number, unless another thread's got it first: then that one is returned and ours unmapped. */
static mica_arena_t* publish(mica_arena_t* arena, unsigned number, unsigned segments) {
  set_up(arena, number, segments);
  mica_arena_t* there = at_publish(mica_arenas, &mica_arenas_made, number, arena);
  if (there == arena) {
    mica_mapped_add((int64_t)(segments * MICA_SEGMENT));
    mica_segments_add_whole(arena, (int)segments - 1);
    mica_islands_add(1);
    MICA_PROBE_CALL2(arena_made, arena, number);
    mica_count(MICA_COUNTER_ARENAS, 1);
    return arena;
  }
  mica_window_mark(mica_arena_base(arena), 1, MICA_WINDOW_FOREIGN);
  mica_os_unmap((void*)mica_arena_base(arena), segments * MICA_SEGMENT);
  return there;
}

mica_arena_t* mica_arena_make(unsigned segments) {
  unsigned got = 0;
  const unsigned number = mica_arena_count();
  if (segments >= MICA_ARENA_SEGMENTS || number == MICA_ARENAS_MAX) return NULL;
  if (mica_option(MICA_OPTION_DISALLOW_OS_ALLOC) != 0) return NULL;
  char* base = map_first(segments + 1, &got);
  return base == NULL ? NULL : publish(mica_arena_at((uintptr_t)base), number, got);
}

bool mica_arena_enter(mica_arena_t* arena) {
  for (;;) {
    const unsigned number = mica_arena_count();
    if (number == MICA_ARENAS_MAX) {
      mica_window_mark(mica_arena_base(arena), 1, MICA_WINDOW_FOREIGN);
      return false;
    }
    set_up(arena, number, 0);
    if (at_publish(mica_arenas, &mica_arenas_made, number, arena) == arena) break;
  }
  MICA_PROBE_CALL2(arena_made, arena, arena->number);
  mica_count(MICA_COUNTER_ARENAS, 1);
  return true;
}

bool mica_arena_holds(const mica_arena_t* arena, const void* p) {
  const uintptr_t at = (uintptr_t)p - mica_arena_base(arena), segment = (at - 1) >> MICA_SEGMENT_SHIFT;
  if (at <= MICA_HEAD || at > MICA_ARENA) return false;
  /* A reserved window's head may be all that is ours of its first segment. relaxed: as below [S13] */
  if (segment == 0 && arena->fixed) return atomic_load_explicit(&arena->reserve[0], memory_order_relaxed) != 0;
  /* relaxed: a segment with a block in use is mapped, and p came from it after that [S10] */
  return (atomic_load_explicit(&arena->absent, memory_order_relaxed) >> segment & 1) == 0;
}

bool mica_is_ours(const void* p) {
  const mica_window_t kind = mica_window_kind(p);
  if (kind != MICA_WINDOW_ARENA) return kind == MICA_WINDOW_SINGLE;
  return mica_arena_holds(mica_arena_at(mica_window_of(p)), p);
}

/* Whether segments of the arena's window may be mapped and unmapped. */
bool mica_arena_can_grow(const mica_arena_t* arena) {
  return !arena->fixed && mica_option(MICA_OPTION_DISALLOW_OS_ALLOC) == 0;
}

/* Maps these segments, side by side, whose bits in `absent` we have taken. */
static bool map_segments(mica_arena_t* arena, uint64_t segments) {
  const size_t size = (size_t)__builtin_popcountll(segments) * MICA_SEGMENT;
  char* at = mica_slice_address(arena, (unsigned)__builtin_ctzll(segments) * MICA_SEGMENT_SLICES);
  if (!mica_os_map_at(at, size)) {
    /* relaxed: a hint [F1] */
    if (mica_os_is_mapped(at)) atomic_fetch_or_explicit(&arena->taken, segments & -segments, memory_order_relaxed);
    sw_absent_release(arena, segments);
    return false;
  }
  advised(at, size);
  mica_mapped_add((int64_t)size);
  for (uint64_t rest = segments; rest != 0; rest &= rest - 1) sw_whole_release(arena, (unsigned)__builtin_ctzll(rest));
  return true;
}

void mica_arena_map(mica_arena_t* arena, unsigned segment) {
  const uint64_t bit = mica_bits_mask(segment, 1);
  if (mica_arena_can_grow(arena) && sw_absent_claim(arena, bit)) map_segments(arena, bit);
}

/* Maps what is absent of these segments. False: all of it could not be had. */
static bool map_absent(mica_arena_t* arena, uint64_t segments) {
  const uint64_t absent = atomic_load_explicit(&arena->absent, memory_order_relaxed); /* relaxed: a hint [S10] */
  for (uint64_t rest = absent & segments; rest != 0;) {
    const uint64_t part = mica_bits_lowest(rest);
    if (!sw_absent_claim(arena, part) || !map_segments(arena, part)) return false;
    rest &= ~part;
  }
  return true;
}

/* Makes some neighbours whole. *refused: where a mapping of somebody else's may lie. */
static bool grow_by(mica_arena_t* arena, unsigned segments, uint64_t* refused) {
  for (int tries = 0; tries < GROW_TRIES; tries++) {
    /* relaxed: hints; only the claims decide [S10] */
    const uint64_t absent = atomic_load_explicit(&arena->absent, memory_order_relaxed);
    const uint64_t whole = atomic_load_explicit(&arena->whole, memory_order_relaxed); /* relaxed: likewise [S1] */
    const unsigned first = mica_bits_find((absent | whole) & ~*refused, segments);
    if (absent == 0 || first == 64) return false;
    const uint64_t mask = mica_bits_mask(first, segments);
    if (map_absent(arena, mask)) return true;
    *refused |= mask & absent;
  }
  return false;
}

bool mica_arena_grow(mica_arena_t* arena, unsigned segments) {
  /* relaxed: hints [S10] */
  if (atomic_load_explicit(&arena->absent, memory_order_relaxed) == 0) return false;
  uint64_t refused = atomic_load_explicit(&arena->taken, memory_order_relaxed); /* relaxed: likewise [F1] */
  if (!mica_arena_can_grow(arena)) return false;
  const unsigned n = step(segments);
  return grow_by(arena, n, &refused) || (n != segments && grow_by(arena, segments, &refused));
}

bool mica_arena_shrink(mica_arena_t* arena, unsigned first, unsigned segments) {
  const size_t size = segments * MICA_SEGMENT;
  const uint64_t mapped = ~atomic_load_explicit(&arena->absent, memory_order_relaxed); /* relaxed: a figure [S10] */
  const bool splits = mica_islands(mapped & ~mica_bits_mask(first, segments)) > mica_islands(mapped);
  /* relaxed: a figure of policy */
  if (splits && atomic_load_explicit(&mica_island_count, memory_order_relaxed) >= ISLANDS_MOST) return false;
  if (!mica_arena_can_grow(arena)) return false; /* what goes could not come back */
  if (!mica_os_try_unmap(mica_slice_address(arena, first * MICA_SEGMENT_SLICES), size)) return false;
  mica_mapped_add(-(int64_t)size);
  for (unsigned s = first; s < first + segments; s++) sw_mark(arena, s, SW_FULL, true);
  sw_absent_release(arena, mica_bits_mask(first, segments));
  return true;
}

uintptr_t mica_window_next(uintptr_t from) {
  for (uintptr_t w = from >> MICA_ARENA_SHIFT; w < MICA_WINDOWS; w++)
    if (window_has(mica_first_windows, w)) return w << MICA_ARENA_SHIFT;
  return 0;
}

uintptr_t mica_window_first(const void* p) {
  uintptr_t w = ((uintptr_t)p - 1) >> MICA_ARENA_SHIFT;
  while (w != 0 && !window_has(mica_first_windows, w)) w--;
  return w << MICA_ARENA_SHIFT;
}
