/* census_pages.c -- the pages of an arena, from copies of its head (census_parts.h).
 *
 * A page is looked at by four things: its remote line, its owner line, its tag, and its word and tag again afterwards. If these
 * have changed, all are read again, one page at a time; if they still do, it is not sure. */
#include <string.h>

#include "tool/census_parts.h"

enum { LOOKS = 4 };

/* The lines of one slice. */
typedef struct lines_s {
  mica_remote_t remote, after;
  mica_page_t owner;
  mica_tag_t tag, tag_after;
} lines_t;

static uint64_t word_of(const mica_remote_t* remote) {
  uint64_t word;
  memcpy(&word, &remote->word, sizeof word);
  return word;
}

static uintptr_t owner_of(const mica_tag_t* tag) {
  uintptr_t owner;
  memcpy(&owner, &tag->owner, sizeof owner);
  return owner;
}

static uint32_t kind_of(const mica_remote_t* remote) {
  uint32_t kind;
  memcpy(&kind, &remote->kind, sizeof kind);
  return kind;
}

#define TAG_AT(slice) ((slice)*MICA_TAG_SIZE)
#define OWNER_AT(slice) (MICA_OWNER_LINES + (slice)*MICA_LINE_SIZE)
#define REMOTE_AT(slice) (MICA_REMOTE_LINES + (slice)*MICA_LINE_SIZE)

/* As the copies of the head have them. */
static void take_lines(const census_head_t* head, unsigned slice, lines_t* to) {
  memcpy(&to->tag, head->before + TAG_AT(slice), sizeof to->tag);
  memcpy(&to->remote, head->before + REMOTE_AT(slice), sizeof to->remote);
  memcpy(&to->owner, head->after + OWNER_AT(slice), sizeof to->owner);
  memcpy(&to->after, head->after + REMOTE_AT(slice), sizeof to->after);
  memcpy(&to->tag_after, head->after + TAG_AT(slice), sizeof to->tag_after);
}

/* As they are now. In order: what tells of a change is read first, and last. */
static bool read_lines(census_taking_t* t, uintptr_t base, unsigned slice, lines_t* to) {
  target_piece_t pieces[] = {
      {&to->tag, base + TAG_AT(slice), sizeof to->tag, false},
      {&to->remote, base + REMOTE_AT(slice), sizeof to->remote, false},
      {&to->owner, base + OWNER_AT(slice), sizeof to->owner, false},
      {&to->after, base + REMOTE_AT(slice), sizeof to->after, false},
      {&to->tag_after, base + TAG_AT(slice), sizeof to->tag_after, false},
  };
  return target_read_many(t->census.target, pieces, 5) == 5;
}

/* Whether the slice's lines were of one moment, as far as others change them. */
static bool is_calm(const lines_t* lines) {
  return memcmp(&lines->remote, &lines->after, sizeof lines->remote) == 0 &&
         owner_of(&lines->tag) == owner_of(&lines->tag_after);
}

/* Whether a page begins at base, as its lines say. */
static bool begins(const mica_remote_t* r, uintptr_t tag, uintptr_t base, uint64_t room) {
  const uint32_t kind = kind_of(r);
  if ((uintptr_t)r->base != base || r->lead == 0 || r->lead >= r->extent || r->extent > room) return false;
  if (kind == MICA_CLASS_NONE) return r->size == 0 && r->total == 1 && word_of(r) != 0;
  if (kind >= MICA_CLASSES || r->size != mica_classes[kind].size || r->total != mica_class_total(kind)) return false;
  if (r->extent != mica_class_extent(kind)) return false;
  if (pw_state(word_of(r)) == PW_ABANDONED) return pw_count(word_of(r)) <= r->total;
  return tag > MICA_MARKS && (tag & MICA_MARK_PREVIOUS) == 0 && pw_count(word_of(r)) <= r->total;
}

static uint8_t state_of(const mica_remote_t* r, const mica_page_t* owner) {
  static const uint8_t places[] = {[MICA_PLACE_NONE] = MICA_PAGE_MOVING,
                                   [MICA_PLACE_ACTIVE] = MICA_PAGE_ACTIVE,
                                   [MICA_PLACE_READY] = MICA_PAGE_READY,
                                   [MICA_PLACE_SPARSE] = MICA_PAGE_SPARSE,
                                   [MICA_PLACE_FULL] = MICA_PAGE_FULL};
  if (kind_of(r) == MICA_CLASS_NONE) return r->extent <= MICA_SEGMENT ? MICA_PAGE_LARGE : MICA_PAGE_HUGE;
  if (pw_state(word_of(r)) == PW_ABANDONED) return MICA_PAGE_ABANDONED;
  return owner->place <= MICA_PLACE_FULL ? places[owner->place] : (uint8_t)MICA_PAGE_MOVING;
}

/* Blocks: by the word, and by the owner line. Of an abandoned page the word counts all that are free. */
static void set_blocks(census_page_t* page, const mica_remote_t* r, const mica_page_t* owner) {
  const uint64_t word = word_of(r);
  page->total = r->total;
  page->carved = owner->capacity <= r->total ? owner->capacity : r->total;
  page->sure = page->sure && owner->capacity <= r->total;
  const uint32_t uncarved = page->total - page->carved;
  if (page->state == MICA_PAGE_ABANDONED) {
    page->used = page->total - pw_count(word);
    const uint32_t local = owner->used <= page->carved ? page->carved - owner->used : 0;
    page->pushed = pw_count(word) > uncarved + local ? pw_count(word) - uncarved - local : 0;
  } else {
    page->pushed = (uint32_t)census_cut(pw_count(word), page->carved);
    page->used = owner->used > page->pushed ? owner->used - page->pushed : 0;
  }
  if (page->used <= page->carved) return;
  page->used = page->carved;
  page->sure = false;
}

uint32_t census_page_heap(census_taking_t* t, uintptr_t page, const mica_page_t* line) {
  uintptr_t registered;
  const uint32_t theap = census_index_get(&t->theap_at, (uintptr_t)line->registry);
  const uint32_t heap = census_index_get(&t->heap_at, (uintptr_t)line->heap);
  if (theap == CENSUS_NONE || heap == CENSUS_NONE || line->registry_at >= MICA_REGISTRY_SLOTS) return CENSUS_NONE;
  const uintptr_t slot =
      t->theaps[theap].at + offsetof(mica_theap_t, sub.registry) + line->registry_at * sizeof(uintptr_t);
  if (!TARGET_READ(t->census.target, registered, slot) || registered != page) return CENSUS_NONE;
  return t->heaps[heap].serial == line->serial ? heap : CENSUS_NONE;
}

static void set_owner(census_taking_t* t, census_page_t* page, uintptr_t tag, const mica_page_t* line) {
  page->theap = page->heap = CENSUS_NONE;
  if (page->class < 0) {
    if (line->registry == NULL) return;
    page->heap = census_page_heap(
        t, page->base - ((uintptr_t)page->slice << MICA_SLICE_SHIFT) + MICA_OWNER_LINES + page->slice * MICA_LINE_SIZE,
        line);
    return;
  }
  page->theap = census_theap_of(&t->census, tag);
  if (page->theap == CENSUS_NONE) {
    page->sure = page->sure && page->state == MICA_PAGE_ABANDONED;
    return;
  }
  if (page->dedicated) page->heap = t->theaps[page->theap].heap;
}

bool census_page_add(census_taking_t* t, const census_page_t* page) {
  census_page_t* pages = census_grow(t, t->pages, t->census.page_count, &t->page_room, sizeof *pages);
  if (pages == NULL || t->census.page_count == CENSUS_NONE - 1) return false;
  t->pages = pages;
  pages[t->census.page_count++] = *page;
  return true;
}

/* The page that begins with this slice, added: the slices it has; 0: none begins here. */
static uint32_t add_page(census_taking_t* t, const census_arena_t* arena, unsigned slice, const census_head_t* head) {
  lines_t lines;
  const uintptr_t base = arena->base + ((uintptr_t)slice << MICA_SLICE_SHIFT);
  const uint64_t room = arena->base + MICA_ARENA - base;
  take_lines(head, slice, &lines);
  bool calm = is_calm(&lines);
  for (int look = 1; look < LOOKS && !calm && census_may_retry(t); look++) {
    if (!read_lines(t, arena->base, slice, &lines)) return 0;
    calm = is_calm(&lines);
  }
  const mica_remote_t* r = &lines.after;
  const uintptr_t tag = owner_of(&lines.tag_after);
  if (!begins(r, tag, base, room)) return 0;
  census_page_t page = {.base = base, .first = base + r->lead, .extent = r->extent, .slice = slice, .sure = calm};
  page.slices = (uint32_t)((r->extent + MICA_SLICE - 1) >> MICA_SLICE_SHIFT);
  page.arena = t->census.arena_count - 1;
  page.class = kind_of(r) == MICA_CLASS_NONE ? (int16_t)-1 : (int16_t)kind_of(r);
  page.block_size = page.class < 0 ? r->extent - r->lead : r->size;
  page.state = state_of(r, &lines.owner);
  page.dedicated = page.class >= 0 && pw_state(word_of(r)) == PW_DEDICATED;
  if (page.class < 0)
    page.total = page.carved = page.used = 1;
  else
    set_blocks(&page, r, &lines.owner);
  set_owner(t, &page, tag, &lines.owner);
  return census_page_add(t, &page) ? page.slices : 0;
}

static bool is_used(const census_arena_t* arena, unsigned slice) {
  const unsigned segment = slice / MICA_SEGMENT_SLICES;
  return (arena->absent >> segment & 1) == 0 && (arena->unused[segment] >> (slice % MICA_SEGMENT_SLICES) & 1) == 0;
}

/* A page's slices behind its first say nothing. */
bool census_arena_pages(census_taking_t* t, census_arena_t* arena, const census_head_t* head) {
  for (unsigned slice = MICA_HEAD_SLICES; slice < MICA_ARENA_SLICES && !t->no_memory;) {
    const uint32_t n = is_used(arena, slice) ? add_page(t, arena, slice, head) : 0;
    slice += n == 0 ? 1 : n;
  }
  return !t->no_memory;
}
