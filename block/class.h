/* class.h -- size classes: which block a request gets.
 *
 *   classes   block sizes                              found by                      pages of
 *    0..63    16, 32, 48 ... 1024                      (size - 1) / 16               1 slice
 *   64..75    1280, 1536, 1792, 2048, 2560 ... 8192    mica_class_steps[(size-1)/256]  1 slice
 *   76..87    10240, 12288 ... 65536                   the same table                8 slices
 *   88..98    64, 128 ... 65536, for blocks that may be given out by a pointer into their middle
 *
 * Above 1 KiB there are four classes a doubling. A class holds what is asked for and wastes less than 16 bytes up to 1 KiB,
 * less than a fifth above. Blocks lie against their page's end, so that one whose size is a multiple of a power of two up to
 * MICA_SLICE is aligned to it. Larger requests get a page of their own (one block). Constants only. */
#ifndef MICA_CLASS_H
#define MICA_CLASS_H
#include "base/config.h"
#include "base/geometry.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
  MICA_STEP_SMALL = 16,
  MICA_SMALL_MAX = 1024, /* up to here a class is a division away */
  MICA_STEP_MEDIUM = 256,
  MICA_CLASS_MAX = 65536, /* the largest block that shares a page */
  MICA_CLASSES_SMALL = MICA_SMALL_MAX / MICA_STEP_SMALL,
  MICA_CLASSES_PLAIN = MICA_CLASSES_SMALL + 24,
  MICA_CLASSES_INNER = 11, /* for pointers into a block's middle */
  MICA_CLASSES = MICA_CLASSES_PLAIN + MICA_CLASSES_INNER,
  MICA_CLASS_NONE = 255,
  MICA_LEND_PART = 8, /* a block that is lent to a smaller class is larger than its blocks by this part at most */
};
static_assert(MICA_CLASS_MAX == MICA_SMALL_MAX << 6, "24 classes are six doublings by four");

typedef struct mica_class_s {
  uint32_t size;     /* bytes in a block */
  uint16_t slices;   /* in a page */
  uint8_t cache_max; /* blocks that every theap's cache may have */
  bool inner;        /* pointers into a block's middle are given out */
} mica_class_t;

extern const mica_class_t mica_classes[MICA_CLASSES];

/* Of a size s: entry (s - 1) / MICA_STEP_MEDIUM, for s in 1..MICA_CLASS_MAX; exact above MICA_SMALL_MAX. The entries are
 * classes times MICA_STEP_SMALL, the size of a mica_cache_t: malloc need not scale. */
extern const uint16_t mica_class_steps[MICA_CLASS_MAX / MICA_STEP_MEDIUM];

/* size: 1..MICA_CLASS_MAX */
MICA_INLINE unsigned mica_class_of(size_t size) {
  if (size <= MICA_SMALL_MAX) return (unsigned)((size - 1) / MICA_STEP_SMALL);
  return mica_class_steps[(size - 1) / MICA_STEP_MEDIUM] / MICA_STEP_SMALL;
}

/* The last class whose blocks may be lent to this one, which is small; itself: there is none. */
MICA_INLINE unsigned mica_class_last_lender(unsigned class) {
  const unsigned last = class + (class + 1) / MICA_LEND_PART;
  return last < MICA_CLASSES_SMALL ? last : MICA_CLASSES_SMALL - 1;
}

/* The first class that holds size bytes at a multiple of align, a power of two up to MICA_SLICE; MICA_CLASS_NONE if none. */
unsigned mica_class_aligned(size_t size, size_t align);

/* The first class for inner pointers that holds size bytes, or MICA_CLASS_NONE. */
unsigned mica_class_inner(size_t size);

#endif
