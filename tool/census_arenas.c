/* census_arenas.c -- arenas, with what their words say of segments and slices; and large blocks' own mappings (census_parts.h).
 *
 * An arena's words are read before its pages' lines and after them; if they have changed, all is read again. Its head is copied
 * whole, in few pieces: for each piece the kernel takes the lock of the target's memory, and while threads map and touch
 * memory each time may be a wait for all of them. What is copied in vain costs less. */
#include <stdlib.h>
#include <string.h>

#include "tool/census_parts.h"

enum { LOOKS = 3 };

/* ---- the head ---- */

/* In order: what tells of a change is read first, and last; by who has waited, nearly so. In what stands still nothing
 * changes. */
static bool read_head(census_taking_t* t, uintptr_t base, census_head_t* head) {
  target_t* const target = t->census.target;
  if (!target_is_process(target)) {
    const bool there = target_read(target, head->before, base, MICA_HEAD);
    memcpy(head->after, head->before, MICA_HEAD);
    return there;
  }
  target_piece_t pieces[] = {
      {head->before, base, MICA_HEAD, false},
      {head->after, base, MICA_HEAD, false},
      {head->after, base, MICA_OWNER_LINES, false},
  };
  const size_t count = census_has_waited(t) ? 2 : 3;
  return target_read_many(target, pieces, count) == count;
}

static const mica_arena_t* words_in(const char* copy) { return (const mica_arena_t*)(const void*)(copy + MICA_WORDS); }

/* From a copy, where atomics are plain. */
static uint64_t word(const void* at) {
  uint64_t value;
  memcpy(&value, at, sizeof value);
  return value;
}

/* Likewise; it need be no bool. */
static unsigned char byte(const void* at) {
  unsigned char value;
  memcpy(&value, at, sizeof value);
  return value;
}

static void set_words(census_arena_t* arena, const mica_arena_t* copy) {
  arena->fixed = byte(&copy->fixed) != 0;
  arena->pinned = byte(&copy->pinned) != 0;
  arena->absent = word(&copy->absent);
  arena->whole = word(&copy->whole) & ~arena->absent;
  memcpy(arena->reserve, copy->reserve, sizeof arena->reserve);
  for (unsigned s = 0; s < MICA_ARENA_SEGMENTS; s++) {
    const bool absent = (arena->absent >> s & 1) != 0, whole = (arena->whole >> s & 1) != 0;
    const uint64_t head = s == 0 ? mica_bits_mask(0, MICA_HEAD_SLICES) : 0;
    arena->unused[s] = absent ? 0 : (whole ? ~(uint64_t)0 : word(&copy->slices_free[s])) & ~head;
    arena->dirty[s] = word(&copy->slices_dirty[s]) & arena->unused[s];
    arena->gone[s] = word(&copy->slices_gone[s]) & arena->unused[s];
  }
}

/* Whether the same slices are in use now. */
static bool is_same(const census_arena_t* arena, const mica_arena_t* copy) {
  census_arena_t now;
  set_words(&now, copy);
  return now.absent == arena->absent && memcmp(now.unused, arena->unused, sizeof now.unused) == 0;
}

/* ---- one arena ---- */

/* Its pages, until the words are the same before and after; else as they were last. */
static bool fill(census_taking_t* t, census_arena_t* arena) {
  static census_head_t head; /* large for a stack */
  for (int look = 0; look < LOOKS; look++) {
    if (!read_head(t, arena->base, &head)) return false;
    set_words(arena, words_in(head.before));
    t->census.page_count = arena->first_page;
    if (!census_arena_pages(t, arena, &head)) return false;
    arena->sure = is_same(arena, words_in(head.after));
    if (arena->sure || !census_may_retry(t)) break;
  }
  arena->page_count = t->census.page_count - arena->first_page;
  return true;
}

static bool add_arena(census_taking_t* t, uintptr_t at, unsigned number) {
  const uintptr_t base = at - MICA_WORDS, window = base >> MICA_ARENA_SHIFT;
  if (at < MICA_WORDS || base % MICA_ARENA != 0 || window >= MICA_WINDOWS) return true;
  if (census_index_get(&t->window_of, window + 1) != CENSUS_NONE) return true;
  census_arena_t* arenas = census_grow(t, t->arenas, t->census.arena_count, &t->arena_room, sizeof *arenas);
  if (arenas == NULL) return false;
  t->arenas = arenas;
  census_arena_t* arena = &arenas[t->census.arena_count];
  memset(arena, 0, sizeof *arena);
  arena->base = base;
  arena->number = number;
  arena->first_page = t->census.page_count;
  if (!census_index_put(&t->window_of, window + 1, t->census.arena_count)) return false;
  t->census.arena_count++; /* pages name it */
  if (!fill(t, arena)) {
    t->census.page_count = arena->first_page;
    arena->page_count = 0;
    arena->absent = ~(uint64_t)0;
    arena->sure = false;
  }
  return !t->no_memory;
}

bool census_arenas(census_taking_t* t) {
  const mica_roots_t* roots = target_roots(t->census.target);
  unsigned count;
  if (!TARGET_READ(t->census.target, count, roots->arena_count)) return false;
  if (count > MICA_ARENAS_MAX) count = MICA_ARENAS_MAX;
  uintptr_t* table = calloc(count + 1, sizeof *table);
  t->no_memory = t->no_memory || table == NULL;
  bool well = table != NULL && target_read(t->census.target, table, (uintptr_t)roots->arenas, count * sizeof *table);
  for (unsigned i = 0; well && i < count; i++)
    if (table[i] != 0) well = add_arena(t, table[i], i);
  free(table);
  return well;
}

/* ---- mappings of their own ---- */

static bool begins(const mica_remote_t* r, uintptr_t window, uint64_t bytes) {
  return (uintptr_t)r->base == window && r->lead >= MICA_HEAD && r->lead < r->extent && r->total == 1 && r->size == 0 &&
         word(&r->word) != 0 && r->extent <= bytes && r->extent <= CENSUS_BYTES_MOST;
}

/* The slice whose lines are written; MICA_ARENA_SLICES: none is. It is as a rule the first behind a whole segment. */
static unsigned find_lines(census_taking_t* t, uintptr_t window, uint64_t bytes, mica_remote_t* remote) {
  const uintptr_t lines = window + MICA_REMOTE_LINES;
  target_t* target = t->census.target;
  if (TARGET_READ(target, *remote, lines + MICA_SEGMENT_SLICES * MICA_LINE_SIZE) && begins(remote, window, bytes))
    return MICA_SEGMENT_SLICES;
  mica_remote_t* all = malloc(MICA_ARENA_SLICES * sizeof *all);
  unsigned slice = MICA_ARENA_SLICES;
  t->no_memory = t->no_memory || all == NULL;
  if (all != NULL && target_read(target, all, lines, MICA_ARENA_SLICES * sizeof *all))
    for (slice = 0; slice < MICA_ARENA_SLICES && !begins(&all[slice], window, bytes);) slice++;
  if (slice < MICA_ARENA_SLICES) *remote = all[slice];
  free(all);
  return slice;
}

static void add_mapping(census_taking_t* t, uintptr_t window) {
  uint64_t bytes;
  mica_remote_t remote;
  mica_page_t line;
  if (!TARGET_READ(t->census.target, bytes, window + MICA_WORDS + offsetof(mica_arena_t, window_bytes))) return;
  const unsigned slice = find_lines(t, window, bytes, &remote);
  if (slice == MICA_ARENA_SLICES) return;
  const uintptr_t at = (uintptr_t)mica_page_at(window, slice);
  const bool seen = TARGET_READ(t->census.target, line, at);
  const uint32_t heap = seen ? census_page_heap(t, at, &line) : CENSUS_NONE;
  const census_page_t page = {.base = window,
                              .first = window + remote.lead,
                              .extent = remote.extent,
                              .block_size = remote.extent - remote.lead,
                              .arena = CENSUS_NONE,
                              .slices = (uint32_t)((remote.extent + MICA_SLICE - 1) >> MICA_SLICE_SHIFT),
                              .total = 1,
                              .carved = 1,
                              .used = 1,
                              .theap = CENSUS_NONE,
                              .heap = heap,
                              .class = -1,
                              .state = MICA_PAGE_MAPPING,
                              .sure = seen};
  census_page_add(t, &page);
}

/* In the order of addresses. */
bool census_mappings(census_taking_t* t) {
  enum { MAP_WORDS = MICA_WINDOWS / 64 };
  const uint64_t* counted = t->census.counters.counted;
  if (counted[MICA_COUNTER_WINDOWS_BORN] == counted[MICA_COUNTER_WINDOWS_GONE]) return true;
  uint64_t* map = calloc(MAP_WORDS, sizeof *map);
  t->no_memory = t->no_memory || map == NULL;
  const uintptr_t at = (uintptr_t)target_roots(t->census.target)->first_windows;
  const bool well = map != NULL && target_read(t->census.target, map, at, MAP_WORDS * sizeof *map);
  for (uintptr_t i = 0; well && i < MAP_WORDS; i++)
    for (uint64_t rest = map[i]; rest != 0; rest &= rest - 1)
      add_mapping(t, (i * 64 + (uintptr_t)__builtin_ctzll(rest)) << MICA_ARENA_SHIFT);
  free(map);
  return well && !t->no_memory;
}
