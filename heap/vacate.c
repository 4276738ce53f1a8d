/* vacate.c -- see vacate.h. The lists have lost their blocks before the system is asked; if it refuses, they get them back. */
#include "heap/vacate.h"

#include "base/bits.h"
#include "heap/bin.h"
#include "page/vacant.h"
#include "segment/arena.h"
#include "segment/os.h"

mica_vacating_t mica_vacating_begin(void) { return (mica_vacating_t){mica_os_page(), 0, false}; }

static bool goes_back(const mica_arena_t* arena) { return !arena->pinned && arena->commit == NULL; }

/* ---- one page ---- */

/* A run of units, of which other units of the same OS pages are vacant as well. */
static bool give_back(mica_vacating_t* vacating, const mica_remote_t* r, uint64_t run) {
  const unsigned shift = mica_unit_shift(r->extent), first = (unsigned)__builtin_ctzll(run);
  const uintptr_t from = (uintptr_t)r->base + ((uintptr_t)first << shift);
  const uintptr_t to = from + ((uintptr_t)__builtin_popcountll(run) << shift), rest = vacating->os_page - 1;
  const uintptr_t start = from & ~rest, end = (to + rest) & ~rest;
  if (!mica_os_purge((void*)start, end - start)) return false;
  vacating->bytes += end - start;
  return true;
}

void mica_vacate_page(mica_vacating_t* vacating, mica_page_t* page) {
  const mica_arena_t* arena = mica_arena_at(mica_page_window(page));
  if (page->searched || vacating->refused || !goes_back(arena)) return;
  uint64_t left = mica_page_vacate(page, vacating->os_page);
  while (left != 0) {
    const uint64_t run = mica_bits_lowest(left);
    if (!give_back(vacating, mica_page_remote(page), run)) break;
    left &= ~run;
  }
  if (left == 0) return;
  mica_page_occupy(page, left);
  page->searched = false;
  vacating->refused = true;
}

/* ---- a theap's pages ---- */

/* A page without a list goes behind those that have one. */
static void vacate_list(mica_vacating_t* vacating, mica_theap_t* theap, mica_bin_t* bin, mica_page_t* page) {
  for (mica_page_t* next; page != NULL; page = next) {
    next = page->next;
    const bool listed = page->local_free != NULL;
    mica_vacate_page(vacating, page);
    if (!listed || page->local_free != NULL) continue;
    mica_bin_lift(theap, bin, page);
    mica_bin_place(theap, bin, page);
  }
}

void mica_vacate_theap(mica_vacating_t* vacating, mica_theap_t* theap) {
  for (unsigned c = 0; c < MICA_CLASSES; c++) {
    mica_bin_t* bin = &theap->bin[c];
    if (bin->active != NULL) mica_vacate_page(vacating, bin->active);
    vacate_list(vacating, theap, bin, bin->ready);
    vacate_list(vacating, theap, bin, bin->sparse);
  }
}

/* ---- pages that nobody owns ---- */

/* relaxed: a look; taking it decides [P9] */
static void vacate_slice(mica_vacating_t* vacating, mica_page_t* page) {
  const uint64_t word = atomic_load_explicit(&mica_page_remote(page)->word, memory_order_relaxed);
  const unsigned class = mica_page_class(page);
  if (pw_state(word) != PW_ABANDONED || class >= MICA_CLASSES) return;
  const unsigned shift = mica_unit_shift(mica_class_extent(class));
  const unsigned least = (unsigned)(((uint64_t)1 << shift) / mica_classes[class].size); /* they fill a unit, nearly */
  if (pw_count(word) < least || !mica_page_take(page, least == 0 ? 1 : least)) return;
  mica_vacate_page(vacating, page);
  mica_page_leave(page);
}

/* relaxed: a segment that is not seen yet has nothing to give back [S1] [S10] */
static void vacate_arena(mica_vacating_t* vacating, const mica_arena_t* arena) {
  const uint64_t skip = atomic_load_explicit(&arena->whole, memory_order_relaxed) |
                        atomic_load_explicit(&arena->absent, memory_order_relaxed);
  for (unsigned i = MICA_HEAD_SLICES; i < MICA_ARENA_SLICES && !vacating->refused; i++)
    if ((skip >> (i / MICA_SEGMENT_SLICES) & 1) == 0) vacate_slice(vacating, mica_page_at(mica_arena_base(arena), i));
}

void mica_vacate_abandoned(mica_vacating_t* vacating) {
  for (unsigned i = 0; i < mica_arena_count(); i++)
    if (mica_arena(i) != NULL && goes_back(mica_arena(i))) vacate_arena(vacating, mica_arena(i));
}
