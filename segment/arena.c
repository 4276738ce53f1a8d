/* arena.c -- making and growing arenas, the table of them, the map of windows that are mica's, and the counts over all of them.
 *
 * The table (arena_table.h) only grows. Two threads that make an arena at the same time end up with one: address space is not
 * spent on races. */
#include "segment/arena.h"

#include "observe/counters.h"
#include "observe/options.h"
#include "observe/own_data.h"
#include "segment/os.h"

typedef mica_arena_t at_arena_t;
#include "segment/arena_table.h"

static _Atomic(mica_arena_t*) arenas[MICA_ARENAS_MAX];
static _Atomic(unsigned) arena_count;
static _Atomic(int64_t) mapped_bytes; /* a figure [F1] */
_Atomic(int64_t) mica_used_slices;
_Atomic(int64_t) mica_dirty_slices;

/* One bit a window of 256 MiB below 2^48; above, nothing is ours. */
enum { WINDOWS = 1 << (48 - MICA_ARENA_SHIFT) };
static _Atomic(uint64_t) arena_windows[WINDOWS / 64];
static _Atomic(uint64_t) single_windows[WINDOWS / 64];
static _Atomic(uint64_t) first_windows[WINDOWS / 64]; /* of those, where a mapping begins */

unsigned mica_arena_count(void) { return at_count(&arena_count); }

mica_arena_t* mica_arena(unsigned number) { return at_get(arenas, number); }

size_t mica_mapped_bytes(void) {
  return (size_t)atomic_load_explicit(&mapped_bytes, memory_order_relaxed); /* relaxed: a figure */
}
void mica_mapped_add(int64_t bytes) {
  /* relaxed: a figure */
  const int64_t before = atomic_fetch_add_explicit(&mapped_bytes, bytes, memory_order_relaxed);
  mica_peak(MICA_PEAK_RESERVED, before + bytes);
}

/* relaxed: a pointer into a window reached its asker after the window was marked [M2] */
static bool window_has(_Atomic(uint64_t)* map, uintptr_t window) {
  return (atomic_load_explicit(&map[window / 64], memory_order_relaxed) >> (window % 64) & 1) != 0;
}

mica_window_t mica_window_kind(const void* p) {
  const uintptr_t window = ((uintptr_t)p - 1) >> MICA_ARENA_SHIFT;
  if (p == NULL || window >= WINDOWS) return MICA_WINDOW_FOREIGN;
  if (window_has(arena_windows, window)) return MICA_WINDOW_ARENA;
  return window_has(single_windows, window) ? MICA_WINDOW_SINGLE : MICA_WINDOW_FOREIGN;
}

/* relaxed: likewise [M1] */
void mica_window_mark(uintptr_t from, size_t bytes, mica_window_t kind) {
  const uintptr_t last = (from + bytes - 1) >> MICA_ARENA_SHIFT;
  for (uintptr_t w = from >> MICA_ARENA_SHIFT; w <= last && w < WINDOWS; w++) {
    const uint64_t bit = (uint64_t)1 << (w % 64);
    if (kind == MICA_WINDOW_ARENA) atomic_fetch_or_explicit(&arena_windows[w / 64], bit, memory_order_relaxed);
    if (kind == MICA_WINDOW_SINGLE) atomic_fetch_or_explicit(&single_windows[w / 64], bit, memory_order_relaxed);
    if (kind == MICA_WINDOW_SINGLE && w == from >> MICA_ARENA_SHIFT)
      atomic_fetch_or_explicit(&first_windows[w / 64], bit, memory_order_relaxed);
    if (kind != MICA_WINDOW_FOREIGN) continue;
    atomic_fetch_and_explicit(&single_windows[w / 64], ~bit, memory_order_relaxed);
    atomic_fetch_and_explicit(&first_windows[w / 64], ~bit, memory_order_relaxed);
    atomic_fetch_and_explicit(&arena_windows[w / 64], ~bit, memory_order_relaxed);
  }
}

/* Where address space is limited, an arena begins with all its segments only if they are this part of it at most. */
enum { LIMIT_PART = 8, GROW_TRIES = 4 };

/* Memory from the system, in large OS pages if the program wants that. */
static void* advised(void* at, size_t size) {
  if (at != NULL && mica_option(MICA_OPTION_ALLOW_LARGE_OS_PAGES) != 0) mica_os_advise_huge(at, size);
  return at;
}

/* Address space for an arena's first segments: all 64 if they can be had, else a few more than are needed now. */
static char* reserve(unsigned least, unsigned* got) {
  uintptr_t wanted = (uintptr_t)mica_option(MICA_OPTION_ARENA_RESERVE) * MICA_KiB / MICA_SEGMENT;
  if (mica_os_address_limit() / LIMIT_PART < wanted * MICA_SEGMENT) wanted = 0;
  const unsigned tries[] = {wanted > MICA_ARENA_SEGMENTS ? MICA_ARENA_SEGMENTS : (unsigned)wanted, least + 3, least};
  for (unsigned i = 0; i < sizeof tries / sizeof tries[0]; i++) {
    if (tries[i] < least || tries[i] > MICA_ARENA_SEGMENTS) continue;
    char* base = advised(mica_os_map(tries[i] * MICA_SEGMENT, MICA_ARENA, 0), tries[i] * MICA_SEGMENT);
    *got = tries[i];
    if (base != NULL) return base;
  }
  return NULL;
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
  mica_arena_t* there = at_publish(arenas, &arena_count, number, arena);
  if (there == arena) {
    mica_mapped_add((int64_t)(segments * MICA_SEGMENT));
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
  char* base = reserve(segments + 1, &got);
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
    if (at_publish(arenas, &arena_count, number, arena) == arena) break;
  }
  mica_count(MICA_COUNTER_ARENAS, 1);
  return true;
}

bool mica_arena_holds(const mica_arena_t* arena, const void* p) {
  const uintptr_t at = (uintptr_t)p - mica_arena_base(arena), segment = (at - 1) >> MICA_SEGMENT_SHIFT;
  if (at <= MICA_HEAD || at > MICA_ARENA) return false;
  /* A reserved window's head may be all that is ours of its first segment. relaxed: as below [S13] */
  if (segment == 0 && arena->fixed) return atomic_load_explicit(&arena->reserve[0], memory_order_relaxed) != 0;
  /* relaxed: a segment that has been mapped stays so, and p came from it after that [S10] */
  return (atomic_load_explicit(&arena->absent, memory_order_relaxed) >> segment & 1) == 0;
}

bool mica_is_ours(const void* p) {
  const mica_window_t kind = mica_window_kind(p);
  if (kind != MICA_WINDOW_ARENA) return kind == MICA_WINDOW_SINGLE;
  return mica_arena_holds(mica_arena_at(mica_window_of(p)), p);
}

/* relaxed: the bits stand for addresses, and only the CAS decides [S10] [S11] */
bool mica_arena_take_absent(mica_arena_t* arena, uint64_t segments) {
  uint64_t absent = atomic_load_explicit(&arena->absent, memory_order_relaxed);
  while ((absent & segments) == segments)
    if (atomic_compare_exchange_weak_explicit(&arena->absent, &absent, absent & ~segments, memory_order_relaxed,
                                              memory_order_relaxed))
      return true;
  return false;
}

/* Whether more of the arena's window may be mapped. */
static bool can_grow(const mica_arena_t* arena) {
  return !arena->fixed && mica_option(MICA_OPTION_DISALLOW_OS_ALLOC) == 0;
}

/* Maps these segments, whose bits in `absent` we have taken. */
static bool map_segments(mica_arena_t* arena, unsigned first, unsigned segments) {
  const uint64_t mask = mica_bits_mask(first, segments);
  char* at = mica_slice_address(arena, first * MICA_SEGMENT_SLICES);
  if (!mica_os_map_at(at, segments * MICA_SEGMENT)) {
    atomic_fetch_or_explicit(&arena->absent, mask, memory_order_relaxed); /* relaxed: addresses, see below [S11] */
    return false;
  }
  advised(at, segments * MICA_SEGMENT);
  mica_mapped_add((int64_t)(segments * MICA_SEGMENT));
  /* release: pairs with the claim's acquire [S3] */
  atomic_fetch_or_explicit(&arena->whole, mask, memory_order_release);
  return true;
}

void mica_arena_map(mica_arena_t* arena, unsigned segment) {
  const uint64_t bit = mica_bits_mask(segment, 1);
  if (!can_grow(arena)) return;
  if ((atomic_load_explicit(&arena->absent, memory_order_relaxed) & bit) == 0) return; /* relaxed: a hint [S10] */
  /* relaxed: as in mica_arena_grow; the thread that cleared the bit maps the segment [S11] */
  if ((atomic_fetch_and_explicit(&arena->absent, ~bit, memory_order_relaxed) & bit) != 0)
    map_segments(arena, segment, 1);
}

bool mica_arena_grow(mica_arena_t* arena, unsigned segments) {
  if (!can_grow(arena)) return false;
  /* relaxed: only the CAS decides [S10] */
  uint64_t absent = atomic_load_explicit(&arena->absent, memory_order_relaxed);
  uint64_t refused = 0; /* where a mapping of somebody else's may lie */
  for (int tries = 0; tries < GROW_TRIES;) {
    const unsigned first = mica_bits_find(absent & ~refused, segments);
    if (first == 64) return false;
    const uint64_t mask = mica_bits_mask(first, segments);
    /* relaxed: the bits stand for addresses; what is mapped there is nobody's yet [S11] */
    if (!atomic_compare_exchange_weak_explicit(&arena->absent, &absent, absent & ~mask, memory_order_relaxed,
                                               memory_order_relaxed))
      continue;
    if (map_segments(arena, first, segments)) return true;
    refused |= mask;
    tries++;
    absent = atomic_load_explicit(&arena->absent, memory_order_relaxed); /* relaxed: as above [S10] */
  }
  return false;
}

uintptr_t mica_window_next(uintptr_t from) {
  for (uintptr_t w = from >> MICA_ARENA_SHIFT; w < WINDOWS; w++)
    if (window_has(first_windows, w)) return w << MICA_ARENA_SHIFT;
  return 0;
}

uintptr_t mica_window_first(const void* p) {
  uintptr_t w = ((uintptr_t)p - 1) >> MICA_ARENA_SHIFT;
  while (w != 0 && !window_has(first_windows, w)) w--;
  return w << MICA_ARENA_SHIFT;
}
