/* census_sums.c -- the sums of a census over its tables (census_parts.h).
 *
 * Blocks in the program's hands: what every theap's pages have given out, less what is free of it, in threads' heaps and on
 * pages' words; and what abandoned pages' words do not count as free. So mi_stats_t has it (stats/usage.h), but that blocks
 * which are ready in other threads' heaps than the caller's are free here, too. */
#include "tool/census_parts.h"

static void sum_theaps(census_taking_t* t) {
  census_sums_t* sums = &t->census.sums;
  for (uint32_t i = 0; i < t->census.theap_count; i++)
    for (unsigned c = 0; c < MICA_CLASSES; c++) {
      sums->blocks[c] += t->theaps[i].class[c].out;
      sums->outbox[c] += t->theaps[i].class[c].outbox;
    }
  for (unsigned c = 0; c < MICA_CLASSES; c++) sums->blocks[c] -= sums->held[c] + sums->outbox[c];
}

static void sum_class_page(census_taking_t* t, const census_page_t* page) {
  census_sums_t* sums = &t->census.sums;
  const unsigned c = (unsigned)page->class;
  sums->pages[c]++;
  sums->page_bytes += (int64_t)page->extent;
  if (page->state == MICA_PAGE_ABANDONED) {
    sums->abandoned++;
    sums->blocks[c] += page->used;
    return;
  }
  sums->blocks[c] -= page->pushed;
  sums->pushed[c] += page->pushed;
  sums->pushed_bytes += (int64_t)(page->pushed * page->block_size);
  if (page->theap == CENSUS_NONE) return;
  t->theaps[page->theap].class[c].pages++;
  t->theaps[page->theap].pushed_bytes += page->pushed * page->block_size;
}

static void sum_pages(census_taking_t* t) {
  census_sums_t* sums = &t->census.sums;
  for (uint32_t i = 0; i < t->census.page_count; i++) {
    const census_page_t* page = &t->pages[i];
    if (page->heap != CENSUS_NONE) {
      t->heaps[page->heap].pages++;
      t->heaps[page->heap].block_bytes += page->used * page->block_size;
    }
    if (page->class >= 0) {
      sum_class_page(t, page);
      continue;
    }
    const bool mapping = page->arena == CENSUS_NONE;
    sums->single++;
    sums->single_bytes += (int64_t)page->extent;
    sums->mappings += mapping;
    sums->mapping_bytes += mapping ? (int64_t)page->extent : 0;
  }
}

/* What is neither free nor of a page is of theaps, or changes hands. */
static void sum_slices(census_taking_t* t, uint32_t index) {
  census_arena_t* arena = &t->arenas[index];
  uint32_t paged = 0, theaps = 0;
  for (unsigned s = 0; s < MICA_ARENA_SEGMENTS; s++) {
    const uint64_t gone = arena->gone[s], dirty = arena->dirty[s] & ~gone;
    if ((arena->absent >> s & 1) != 0) arena->slices[CENSUS_ABSENT] += MICA_SEGMENT_SLICES;
    arena->slices[CENSUS_GONE] += (uint32_t)__builtin_popcountll(gone);
    arena->slices[CENSUS_DIRTY] += (uint32_t)__builtin_popcountll(dirty);
    arena->slices[CENSUS_CLEAN] += (uint32_t)__builtin_popcountll(arena->unused[s] & ~gone & ~dirty);
  }
  if ((arena->absent & 1) == 0) arena->slices[CENSUS_HEAD] = MICA_HEAD_SLICES;
  for (uint32_t i = 0; i < arena->page_count; i++) paged += t->pages[arena->first_page + i].slices;
  arena->slices[CENSUS_PAGE] = paged;
  for (uint32_t i = 0; i < t->census.theap_count; i++)
    theaps += t->theaps[i].at % MICA_SLICE == 0 && t->theaps[i].at - arena->base < MICA_ARENA;
  arena->slices[CENSUS_THEAPS] = theaps;
  uint32_t known = 0;
  for (unsigned k = 0; k < CENSUS_SLICE_KINDS; k++) known += arena->slices[k];
  arena->slices[CENSUS_TAKEN] = known < MICA_ARENA_SLICES ? MICA_ARENA_SLICES - known : 0;
  if (known != MICA_ARENA_SLICES) arena->sure = false;
  t->census.sums.dirty_bytes += (int64_t)arena->slices[CENSUS_DIRTY] << MICA_SLICE_SHIFT;
  t->census.sums.mapped_bytes += ((int64_t)MICA_ARENA_SLICES - arena->slices[CENSUS_ABSENT]) << MICA_SLICE_SHIFT;
}

void census_sum(census_taking_t* t) {
  census_sums_t* sums = &t->census.sums;
  sum_theaps(t);
  sum_pages(t);
  for (uint32_t i = 0; i < t->census.arena_count; i++) sum_slices(t, i);
  sums->mapped_bytes += sums->mapping_bytes;
  for (unsigned c = 0; c < MICA_CLASSES; c++) {
    const int64_t size = mica_classes[c].size;
    if (sums->blocks[c] < 0) sums->blocks[c] = 0; /* what runs meanwhile */
    sums->block_bytes += sums->blocks[c] * size;
    sums->held_bytes += sums->held[c] * size;
    sums->outbox_bytes += sums->outbox[c] * size;
  }
}
