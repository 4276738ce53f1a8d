/* vacant.c -- which units of a page may be vacant, and its list without their blocks, and with them again (vacant.h).
 *
 * Bytes are counted, not blocks: a unit may be vacant if the free blocks, and the bytes before the first one, fill it. */
#include "page/vacant.h"

#include "base/bits.h"
#include "observe/output.h"

/* ---- the vacant blocks, by runs of vacant units ---- */

typedef struct walk_s {
  uint64_t left; /* units */
  unsigned from; /* blocks [from, to): those of the last run that no run before it has */
  unsigned to;
} walk_t;

/* The blocks that begin before the page's first `bytes` end, or that end before them. */
static unsigned begun(const mica_remote_t* r, uint64_t bytes) {
  return bytes <= r->lead ? 0 : (unsigned)((bytes - r->lead + r->size - 1) / r->size);
}
static unsigned ended(const mica_remote_t* r, uint64_t bytes) {
  return bytes <= r->lead ? 0 : (unsigned)((bytes - r->lead) / r->size);
}

static bool next_run(const mica_remote_t* r, walk_t* walk) {
  if (walk->left == 0) return false;
  const uint64_t run = mica_bits_lowest(walk->left);
  const unsigned first = (unsigned)__builtin_ctzll(run), count = (unsigned)__builtin_popcountll(run);
  const unsigned shift = mica_unit_shift(r->extent), from = ended(r, (uint64_t)first << shift);
  walk->from = from > walk->to ? from : walk->to;
  walk->to = begun(r, (uint64_t)(first + count) << shift);
  walk->left &= ~run;
  return true;
}

unsigned mica_page_vacant_count(const mica_page_t* page) {
  const mica_remote_t* r = mica_page_remote(page);
  walk_t walk = {page->vacant, 0, 0};
  unsigned n = 0;
  while (next_run(r, &walk)) n += walk.to - walk.from;
  return n;
}

/* ---- which units ---- */

typedef struct fill_s {
  unsigned shift;
  uint32_t bytes[MICA_UNITS]; /* of each unit that are free */
} fill_t;

static void fill(fill_t* f, uint64_t from, uint64_t to) {
  while (from < to) {
    const uint64_t unit = from >> f->shift, end = (unit + 1) << f->shift, part = (end < to ? end : to) - from;
    f->bytes[unit] += (uint32_t)part;
    from += part;
  }
}

static void fill_blocks(fill_t* f, const mica_remote_t* r, unsigned from, unsigned to) {
  fill(f, r->lead + (uint64_t)from * r->size, r->lead + (uint64_t)to * r->size);
}

static void fill_list(fill_t* f, const mica_page_t* page) {
  const mica_remote_t* r = mica_page_remote(page);
  unsigned left = mica_page_listed(page);
  for (const mica_block_t* b = page->local_free; b != NULL; b = mica_link_get(b), left--) {
    const uint64_t at = (uint64_t)((uintptr_t)b - (uintptr_t)mica_remote_first(r));
    if (left == 0 || at > (uint64_t)(page->capacity - 1) * r->size) mica_list_damaged(mica_page_class(page), b);
    fill(f, r->lead + at, r->lead + at + r->size);
  }
  if (left != 0) mica_list_damaged(mica_page_class(page), NULL);
}

/* Of the units those that make up whole OS pages. */
static uint64_t whole_pages(uint64_t units, unsigned shift, size_t os_page) {
  const unsigned n = (unsigned)(os_page >> shift);
  if (n <= 1) return units;
  uint64_t whole = 0;
  for (unsigned at = 0; at + n <= MICA_UNITS; at += n) {
    const uint64_t group = mica_bits_mask(at, n);
    if ((units & group) == group) whole |= group;
  }
  return whole;
}

/* The units that have blocks, and only free ones. Vacant units are among them. */
static uint64_t free_units(const mica_page_t* page, size_t os_page) {
  const mica_remote_t* r = mica_page_remote(page);
  fill_t f = {mica_unit_shift(r->extent), {0}};
  walk_t walk = {page->vacant, 0, 0};
  fill(&f, 0, r->lead);
  while (next_run(r, &walk)) fill_blocks(&f, r, walk.from, walk.to);
  fill_list(&f, page);
  if (!page->zeroed) fill_blocks(&f, r, page->capacity, r->total);
  uint64_t units = 0;
  for (unsigned u = r->lead >> f.shift; u < MICA_UNITS; u++)
    if (f.bytes[u] == (uint32_t)1 << f.shift) units |= (uint64_t)1 << u;
  return whole_pages(units, f.shift, os_page);
}

/* ---- the list ---- */

/* Without the blocks that are vacant now. Links are written where they change only. */
static void unlink_vacant(mica_page_t* page) {
  mica_block_t *last = NULL, *next;
  bool changed = false;
  for (mica_block_t* b = page->local_free; b != NULL; b = next) { /* fill_list has seen its end */
    next = mica_link_get(b);
    if (mica_page_is_vacant(page, b)) {
      changed = true;
      continue;
    }
    if (last == NULL)
      page->local_free = b;
    else if (changed)
      mica_link_set(last, b);
    last = b;
    changed = false;
  }
  if (last == NULL)
    page->local_free = NULL;
  else if (changed)
    mica_link_set(last, NULL);
}

/* Blocks [from, to) that are not vacant, in front of it. */
static void link_blocks(mica_page_t* page, unsigned from, unsigned to) {
  const mica_remote_t* r = mica_page_remote(page);
  while (to-- != from) {
    if (mica_page_has_vacated(page, to)) continue;
    mica_block_t* b = (mica_block_t*)(void*)(mica_remote_first(r) + (uint64_t)to * r->size);
    mica_link_set(b, page->local_free);
    page->local_free = b;
  }
}

/* Blocks that were never carved are, but need not be linked: those that are vacant are not touched. */
static void carve_rest(mica_page_t* page) {
  const unsigned from = page->capacity;
  if (page->zeroed) return;
  page->capacity = mica_page_remote(page)->total;
  link_blocks(page, from, page->capacity);
}

uint64_t mica_page_vacate(mica_page_t* page, size_t os_page) {
  const uint64_t fresh = free_units(page, os_page) & ~page->vacant;
  page->searched = true;
  if (fresh == 0) return 0;
  page->vacant |= fresh;
  unlink_vacant(page);
  carve_rest(page);
  return fresh;
}

void mica_page_occupy(mica_page_t* page, uint64_t units) {
  const mica_remote_t* r = mica_page_remote(page);
  walk_t walk = {units, 0, 0};
  mica_assert((units & ~page->vacant) == 0);
  page->vacant &= ~units;
  while (next_run(r, &walk)) link_blocks(page, walk.from, walk.to);
}

void mica_page_occupy_next(mica_page_t* page) {
  while (page->vacant != 0 && page->local_free == NULL) mica_page_occupy(page, page->vacant & (~page->vacant + 1));
}
