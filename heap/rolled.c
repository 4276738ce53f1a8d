/* rolled.c -- pages of one block in a first-class heap: they belong to their holder as any, and stand on a roll (roll.h) so
 * that the heap finds them.
 *
 * A roll that is full continues in an annex: another heap's structure, of which nothing else is used. The room that a page
 * takes is counted where it is entered and taken off by who strikes it out. */
#include "heap/first_class.h"
#include "heap/heap.h"
#include "heap/watched.h"

/* A free slot: of which structure, and which. */
typedef struct place_s {
  mica_heap_t* roll;
  unsigned at;
  uint64_t serial; /* of the heap */
} place_t;

static bool find(mica_heap_t* heap, place_t* place) {
  for (mica_heap_t* r = heap; r != NULL; r = r->annex) {
    const unsigned at = roll_find(r->roll_hints, r->roll, MICA_ROLL_SLOTS);
    if (at == MICA_ROLL_SLOTS) continue;
    if (at >= r->roll_end) r->roll_end = at + 1;
    *place = (place_t){r, at, mica_heap_serial(heap)};
    return true;
  }
  mica_heap_t* annex = mica_heap_borrow();
  if (annex == NULL) return false;
  annex->annex = heap->annex;
  annex->roll_end = 0;
  mica_heap_set_serial(annex, mica_heap_serial(heap));
  heap->annex = annex;
  return find(annex, place);
}

static void enter(mica_page_t* page, mi_heap_t* set, place_t place) {
  page->set = set;
  page->serial = place.serial;
  page->roll = place.roll;
  page->roll_at = (uint16_t)place.at;
  roll_enter(&place.roll->roll[place.at], page);
}

/* The least that a page for a block of so many bytes takes. */
static uint64_t page_for(size_t size) {
  return size > MICA_SINGLE_MAX ? size : (mica_single_good_size(size) + MICA_SLICE - 1) & ~(uint64_t)(MICA_SLICE - 1);
}

/* Before the page is made: what surely does not fit is not tried. */
static bool has_room(mica_heap_t* heap, uint64_t bytes) {
  if (!mica_set_refuses(mica_heap_set(heap), bytes)) return true;
  heap->refused = bytes;
  return false;
}

mica_page_t* mica_rolled_make(mica_heap_t* heap, size_t size, size_t align, size_t offset, bool want_clean,
                              mica_spot_t* near) {
  mi_heap_t* set = heap == NULL ? NULL : mica_heap_set(heap);
  if (set == NULL) return mica_single_make(size, align, offset, want_clean, near);
  place_t place;
  if (!has_room(heap, page_for(size)) || !find(heap, &place)) return NULL;
  mica_page_t* page = mica_single_make(size, align, offset, want_clean, near);
  if (page != NULL && mica_kept_room(heap, mica_page_bytes(page))) {
    enter(page, set, place);
    return page;
  }
  if (page != NULL) mica_single_give(page);
  roll_spare(place.roll->roll_hints, place.at);
  return NULL;
}

/* What the holder of a block that changes its size has to count. */
static bool count(const mica_page_t* page, uint64_t was, uint64_t is) {
  mi_heap_t* set = page->set;
  const unsigned life = room_life_of(page->serial);
  if (!mica_set_is(set, page->serial)) return true;
  if (is > was) return room_take(&set->room, life, is - was, mica_set_limit(set));
  room_give(&set->room, life, was - is);
  return true;
}

bool mica_rolled_resize(mica_page_t* page, size_t size) {
  if (page->roll == NULL) return mica_single_resize(page, size);
  const size_t was = mica_page_bytes(page);
  const size_t old = (size_t)((char*)mica_page_remote(page)->base + was - mica_remote_first(mica_page_remote(page)));
  if (!mica_single_resize(page, size)) return false;
  if (count(page, was, mica_page_bytes(page))) return true;
  mica_single_resize(page, old);
  return false;
}

/* Struck out by the caller. */
static void discount(const mica_page_t* page, uint64_t bytes) {
  if (mica_set_is(page->set, page->serial)) room_give(&page->set->room, room_life_of(page->serial), bytes);
}

void mica_rolled_strike(mica_page_t* page) {
  mica_heap_t* r = page->roll;
  if (r == NULL) return;
  page->roll = NULL;
  if (roll_strike(r->roll_hints, r->roll, page->roll_at, page)) discount(page, mica_page_bytes(page));
}

/* What the heap would have to hold more of, at most, after its block, or another's, was moved to a page for size bytes. */
static uint64_t more_for(const mica_page_t* page, mi_heap_t* set, size_t size) {
  const uint64_t most = page_for(size + MICA_OS_PAGE), has = mica_page_bytes(page);
  const bool same = page->roll != NULL && page->set == set && mica_set_is(set, page->serial);
  return !same ? most : most > has ? most - has : 0;
}

/* The room is taken first; what the strike gives back is added, or what was too much taken off, when it is known. */
mica_page_t* mica_rolled_move(mica_heap_t* heap, mica_page_t* page, size_t size, mica_spot_t* near) {
  mi_heap_t* set = mica_heap_set(heap);
  if (set == NULL) return mica_single_move(page, size, near, mica_rolled_strike);
  const unsigned life = room_life_of(mica_heap_serial(heap));
  const uint64_t more = more_for(page, set, size);
  place_t place;
  if (!find(heap, &place)) return NULL;
  mica_page_t* to = NULL;
  if (room_take(&set->room, life, more, mica_set_limit(set))) {
    to = mica_single_move(page, size, near, mica_rolled_strike);
    const uint64_t is = to == NULL ? 0 : mica_page_bytes(to);
    if (is > more) room_take(&set->room, life, is - more, ROOM_MASK);
    if (is < more) room_give(&set->room, life, more - is);
  }
  if (to != NULL)
    enter(to, set, place);
  else
    roll_spare(place.roll->roll_hints, place.at);
  return to;
}

/* ---- the end ---- */

/* The annexes go with their heap. */
static void drop_annexes(mica_heap_t* heap) {
  while (heap->annex != NULL) {
    mica_heap_t* annex = heap->annex;
    heap->annex = annex->annex;
    annex->annex = NULL;
    mica_heap_park(annex);
  }
}

static void strike_all(mica_heap_t* heap, bool destroy) {
  for (mica_heap_t* r = heap; r != NULL; r = r->annex) {
    for (unsigned i = 0; i < r->roll_end; i++) {
      mica_page_t* page = roll_look(&r->roll[i]);
      if (page == NULL || !roll_strike(r->roll_hints, r->roll, i, page) || !destroy) continue;
      page->roll = NULL;
      mica_forgotten(page);
      mica_single_give(page);
    }
    r->roll_end = 0;
  }
  drop_annexes(heap);
}

void mica_rolled_destroy(mica_heap_t* heap) { strike_all(heap, true); }
void mica_rolled_release(mica_heap_t* heap) { strike_all(heap, false); }
