/* slices.c -- runs of slices for pages: the search for one, its charge, and the way back.
 *
 * The words, their invariants and memory orders: slice_word.h. */
#include "segment/slices.h"

#include <string.h>

#include "observe/counters.h"
#include "segment/commit.h"
#include "segment/limit.h"
#include "segment/purge.h"
#include "segment/segment.h"
#include "segment/span.h"

enum {
  ARENAS_TRIED = 4,       /* for a run of the kind that is preferred, before any will do */
  LONG = MICA_SPAN_LEAST, /* slices: a page of many blocks has no more. Longer runs are sought with more care */
  PURGE_TRIES = 64,       /* while another thread's purge holds slices that would do */
};

static _Atomic(bool) distrusted; /* relaxed: set while there is one thread [F3] */

void mica_slices_distrust(void) { atomic_store_explicit(&distrusted, true, memory_order_relaxed); }

/* The number of clean slices in a run that we hold. */
static unsigned clean_in(const mica_run_t* run) {
  if (atomic_load_explicit(&distrusted, memory_order_relaxed)) return 0;
  if (sw_run_clean(run->arena, run->first, run->count)) return run->count;
  unsigned dirty = 0;
  for (unsigned s = sw_first(run->first); s <= sw_last(run->first, run->count); s++)
    dirty += (unsigned)__builtin_popcountll(sw_dirty(run->arena, s, sw_mask(run->first, run->count, s)));
  return run->count - dirty;
}

static void claimed(mica_run_t* run) {
  const unsigned clean = clean_in(run);
  run->clean = clean == run->count;
  mica_slices_add_used(run->count);
  mica_count(MICA_COUNTER_SLICES_CLAIMED, run->count);
  mica_limit_note_peak();
  mica_purge_note_claimed(clean);
  if (clean != 0) mica_purge_if_over(); /* the less may stay on credit */
}

/* Gives a run back that was only just claimed, as dirty as it was. */
static void unclaim(const mica_run_t* run) {
  for (unsigned s = sw_first(run->first); s <= sw_last(run->first, run->count); s++)
    sw_unclaim(run->arena, s, sw_mask(run->first, run->count, s));
}

/* The run is claimed; it is committed now, or given back. */
static bool committed(const mica_run_t* run) {
  if (mica_commit_run(run)) return true;
  unclaim(run);
  return false;
}

/* Whether its first slice is free, or not mapped. relaxed: a hint, the claim decides [S1] [S4] [S10] */
static bool may_be_free(const mica_run_t* run) {
  const unsigned s = sw_first(run->first), bit = run->first % MICA_SEGMENT_SLICES;
  const uint64_t absent = atomic_load_explicit(&run->arena->absent, memory_order_relaxed);
  const uint64_t whole = atomic_load_explicit(&run->arena->whole, memory_order_relaxed);
  const uint64_t free = atomic_load_explicit(&run->arena->slices_free[s], memory_order_relaxed);
  return (((absent | whole) >> s) & 1) != 0 || ((free >> bit) & 1) != 0;
}

bool mica_run_claim_at(mica_run_t* run) {
  if (run->first + run->count > MICA_ARENA_SLICES || !may_be_free(run)) return false;
  if (!mica_limit_charge(run->count)) return false;
  for (unsigned s = sw_first(run->first); s <= sw_last(run->first, run->count); s++) mica_arena_map(run->arena, s);
  if (sw_run_claim(run->arena, run->first, run->count) && committed(run)) {
    claimed(run);
    return true;
  }
  mica_limit_discharge(run->count);
  return false;
}

void mica_run_release(const mica_run_t* run) {
  mica_slices_add_used(-(int64_t)run->count);
  mica_count(MICA_COUNTER_SLICES_RETURNED, run->count);
  /* A run that alone exceeds what may stay dirty goes back at once. */
  const bool gone = !run->clean && mica_purge_directly(run);
  if (!gone) sw_run_release(run->arena, run->first, run->count, run->clean);
  mica_limit_discharge(run->count); /* after the dirty ones have been counted */
  if (!gone && !run->clean) mica_purge_if_over();
}

void mica_run_release_moved(const mica_run_t* run) {
  mica_slices_add_used(-(int64_t)run->count);
  mica_count(MICA_COUNTER_SLICES_RETURNED, run->count);
  mica_purge_moved(run);
  mica_limit_discharge(run->count);
}

/* ---- searching ---- */

typedef enum want_e { WANT_DIRTY, WANT_CLEAN, WANT_ANY, WANT_COMMITTED } want_t;

/* relaxed loads: candidates only, the claim decides [S4] [S8] */
static uint64_t candidates(mica_arena_t* arena, unsigned segment, want_t want, bool whole) {
  const uint64_t free = whole ? SW_FULL : atomic_load_explicit(&arena->slices_free[segment], memory_order_relaxed);
  if (free == 0 || want == WANT_ANY) return free;
  if (want == WANT_COMMITTED) return free & mica_commit_there(arena, segment);
  const uint64_t dirty = atomic_load_explicit(&arena->slices_dirty[segment], memory_order_relaxed);
  return want == WANT_DIRTY ? free & dirty : free & ~dirty;
}

/* Whether a search for this reservation's memory, or for any (0), may take slices of the segment. relaxed: written before
 * the segment's slices could be claimed for the first time; the claimer of one sees it, to others it is a hint [S13] */
static bool allowed(mica_arena_t* arena, unsigned segment, uint32_t only) {
  const unsigned reserve = atomic_load_explicit(&arena->reserve[segment], memory_order_relaxed);
  return only == 0 ? (reserve & 1) == 0 : reserve / 2 == only;
}

/* relaxed: exact for segments of which the caller holds a slice, as in allowed; else a hint [S13] */
bool mica_run_is_one(mica_arena_t* arena, unsigned first, unsigned last) {
  const unsigned reserve = atomic_load_explicit(&arena->reserve[first / MICA_SEGMENT_SLICES], memory_order_relaxed);
  for (unsigned s = first / MICA_SEGMENT_SLICES + 1; s <= last / MICA_SEGMENT_SLICES; s++)
    if (atomic_load_explicit(&arena->reserve[s], memory_order_relaxed) != reserve) return false;
  return true;
}

/* A run of up to 64 slices in this segment, by its slice word or, with whole, by breaking the segment. */
static bool claim_in_segment(mica_run_t* run, unsigned segment, want_t want, uint32_t only, bool whole) {
  for (;;) {
    const unsigned bit = mica_bits_find(candidates(run->arena, segment, want, whole), run->count);
    if (bit == 64 || !allowed(run->arena, segment, only)) return false;
    const uint64_t mask = mica_bits_mask(bit, run->count);
    if (sw_claim(run->arena, segment, mask)) {
      run->first = segment * MICA_SEGMENT_SLICES + bit;
      if (allowed(run->arena, segment, only)) return true;
      sw_unclaim(run->arena, segment, mask);
      return false;
    }
    if (whole) return false;
  }
}

/* First the segments that are in pieces, then a whole one. */
static bool claim_in_arena(mica_run_t* run, want_t want, uint32_t only, unsigned start) {
  if (run->count != MICA_SEGMENT_SLICES)
    for (unsigned i = 0; i < MICA_ARENA_SEGMENTS; i++)
      if (claim_in_segment(run, (start + i) % MICA_ARENA_SEGMENTS, want, only, false)) return true;
  uint64_t whole = atomic_load_explicit(&run->arena->whole, memory_order_relaxed); /* relaxed: a hint [S1] */
  for (; whole != 0; whole &= whole - 1)
    if (claim_in_segment(run, (unsigned)__builtin_ctzll(whole), want, only, true)) return true;
  return false;
}

/* Of these segments, those that the search may take. */
static uint64_t allowed_of(mica_arena_t* arena, uint64_t segments, uint32_t only) {
  uint64_t mask = 0;
  for (uint64_t rest = segments; rest != 0; rest &= rest - 1)
    if (allowed(arena, (unsigned)__builtin_ctzll(rest), only)) mask |= rest & -rest;
  return mask;
}

/* Whole segments side by side; the slices not needed at the end go back at once. */
static bool claim_segments(mica_run_t* run, uint32_t only) {
  const unsigned segments = (run->count + MICA_SEGMENT_SLICES - 1) / MICA_SEGMENT_SLICES;
  for (;;) {
    const uint64_t whole =
        atomic_load_explicit(&run->arena->whole, memory_order_relaxed); /* relaxed: the claim decides [S1] */
    const unsigned first = mica_bits_find(allowed_of(run->arena, whole, only), segments);
    if (first == 64) return false;
    run->first = first * MICA_SEGMENT_SLICES;
    if (!sw_run_claim_whole(run->arena, run->first, run->count)) continue;
    const uint64_t mask = mica_bits_mask(first, segments);
    if (allowed_of(run->arena, mask, only) == mask) return true;
    unclaim(run);
    return false;
  }
}

static bool claim_here(mica_run_t* run, want_t want, const mica_hint_t* near, unsigned number) {
  run->arena = mica_arena(number);
  if (run->arena == NULL) return false;
  if (run->count > MICA_SEGMENT_SLICES) return claim_segments(run, near->only) && committed(run);
  /* relaxed: a hint; a dirty run missed is a clean one taken */
  if (want == WANT_DIRTY && atomic_load_explicit(&run->arena->dirty, memory_order_relaxed) < (int64_t)run->count)
    return false;
  const unsigned start = near->arena == number ? near->segment : 0;
  if (!claim_in_arena(run, want, near->only, start)) return false;
  if (committed(run)) return true;
  return claim_in_arena(run, WANT_COMMITTED, near->only, start) && committed(run);
}

static bool claim_mapped(mica_run_t* run, want_t want, const mica_hint_t* near, unsigned arenas) {
  const unsigned n = mica_arena_count(), most = arenas < n ? arenas : n;
  for (unsigned i = 0; i < most; i++)
    if (claim_here(run, want, near, (near->arena + i) % n)) return true;
  return false;
}

/* The slices of this arena that a search may take, as they are at this moment. relaxed: a hint, the claim decides [S1] */
static void view_of(mica_arena_t* arena, uint32_t only, mica_span_view_t* view) {
  const uint64_t whole = atomic_load_explicit(&arena->whole, memory_order_relaxed);
  for (unsigned s = 0; s < MICA_ARENA_SEGMENTS; s++) {
    const uint64_t free = candidates(arena, s, WANT_ANY, (whole >> s & 1) != 0);
    const bool ours = free != 0 && allowed(arena, s, only);
    view->free[s] = ours ? free : 0;
    view->dirty[s] = ours ? free & candidates(arena, s, WANT_DIRTY, (whole >> s & 1) != 0) : 0;
  }
}

/* Exactly this run, if the search may take it. */
static bool claim_span(mica_run_t* run, uint32_t only) {
  if (!sw_run_claim(run->arena, run->first, run->count)) return false;
  for (unsigned s = sw_first(run->first); s <= sw_last(run->first, run->count); s++) {
    if (allowed(run->arena, s, only)) continue;
    unclaim(run);
    return false;
  }
  return committed(run);
}

/* A long run wherever it lies in the arena, across segments too. */
static bool claim_across_in(mica_run_t* run, mica_arena_t* arena, uint32_t only) {
  run->arena = arena;
  if (arena == NULL || run->count <= LONG) return false;
  mica_span_view_t view;
  view_of(arena, only, &view);
  memcpy(view.dirty, view.free, sizeof view.dirty); /* a clean slice is as good as a dirty one here */
  const mica_span_t here = mica_span_find(&view, run->count);
  run->first = here.first;
  return here.dirty != 0 && claim_span(run, only);
}

/* The arena grows. */
static bool claim_grown(mica_run_t* run, const mica_hint_t* near, mica_arena_t* arena) {
  const unsigned segments = (run->count + MICA_SEGMENT_SLICES - 1) / MICA_SEGMENT_SLICES;
  if (arena == NULL || !mica_arena_grow(arena, segments)) return false;
  return claim_across_in(run, arena, 0) || claim_here(run, WANT_ANY, near, arena->number);
}

/* The arena where the last run was, before all others are looked at: else each segment would cost a look at all there is. */
static bool claim_near(mica_run_t* run, const mica_hint_t* near) {
  return near->arena < mica_arena_count() && claim_grown(run, near, mica_arena(near->arena));
}

/* More memory: an arena that is not fully mapped grows, or there is a new one. */
static bool claim_more(mica_run_t* run, const mica_hint_t* near) {
  if (near->only != 0) return false; /* a reservation has what it has */
  const unsigned segments = (run->count + MICA_SEGMENT_SLICES - 1) / MICA_SEGMENT_SLICES;
  const unsigned beside = run->count <= MICA_SEGMENT_SLICES - MICA_HEAD_SLICES ? 0 : segments; /* a new arena's first */
  const unsigned n = mica_arena_count();
  for (unsigned i = 0; i < n; i++)
    if (claim_grown(run, near, mica_arena(i))) return true;
  /* Around again only if others made the arena or took what was in it. */
  for (mica_arena_t* made; (made = mica_arena_make(beside)) != NULL;) {
    if (claim_here(run, WANT_ANY, near, made->number)) return true;
    if (mica_arena_grow(made, segments) && claim_here(run, WANT_ANY, near, made->number)) return true;
  }
  mica_purge_note_refused();
  return false;
}

/* The very slices that the last long run had, if they are free again, and dirty (or those at their place, if the hint has gone
 * to another arena since). */
static bool claim_same(mica_run_t* run, const mica_hint_t* near) {
  const unsigned segment = near->slice / MICA_SEGMENT_SLICES, bit = near->slice % MICA_SEGMENT_SLICES;
  if (bit + run->count > MICA_SEGMENT_SLICES) return false;
  const uint64_t mask = mica_bits_mask(bit, run->count);
  if ((candidates(run->arena, segment, WANT_DIRTY, false) & mask) != mask) return false;
  run->first = near->slice;
  return claim_span(run, near->only);
}

/* The dirty slices where the last run was taken, if they are just that many: found at once, and given back since, it seems.
 * Not for a block that grows: it would fill the hole, and have to move again. */
static bool claim_again(mica_run_t* run, const mica_hint_t* near) {
  run->arena = mica_arena(near->arena);
  if (near->grows || run->arena == NULL || run->count > MICA_SEGMENT_SLICES) return false;
  if (claim_same(run, near)) return true;
  const uint64_t m = candidates(run->arena, near->segment, WANT_DIRTY, false);
  const unsigned bit = mica_bits_find(m, run->count), end = bit + run->count;
  if (bit == 64 || (end < 64 && (m >> end & 1) != 0)) return false;
  return claim_in_segment(run, near->segment, WANT_DIRTY, near->only, false) && committed(run);
}

/* A long run where the most dirty slices are, in a few arenas. It may cross segments. */
static bool claim_dirtiest(mica_run_t* run, const mica_hint_t* near) {
  const unsigned n = mica_arena_count(), most = ARENAS_TRIED < n ? ARENAS_TRIED : n;
  mica_span_t best = {0, 0, 0};
  for (unsigned i = 0; i < most && best.dirty < run->count; i++) {
    mica_arena_t* arena = mica_arena((near->arena + i) % n);
    /* relaxed: a hint */
    if (arena == NULL || atomic_load_explicit(&arena->dirty, memory_order_relaxed) <= (int64_t)best.dirty) continue;
    mica_span_view_t view;
    view_of(arena, near->only, &view);
    const mica_span_t here = mica_span_find(&view, run->count);
    if (here.dirty <= best.dirty) continue;
    best = here;
    run->arena = arena;
  }
  run->first = best.first;
  return best.dirty != 0 && claim_span(run, near->only);
}

/* A long run wherever it lies in any arena, with nothing dirty there, and no whole segment. */
static bool claim_across(mica_run_t* run, const mica_hint_t* near) {
  if (run->count <= LONG) return false;
  const unsigned n = mica_arena_count();
  for (unsigned i = 0; i < n; i++)
    if (claim_across_in(run, mica_arena(i), near->only)) return true;
  return false;
}

/* Whatever is mapped. */
static bool claim_any(mica_run_t* run, const mica_hint_t* near) {
  return claim_mapped(run, WANT_ANY, near, MICA_ARENAS_MAX) || claim_across(run, near);
}

static bool claim_dirty(mica_run_t* run, const mica_hint_t* near, unsigned arenas) {
  if (near->only == 0 && mica_slices_dirty() == 0) return false;
  if (run->count > LONG) return claim_again(run, near) || claim_dirtiest(run, near);
  return (near->only != 0 || mica_slices_dirty() >= (int64_t)run->count) && claim_mapped(run, WANT_DIRTY, near, arenas);
}

static bool search(mica_run_t* run, bool want_clean, const mica_hint_t* near) {
  bool ok = false;
  const unsigned arenas = near->only == 0 ? ARENAS_TRIED : MICA_ARENAS_MAX;
  if (!want_clean) ok = claim_dirty(run, near, arenas);
  if (want_clean && run->count <= MICA_SEGMENT_SLICES) ok = claim_mapped(run, WANT_CLEAN, near, arenas);
  if (!ok && near->only == 0) ok = claim_mapped(run, WANT_ANY, near, arenas) || claim_near(run, near);
  if (!ok) ok = claim_mapped(run, WANT_ANY, near, MICA_ARENAS_MAX) || claim_more(run, near) || claim_across(run, near);
  for (int i = 0; !ok && i < PURGE_TRIES && mica_purge_holds_slices(); i++)
    ok = claim_any(run, near) || claim_more(run, near);
  return ok;
}

bool mica_run_claim(mica_run_t* run, unsigned count, bool want_clean, mica_hint_t* near) {
  if (count == 0 || count > MICA_ARENA_SLICES - MICA_SEGMENT_SLICES || !mica_limit_charge(count)) return false;
  run->count = count;
  if (!search(run, want_clean, near)) {
    mica_limit_discharge(count);
    return false;
  }
  near->arena = run->arena->number;
  near->segment = run->first / MICA_SEGMENT_SLICES;
  if (count > LONG) near->slice = run->first;
  claimed(run);
  return true;
}
