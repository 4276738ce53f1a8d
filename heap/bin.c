/* bin.c -- the pages that a theap owns: which list each is on, taking blocks back, giving pages up.
 *
 * Invariants, between calls, for each class c of a theap:
 *   every owned page is active or on exactly one of ready, sparse, full, as its free blocks say
 *   outstanding = the sum of `used` over them; full pages have none free and are on the list by age too
 *   an empty page is active or gone
 * Runs on the theap's thread. */
#include "heap/bin.h"

#include "heap/first_class/large_pages.h"
#include "observe/counters.h"
#include "observe/probe.h"
#include "page/directory.h"

enum {
  RETAIN_BYTES = 4 << 20, /* full pages kept owned, at least; or */
  RETAIN_PART = 16,       /* this part of the theap's pages */
};

/* ---- lists ---- */

static mica_page_t** list_of(mica_bin_t* bin, mica_place_t place) {
  return place == MICA_PLACE_READY ? &bin->ready : place == MICA_PLACE_SPARSE ? &bin->sparse : &bin->full;
}

/* The first page's prev is the list's last; the last page's next is NULL. */
void mica_bin_link(mica_bin_t* bin, mica_page_t* page, mica_place_t place) {
  mica_page_t** list = list_of(bin, place);
  page->place = (uint8_t)place;
  page->next = *list;
  page->prev = page;
  if (*list != NULL) {
    page->prev = (*list)->prev;
    (*list)->prev = page;
  }
  *list = page;
}

static void unlink_page(mica_bin_t* bin, mica_page_t* page) {
  mica_page_t** list = list_of(bin, (mica_place_t)page->place);
  mica_page_t* first = *list;
  if (page->next != NULL)
    page->next->prev = page->prev;
  else
    first->prev = page->prev;
  if (page == first)
    *list = page->next;
  else
    page->prev->next = page->next;
  page->next = page->prev = NULL;
  page->place = MICA_PLACE_NONE;
}

void mica_bin_rotate_back(mica_page_t** list) {
  mica_page_t *first = *list, *last = first->prev;
  if (last == first) return;
  last->prev->next = NULL;
  last->next = first; /* whose prev is it already; and its own is the new last */
  *list = last;
}

void mica_bin_rotate(mica_page_t** list) {
  mica_page_t* page = *list;
  if (page->next == NULL) return;
  *list = page->next; /* whose prev is page: the last from now on */
  page->prev->next = page;
  page->next = NULL;
}

static void age_link(mica_theap_t* theap, mica_page_t* page) {
  page->newer = NULL;
  page->older = theap->full;
  if (theap->full != NULL)
    theap->full->newer = page;
  else
    theap->full_oldest = page;
  theap->full = page;
  theap->full_bytes += mica_page_bytes(page);
}

static void age_unlink(mica_theap_t* theap, mica_page_t* page) {
  if (page->newer != NULL)
    page->newer->older = page->older;
  else
    theap->full = page->older;
  if (page->older != NULL)
    page->older->newer = page->newer;
  else
    theap->full_oldest = page->newer;
  page->newer = page->older = NULL;
  theap->full_bytes -= mica_page_bytes(page);
}

void mica_bin_lift(mica_theap_t* theap, mica_bin_t* bin, mica_page_t* page) {
  if (page->place == MICA_PLACE_ACTIVE) {
    bin->active = NULL;
    page->place = MICA_PLACE_NONE;
    return;
  }
  if (page->place == MICA_PLACE_FULL) {
    age_unlink(theap, page);
    if (mica_theap_is_sub(theap)) theap->sub.dedicated[bin - theap->bin].fulls--;
  }
  unlink_page(bin, page);
}

/* ---- giving up ---- */

void mica_page_give(mica_page_t* page) {
  if (mica_page_single(page)) {
    mica_large_unregister(page);
    mica_single_give(page);
    return;
  }
  mica_remote_t* r = mica_page_remote(page);
  mica_assert(atomic_load_explicit(&r->word, memory_order_relaxed) == 0); /* relaxed: it is ours [P9] */
  const mica_run_t run = {mica_arena_at(mica_page_window(page)), mica_page_slice(page), r->slices, false};
  r->lead = 0;
  if (MICA_TRACKED) r->base = page->local_free = NULL; /* see send_parcel: an inner slice's lines are not written */
  MICA_PROBE_CALL2(page_gone, run.arena, run.first);
  mica_count(MICA_COUNTER_PAGES_GONE, 1);
  mica_run_release(&run);
}

void mica_page_duty(mica_page_t* page, unsigned class, pw_duty_t duty) {
  if (duty == PW_EMPTY) mica_page_give(page);
  if (duty != PW_OFFER) return;
  mica_arena_t* arena = mica_arena_at(mica_page_window(page));
  const unsigned slice = mica_page_slice(page), segment = slice / MICA_SEGMENT_SLICES;
  if (mica_arena_is_exclusive(arena, segment)) return; /* of a deleted heap, whose memory is not for others */
  dir_offer(&arena->offered[segment][class], (uint64_t)1 << (slice % MICA_SEGMENT_SLICES),
            &arena->offered_segments[class], (uint64_t)1 << segment);
}

bool mica_page_take(mica_page_t* page, unsigned least) {
  mica_block_t* got;
  unsigned n;
  /* Whoever frees into it meanwhile, the previous owner, too, finds it OWNED. */
  pw_theap_t* const previous = PW_PREVIOUS(mica_page_owner(page));
  if (!pw_reclaim(page, previous, least, &got, &n)) return false;
  mica_page_absorb(page, got, n);
  return true;
}

void mica_page_leave(mica_page_t* page) {
  const unsigned class = mica_page_class(page);
  mica_page_duty(page, class, pw_abandon(page));
}

void mica_bin_disown(mica_theap_t* theap, const mica_page_t* page) {
  theap->owned_bytes -= mica_page_bytes(page);
  mica_quota_give(theap, mica_page_bytes(page));
}

/* An owned page, on no list, whose every block is on local_free. */
static void retire(mica_theap_t* theap, mica_page_t* page) {
  mica_assert(page->used == 0 && page->place == MICA_PLACE_NONE);
  mica_bin_disown(theap, page);
  pw_retire(page);
  mica_page_give(page);
}

void mica_bin_pull(mica_bin_t* bin, mica_page_t* page) {
  unsigned n;
  mica_block_t* got = pw_collect(page, &n);
  if (n == 0) return;
  mica_page_absorb(page, got, n);
  mica_outstanding_add(bin, -(int32_t)n);
}

/* The oldest full page is nobody's from now on, unless somebody has freed into it. */
static void abandon_oldest(mica_theap_t* theap) {
  mica_page_t* page = theap->full_oldest;
  mica_bin_t* bin = &theap->bin[mica_page_class(page)];
  const unsigned used = page->used;
  const size_t bytes = mica_page_bytes(page);
  mica_bin_lift(theap, bin, page);
  if (pw_abandon_full(page)) { /* no longer ours to touch */
    mica_outstanding_add(bin, -(int32_t)used);
    theap->owned_bytes -= bytes;
    MICA_PROBE_CALL1(page_abandoned, page);
    mica_count(MICA_COUNTER_PAGES_ABANDONED, 1);
    return;
  }
  mica_bin_pull(bin, page);
  mica_bin_place(theap, bin, page);
}

static void retain(mica_theap_t* theap, mica_bin_t* bin, mica_page_t* page) {
  mica_bin_link(bin, page, MICA_PLACE_FULL);
  age_link(theap, page);
  if (mica_theap_is_sub(theap)) theap->sub.dedicated[bin - theap->bin].fulls++;
}

void mica_bins_trim(mica_theap_t* theap) {
  if (mica_theap_is_sub(theap)) return; /* its pages are dedicated */
  for (;;) {
    const size_t part = theap->owned_bytes / RETAIN_PART, bound = part > RETAIN_BYTES ? part : RETAIN_BYTES;
    if (theap->full_bytes <= bound || theap->full_oldest == NULL) return;
    abandon_oldest(theap);
  }
}

void mica_bin_place(mica_theap_t* theap, mica_bin_t* bin, mica_page_t* page) {
  const unsigned free_count = mica_page_free_count(page);
  if (page->used == 0) {
    retire(theap, page);
    return;
  }
  if (free_count == 0)
    retain(theap, bin, page);
  else
    mica_bin_link(bin, page, free_count >= page->enough ? MICA_PLACE_READY : MICA_PLACE_SPARSE);
  /* What would be touched for the first time comes last. */
  if (page->place == MICA_PLACE_READY && page->local_free == NULL) mica_bin_rotate(&bin->ready);
}

/* ---- taking back ---- */

void mica_bin_return(mica_theap_t* theap, mica_bin_t* bin, mica_page_t* page, mica_block_t* first, mica_block_t* last,
                     unsigned n) {
  mica_link_set(last, page->local_free);
  page->local_free = first;
  page->searched = false;
  page->used -= n;
  mica_outstanding_add(bin, -(int32_t)n);
  if (page->place == MICA_PLACE_ACTIVE) return;
  const bool stays = page->place == MICA_PLACE_READY ||
                     (page->place == MICA_PLACE_SPARSE && mica_page_free_count(page) < page->enough);
  if (stays && page->used != 0) return;
  mica_bin_lift(theap, bin, page);
  mica_bin_place(theap, bin, page);
}

void mica_bin_adopt(mica_theap_t* theap, mica_page_t* page, mica_block_t* got, unsigned n) {
  const unsigned class = mica_page_class(page);
  mica_bin_t* bin = &theap->bin[class];
  mica_page_set_owner(page, mica_theap_id(theap), &theap->cache[class]);
  MICA_PROBE_CALL1(page_reclaimed, page);
  mica_count(MICA_COUNTER_PAGES_RECLAIMED, 1);
  theap->owned_bytes += mica_page_bytes(page);
  mica_page_absorb(page, got, n);
  mica_outstanding_add(bin, (int32_t)page->used);
  page->place = MICA_PLACE_NONE;
  mica_bin_place(theap, bin, page);
  mica_bins_trim(theap);
}

/* ---- all pages ---- */

void mica_bin_collect_list(mica_theap_t* theap, mica_bin_t* bin, mica_place_t which) {
  mica_page_t* page = *list_of(bin, which);
  while (page != NULL) {
    mica_page_t* next = page->next;
    if (mica_bin_pushed(page) != 0) {
      mica_bin_lift(theap, bin, page);
      mica_bin_pull(bin, page);
      mica_bin_place(theap, bin, page);
    }
    page = next;
  }
}

void mica_bin_drop_empty(mica_theap_t* theap, unsigned class) {
  mica_bin_t* bin = &theap->bin[class];
  mica_page_t* page = bin->active;
  if (page == NULL) return;
  mica_bin_pull(bin, page);
  if (page->used != 0) return;
  mica_bin_lift(theap, bin, page);
  retire(theap, page);
}

void mica_bins_collect(mica_theap_t* theap) {
  for (unsigned c = 0; c < MICA_CLASSES; c++) {
    mica_bin_t* bin = &theap->bin[c];
    mica_bin_collect_list(theap, bin, MICA_PLACE_FULL);
    mica_bin_collect_list(theap, bin, MICA_PLACE_SPARSE);
    mica_bin_collect_list(theap, bin, MICA_PLACE_READY);
    mica_bin_drop_empty(theap, c);
    if (theap->cache[c].head == NULL) mica_bin_rebound(theap, c, 0); /* fewer blocks are out than it was made for */
  }
}

void mica_bin_reset(mica_theap_t* theap, unsigned class) {
  mica_bin_t* bin = &theap->bin[class];
  mica_outstanding_add(bin, -(int32_t)mica_outstanding(bin));
  mica_assert(!bin->kept);
  bin->bound = bin->cap = 0;
  bin->drift = 0;
  bin->swings = 0;
  theap->cache[class].left = 0;
}

static void abandon_page(mica_theap_t* theap, mica_bin_t* bin, mica_page_t* page) {
  const unsigned class = mica_page_class(page);
  mica_bin_lift(theap, bin, page);
  const pw_duty_t duty = pw_abandon(page); /* unless it is empty, it is no longer ours to touch */
  if (duty != PW_EMPTY) {
    MICA_PROBE_CALL1(page_abandoned, page);
    mica_count(MICA_COUNTER_PAGES_ABANDONED, 1);
  }
  mica_page_duty(page, class, duty);
}

void mica_bins_reduce(mica_theap_t* theap, size_t target) {
  for (unsigned c = 0; c < MICA_CLASSES; c++) {
    mica_bin_t* bin = &theap->bin[c];
    for (mica_page_t* page; theap->owned_bytes > target && (page = mica_bin_some_page(bin)) != NULL;) {
      theap->owned_bytes -= mica_page_bytes(page);
      mica_outstanding_add(bin, -(int32_t)page->used);
      abandon_page(theap, bin, page);
    }
    if (theap->cache[c].head == NULL) mica_bin_rebound(theap, c, 0);
  }
}

void mica_bins_abandon(mica_theap_t* theap) {
  for (unsigned c = 0; c < MICA_CLASSES; c++) {
    mica_bin_t* bin = &theap->bin[c];
    for (mica_page_t* page; (page = mica_bin_some_page(bin)) != NULL;) abandon_page(theap, bin, page);
    mica_bin_reset(theap, c);
  }
  theap->owned_bytes = 0;
}
