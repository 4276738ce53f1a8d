/* large_pages.c -- pages of one block in a first-class heap: they belong to their holder as any page of one block does, and
 * stand in a registry (large_registry.h), so that the heap finds them.
 *
 * A registry that is full continues in an annex: another theap, of which nothing else is used. A page's bytes are
 * taken from the quota where it is entered, and given back by the thread that removes it. */
#include "heap/first_class/large_pages.h"

#include "heap/sample.h"
#include "heap/tracked.h"
#include "observe/probe.h"
#include "segment/os.h"

/* A free slot: of which structure, and which. */
typedef struct place_s {
  mica_theap_t* registry;
  unsigned at;
  uint64_t serial; /* of the heap */
} place_t;

static bool find(mica_theap_t* theap, place_t* place) {
  for (mica_theap_t* r = theap; r != NULL; r = r->sub.annex) {
    const unsigned at = registry_find(r->sub.registry_hints, r->sub.registry, MICA_REGISTRY_SLOTS);
    if (at == MICA_REGISTRY_SLOTS) continue;
    if (at >= r->sub.registry_end) r->sub.registry_end = at + 1;
    *place = (place_t){r, at, mica_theap_serial(theap)};
    return true;
  }
  mica_theap_t* annex = mica_theap_borrow();
  if (annex == NULL) return false;
  annex->sub.annex = theap->sub.annex;
  annex->sub.registry_end = 0;
  mica_theap_set_serial(annex, mica_theap_serial(theap));
  theap->sub.annex = annex;
  return find(annex, place);
}

static void enter(mica_page_t* page, mi_heap_t* heap, place_t place) {
  page->heap = heap;
  page->serial = place.serial;
  page->registry = place.registry;
  page->registry_at = (uint16_t)place.at;
  registry_enter(&place.registry->sub.registry[place.at], page);
}

/* The least that a page for a block of so many bytes takes. */
static uint64_t page_for(size_t size) {
  return size > MICA_SINGLE_MAX ? size : (mica_single_good_size(size) + MICA_SLICE - 1) & ~(uint64_t)(MICA_SLICE - 1);
}

/* Before the page is made: what surely does not fit is not tried. */
static bool has_quota(mica_theap_t* theap, uint64_t bytes) {
  if (!mica_heap_refuses(mica_theap_heap(theap), bytes)) return true;
  theap->sub.refused = bytes;
  MICA_PROBE2(heap_limit_refused, mica_theap_heap(theap), bytes);
  return false;
}

mica_page_t* mica_large_make(mica_theap_t* theap, size_t size, size_t align, size_t offset, bool want_clean,
                             mica_hint_t* near) {
  mi_heap_t* heap = theap == NULL ? NULL : mica_theap_heap(theap);
  if (heap == NULL) return mica_single_make(size, align, offset, want_clean, near);
  place_t place;
  if (!has_quota(theap, page_for(size)) || !find(theap, &place)) return NULL;
  mica_page_t* page = mica_single_make(size, align, offset, want_clean, near);
  if (page != NULL && mica_quota_take(theap, mica_page_bytes(page))) {
    enter(page, heap, place);
    return page;
  }
  if (page != NULL) mica_single_give(page);
  registry_spare(place.registry->sub.registry_hints, place.at);
  return NULL;
}

/* What the holder of a block that changes its size has to count. */
static bool count(const mica_page_t* page, uint64_t was, uint64_t is) {
  mi_heap_t* heap = page->heap;
  const unsigned life = quota_life_of(page->serial);
  if (!mica_heap_is(heap, page->serial)) return true;
  if (is > was) return quota_take(&heap->quota, life, is - was, mica_heap_limit(heap));
  quota_give(&heap->quota, life, was - is);
  return true;
}

bool mica_large_resize(mica_page_t* page, size_t size) {
  if (page->registry == NULL) return mica_single_resize(page, size);
  const size_t was = mica_page_bytes(page);
  const size_t old = (size_t)((char*)mica_page_remote(page)->base + was - mica_remote_first(mica_page_remote(page)));
  if (!mica_single_resize(page, size)) return false;
  if (count(page, was, mica_page_bytes(page))) return true;
  mica_single_resize(page, old);
  return false;
}

/* Struck out by the caller. */
static void discount(const mica_page_t* page, uint64_t bytes) {
  if (mica_heap_is(page->heap, page->serial)) quota_give(&page->heap->quota, quota_life_of(page->serial), bytes);
}

void mica_large_unregister(mica_page_t* page) {
  mica_theap_t* r = page->registry;
  if (r == NULL) return;
  page->registry = NULL;
  if (registry_remove(r->sub.registry_hints, r->sub.registry, page->registry_at, page))
    discount(page, mica_page_bytes(page));
}

/* What the heap would have to hold more of, at most, after its block, or another's, was moved to a page for size bytes. */
static uint64_t more_for(const mica_page_t* page, mi_heap_t* heap, size_t size) {
  const uint64_t most = page_for(size + mica_os_page()), has = mica_page_bytes(page);
  const bool same = page->registry != NULL && page->heap == heap && mica_heap_is(heap, page->serial);
  return !same ? most : most > has ? most - has : 0;
}

/* The quota is taken first, and set right when it is known what the new page takes; the old one's is given back where it is
 * removed. */
mica_page_t* mica_large_move(mica_theap_t* theap, mica_page_t* page, size_t size, mica_hint_t* near) {
  mi_heap_t* heap = mica_theap_heap(theap);
  if (heap == NULL) return mica_single_move(page, size, near, mica_large_unregister);
  const unsigned life = quota_life_of(mica_theap_serial(theap));
  const uint64_t more = more_for(page, heap, size);
  place_t place;
  if (!find(theap, &place)) return NULL;
  mica_page_t* to = NULL;
  if (quota_take(&heap->quota, life, more, mica_heap_limit(heap))) {
    to = mica_single_move(page, size, near, mica_large_unregister);
    const uint64_t is = to == NULL ? 0 : mica_page_bytes(to);
    if (is > more) quota_take(&heap->quota, life, is - more, QUOTA_MASK);
    if (is < more) quota_give(&heap->quota, life, more - is);
  }
  if (to != NULL)
    enter(to, heap, place);
  else
    registry_spare(place.registry->sub.registry_hints, place.at);
  return to;
}

/* ---- the end ---- */

/* The annexes go with their heap. */
static void drop_annexes(mica_theap_t* theap) {
  while (theap->sub.annex != NULL) {
    mica_theap_t* annex = theap->sub.annex;
    theap->sub.annex = annex->sub.annex;
    annex->sub.annex = NULL;
    mica_theap_put_idle(annex);
  }
}

static void unregister_all(mica_theap_t* theap, bool destroy) {
  for (mica_theap_t* r = theap; r != NULL; r = r->sub.annex) {
    for (unsigned i = 0; i < r->sub.registry_end; i++) {
      mica_page_t* page = registry_get(&r->sub.registry[i]);
      if (page == NULL || !registry_remove(r->sub.registry_hints, r->sub.registry, i, page) || !destroy) continue;
      page->registry = NULL;
      mica_forgotten(page);
      mica_sample_forget(page);
      mica_single_give(page);
    }
    r->sub.registry_end = 0;
  }
  drop_annexes(theap);
}

void mica_large_destroy(mica_theap_t* theap) { unregister_all(theap, true); }
void mica_large_release(mica_theap_t* theap) { unregister_all(theap, false); }
