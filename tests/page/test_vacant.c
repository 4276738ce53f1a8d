/* test_vacant.c -- which units of a page become vacant, what is on its list then, and that its blocks come back. */
#include "page/vacant.h"

#include <signal.h>

#include "base/bits.h"
#include "tests/page/window.h"
#include "tests/support/pattern.h"
#include "tests/support/random.h"
#include "tests/support/require.h"

enum { BLOCKS_MOST = 8 * 4096, PATTERNS = 12 };

/* What the test knows of each block. */
typedef struct known_s {
  mica_page_t* page;
  unsigned class;
  bool is_free[BLOCKS_MOST];
} known_t;
static known_t known;
static uint64_t rng = 4711;

static char* block_at(unsigned i) {
  const mica_remote_t* r = mica_page_remote(known.page);
  return mica_remote_first(r) + (size_t)i * r->size;
}
static unsigned index_of(const void* b) {
  return (unsigned)(((const char*)b - block_at(0)) / mica_classes[known.class].size);
}

static void put_back(unsigned i) {
  mica_link_set((mica_block_t*)(void*)block_at(i), known.page->local_free);
  known.page->local_free = (mica_block_t*)(void*)block_at(i);
  known.page->used--;
  known.is_free[i] = true;
}

/* Which blocks stay in use, of a page that has carved `carved` of its blocks. */
static bool stays(unsigned pattern, unsigned i, unsigned carved) {
  switch (pattern) {
  case 0: return i == 0;
  case 1: return i + 1 == carved;
  case 2: return i % 8 == 0;
  case 3: return i / 64 % 8 == 3;
  case 4: return i % 300 == 7;
  case 5: return true;
  default: return random_below(&rng, 1 + 3 * pattern) == 0;
  }
}

static void begin(uintptr_t window, unsigned class, unsigned pattern, bool zeroed, bool whole) {
  known.page = page_new(window, class, zeroed);
  known.class = class;
  memset(known.is_free, 0, sizeof known.is_free);
  const unsigned wanted = whole ? known.page->total : 1 + (unsigned)random_below(&rng, known.page->total);
  for (unsigned n; (n = wanted - known.page->capacity) != 0;) {
    mica_page_carve(known.page, &n, NULL, false);
    if (n == 0) break;
  }
  for (unsigned i = 0; i < known.page->capacity; i++)
    if (!stays(pattern, i, known.page->capacity)) put_back(i);
}

/* ---- what must be so ---- */

/* A block overlaps a unit's bytes. */
static bool overlaps(unsigned i, unsigned unit) {
  const mica_remote_t* r = mica_page_remote(known.page);
  const uint64_t shift = mica_unit_shift(r->extent), from = r->lead + (uint64_t)i * r->size;
  return from < (uint64_t)(unit + 1) << shift && from + r->size > (uint64_t)unit << shift;
}

static uint64_t units_of(unsigned i) {
  uint64_t units = 0;
  for (unsigned u = 0; u < MICA_UNITS; u++)
    if (overlaps(i, u)) units |= (uint64_t)1 << u;
  return units;
}

/* The units that only free blocks overlap. rest: so are those that were never carved. */
static uint64_t wanted_units(bool rest) {
  uint64_t used = 0, some = 0;
  for (unsigned i = 0; i < known.page->total; i++) {
    const bool is_free = i < known.page->capacity ? known.is_free[i] : rest;
    some |= units_of(i);
    if (!is_free) used |= units_of(i);
  }
  return some & ~used;
}

/* The list has the free blocks that are not vacant, each once. Links are known beforehand not to be vacant. */
static void check_list(void) {
  static bool seen[BLOCKS_MOST];
  const mica_page_t* page = known.page;
  unsigned listed = 0, vacant = 0;
  memset(seen, 0, sizeof seen);
  for (const mica_block_t* b = page->local_free; b != NULL; b = mica_link_get(b), listed++) {
    const unsigned i = index_of(b);
    REQUIRE((const char*)b == block_at(i) && i < page->capacity && known.is_free[i] && !seen[i],
            "class %u: block %u is not to be there", known.class, i);
    REQUIRE((page->vacant & units_of(i)) == 0, "class %u: block %u is vacant, and listed", known.class, i);
    seen[i] = true;
  }
  for (unsigned i = 0; i < page->capacity; i++) {
    REQUIRE(mica_block_units(mica_page_bytes(page), mica_page_remote(page)->lead, mica_classes[known.class].size, i) ==
                units_of(i),
            "class %u: the units of block %u", known.class, i);
    const bool is_vacant = (page->vacant & units_of(i)) != 0;
    REQUIRE(mica_page_has_vacated(page, i) == is_vacant, "class %u: block %u is vacant, or not", known.class, i);
    REQUIRE(!is_vacant || known.is_free[i], "class %u: block %u is in use, and vacant", known.class, i);
    vacant += is_vacant;
  }
  REQUIRE(listed == mica_page_listed(page) && vacant == mica_page_vacant_count(page), "class %u: %u listed, %u vacant",
          known.class, listed, vacant);
  REQUIRE(page->capacity - page->used == listed + vacant, "class %u: %u carved, %u used, %u listed, %u vacant",
          known.class, page->capacity, page->used, listed, vacant);
}

/* ---- memory that went back ---- */

static void fill_units(uint64_t units, bool check) {
  const mica_remote_t* r = mica_page_remote(known.page);
  const size_t bytes = (size_t)1 << mica_unit_shift(r->extent);
  for (unsigned u = 0; u < MICA_UNITS; u++) {
    char* at = (char*)r->base + u * bytes;
    if ((units >> u & 1) == 0) continue;
    mica_track_open(at, bytes);
    if (check)
      REQUIRE(pattern_filled(at, bytes, u), "class %u: unit %u was touched", known.class, u);
    else
      pattern_fill(at, bytes, u);
  }
}

static void vacate(size_t os_page) {
  const bool zeroed = known.page->zeroed;
  const unsigned carved = known.page->capacity;
  const uint64_t before = known.page->vacant, wanted = wanted_units(!zeroed);
  const uint64_t fresh = mica_page_vacate(known.page, os_page);
  const unsigned part = (unsigned)(os_page >> mica_unit_shift(mica_page_bytes(known.page)));
  uint64_t expected = wanted;
  for (unsigned u = 0; part > 1 && u < MICA_UNITS; u++)
    if ((wanted >> (u / part * part) & mica_bits_mask(0, part)) != mica_bits_mask(0, part))
      expected &= ~((uint64_t)1 << u);
  REQUIRE(known.page->vacant == expected && fresh == (expected & ~before), "class %u: units %#lx, not %#lx",
          known.class, (unsigned long)known.page->vacant, (unsigned long)expected);
  for (unsigned i = carved; i < known.page->capacity; i++) known.is_free[i] = true;
  REQUIRE(known.page->capacity == carved || (!zeroed && fresh != 0), "class %u: carved for nothing", known.class);
  REQUIRE(known.page->searched, "class %u: it would be searched again", known.class);
  fill_units(fresh, false);
  check_list();
}

/* Blocks are drawn off the list as the program would get them; each free one comes once. */
static void draw_some(unsigned most) {
  mica_page_t* page = known.page;
  for (; most != 0; most--) {
    if (page->local_free == NULL) {
      mica_page_occupy_next(page);
      if (page->local_free == NULL) break;
      fill_units(page->vacant, true);
      check_list();
    }
    mica_block_t* b = page->local_free;
    const unsigned i = index_of(b);
    page->local_free = mica_link_get(b);
    REQUIRE(known.is_free[i], "class %u: block %u comes twice", known.class, i);
    known.is_free[i] = false;
    page->used++;
    mica_track_open(b, mica_classes[known.class].size);
    memset(b, 0x77, mica_classes[known.class].size);
  }
}

static void vacate_and_draw(uintptr_t window, unsigned class, unsigned pattern, size_t os_page) {
  begin(window, class, pattern, pattern % 2 == 0, pattern % 3 != 0);
  vacate(os_page);
  REQUIRE(mica_page_vacate(known.page, os_page) == 0, "class %u: something went twice", class);
  draw_some(known.page->total / 3);
  for (unsigned i = 0; i < known.page->capacity; i++)
    if (!known.is_free[i] && random_below(&rng, 3) == 0) put_back(i);
  if (os_page == MICA_OS_PAGE) vacate(os_page); /* of a larger OS page, a part may have been occupied */
  draw_some(known.page->total);
  REQUIRE(known.page->used == known.page->capacity && known.page->vacant == 0, "class %u: %u of %u came", class,
          known.page->used, known.page->capacity);
}

Test(vacant, units_that_only_free_blocks_overlap_and_each_block_comes_back_once) {
  const uintptr_t window = window_new();
  for (unsigned c = 0; c < MICA_CLASSES; c++)
    for (unsigned pattern = 0; pattern < PATTERNS; pattern++) vacate_and_draw(window, c, pattern, MICA_OS_PAGE);
}

Test(vacant, larger_os_pages_go_as_a_whole) {
  const uintptr_t window = window_new();
  for (unsigned c = 0; c < MICA_CLASSES; c += 3)
    for (unsigned pattern = 0; pattern < PATTERNS; pattern++) {
      vacate_and_draw(window, c, pattern, 4 * MICA_OS_PAGE);
      vacate_and_draw(window, c, pattern, 16 * MICA_OS_PAGE);
    }
}

Test(vacant, what_was_refused_is_on_the_list_again) {
  const uintptr_t window = window_new();
  for (unsigned c = 0; c < MICA_CLASSES; c++) {
    begin(window, c, 4, true, true);
    const uint64_t fresh = mica_page_vacate(known.page, MICA_OS_PAGE), half = fresh & UINT64_C(0xff0f3355aa0ff0ff);
    mica_page_occupy(known.page, half);
    REQUIRE(known.page->vacant == (fresh & ~half), "class %u: units", c);
    check_list();
    mica_page_occupy(known.page, fresh & ~half);
    check_list();
    REQUIRE(known.page->vacant == 0, "class %u: still vacant", c);
  }
}

Test(vacant, a_list_that_is_too_long_ends_the_program, .signal = SIGABRT) {
  begin(window_new(), 40, 2, true, true);
  known.page->used++;
  mica_page_vacate(known.page, MICA_OS_PAGE);
}
