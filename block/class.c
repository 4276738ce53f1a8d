/* class.c -- the tables of the size classes, and the searches that the slow paths make in them. */
#include "block/class.h"

/* The blocks of a class that a theap's cache holds at most: 64, and no more than 64 KiB, but at least 2; and in reserve, of
 * small blocks, 12 KiB. So a burst of small frees is put aside whole. */
#define CACHE_MAX(size) ((uint8_t)(65536u / (size) > 64u ? 64u : 65536u / (size) < 2u ? 2u : 65536u / (size)))
#define SLICES(size) ((size) <= 8192 ? 1 : 8)
#define PLAIN(size) \
  { (size), SLICES(size), CACHE_MAX(size), false }
#define INNER(size) \
  { (size), SLICES(size), CACHE_MAX(size), true }

#define FOUR_SMALL(n) PLAIN(16u * (n)), PLAIN(16u * ((n) + 1)), PLAIN(16u * ((n) + 2)), PLAIN(16u * ((n) + 3))
#define SIXTEEN_SMALL(n) FOUR_SMALL(n), FOUR_SMALL((n) + 4), FOUR_SMALL((n) + 8), FOUR_SMALL((n) + 12)
#define DOUBLING(from) PLAIN((from) / 4 * 5), PLAIN((from) / 4 * 6), PLAIN((from) / 4 * 7), PLAIN((from)*2)

/* clang-format off: tables */
const mica_class_t mica_classes[MICA_CLASSES] = {
    SIXTEEN_SMALL(1), SIXTEEN_SMALL(17), SIXTEEN_SMALL(33), SIXTEEN_SMALL(49), DOUBLING(1024u), DOUBLING(2048u),
    DOUBLING(4096u),  DOUBLING(8192u),   DOUBLING(16384u),  DOUBLING(32768u),  INNER(64u),      INNER(128u),
    INNER(256u),      INNER(512u),       INNER(1024u),      INNER(2048u),      INNER(4096u),    INNER(8192u),
    INNER(16384u),    INNER(32768u),     INNER(65536u),
};

#define X1(c) ((c)*MICA_STEP_SMALL)
#define X2(c) X1(c), X1(c)
#define X4(c) X2(c), X2(c)
#define X8(c) X4(c), X4(c)
#define X16(c) X8(c), X8(c)
#define X32(c) X16(c), X16(c)

const uint16_t mica_class_steps[MICA_CLASS_MAX / MICA_STEP_MEDIUM] = {
    X1(15),  X1(31),  X1(47),  X1(63),  X1(64),  X1(65),  X1(66),  X1(67),  X2(68), X2(69),
    X2(70),  X2(71),  X4(72),  X4(73),  X4(74),  X4(75),  X8(76),  X8(77),  X8(78), X8(79),
    X16(80), X16(81), X16(82), X16(83), X32(84), X32(85), X32(86), X32(87),
};
/* clang-format on */

/* Above 1 KiB the classes of a doubling are a fourth, two, three and four fourths larger than where it begins. A multiple of
 * align in there is the doubling's end, its middle or anything, as align is all, a half or less of where it begins. */
unsigned mica_class_aligned(size_t size, size_t align) {
  const size_t last = ((size == 0 ? 1 : size) - 1) | (align - 1); /* of the size rounded up to whole alignments */
  return last < MICA_CLASS_MAX ? mica_class_of(last + 1) : (unsigned)MICA_CLASS_NONE;
}

unsigned mica_class_inner(size_t size) {
  for (unsigned c = MICA_CLASSES_PLAIN; c < MICA_CLASSES; c++)
    if (mica_classes[c].size >= size) return c;
  return MICA_CLASS_NONE;
}
