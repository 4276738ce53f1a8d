/* geometry.h -- where things lie: slices, segments, arenas, and the metadata at an arena's head.
 *
 *   arena, 256 MiB, aligned to its size
 *   +--------------------------------- segment 0 ---------------------------------+-- segment 1 --+ ... +-- 63 --+
 *   | tags  | words, hints | owner lines | remote lines | slice | slice | ...     | 64 slices     |     |        |
 *   | 16 B  |              | 64 B        | 64 B         | 64 KiB                  | of 64 KiB     |     |        |
 *   | a slice              | a slice     | a slice      |                         |               |     |        |
 *   +-------+--------------+-------------+--------------+-------------------------+---------------+-----+--------+
 *   0       WORDS          OWNER_LINES   REMOTE_LINES   HEAD
 *
 * The tags come first: free reads one, and has its address without adding anything.
 *
 * A pointer p belongs to the slice of p - 1: slice i answers for the pointers base + i * SLICE < p <= base + (i + 1) * SLICE.
 * So a block never starts at its page's first byte, and a block aligned to 256 MiB or more may lie right behind the window
 * that describes it. Any file may include this one; it has no code that runs. */
#ifndef MICA_GEOMETRY_H
#define MICA_GEOMETRY_H
#include <assert.h>
#include <stdint.h>

#define MICA_KiB ((uintptr_t)1024)
#define MICA_MiB (1024 * MICA_KiB)

enum {
  MICA_SLICE_SHIFT = 16,
  MICA_SEGMENT_SHIFT = 22,
  MICA_ARENA_SHIFT = 28,
  MICA_SEGMENT_SLICES = 1 << (MICA_SEGMENT_SHIFT - MICA_SLICE_SHIFT),
  MICA_ARENA_SEGMENTS = 1 << (MICA_ARENA_SHIFT - MICA_SEGMENT_SHIFT),
  MICA_ARENA_SLICES = MICA_ARENA_SEGMENTS * MICA_SEGMENT_SLICES,
};
#define MICA_SLICE ((uintptr_t)1 << MICA_SLICE_SHIFT)
#define MICA_SEGMENT ((uintptr_t)1 << MICA_SEGMENT_SHIFT)
#define MICA_ARENA ((uintptr_t)1 << MICA_ARENA_SHIFT)
static_assert(MICA_SEGMENT_SLICES == 64, "the slices of a segment are the bits of one word");
static_assert(MICA_ARENA_SEGMENTS == 64, "the segments of an arena are the bits of one word");

enum { MICA_TAG_SHIFT = 4, MICA_LINE_SHIFT = 6 };
#define MICA_TAG_SIZE ((uintptr_t)1 << MICA_TAG_SHIFT)
#define MICA_LINE_SIZE ((uintptr_t)1 << MICA_LINE_SHIFT)

/* Offsets from the arena's base. */
#define MICA_WORDS (MICA_ARENA_SLICES * MICA_TAG_SIZE)
#define MICA_OWNER_LINES (MICA_WORDS + 64 * MICA_KiB)
#define MICA_REMOTE_LINES (MICA_OWNER_LINES + MICA_ARENA_SLICES * MICA_LINE_SIZE)
#define MICA_HEAD (MICA_REMOTE_LINES + MICA_ARENA_SLICES * MICA_LINE_SIZE)
#define MICA_HEAD_SLICES (MICA_HEAD >> MICA_SLICE_SHIFT)
static_assert(MICA_HEAD % MICA_SLICE == 0 && MICA_HEAD < MICA_SEGMENT, "the head is whole slices of segment 0");

/* The smallest OS page that there is: the step of carving. The running system's, mica_os_page() of segment/os.h, may be larger,
 * up to a slice. */
#define MICA_OS_PAGE (4 * MICA_KiB)

#endif
