/* slice_word.h -- the words of the free slices: claim, give back, break a segment, make it whole again; and which segments are
 * mapped.
 *
 *   absent            one bit a segment: no memory is mapped for it, and it is neither whole nor in pieces
 *   whole             one bit a segment: its 64 slices are free, and its word in slices_free is 0
 *   slices_free[s]    one bit a slice: it is free, and the segment is in pieces
 *   slices_dirty[s]   one bit a slice: its memory may not be zero. Written, and read exactly, by the slice's holder; to
 *                     others it is a hint
 *
 * The thread that cleared a slice's bit, or its segment's in `whole`, holds it, and no other does. A segment's bit in `whole`
 * and bits of its word are never set together: a thread that moves a segment from one to the other holds all of its slices.
 *
 * Before it is included there must be sw_arena_t, with these words, SW_COUNT_DIRTY(arena, n) and SW_COUNT_WHOLE(arena, n),
 * called at each change of the number of free dirty slices and of whole segments, SW_BECAME_WHOLE(arena, segment),
 * called when a run given back has made the segment whole, SW_ABSENT_CHANGED(arena, before, after), called with the word at
 * each change of it, and SW_ASSERT(x). Used by segment.h and, unmodified, by the
 * model (tests/model): hence the _Atomic(T) spelling, the *_explicit calls only, and the named memory orders. */
#ifndef SLICE_WORD_H
#define SLICE_WORD_H
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/bits.h"
/* ---- memory orders, each the weakest that verifies (notes/protocol.md says what pairs with what) ---- */
#ifndef SW_MO_CLAIM
#define SW_MO_CLAIM memory_order_acquire /* slices out of a word: contents, lines and dirty bits, pairs with release */
#endif
#ifndef SW_MO_RELEASE
#define SW_MO_RELEASE memory_order_release /* slices into a word -> claim, and full */
#endif
#ifndef SW_MO_FULL
#define SW_MO_FULL memory_order_acquire /* a full word becomes 0: pairs with the release of every slice in it */
#endif
#ifndef SW_MO_WHOLE_RELEASE
#define SW_MO_WHOLE_RELEASE memory_order_release /* a segment into `whole` -> whole claim */
#endif
#ifndef SW_MO_WHOLE_CLAIM
#define SW_MO_WHOLE_CLAIM memory_order_acquire /* segments out of `whole`: pairs with whole release */
#endif

#ifndef SW_MO_ABSENT_RELEASE
#define SW_MO_ABSENT_RELEASE \
  memory_order_release /* a segment into `absent`: its dirty bits and lines -> absent claim */
#endif
#ifndef SW_MO_ABSENT_CLAIM
#define SW_MO_ABSENT_CLAIM memory_order_acquire /* segments out of `absent`: pairs with absent release */
#endif

enum { SW_SLICES = 64 };
#define SW_FULL (~(uint64_t)0)

/* The part of the run that lies in the segment; it has one. */
static inline uint64_t sw_mask(unsigned first, unsigned count, unsigned segment) {
  const unsigned from = segment * SW_SLICES, end = first + count - from;
  const unsigned low = first > from ? first - from : 0, high = end < SW_SLICES ? end : SW_SLICES;
  return mica_bits_mask(low, high - low);
}

/* ---- one word ---- */

/* Takes wholly free segments out of `whole`, all or none; all their slices are ours. [S1] [S2] */
static inline bool sw_whole_claim(sw_arena_t* arena, uint64_t segments) {
  uint64_t whole = atomic_load_explicit(&arena->whole, memory_order_relaxed); /* relaxed: only the CAS decides */
  while ((whole & segments) == segments)
    if (atomic_compare_exchange_weak_explicit(&arena->whole, &whole, whole & ~segments, SW_MO_WHOLE_CLAIM,
                                              memory_order_relaxed)) {
      SW_COUNT_WHOLE(arena, -__builtin_popcountll(segments));
      return true;
    }
  return false;
}

/* Puts a segment into `whole`, all of whose slices we hold; its word is 0. [S3] */
static inline void sw_whole_release(sw_arena_t* arena, unsigned segment) {
  const uint64_t bit = (uint64_t)1 << segment;
  /* NOLINTNEXTLINE(clang-analyzer-deadcode.DeadStores): asserted where assertions are on */
  const uint64_t whole = atomic_fetch_or_explicit(&arena->whole, bit, SW_MO_WHOLE_RELEASE);
  SW_ASSERT((whole & bit) == 0);
  SW_COUNT_WHOLE(arena, 1);
}

/* Takes absent segments, all or none: the taker maps them, and makes them whole. [S10] [S11] */
static inline bool sw_absent_claim(sw_arena_t* arena, uint64_t segments) {
  uint64_t absent = atomic_load_explicit(&arena->absent, memory_order_relaxed); /* relaxed: only the CAS decides */
  while ((absent & segments) == segments)
    if (atomic_compare_exchange_weak_explicit(&arena->absent, &absent, absent & ~segments, SW_MO_ABSENT_CLAIM,
                                              memory_order_relaxed)) {
      SW_ABSENT_CHANGED(arena, absent, absent & ~segments);
      return true;
    }
  return false;
}

/* Puts segments into `absent` that are not mapped, and of which we hold all slices. [S16] */
static inline void sw_absent_release(sw_arena_t* arena, uint64_t segments) {
  const uint64_t absent = atomic_fetch_or_explicit(&arena->absent, segments, SW_MO_ABSENT_RELEASE);
  SW_ASSERT((absent & segments) == 0);
  SW_ABSENT_CHANGED(arena, absent, absent | segments);
}

/* [S4] [S5] */
static inline bool sw_word_claim(sw_arena_t* arena, unsigned segment, uint64_t mask) {
  uint64_t free = atomic_load_explicit(&arena->slices_free[segment], memory_order_relaxed); /* relaxed: as above */
  while ((free & mask) == mask)
    if (atomic_compare_exchange_weak_explicit(&arena->slices_free[segment], &free, free & ~mask, SW_MO_CLAIM,
                                              memory_order_relaxed))
      return true;
  return false;
}

/* Puts slices that we hold into the segment's word; if that makes it full, the segment becomes whole again: true. [S6] [S7] */
static inline bool sw_word_release(sw_arena_t* arena, unsigned segment, uint64_t mask) {
  uint64_t free = atomic_fetch_or_explicit(&arena->slices_free[segment], mask, SW_MO_RELEASE);
  SW_ASSERT((free & mask) == 0);
  if ((free | mask) != SW_FULL) return false;
  free = SW_FULL;
  /* All slices are ours then, the others' contents too. It fails if another thread has claimed one meanwhile, and then the
   * release of that one sees to it. */
  if (!atomic_compare_exchange_strong_explicit(&arena->slices_free[segment], &free, (uint64_t)0, SW_MO_FULL,
                                               memory_order_relaxed))
    return false;
  sw_whole_release(arena, segment);
  return true;
}

/* Those of these slices, that we hold, that are dirty. relaxed: the holder's bits; the claim was the acquire [S8] */
static inline uint64_t sw_dirty(sw_arena_t* arena, unsigned segment, uint64_t mask) {
  return atomic_load_explicit(&arena->slices_dirty[segment], memory_order_relaxed) & mask;
}

/* Slices that we hold will be free: their dirty bits and their count. relaxed: the release that follows publishes them [S9] */
static inline void sw_mark(sw_arena_t* arena, unsigned segment, uint64_t mask, bool clean) {
  if (clean) {
    atomic_fetch_and_explicit(&arena->slices_dirty[segment], ~mask, memory_order_relaxed);
  } else {
    atomic_fetch_or_explicit(&arena->slices_dirty[segment], mask, memory_order_relaxed);
    SW_COUNT_DIRTY(arena, (int64_t)__builtin_popcountll(mask));
  }
}

/* Slices that were free are ours: the dirty ones are not counted any more. */
static inline void sw_claimed(sw_arena_t* arena, unsigned segment, uint64_t mask) {
  SW_COUNT_DIRTY(arena, -(int64_t)__builtin_popcountll(sw_dirty(arena, segment, mask)));
}

/* ---- slices of one segment ---- */

/* Claims exactly these slices, from the segment's pieces or by breaking it. */
static inline bool sw_claim(sw_arena_t* arena, unsigned segment, uint64_t mask) {
  if (mask == SW_FULL || !sw_word_claim(arena, segment, mask)) {
    if (!sw_whole_claim(arena, (uint64_t)1 << segment)) return false;
    if (mask != SW_FULL) sw_word_release(arena, segment, ~mask);
  }
  sw_claimed(arena, segment, mask);
  return true;
}

/* Gives slices back that we hold. True: the segment has become whole. */
static inline bool sw_release(sw_arena_t* arena, unsigned segment, uint64_t mask, bool clean) {
  sw_mark(arena, segment, mask, clean);
  if (mask != SW_FULL) return sw_word_release(arena, segment, mask);
  sw_whole_release(arena, segment);
  return true;
}

/* Gives slices back that we have only just claimed, bit by bit as dirty as they were. */
static inline void sw_unclaim(sw_arena_t* arena, unsigned segment, uint64_t mask) {
  const uint64_t dirty = sw_dirty(arena, segment, mask);
  if (dirty != 0) sw_release(arena, segment, dirty, false);
  if (dirty != mask) sw_release(arena, segment, mask & ~dirty, true);
}

/* ---- runs: count slices from slice `first` of the arena ---- */

static inline unsigned sw_first(unsigned first) { return first / SW_SLICES; }
static inline unsigned sw_last(unsigned first, unsigned count) { return (first + count - 1) / SW_SLICES; }

/* Claims exactly this run; what was claimed of it is given back if the rest is not free. */
static inline bool sw_run_claim(sw_arena_t* arena, unsigned first, unsigned count) {
  for (unsigned s = sw_first(first); s <= sw_last(first, count); s++) {
    if (sw_claim(arena, s, sw_mask(first, count, s))) continue;
    while (s-- > sw_first(first)) sw_unclaim(arena, s, sw_mask(first, count, s));
    return false;
  }
  return true;
}

/* The same, for a run that begins with a segment, in one step from whole segments; what is over of the last is given back. */
static inline bool sw_run_claim_whole(sw_arena_t* arena, unsigned first, unsigned count) {
  const unsigned last = sw_last(first, count);
  if (!sw_whole_claim(arena, mica_bits_mask(sw_first(first), last - sw_first(first) + 1))) return false;
  for (unsigned s = sw_first(first); s <= last; s++) sw_claimed(arena, s, sw_mask(first, count, s));
  const uint64_t mask = sw_mask(first, count, last);
  if (mask != SW_FULL) sw_word_release(arena, last, ~mask);
  return true;
}

static inline void sw_run_release(sw_arena_t* arena, unsigned first, unsigned count, bool clean) {
  for (unsigned s = sw_first(first); s <= sw_last(first, count); s++)
    if (sw_release(arena, s, sw_mask(first, count, s), clean)) SW_BECAME_WHOLE(arena, s);
}

/* Whether every slice of a run that we hold is clean. */
static inline bool sw_run_clean(sw_arena_t* arena, unsigned first, unsigned count) {
  for (unsigned s = sw_first(first); s <= sw_last(first, count); s++)
    if (sw_dirty(arena, s, sw_mask(first, count, s)) != 0) return false;
  return true;
}
#endif
