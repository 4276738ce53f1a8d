/* vacant.h -- the parts of a page whose memory went back to the system while other blocks of the page are in use.
 *
 *   unit      an OS page of the smallest size, or a 64th of the page where that is more; it has a bit in the owner line
 *   vacant    of a unit: its memory was given back, and nobody has touched it since. Of a block: one of its units is vacant.
 *             Such a block is free, and counts as free, but is on no list: a link would lie in what was given back
 *
 *   units          |  in use  |  vacant  |  vacant  |          |
 *   blocks      |  used  |  free  |  free  |  free  |  free  |  used  |
 *                        | these three are vacant   |  on local_free
 *
 * A unit may become vacant when every block that overlaps it is free and carved (vacate). When a page has nothing else to give,
 * its lowest vacant unit is occupied: the blocks that no other vacant unit overlaps are linked again. For the page's owner;
 * heap/vacate.c gives the memory back. What looks at a page from elsewhere asks mica_block_units. */
#ifndef MICA_VACANT_H
#define MICA_VACANT_H
#include "page/page.h"

enum { MICA_UNITS = 64 };

/* A unit's bytes, as a power of two, in a page of that extent. */
static inline unsigned mica_unit_shift(uint64_t extent) {
  static_assert(MICA_OS_PAGE == 1 << 12, "the least of the two");
  const unsigned least = 12, part = 64 - 6 - (unsigned)__builtin_clzll((extent - 1) | 1);
  return part > least ? part : least;
}

/* The units that a block of so many bytes overlaps, which begins `from` bytes behind the base of a page of that extent. */
static inline uint64_t mica_units_at(uint64_t extent, uint64_t from, uint32_t size) {
  const unsigned shift = mica_unit_shift(extent), first = (unsigned)(from >> shift) % MICA_UNITS;
  const unsigned last = (unsigned)((from + size - 1) >> shift) % MICA_UNITS;
  return UINT64_MAX << first & UINT64_MAX >> (MICA_UNITS - 1 - last);
}

/* Likewise of block i, `lead` bytes being before the first one. */
static inline uint64_t mica_block_units(uint64_t extent, uint32_t lead, uint32_t size, unsigned i) {
  return mica_units_at(extent, lead + (uint64_t)i * size, size);
}

/* Whether block i of the page is vacant. */
static inline bool mica_page_has_vacated(const mica_page_t* page, unsigned i) {
  const mica_remote_t* r = mica_page_remote(page);
  return (page->vacant & mica_block_units(r->extent, r->lead, r->size, i)) != 0;
}

/* Of a block's start: whether it is vacant. */
static inline bool mica_page_is_vacant(const mica_page_t* page, const mica_block_t* b) {
  const mica_remote_t* r = mica_page_remote(page);
  return (page->vacant & mica_units_at(r->extent, (uint64_t)((uintptr_t)b - (uintptr_t)r->base), r->size)) != 0;
}

/* The number of vacant blocks. */
unsigned mica_page_vacant_count(const mica_page_t* page);

/* The length of local_free. */
static inline unsigned mica_page_listed(const mica_page_t* page) {
  const unsigned n = page->capacity - page->used;
  return MICA_LIKELY(page->vacant == 0) ? n : n - mica_page_vacant_count(page);
}

/* Takes the blocks of all units that may be vacant off the list. Returns the units whose memory is to be given back now: whole
 * OS pages of os_page bytes. Blocks that were never carved, and may not be zero, count as carved afterwards. */
uint64_t mica_page_vacate(mica_page_t* page, size_t os_page);

/* These vacant units are not vacant any more: their blocks are on the list again. */
void mica_page_occupy(mica_page_t* page, uint64_t units);

/* Puts blocks onto the list, which is empty, from the lowest vacant units that give any; none if no unit is vacant. */
void mica_page_occupy_next(mica_page_t* page);

#endif
