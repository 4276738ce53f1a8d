/* span.c -- runs of bits over the words of an arena. Pure arithmetic on a copy of them. */
#include "segment/span.h"

#include "segment/segment.h"
#include <string.h>

enum { LOOKS = 64 }; /* runs compared in a search, at most: it has an end soon */
#define SET ((uint64_t)0)
#define CLEAR (~(uint64_t)0)

/* The first bit at or behind `from` that is SET, or CLEAR; MICA_ARENA_SLICES where there is none. */
static unsigned next(const uint64_t* words, unsigned from, uint64_t flip) {
  uint64_t behind = ~(uint64_t)0 << (from % MICA_SEGMENT_SLICES);
  for (unsigned w = from / MICA_SEGMENT_SLICES; w < MICA_ARENA_SEGMENTS; w++, behind = ~(uint64_t)0) {
    const uint64_t m = (words[w] ^ flip) & behind;
    if (m != 0) return w * MICA_SEGMENT_SLICES + (unsigned)__builtin_ctzll(m);
  }
  return MICA_ARENA_SLICES;
}

/* Leaves of each run of set bits those at which MICA_SPAN_LEAST of them begin: of a shorter one, none. */
static void erode(uint64_t* words) {
  for (unsigned by = 1; by < MICA_SPAN_LEAST; by *= 2)
    for (unsigned w = 0; w < MICA_ARENA_SEGMENTS; w++) {
      const uint64_t behind = w + 1 < MICA_ARENA_SEGMENTS ? words[w + 1] : 0;
      words[w] &= words[w] >> by | behind << (64 - by);
    }
}

static unsigned set_in(const uint64_t* words, unsigned first, unsigned count) {
  unsigned n = 0;
  for (unsigned s = sw_first(first); s <= sw_last(first, count); s++)
    n += (unsigned)__builtin_popcountll(words[s] & sw_mask(first, count, s));
  return n;
}

/* More dirty ones are better; of two alike, the one that leaves less over. */
static void look(const mica_span_view_t* view, mica_span_t here, unsigned count, mica_span_t* best) {
  here.dirty = set_in(view->dirty, here.first, count);
  if (here.dirty == 0 || here.dirty < best->dirty || (here.dirty == best->dirty && here.gap >= best->gap)) return;
  *best = here;
}

/* The best of the runs within the free slices from..end: each begins with a dirty one that has no dirty one before it, or
 * ends with `end`. looks: the runs compared so far, in all. */
static void look_within(const mica_span_view_t* view, unsigned from, unsigned end, unsigned count, unsigned* looks,
                        mica_span_t* best) {
  const unsigned last = end - count;
  for (unsigned at = next(view->dirty, from, SET); at < end && *looks < LOOKS; ++*looks) {
    look(view, (mica_span_t){at < last ? at : last, 0, end - from}, count, best);
    if (at >= last) return;
    at = next(view->dirty, next(view->dirty, at, CLEAR), SET);
  }
}

mica_span_t mica_span_find(const mica_span_view_t* view, unsigned count) {
  mica_span_t best = {0, 0, 0};
  unsigned looks = 0;
  uint64_t starts[MICA_ARENA_SEGMENTS];
  memcpy(starts, view->free, sizeof starts);
  erode(starts);
  for (unsigned from = next(starts, 0, SET); from < MICA_ARENA_SLICES; from = next(starts, from, SET)) {
    const unsigned end = next(view->free, from, CLEAR);
    if (end - from >= count) look_within(view, from, end, count, &looks, &best);
    from = end;
  }
  return best;
}
