/* segment.h -- slice_word.h on mica's arenas: exact slices of a segment, or exact runs, are claimed and given back.
 *
 * The one place where the two meet. No limit is looked at here and no use counted: slices.c, which claims for pages, does that.
 * Used by segment/ only. */
#ifndef MICA_SEGMENT_H
#define MICA_SEGMENT_H
#include "observe/output.h"
#include "segment/arena.h"
#include "segment/purge.h"

typedef mica_arena_t sw_arena_t;
#define SW_COUNT_DIRTY(arena, n) mica_slices_add_dirty((arena), (n))
#define SW_COUNT_WHOLE(arena, n) mica_segments_add_whole((arena), (n))
#define SW_BECAME_WHOLE(arena, segment) mica_purge_if_spare((arena), (segment))
#define SW_ABSENT_CHANGED(arena, before, after) mica_islands_add(mica_islands(~(after)) - mica_islands(~(before)))
#define SW_ASSERT(x) mica_assert(x)
#include "segment/slice_word.h"
static_assert((int)SW_SLICES == (int)MICA_SEGMENT_SLICES, "a segment's slices have one word");

#endif
