/* reserve.c -- how memory from elsewhere becomes segments of arenas, and the table of reservations.
 *
 * The segments of a reservation are taken out of `absent`, all of one window or none, so a segment has one reservation at most.
 * Then they are ours: their words are written, and they are given to their arena like any slices that go back. The table's
 * places are filled once, before anybody has the number. */
#include "segment/reserve.h"

#include "observe/hooks.h"
#include "observe/options.h"
#include "segment/commit.h"
#include "segment/os.h"
#include "segment/segment.h"
#include <string.h>

typedef struct reserve_s {
  char* start;
  size_t size;
} reserve_t;

static MICA_TABLE reserve_t reserves[MICA_RESERVES_MAX]; /* number n stands at n - 1 */
static_assert(2 * MICA_RESERVES_MAX + 1 <= UINT16_MAX, "a segment's `reserve` holds a number and a bit");
static _Atomic(uint32_t) reserve_count;

/* ---- numbers ---- */

/* A number that nobody else has; 0: there are no more. relaxed, here and below: the number, and what stands at its place, reach
 * other threads by the program's own means [A4] */
static uint32_t number_take(void) {
  uint32_t n = atomic_load_explicit(&reserve_count, memory_order_relaxed);
  while (n < MICA_RESERVES_MAX)
    if (atomic_compare_exchange_weak_explicit(&reserve_count, &n, n + 1, memory_order_relaxed, memory_order_relaxed))
      return n + 1;
  return 0;
}

/* It is not used after all. If another was taken meanwhile, its place stays empty. [A4] */
static void number_return(uint32_t number) {
  uint32_t n = number;
  atomic_compare_exchange_strong_explicit(&reserve_count, &n, number - 1, memory_order_relaxed, memory_order_relaxed);
}

uint32_t mica_reserve_number(mi_arena_id_t id) {
  const uintptr_t at = (uintptr_t)id - (uintptr_t)reserves;
  const uint32_t n = (uint32_t)(at / sizeof reserves[0]) + 1;
  if (at >= sizeof reserves || at % sizeof reserves[0] != 0) return 0;
  return reserves[n - 1].size != 0 ? n : 0;
}

mi_arena_id_t mica_reserve_id(uint32_t number) { return number == 0 ? NULL : &reserves[number - 1]; }

void* mica_reserve_area(uint32_t number, size_t* size) {
  const bool there = number != 0 && number <= MICA_RESERVES_MAX;
  if (size != NULL) *size = there ? reserves[number - 1].size : 0;
  return there ? reserves[number - 1].start : NULL;
}

/* ---- segments of one window ---- */

typedef struct part_s {
  uintptr_t window;
  uint64_t segments;
} part_t;

/* What of the memory lies in the window. */
static part_t part_of(const mica_brought_t* m, uintptr_t window) {
  const uintptr_t start = ((uintptr_t)m->start + MICA_SEGMENT - 1) & ~(MICA_SEGMENT - 1);
  const uintptr_t end = ((uintptr_t)m->start + m->size) & ~(MICA_SEGMENT - 1);
  const uintptr_t from = start > window ? start : window, to = end < window + MICA_ARENA ? end : window + MICA_ARENA;
  if (from >= to) return (part_t){window, 0};
  return (part_t){window, mica_bits_mask((unsigned)((from - window) >> MICA_SEGMENT_SHIFT),
                                         (unsigned)((to - from) >> MICA_SEGMENT_SHIFT))};
}

/* The head, in the memory itself or mapped for it. It is zero then. */
static bool head_get(const mica_brought_t* m, part_t part) {
  void* head = (void*)part.window;
  if ((part.segments & 1) == 0) return mica_os_map_at(head, MICA_HEAD);
  bool zero = m->zero;
  if (m->commit != NULL && !m->committed && !mica_commit_call(m->commit, m->commit_arg, true, head, MICA_HEAD, &zero))
    return false;
  if (!zero) memset(head, 0, MICA_HEAD);
  return true;
}

static void head_give(const mica_brought_t* m, part_t part) {
  bool zero;
  if ((part.segments & 1) == 0) {
    mica_os_unmap((void*)part.window, MICA_HEAD);
  } else if (m->commit != NULL && !m->committed) {
    mica_commit_call(m->commit, m->commit_arg, false, (void*)part.window, MICA_HEAD, &zero);
  }
}

/* The arena of a window that is nobody's yet. */
static mica_arena_t* arena_make(const mica_brought_t* m, part_t part) {
  mica_arena_t* arena = mica_arena_at(part.window);
  if (!head_get(m, part)) return NULL;
  arena->fixed = true;
  arena->pinned = m->pinned;
  arena->commit = m->commit;
  arena->commit_arg = m->commit_arg;
  if (mica_arena_enter(arena)) {
    if ((part.segments & 1) == 0) mica_mapped_add(MICA_HEAD);
    return arena;
  }
  head_give(m, part);
  return NULL;
}

/* The window's arena, if there is one: out of the table, so that its words are seen. */
static mica_arena_t* arena_find(uintptr_t window) {
  for (unsigned i = 0; i < mica_arena_count(); i++)
    if (mica_arena(i) == mica_arena_at(window)) return mica_arena(i);
  return NULL;
}

/* The arena that takes the segments, which are ours then; NULL: there is none. */
static mica_arena_t* arena_get(const mica_brought_t* m, part_t part) {
  mica_arena_t* arena = arena_find(part.window);
  if (arena != NULL) {
    const bool alike = arena->pinned == m->pinned && arena->commit == m->commit && arena->commit_arg == m->commit_arg;
    return alike && sw_absent_claim(arena, part.segments) ? arena : NULL;
  }
  if (mica_window_kind((char*)part.window + 1) != MICA_WINDOW_FOREIGN) return NULL;
  arena = arena_make(m, part);
  /* A new arena's first segment is not absent, but it is ours. */
  return arena != NULL && sw_absent_claim(arena, part.segments & ~(uint64_t)1) ? arena : NULL;
}

static bool part_add(const mica_brought_t* m, part_t part, uint32_t number) {
  mica_arena_t* arena = arena_get(m, part);
  if (arena == NULL) return false;
  for (unsigned s = 0; s < MICA_ARENA_SEGMENTS; s++) {
    if ((part.segments >> s & 1) == 0) continue;
    const uint64_t mask = s == 0 ? ~mica_bits_mask(0, MICA_HEAD_SLICES) : ~(uint64_t)0;
    const uint16_t reserve = (uint16_t)(2 * number + m->exclusive);
    /* relaxed: published by the release of its slices [S13] */
    atomic_store_explicit(&arena->reserve[s], reserve, memory_order_relaxed);
    if (!m->committed && m->commit != NULL) mica_commit_none(arena, s, mask);
    sw_release(arena, s, mask, m->zero || (!m->committed && m->commit != NULL));
  }
  mica_mapped_add((int64_t)__builtin_popcountll(part.segments) * (int64_t)MICA_SEGMENT);
  return true;
}

/* ---- all windows ---- */

/* All that can be used of the memory: every window's part up to one that cannot, but for the first window, which may lack its
 * base. The number; 0: nothing. */
static uint32_t add(const mica_brought_t* m) {
  const uint32_t number = number_take();
  if (number == 0) return 0;
  reserve_t r = {NULL, 0};
  const uintptr_t end = (uintptr_t)m->start + m->size;
  for (uintptr_t w = (uintptr_t)m->start & ~(MICA_ARENA - 1); w < end; w += MICA_ARENA) {
    const part_t part = part_of(m, w);
    if (part.segments == 0) continue;
    if (!part_add(m, part, number)) {
      if ((part.segments & 1) != 0 || r.size != 0) break;
      continue;
    }
    if (r.size == 0) r.start = (char*)w + (uintptr_t)__builtin_ctzll(part.segments) * MICA_SEGMENT;
    r.size += (size_t)__builtin_popcountll(part.segments) * MICA_SEGMENT;
  }
  reserves[number - 1] = r;
  if (r.size != 0) return number;
  number_return(number);
  return 0;
}

/* The same with memory of our own, from an arena's base on; what could not be used is unmapped. */
static uint32_t add_own(char* at, size_t size, bool pinned, bool exclusive) {
  const mica_brought_t m = {at, size, true, pinned, true, exclusive, NULL, NULL};
  const uint32_t number = add(&m);
  size_t used = 0;
  mica_reserve_area(number, &used);
  if (used < size) {
    mica_warn("%zu of %zu bytes are reserved: there are no more windows\n", used, size);
    mica_os_unmap(at + used, size - used);
  }
  return number;
}

static char* map_large(size_t size, mica_os_kind_t kind, bool* pinned) {
  char* at = mica_os_map_kind(size, MICA_ARENA, MICA_OS_HUGE_2M); /* whole segments are whole pages of 2 MiB */
  *pinned = at != NULL;
  if (at != NULL) return at;
  at = mica_os_map_kind(size, MICA_ARENA, kind);
  if (at != NULL) mica_os_advise_huge(at, size);
  return at;
}

uint32_t mica_reserve_memory(size_t size, bool commit, bool large, bool exclusive) {
  if (size == 0 || size > MICA_RESERVE_MOST) return 0;
  const size_t whole = (size + MICA_SEGMENT - 1) & ~(MICA_SEGMENT - 1);
  const mica_os_kind_t kind = commit ? MICA_OS_COMMITTED : MICA_OS_ORDINARY;
  bool pinned = false;
  char* at = large ? map_large(whole, kind, &pinned) : mica_os_map_kind(whole, MICA_ARENA, kind);
  return at == NULL ? 0 : add_own(at, whole, pinned, exclusive);
}

uint32_t mica_reserve_brought(const mica_brought_t* brought) {
  mica_brought_t m = *brought;
  const uintptr_t start = (uintptr_t)m.start;
  bool ok = m.start != NULL && m.size <= MICA_RESERVE_MOST && start <= MICA_RESERVE_MOST - m.size;
  if (m.commit == NULL) m.pinned = true;
  if (ok && m.commit == NULL && !m.committed) {
    const uintptr_t from = (start + MICA_SEGMENT - 1) & ~(MICA_SEGMENT - 1),
                    to = (start + m.size) & ~(MICA_SEGMENT - 1);
    ok = from < to && mica_os_allow((void*)from, to - from);
  }
  const uint32_t number = ok ? add(&m) : 0;
  if (number == 0)
    mica_warn(
        "%zu bytes at %p cannot be managed: no whole 4 MiB in it, the 256 MiB around it begin with other memory, or it "
        "cannot be committed\n",
        brought->size, (void*)brought->start);
  return number;
}

/* ---- huge OS pages ---- */

#define GIB ((size_t)1 << 30)

static char* map_huge(size_t gib, mica_os_kind_t kind) {
  return gib == 0 ? NULL : mica_os_map_kind(gib * GIB, kind == MICA_OS_HUGE_1G ? GIB : MICA_ARENA, kind);
}

static bool can_map_huge(size_t gib, mica_os_kind_t kind) {
  char* at = map_huge(gib, kind);
  if (at != NULL) mica_os_unmap(at, gib * GIB);
  return at != NULL;
}

/* As many GiB as there are, at most `most`, in pages of one kind: if not all, the number is found by halving. */
static char* map_most(size_t most, mica_os_kind_t kind, size_t* got) {
  char* at = map_huge(most, kind);
  size_t low = at != NULL ? most : 0;
  for (size_t high = at != NULL ? most : most - 1; low < high;) {
    const size_t middle = low + (high - low + 1) / 2;
    if (can_map_huge(middle, kind))
      low = middle;
    else
      high = middle - 1;
  }
  if (at == NULL) at = map_huge(low, kind);
  *got = at != NULL ? low : 0;
  return at;
}

uint32_t mica_reserve_huge(size_t gib, bool exclusive, size_t* huge) {
  *huge = 0;
  if (gib == 0 || gib > MICA_RESERVE_MOST / GIB) return 0;
  char* at = map_most(gib, MICA_OS_HUGE_1G, huge);
  if (at == NULL) at = map_most(gib, MICA_OS_HUGE_2M, huge);
  if (*huge < gib)
    mica_warn("%zu of %zu GiB in huge OS pages: there are no more (see /proc/sys/vm/nr_hugepages)%s\n", *huge, gib,
              *huge == 0 ? "; ordinary memory is reserved" : "");
  if (at != NULL) return add_own(at, *huge * GIB, true, exclusive);
  at = mica_os_map(0, gib * GIB, MICA_ARENA, 0);
  if (at == NULL) return 0;
  mica_os_advise_huge(at, gib * GIB);
  return add_own(at, gib * GIB, false, exclusive);
}

/* ---- at start ---- */

/* After the options have been read: their file is linked before this one. */
MICA_CONSTRUCTOR static void reserve_at_start(void) {
  const long gib = mica_option(MICA_OPTION_RESERVE_HUGE_OS_PAGES), kib = mica_option(MICA_OPTION_RESERVE_OS_MEMORY);
  size_t huge;
  if (gib > 0 && mica_reserve_huge((size_t)gib, false, &huge) == 0) mica_warn("%ld GiB cannot be reserved\n", gib);
  if (kib <= 0) return;
  const bool large = mica_option(MICA_OPTION_ALLOW_LARGE_OS_PAGES) != 0;
  if ((unsigned long)kib > MICA_RESERVE_MOST / MICA_KiB ||
      mica_reserve_memory((size_t)kib * MICA_KiB, false, large, false) == 0)
    mica_warn("%ld KiB cannot be reserved\n", kib);
}
