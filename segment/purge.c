/* purge.c -- the dirty limit, its credit, and what is purged beyond it.
 *
 * A slice is purged only by the thread that has claimed it, as if for a page, so a purge is never seen by others; while it
 * lasts these slices are in nobody's reach, and a malloc that finds nothing looks again before it gives up. */
#include "segment/purge.h"

#include "observe/counters.h"
#include "observe/options.h"
#include "observe/probe.h"
#include "segment/commit.h"
#include "segment/os.h"
#include "segment/segment.h"

enum {
  EPISODE_MS = 1000,
  MIB_SLICES = (1 << 20) >> MICA_SLICE_SHIFT,
  CREDIT_GAIN = 4, /* slices, for each that was claimed again */
  CREDIT_MOST = 256 * MIB_SLICES,
  STEP_MOST = 2 * MIB_SLICES, /* purged beyond the excess, at most */
  WHOLE_FEW = 8,              /* whole segments that stay mapped whatever they are */
  PEAK_PART = 8,              /* this part of the peak is granted on top of it: dirty slices that are of no use */
};

/* All relaxed: figures of policy. What they decide is carried out by claims. */
static _Atomic(unsigned) hand;   /* the next arena to look at [F2] */
static _Atomic(int) holders;     /* purges that hold slices at this moment [F2] */
static _Atomic(bool) scarce;     /* the system has refused memory [F2] */
static _Atomic(uint64_t) begun;  /* ms: the last purge that began an episode, or claim that prolonged it [F2] */
static _Atomic(int64_t) missing; /* slices purged in it, and not claimed again [F2] */
static _Atomic(int64_t) credit;  /* slices that may stay for those that were [F2] */
static _Atomic(int64_t) peak;    /* slices in use in it at most [F2] */

static int64_t slices_of_kib(long kib) { return (int64_t)kib * 1024 / (int64_t)MICA_SLICE; }

/* Whether the episode has ended; then nothing is missing and there is no credit. */
static bool is_over(uint64_t now) {
  const uint64_t then = atomic_load_explicit(&begun, memory_order_relaxed);
  if (now <= then + EPISODE_MS) return false;
  atomic_store_explicit(&missing, 0, memory_order_relaxed);
  atomic_store_explicit(&credit, 0, memory_order_relaxed);
  return true;
}

/* The slices that may stay on credit: with those in use, little more than were in use in the episode. */
static int64_t on_credit(void) {
  const int64_t c = atomic_load_explicit(&credit, memory_order_relaxed);
  if (c == 0 || atomic_load_explicit(&scarce, memory_order_relaxed) || is_over(mica_os_clock())) return 0;
  const int64_t most = atomic_load_explicit(&peak, memory_order_relaxed);
  const int64_t rest = most + most / PEAK_PART - mica_slices_used();
  return rest <= 0 ? 0 : c < rest ? c : rest;
}

/* The number of these dirty slices that may stay: all, none, or the limit. The clock is read only when there is credit. */
static int64_t may_stay(int64_t dirty) {
  const long delay = mica_option(MICA_OPTION_PURGE_DELAY);
  if (delay <= 0) return delay < 0 ? dirty : 0;
  int64_t l = slices_of_kib(mica_option(MICA_OPTION_DIRTY_LIMIT));
  l += mica_slices_used() * mica_option(MICA_OPTION_DIRTY_PERCENT) / 100;
  if (dirty > l && mica_option(MICA_OPTION_DIRTY_CREDIT) != 0) l += on_credit();
  return dirty < l ? dirty : l;
}

static void note_purged(int64_t slices) {
  if (slices == 0) return;
  MICA_PROBE_CALL1(purged, slices);
  mica_count(MICA_COUNTER_SLICES_PURGED, (uint64_t)slices);
  const uint64_t now = mica_os_clock();
  if (is_over(now)) {
    atomic_store_explicit(&begun, now, memory_order_relaxed);
    atomic_store_explicit(&peak, mica_slices_used(), memory_order_relaxed);
  }
  atomic_fetch_add_explicit(&missing, slices, memory_order_relaxed);
}

void mica_purge_note_claimed(unsigned clean) {
  const int64_t used = mica_slices_used();
  if (used > atomic_load_explicit(&peak, memory_order_relaxed))
    atomic_store_explicit(&peak, used, memory_order_relaxed);
  const int64_t lost = atomic_load_explicit(&missing, memory_order_relaxed);
  if (clean == 0 || lost <= 0) return;
  const uint64_t now = mica_os_clock();
  if (is_over(now)) return;
  atomic_store_explicit(&begun, now, memory_order_relaxed);
  const int64_t again = lost < (int64_t)clean ? lost : (int64_t)clean;
  atomic_fetch_sub_explicit(&missing, again, memory_order_relaxed);
  const int64_t before = atomic_fetch_add_explicit(&credit, CREDIT_GAIN * again, memory_order_relaxed);
  if (before + CREDIT_GAIN * again > CREDIT_MOST) atomic_store_explicit(&credit, CREDIT_MOST, memory_order_relaxed);
}

void mica_purge_note_refused(void) { atomic_store_explicit(&scarce, true, memory_order_relaxed); }

/* ---- purging ---- */

void mica_purge_forget_holders(void) { atomic_store_explicit(&holders, 0, memory_order_relaxed); }

bool mica_purge_holds_slices(void) { return atomic_load_explicit(&holders, memory_order_relaxed) != 0; }

/* Slices of one segment that we hold, side by side. They are given back clean, a whole segment is unmapped; if the system
 * refuses, they are as dirty as before. */
static bool purge_held(mica_arena_t* arena, unsigned segment, uint64_t mask) {
  if (mask == SW_FULL && mica_arena_shrink(arena, segment, 1)) return true;
  const unsigned first = (unsigned)__builtin_ctzll(mask), count = (unsigned)__builtin_popcountll(mask);
  const bool ok = mica_commit_drop(&(mica_run_t){arena, segment * MICA_SEGMENT_SLICES + first, count, false});
  if (ok)
    sw_release(arena, segment, mask, true);
  else
    sw_unclaim(arena, segment, mask);
  return ok;
}

/* Returns the dirty slices purged; -1 if the system refused. */
static int64_t purge_slices(mica_arena_t* arena, unsigned segment, uint64_t mask) {
  atomic_fetch_add_explicit(&holders, 1, memory_order_relaxed);
  const bool claimed = sw_claim(arena, segment, mask);
  const int64_t dirty = claimed ? (int64_t)__builtin_popcountll(sw_dirty(arena, segment, mask)) : 0;
  const bool ok = !claimed || purge_held(arena, segment, mask);
  atomic_fetch_sub_explicit(&holders, 1, memory_order_relaxed);
  return ok ? dirty : -1;
}

/* relaxed: a hint [S1] */
static bool is_whole(mica_arena_t* arena, unsigned segment) {
  return (atomic_load_explicit(&arena->whole, memory_order_relaxed) >> segment & 1) != 0;
}

/* The lowest run of dirty free slices of the segment; 0 where there is none. relaxed: the claim decides [S4] [S8] */
static uint64_t next_dirty(mica_arena_t* arena, unsigned segment) {
  const uint64_t free = atomic_load_explicit(&arena->slices_free[segment], memory_order_relaxed);
  const uint64_t dirty = atomic_load_explicit(&arena->slices_dirty[segment], memory_order_relaxed);
  const uint64_t both = is_whole(arena, segment) ? dirty : free & dirty;
  return both == 0 ? 0 : mica_bits_lowest(both);
}

/* Dirty slices of a segment, run by run. Returns how many were purged; -1 if the system refused. */
static int64_t purge_pieces(mica_arena_t* arena, unsigned segment, int64_t most) {
  int64_t done = 0;
  for (int tries = 0; done < most && tries < MICA_SEGMENT_SLICES; tries++) {
    const uint64_t run = next_dirty(arena, segment);
    const int64_t n = run == 0 ? 0 : purge_slices(arena, segment, run);
    if (n < 0) return -1;
    if (run == 0) break;
    done += n;
  }
  return done;
}

/* A whole segment with dirty slices is unmapped. Returns how many; -1 if the system refused. relaxed: a hint [S8] */
static int64_t purge_whole(mica_arena_t* arena, unsigned segment) {
  if (!is_whole(arena, segment) || !mica_arena_can_grow(arena)) return 0;
  if (atomic_load_explicit(&arena->slices_dirty[segment], memory_order_relaxed) == 0) return 0;
  return purge_slices(arena, segment, SW_FULL);
}

/* From the end of the arena on, as claims begin with its start; what is whole goes as a whole. Returns the slices purged; -1 if
 * the system refused. */
static int64_t purge_arena(mica_arena_t* arena, int64_t most) {
  int64_t done = 0;
  for (unsigned s = MICA_ARENA_SEGMENTS; s-- > 0 && done < most;) {
    int64_t n = purge_whole(arena, s);
    if (n == 0) n = purge_pieces(arena, s, most - done);
    if (n < 0) return done == 0 ? -1 : done;
    done += n;
  }
  return done;
}

int64_t mica_purge(int64_t keep) {
  int64_t done = 0;
  const unsigned n = mica_arena_count();
  for (unsigned i = 0; i < n && mica_slices_dirty() > keep; i++) {
    mica_arena_t* arena = mica_arena(atomic_fetch_add_explicit(&hand, 1, memory_order_relaxed) % n);
    if (arena == NULL || arena->pinned || atomic_load_explicit(&arena->dirty, memory_order_relaxed) <= 0) continue;
    const int64_t purged = purge_arena(arena, mica_slices_dirty() - keep);
    if (purged < 0 && arena->commit == NULL) break;
    if (purged > 0) done += purged;
  }
  note_purged(done);
  return done;
}

/* relaxed: a hint [S1] */
static void unmap_whole(mica_arena_t* arena) {
  for (uint64_t whole = atomic_load_explicit(&arena->whole, memory_order_relaxed); whole != 0; whole &= whole - 1)
    purge_slices(arena, (unsigned)__builtin_ctzll(whole), SW_FULL);
}

int64_t mica_purge_all(void) {
  const int64_t done = mica_purge(0);
  for (unsigned i = 0; i < mica_arena_count(); i++)
    if (mica_arena(i) != NULL && mica_arena_can_grow(mica_arena(i))) unmap_whole(mica_arena(i));
  return done;
}

void mica_purge_if_over(void) {
  const int64_t dirty = mica_slices_dirty(), stay = may_stay(dirty);
  if (dirty > stay) mica_purge(stay - (stay / 4 < STEP_MOST ? stay / 4 : STEP_MOST));
}

/* Whether this whole segment is not worth a mapping: nothing of it is dirty, or nothing beside it is mapped. relaxed: policy
 * [S8] */
static bool is_spare(mica_arena_t* arena, unsigned segment) {
  if (mica_segments_whole() <= WHOLE_FEW || mica_option(MICA_OPTION_PURGE_DELAY) < 0) return false;
  const uint64_t dirty = atomic_load_explicit(&arena->slices_dirty[segment], memory_order_relaxed);
  const uint64_t absent = atomic_load_explicit(&arena->absent, memory_order_relaxed); /* relaxed: likewise [S10] */
  const uint64_t beside = mica_bits_mask(segment, 1) << 1 | mica_bits_mask(segment, 1) >> 1;
  return (dirty == 0 || (absent & beside) == beside) && mica_arena_can_grow(arena);
}

void mica_purge_if_spare(mica_arena_t* arena, unsigned segment) {
  if (mica_segments_whole() <= WHOLE_FEW) return;
  for (unsigned s = segment == 0 ? 0 : segment - 1; s <= segment + 1 && s < MICA_ARENA_SEGMENTS; s++)
    if (is_whole(arena, s) && is_spare(arena, s)) {
      const int64_t purged = purge_slices(arena, s, SW_FULL);
      if (purged > 0) note_purged(purged);
    }
}

/* The whole segments of the run, if any, go in one call. */
static unsigned unmap_middle(const mica_run_t* run) {
  const unsigned first = sw_last(run->first, MICA_SEGMENT_SLICES), end = sw_first(run->first + run->count);
  return first < end && mica_arena_shrink(run->arena, first, end - first) ? end - first : 0;
}

static mica_os_renewed_t renew(const mica_run_t* run) {
  const bool large = mica_option(MICA_OPTION_ALLOW_LARGE_OS_PAGES) != 0;
  return mica_os_renew(mica_slice_address(run->arena, run->first), (size_t)run->count << MICA_SLICE_SHIFT, large);
}

/* A part of a run that we hold, which may have no slices, is purged, or mapped anew if it was moved, and given back; what is
 * lost is not. Returns the slices purged. */
static int64_t purge_part(mica_arena_t* arena, unsigned first, unsigned end, bool moved) {
  const mica_run_t part = {arena, first, end - first, false};
  if (end <= first) return 0;
  const mica_os_renewed_t done = moved ? renew(&part) : mica_commit_drop(&part) ? MICA_OS_RENEWED : MICA_OS_UNCHANGED;
  if (done != MICA_OS_GONE) sw_run_release(arena, first, part.count, done == MICA_OS_RENEWED);
  return done == MICA_OS_RENEWED ? (int64_t)part.count : 0;
}

/* Whole segments of the run are unmapped. Returns the slices purged. */
static MICA_NOINLINE int64_t purge_run(const mica_run_t* run, bool moved) {
  const unsigned end = run->first + run->count, unmapped = unmap_middle(run) * MICA_SEGMENT_SLICES;
  const unsigned from = unmapped != 0 ? sw_last(run->first, MICA_SEGMENT_SLICES) * MICA_SEGMENT_SLICES : end;
  return purge_part(run->arena, run->first, from, moved) + unmapped +
         purge_part(run->arena, from + unmapped, end, moved);
}

bool mica_purge_directly(const mica_run_t* run) {
  if ((int64_t)run->count <= may_stay(run->count)) return false;
  note_purged(purge_run(run, false));
  return true;
}

void mica_purge_moved(const mica_run_t* run) { purge_run(run, true); }
