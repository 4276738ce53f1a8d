/* look.c -- what the library's sources ask of the process that they run in, answered for the present target (target.h).
 *
 * heap/where*.c and stats/stats.c are compiled into this program as they are. What they begin with, and what they follow, is
 * here: the functions of segment/peek.h, segment/arena.h, heap/theap.h and heap/where.h that they call. An address is the
 * target's. The list of theaps and the table of arenas are read once for each look (look_begin), so that a list that changes,
 * or has no end, is walked to one end. Single-threaded. */
#include "tool/look.h"

#include <stdlib.h>
#include <string.h>

#include "heap/where.h"
#include "segment/arena.h"
#include "segment/peek.h"
#include "tool/target.h"

enum { THEAPS_MOST = 1 << 20 };

static mica_theap_t** theaps; /* newest first, as the target's list */
static size_t theap_count, theap_room, theap_last;
static mica_arena_t* arenas[MICA_ARENAS_MAX];
static unsigned arena_count;

/* ---- a look begins ---- */

static bool add_theap(uintptr_t at) {
  if (theap_count == theap_room) {
    mica_theap_t** more = realloc(theaps, (theap_room = theap_room * 2 + 256) * sizeof *more);
    if (more == NULL) return false;
    theaps = more;
  }
  theaps[theap_count++] = (mica_theap_t*)at;
  return true;
}

/* A list that leads back into itself ends where it meets the item that was passed a power of two of steps before (Brent). */
static void list_theaps(target_t* target) {
  uintptr_t at, mark = 0;
  size_t steps = 0, mark_after = 1;
  theap_count = theap_last = 0;
  if (!TARGET_READ(target, at, target_roots(target)->theaps)) return;
  while (at != 0 && at != mark && at % MICA_THEAP_ALIGN == 0 && theap_count < THEAPS_MOST && add_theap(at)) {
    if (++steps == mark_after) {
      mark = at;
      mark_after *= 2;
      steps = 0;
    }
    if (!TARGET_READ(target, at, at + offsetof(mica_theap_t, all_next))) return;
  }
}

void look_begin(void) {
  target_t* target = target_present();
  list_theaps(target);
  if (!TARGET_READ(target, arena_count, target_roots(target)->arena_count)) arena_count = 0;
  if (arena_count > MICA_ARENAS_MAX) arena_count = MICA_ARENAS_MAX;
  if (!target_read(target, arenas, (uintptr_t)target_roots(target)->arenas, arena_count * sizeof *arenas))
    arena_count = 0;
}

/* ---- segment/peek.h ---- */

bool mica_peek(void* to, const void* from, size_t n) { return target_read(target_present(), to, (uintptr_t)from, n); }

/* The last bytes of a long name, as the library's. */
mica_mapped_t mica_mapping_at(const void* p, mica_mapping_t* mapping) {
  const target_t* target = target_present();
  const target_mapping_t* m = target_mapping_at(target, (uintptr_t)p);
  target_mapping_t part; /* a core lists files alone, and has the rest as parts without names */
  if (m == NULL && target_part_at(target, (uintptr_t)p, &part)) m = &part;
  if (m == NULL) return target_is_closed(target) ? MICA_NOT_MAPPED : MICA_MAPPED_UNKNOWN;
  const size_t length = strlen(m->name), cut = length < MICA_MAPPING_NAME ? 0 : length - MICA_MAPPING_NAME + 1;
  mapping->from = m->from;
  mapping->to = m->to;
  memset(mapping->name, 0, sizeof mapping->name);
  memcpy(mapping->name, m->name + cut, length - cut);
  return MICA_MAPPED;
}

/* ---- segment/arena.h ---- */

unsigned mica_arena_count(void) { return arena_count; }
mica_arena_t* mica_arena(unsigned number) { return arenas[number]; }

static bool window_has(const void* map, uintptr_t window) {
  uint64_t word;
  return mica_peek(&word, (const void*)((uintptr_t)map + window / 64 * sizeof word), sizeof word) &&
         (word >> (window % 64) & 1) != 0;
}

mica_window_t mica_window_kind(const void* p) {
  const mica_roots_t* roots = target_roots(target_present());
  const uintptr_t window = ((uintptr_t)p - 1) >> MICA_ARENA_SHIFT;
  if (p == NULL || window >= MICA_WINDOWS) return MICA_WINDOW_FOREIGN;
  if (window_has(roots->arena_windows, window)) return MICA_WINDOW_ARENA;
  return window_has(roots->single_windows, window) ? MICA_WINDOW_SINGLE : MICA_WINDOW_FOREIGN;
}

uintptr_t mica_window_first(const void* p) {
  const uintptr_t map = (uintptr_t)target_roots(target_present())->first_windows;
  uintptr_t w = ((uintptr_t)p - 1) >> MICA_ARENA_SHIFT;
  uint64_t word;
  for (uintptr_t at = w / 64;; at--) {
    if (!mica_peek(&word, (const void*)(map + at * sizeof word), sizeof word)) return 0;
    if (at == w / 64) word &= mica_bits_mask(0, (unsigned)(w % 64) + 1);
    if (word != 0) return (at * 64 + (63 - (uintptr_t)__builtin_clzll(word))) << MICA_ARENA_SHIFT;
    if (at == 0) return 0;
  }
}

/* ---- heap/theap.h, heap/where.h ---- */

mica_theap_t* mica_theap_first(void) {
  theap_last = 0;
  return theap_count == 0 ? NULL : theaps[0];
}

/* It is asked for one after the other. */
const mica_theap_t* mica_where_next(const mica_theap_t* theap) {
  while (theap_last < theap_count && theaps[theap_last] != theap) theap_last++;
  return theap_last + 1 < theap_count ? theaps[++theap_last] : NULL;
}

uintptr_t mica_where_id(const mica_theap_t* theap) {
  return (uintptr_t)theap - (uintptr_t)target_roots(target_present())->theap_empty;
}

const mica_theap_t* mica_where_base(const mica_theap_t* theap) {
  uintptr_t base;
  const bool seen = mica_peek(&base, (const void*)((uintptr_t)theap + offsetof(mica_theap_t, base)), sizeof base);
  return seen && base % MICA_THEAP_ALIGN == 0 ? (const mica_theap_t*)base : NULL;
}

/* None of the target's threads calls. */
bool mica_where_runs(const mica_theap_t* base) {
  (void)base;
  return false;
}
bool mica_where_goes_on(void) { return target_is_process(target_present()); }
bool mica_where_on_stack(uintptr_t from, uintptr_t to) {
  (void)from;
  (void)to;
  return false;
}
