/* census_blocks.c -- the state of each block of a page: from its lists, read now, and the blocks known in caches (census.h). */
#include <string.h>

#include "page/vacant.h"
#include "tool/census_parts.h"

/* A list of this page's blocks, which have that state. False: it leads elsewhere, or has no end. */
static bool mark_list(const census_t* census, const census_page_t* page, uintptr_t at, uint8_t state, uint8_t* states) {
  for (uint32_t n = 0; at != 0; n++) {
    const uintptr_t offset = at - page->first, index = offset / page->block_size;
    if (n == page->carved || at < page->first || index >= page->carved || offset % page->block_size != 0) return false;
    states[index] = state;
    if (!TARGET_READ(census->target, at, at)) return false;
  }
  return true;
}

static void mark_held(const census_t* census, const census_page_t* page, uint8_t* states) {
  const census_taking_t* t = (const census_taking_t*)(const void*)census;
  for (uint32_t i = 0; i < page->carved && t->held_count != 0; i++) {
    const uint32_t held = census_index_get(&t->held_at, page->first + i * page->block_size);
    if (held == CENSUS_NONE || states[i] != MICA_WHERE_IN_USE) continue;
    const bool lent = t->held[held].state == MICA_WHERE_CACHED && t->held[held].class != page->class;
    states[i] = lent ? (uint8_t)MICA_WHERE_LENT : t->held[held].state;
  }
}

/* In units whose memory went back. A block that was found free, or in a cache, is in none, unless what was read is of several
 * moments. */
static void mark_vacant(const census_page_t* page, uint64_t vacant, uint8_t* states) {
  const uint32_t lead = (uint32_t)(page->first - page->base);
  for (uint32_t i = 0; i < page->carved && vacant != 0; i++)
    if ((vacant & mica_block_units(page->extent, lead, (uint32_t)page->block_size, i)) != 0 &&
        states[i] == MICA_WHERE_IN_USE)
      states[i] = MICA_WHERE_VACANT;
}

bool census_blocks(const census_t* census, uint32_t index, uint8_t* states) {
  const census_page_t* page = &census->pages[index];
  mica_page_t line;
  uint64_t word;
  memset(states, MICA_WHERE_UNCARVED, page->total);
  memset(states, MICA_WHERE_IN_USE, page->carved);
  if (page->class < 0) return true;
  const uintptr_t window = page->base & ~(MICA_ARENA - 1),
                  owner = window + MICA_OWNER_LINES + page->slice * MICA_LINE_SIZE,
                  remote = window + MICA_REMOTE_LINES + page->slice * MICA_LINE_SIZE;
  bool whole = TARGET_READ(census->target, line, owner) &&
               TARGET_READ(census->target, word, remote + offsetof(mica_remote_t, word));
  if (whole) {
    const uintptr_t head = pw_head(word);
    whole = mark_list(census, page, (uintptr_t)line.local_free, MICA_WHERE_LOCAL, states);
    if (head != 0)
      whole =
          mark_list(census, page, page->base + (head - 1) * sizeof(mica_block_t), MICA_WHERE_PUSHED, states) && whole;
  }
  mark_held(census, page, states);
  if (whole) mark_vacant(page, line.vacant, states);
  return whole;
}
