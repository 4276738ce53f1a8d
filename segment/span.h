/* span.h -- the best place for a long run: among the free slices of an arena, where most of them are dirty.
 *
 * Dirty slices are resident: a run that takes them costs no fault, and leaves less to be given back. Everything here
 * is a hint from relaxed loads; the claim decides. Used by slices.c. */
#ifndef MICA_SPAN_H
#define MICA_SPAN_H
#include "segment/arena.h"

enum { MICA_SPAN_LEAST = 8 }; /* slices: shorter runs are not sought here */

/* Copies of an arena's words: bit i % 64 of word i / 64 is slice i's. */
typedef struct mica_span_view_s {
  uint64_t free[MICA_ARENA_SEGMENTS];
  uint64_t dirty[MICA_ARENA_SEGMENTS]; /* of the free ones */
} mica_span_view_t;

typedef struct mica_span_s {
  unsigned first;
  unsigned dirty; /* of its slices; 0: there is no such run, or none of its slices is */
  unsigned gap;   /* the free slices side by side that it is a part of */
} mica_span_t;

/* The run of count (at least MICA_SPAN_LEAST) free slices that has the most dirty ones. */
mica_span_t mica_span_find(const mica_span_view_t* view, unsigned count);

#endif
