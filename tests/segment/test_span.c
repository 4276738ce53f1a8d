/* test_span.c -- where most dirty slices lie side by side, against the slowest search there is. */
#include <stdlib.h>

#include "segment/span.h"
#include "tests/support/random.h"
#include "tests/support/require.h"

static bool bit_of(const uint64_t* words, unsigned slice) { return (words[slice / 64] >> (slice % 64) & 1) != 0; }

static void set_run(uint64_t* words, unsigned first, unsigned count) {
  for (unsigned i = first; i < first + count; i++) words[i / 64] |= (uint64_t)1 << (i % 64);
}

/* The free slices around slice. */
static unsigned room_around(const mica_span_view_t* view, unsigned slice) {
  unsigned from = slice, end = slice;
  while (from > 0 && bit_of(view->free, from - 1)) from--;
  while (end < MICA_ARENA_SLICES && bit_of(view->free, end)) end++;
  return end - from;
}

static mica_span_t search(const mica_span_view_t* view, unsigned count) {
  mica_span_t best = {0, 0, 0};
  unsigned have = 0, dirty = 0; /* free ones side by side up to i, and dirty ones of the last count */
  for (unsigned i = 0; i < MICA_ARENA_SLICES; i++) {
    have = bit_of(view->free, i) ? have + 1 : 0;
    dirty = have == 0 ? 0 : dirty + bit_of(view->dirty, i) - (have > count && bit_of(view->dirty, i - count));
    if (have < count || dirty == 0 || dirty < best.dirty) continue;
    const unsigned gap = room_around(view, i);
    if (dirty > best.dirty || gap < best.gap) best = (mica_span_t){i + 1 - count, dirty, gap};
  }
  return best;
}

static void check_view(const mica_span_view_t* view, unsigned count) {
  const mica_span_t is = mica_span_find(view, count), best = search(view, count);
  REQUIRE(is.dirty == best.dirty && is.gap == best.gap, "%u slices: %u dirty of a room of %u, not %u of %u", count,
          is.dirty, is.gap, best.dirty, best.gap);
  unsigned dirty = 0;
  for (unsigned i = is.first; is.dirty != 0 && i < is.first + count; i++) {
    REQUIRE(i < MICA_ARENA_SLICES && bit_of(view->free, i), "%u slices from %u: %u is not free", count, is.first, i);
    dirty += bit_of(view->dirty, i);
  }
  REQUIRE(dirty == is.dirty, "%u slices from %u: %u dirty, not %u", count, is.first, dirty, is.dirty);
}

Test(span, finds_what_a_slow_search_finds) {
  enum { VIEWS = 300, HOLES = 12 };
  uint64_t random = 41;
  for (int i = 0; i < VIEWS; i++) {
    mica_span_view_t view = {{0}, {0}};
    for (int hole = 0; hole < HOLES; hole++) {
      const unsigned count = 1 + (unsigned)random_below(&random, hole % 2 == 0 ? 400 : 20);
      const unsigned first = (unsigned)random_below(&random, MICA_ARENA_SLICES - count + 1);
      set_run(view.free, first, count);
      set_run(view.dirty, first, (unsigned)random_below(&random, count + 1));
      set_run(view.dirty, first + (unsigned)random_below(&random, count), 1);
    }
    for (unsigned count = MICA_SPAN_LEAST; count < 600; count += 1 + count / 7) check_view(&view, count);
  }
}

Test(span, the_ends_of_the_arena_are_places_too) {
  mica_span_view_t view = {{0}, {0}};
  check_view(&view, MICA_SPAN_LEAST);
  set_run(view.free, 0, 10);
  set_run(view.free, MICA_ARENA_SLICES - 100, 100);
  check_view(&view, MICA_SPAN_LEAST); /* no dirty one */
  set_run(view.dirty, MICA_ARENA_SLICES - 1, 1);
  check_view(&view, MICA_SPAN_LEAST);
  check_view(&view, 100);
  check_view(&view, 101);
  set_run(view.dirty, 0, 2);
  check_view(&view, 10);
  set_run(view.free, 0, MICA_ARENA_SLICES);
  set_run(view.dirty, 0, MICA_ARENA_SLICES);
  check_view(&view, MICA_ARENA_SLICES);
}

/* Many runs to compare: the search has an end, and what it finds is a run. */
Test(span, a_search_among_very_many_is_short_but_right) {
  mica_span_view_t view = {{0}, {0}};
  set_run(view.free, 0, MICA_ARENA_SLICES);
  for (unsigned i = 0; i < MICA_ARENA_SLICES; i += 2) set_run(view.dirty, i, 1);
  const mica_span_t span = mica_span_find(&view, 100);
  cr_assert_eq(span.dirty, 50u);
  cr_assert_eq(span.gap, (unsigned)MICA_ARENA_SLICES);
}
