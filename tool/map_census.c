/* map_census.c -- see map_census.h. */
#include "tool/map_census.h"
#include "page/page.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

typedef struct look_s {
  const census_t* census;
  map_snapshot_t* snapshot;
  uint64_t stride, next; /* every so many pages one has its blocks looked at; the next such, in steps of 1 / 65536 */
  uint64_t shared;       /* pages of classes so far */
} look_t;

enum { STEP = 65536, BLOCKS_MOST = 8 * 4096 };

/* ---- pages ---- */

static unsigned state_of(const census_page_t* page) {
  static const unsigned char states[] = {
      [MICA_PAGE_NONE] = MAP_STATE_UNKNOWN,        [MICA_PAGE_ACTIVE] = MAP_STATE_ACTIVE,
      [MICA_PAGE_READY] = MAP_STATE_READY,         [MICA_PAGE_SPARSE] = MAP_STATE_SPARSE,
      [MICA_PAGE_FULL] = MAP_STATE_FULL,           [MICA_PAGE_MOVING] = MAP_STATE_MOVING,
      [MICA_PAGE_ABANDONED] = MAP_STATE_ABANDONED,
  };
  unsigned state = page->class < 0 ? MAP_STATE_LARGE : page->state < sizeof states ? states[page->state] : 0;
  if (page->dedicated) state |= MAP_DEDICATED;
  if (!page->sure) state |= MAP_UNSURE;
  return state;
}

/* The theap's index + 1, as in the head's owners; an abandoned page has none. */
static uint64_t owner_of(const census_page_t* page) {
  if (page->theap == CENSUS_NONE || page->state == MICA_PAGE_ABANDONED) return 0;
  return (uint64_t)page->theap + 1;
}

/* What was pushed onto an abandoned page waits for nobody. */
static unsigned block_state(uint8_t state, bool abandoned) {
  switch ((mica_where_state_t)state) {
  case MICA_WHERE_CACHED:
  case MICA_WHERE_LENT: return MAP_BLOCK_CACHED;
  case MICA_WHERE_VACANT: /* free, and nobody waits for it */
  case MICA_WHERE_LOCAL: return MAP_BLOCK_LISTED;
  case MICA_WHERE_PUSHED: return abandoned ? MAP_BLOCK_LISTED : MAP_BLOCK_WAITING;
  case MICA_WHERE_IN_PARCEL: return MAP_BLOCK_WAITING;
  default: return MAP_BLOCK_USED;
  }
}

static void put_blocks(const look_t* look, uint32_t index, const census_page_t* page) {
  static uint8_t states[BLOCKS_MOST];
  if (page->total > BLOCKS_MOST || page->carved > page->total) return;
  if (!census_blocks(look->census, index, states)) return;
  map_put(look->snapshot, MAP_BLOCK_PAGE, map_count(look->snapshot, MAP_PAGE_CLASS) - 1);
  unsigned byte = 0;
  for (uint32_t b = 0; b < page->carved; b++) {
    byte |= block_state(states[b], page->state == MICA_PAGE_ABANDONED) << (b % 4 * 2);
    if (b % 4 != 3 && b + 1 != page->carved) continue;
    map_put(look->snapshot, MAP_BLOCK_BITS, byte);
    byte = 0;
  }
}

/* start: where the item begins. */
static void put_page(look_t* look, uint32_t index, uintptr_t start) {
  const census_page_t* page = &look->census->pages[index];
  map_snapshot_t* s = look->snapshot;
  map_put(s, MAP_PAGE_CLASS, page->class < 0 ? MAP_SINGLE_CLASS : (uint64_t)page->class);
  map_put(s, MAP_PAGE_OWNER, owner_of(page));
  map_put(s, MAP_PAGE_STATE, state_of(page));
  map_put(s, MAP_PAGE_USED, page->used);
  map_put(s, MAP_PAGE_CARVED, page->carved);
  map_put(s, MAP_PAGE_PUSHED, page->state == MICA_PAGE_ABANDONED ? 0 : page->pushed); /* nobody is to collect them */
  if (page->class < 0) {
    map_put(s, MAP_SINGLE_BYTES, page->block_size);
    map_put(s, MAP_SINGLE_LEAD, page->first - start);
    return;
  }
  if (look->shared++ * STEP < look->next) return;
  look->next += look->stride;
  put_blocks(look, index, page);
}

/* ---- arenas ---- */

static void put_item(map_snapshot_t* s, census_slice_t kind, uint32_t slices) {
  map_put(s, MAP_ITEM_KIND, kind);
  map_put(s, MAP_ITEM_SLICES, slices);
}

static bool is_in(uint64_t bits, unsigned n) { return (bits >> n & 1) != 0; }

/* The kind of a slice; a page that does not begin there, or reaches beyond the arena, is not taken for one. */
static census_slice_t kind_at(const look_t* look, uint32_t arena, unsigned slice, uint32_t* page) {
  const census_slice_t kind = census_slice(look->census, arena, slice, page);
  if (kind != CENSUS_PAGE) return kind;
  if (*page >= look->census->page_count) return CENSUS_TAKEN;
  const census_page_t* p = &look->census->pages[*page];
  const bool fits = p->slice == slice && p->slices > 0 && p->slices <= MICA_ARENA_SLICES - slice;
  return fits ? CENSUS_PAGE : CENSUS_TAKEN;
}

static void put_items(look_t* look, uint32_t arena) {
  for (unsigned slice = 0; slice < MICA_ARENA_SLICES;) {
    uint32_t page = CENSUS_NONE, other = CENSUS_NONE;
    const census_slice_t kind = kind_at(look, arena, slice, &page);
    if (kind == CENSUS_PAGE) {
      put_item(look->snapshot, kind, look->census->pages[page].slices);
      put_page(look, page, look->census->pages[page].base);
      slice += look->census->pages[page].slices;
      continue;
    }
    unsigned end = slice + 1;
    while (end < MICA_ARENA_SLICES && kind_at(look, arena, end, &other) == kind) end++;
    put_item(look->snapshot, kind, end - slice);
    slice = end;
  }
}

static void put_area(map_snapshot_t* s, uintptr_t base, unsigned kind, unsigned number, uint64_t slices) {
  map_put(s, MAP_AREA_BASE, base / MICA_SLICE);
  map_put(s, MAP_AREA_KIND, kind);
  map_put(s, MAP_AREA_NUMBER, number);
  map_put(s, MAP_AREA_SLICES, slices);
}

static void put_arena(look_t* look, uint32_t index) {
  const census_arena_t* arena = &look->census->arenas[index];
  map_snapshot_t* s = look->snapshot;
  put_area(s, arena->base, MAP_ARENA, arena->number, MICA_ARENA_SLICES);
  for (unsigned i = 0; i < MICA_ARENA_SEGMENTS; i++) {
    const unsigned kind = is_in(arena->absent, i) ? MAP_ABSENT : is_in(arena->whole, i) ? MAP_WHOLE : MAP_IN_USE;
    map_put(s, MAP_SEGMENT_KIND, kind | ((arena->reserve[i] & 1) != 0 ? MAP_EXCLUSIVE : 0));
  }
  const size_t before = map_count(s, MAP_ITEM_KIND);
  put_items(look, index);
  map_put(s, MAP_AREA_ITEMS, map_count(s, MAP_ITEM_KIND) - before);
}

/* A mapping of its own, of whole slices, from its block on: the records before it are hardly used. */
static void put_mapping(look_t* look, uint32_t index, unsigned number) {
  const census_page_t* page = &look->census->pages[index];
  const uintptr_t start = (page->first - 1) & ~(MICA_SLICE - 1);
  const uint64_t slices = (page->first - start + page->block_size + MICA_SLICE - 1) / MICA_SLICE;
  put_area(look->snapshot, start, MAP_SINGLE, number, slices);
  put_item(look->snapshot, CENSUS_PAGE, slices < UINT32_MAX ? (uint32_t)slices : UINT32_MAX);
  map_put(look->snapshot, MAP_AREA_ITEMS, 1);
  put_page(look, index, start);
}

/* ---- the head ---- */

static const census_thread_t* thread_of(const census_t* census, uint32_t base) {
  for (uint32_t i = 0; i < census->thread_count; i++)
    if (census->threads[i].base == base) return &census->threads[i];
  return NULL;
}

static void put_owner(FILE* to, const census_t* census, const census_theap_t* theap) {
  const census_thread_t* thread = theap->thread == 0 ? NULL : thread_of(census, theap->base);
  fprintf(to, ",{\"tid\":%d,\"running\":%s,\"name\":", (int)theap->tid, theap->thread != 0 ? "true" : "false");
  map_json_text(to, thread != NULL ? thread->name : "");
  if (theap->heap < census->heap_count) fprintf(to, ",\"heap\":%" PRIu64, census->heaps[theap->heap].serial);
  fputc('}', to);
}

static uint64_t bytes_of(int64_t figure) { return figure > 0 ? (uint64_t)figure : 0; }

/* The usable bytes of large blocks, as the pages have them. */
static uint64_t single_bytes(const census_t* census) {
  uint64_t bytes = 0;
  for (uint32_t i = 0; i < census->page_count; i++)
    if (census->pages[i].class < 0) bytes += census->pages[i].block_size;
  return bytes;
}

static bool put_head(map_snapshot_t* s, const census_t* census, uint64_t resident) {
  FILE* to = open_memstream(&s->head, &s->head_length);
  if (to == NULL) return false;
  const census_sums_t* sums = &census->sums;
  const char* program = strrchr(target_program(census->target), '/');
  const map_head_t head = {
      .program = program != NULL ? program + 1 : target_program(census->target),
      .target = target_name(census->target),
      .mica = target_version(census->target),
      .when = census->began,
      .unsure = census->unsure,
      .totals = {.mapped = bytes_of(sums->mapped_bytes),
                 .resident = resident,
                 .held = bytes_of(sums->held_bytes),
                 .outbox = bytes_of(sums->outbox_bytes),
                 .blocks = bytes_of(sums->block_bytes),
                 .singles = single_bytes(census),
                 .pushed = bytes_of(sums->pushed_bytes),
                 .pages = bytes_of(sums->page_bytes),
                 .dirty = bytes_of(sums->dirty_bytes)},
  };
  map_head_begin(to, &head);
  fputs("\"owners\":[{}", to);
  for (uint32_t i = 0; i < census->theap_count; i++) put_owner(to, census, &census->theaps[i]);
  fputc(']', to);
  return fclose(to) == 0;
}

bool map_from_census(map_snapshot_t* snapshot, const census_t* census, uint32_t looked, uint64_t resident) {
  look_t look = {.census = census, .snapshot = snapshot};
  uint64_t shared = 0;
  for (uint32_t i = 0; i < census->page_count; i++) shared += census->pages[i].class >= 0;
  look.stride = looked == 0 ? UINT64_MAX / 2 : shared <= looked ? STEP : shared * STEP / looked;
  look.next = looked == 0 ? UINT64_MAX : 0;
  for (uint32_t i = 0; i < census->arena_count; i++) put_arena(&look, i);
  unsigned number = 0;
  for (uint32_t i = 0; i < census->page_count; i++)
    if (census->pages[i].arena == CENSUS_NONE) put_mapping(&look, i, number++);
  if (!put_head(snapshot, census, resident)) snapshot->failed = true;
  return !snapshot->failed;
}
