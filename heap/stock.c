/* stock.c -- the pages a heap owns: which list each is on, taking blocks back, giving pages up.
 *
 * Invariants, between calls, for each class c of a heap:
 *   every owned page is active or on exactly one of ready, sparse, full, as its free blocks say
 *   charged = the sum of `used` over them; full pages have none free and are on the list by age too
 *   an empty page is active or gone
 * Runs on the heap's thread. */
#include "heap/stock.h"

#include "observe/stats.h"
#include "page/directory.h"

enum {
  RETAIN_BYTES = 4 << 20, /* full pages kept owned, at least; or */
  RETAIN_PART = 16,       /* this part of the heap */
};

/* ---- lists ---- */

static mica_page_t** list_of(mica_stock_t* stock, mica_place_t place) {
  return place == MICA_PLACE_READY ? &stock->ready : place == MICA_PLACE_SPARSE ? &stock->sparse : &stock->full;
}

/* The first page's prev is the list's last; the last page's next is NULL. */
void mica_stock_link(mica_stock_t* stock, mica_page_t* page, mica_place_t place) {
  mica_page_t** list = list_of(stock, place);
  page->place = (uint8_t)place;
  page->next = *list;
  page->prev = page;
  if (*list != NULL) {
    page->prev = (*list)->prev;
    (*list)->prev = page;
  }
  *list = page;
}

static void unlink_page(mica_stock_t* stock, mica_page_t* page) {
  mica_page_t** list = list_of(stock, (mica_place_t)page->place);
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

void mica_stock_rotate_back(mica_page_t** list) {
  mica_page_t *first = *list, *last = first->prev;
  if (last == first) return;
  last->prev->next = NULL;
  last->next = first; /* whose prev is it already; and its own is the new last */
  *list = last;
}

void mica_stock_rotate(mica_page_t** list) {
  mica_page_t* page = *list;
  if (page->next == NULL) return;
  *list = page->next; /* whose prev is page: the last from now on */
  page->prev->next = page;
  page->next = NULL;
}

static void age_link(mica_heap_t* heap, mica_page_t* page) {
  page->newer = NULL;
  page->older = heap->full;
  if (heap->full != NULL)
    heap->full->newer = page;
  else
    heap->full_oldest = page;
  heap->full = page;
  heap->full_bytes += mica_page_bytes(page);
}

static void age_unlink(mica_heap_t* heap, mica_page_t* page) {
  if (page->newer != NULL)
    page->newer->older = page->older;
  else
    heap->full = page->older;
  if (page->older != NULL)
    page->older->newer = page->newer;
  else
    heap->full_oldest = page->newer;
  page->newer = page->older = NULL;
  heap->full_bytes -= mica_page_bytes(page);
}

void mica_stock_lift(mica_heap_t* heap, mica_stock_t* stock, mica_page_t* page) {
  if (page->place == MICA_PLACE_ACTIVE) {
    stock->active = NULL;
    page->place = MICA_PLACE_NONE;
    return;
  }
  if (page->place == MICA_PLACE_FULL) {
    age_unlink(heap, page);
    if (mica_heap_is_sub(heap)) heap->kept[stock - heap->stock].fulls--;
  }
  unlink_page(stock, page);
}

/* ---- giving up ---- */

void mica_page_give(mica_page_t* page) {
  if (mica_page_single(page)) {
    mica_rolled_strike(page);
    mica_single_give(page);
    return;
  }
  mica_remote_t* r = mica_page_remote(page);
  mica_assert(atomic_load_explicit(&r->word, memory_order_relaxed) == 0); /* relaxed: it is ours [P9] */
  const mica_run_t run = {mica_arena_at(mica_page_window(page)), mica_page_slice(page), r->slices, false};
  r->lead = 0;
  if (MICA_WATCHED) r->base = page->local_free = NULL; /* see send_parcel: an inner slice's lines are not written */
  mica_count(MICA_STAT_PAGES_GONE, 1);
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

void mica_stock_disown(mica_heap_t* heap, const mica_page_t* page) {
  heap->owned_bytes -= mica_page_bytes(page);
  mica_kept_no_room(heap, mica_page_bytes(page));
}

/* An owned page, on no list, whose every block is on local_free. */
static void retire(mica_heap_t* heap, mica_page_t* page) {
  mica_assert(page->used == 0 && page->place == MICA_PLACE_NONE);
  mica_stock_disown(heap, page);
  pw_retire(page);
  mica_page_give(page);
}

void mica_stock_pull(mica_stock_t* stock, mica_page_t* page) {
  unsigned n;
  mica_block_t* got = pw_collect(page, &n);
  if (n == 0) return;
  pw_absorb(page, got, n);
  mica_charge(stock, -(int32_t)n);
}

/* The oldest full page is nobody's from now on, unless somebody has freed into it. */
static void detach_oldest(mica_heap_t* heap) {
  mica_page_t* page = heap->full_oldest;
  mica_stock_t* stock = &heap->stock[mica_page_class(page)];
  const unsigned used = page->used;
  const size_t bytes = mica_page_bytes(page);
  mica_stock_lift(heap, stock, page);
  if (pw_detach(page)) { /* no longer ours to touch */
    mica_charge(stock, -(int32_t)used);
    heap->owned_bytes -= bytes;
    mica_count(MICA_STAT_PAGES_DETACHED, 1);
    return;
  }
  mica_stock_pull(stock, page);
  mica_stock_place(heap, stock, page);
}

static void retain(mica_heap_t* heap, mica_stock_t* stock, mica_page_t* page) {
  mica_stock_link(stock, page, MICA_PLACE_FULL);
  age_link(heap, page);
  if (mica_heap_is_sub(heap)) heap->kept[stock - heap->stock].fulls++;
}

void mica_stock_trim(mica_heap_t* heap) {
  if (mica_heap_is_sub(heap)) return; /* its pages are kept */
  for (;;) {
    const size_t part = heap->owned_bytes / RETAIN_PART, bound = part > RETAIN_BYTES ? part : RETAIN_BYTES;
    if (heap->full_bytes <= bound || heap->full_oldest == NULL) return;
    detach_oldest(heap);
  }
}

void mica_stock_place(mica_heap_t* heap, mica_stock_t* stock, mica_page_t* page) {
  const unsigned free_count = mica_page_free_count(page);
  if (page->used == 0)
    retire(heap, page);
  else if (free_count == 0)
    retain(heap, stock, page);
  else
    mica_stock_link(stock, page, free_count >= page->enough ? MICA_PLACE_READY : MICA_PLACE_SPARSE);
}

/* ---- taking back ---- */

void mica_stock_return(mica_heap_t* heap, mica_stock_t* stock, mica_page_t* page, mica_block_t* first,
                       mica_block_t* last, unsigned n) {
  mica_link_set(last, page->local_free);
  page->local_free = first;
  page->used -= n;
  mica_charge(stock, -(int32_t)n);
  if (page->place == MICA_PLACE_ACTIVE) return;
  const bool stays = page->place == MICA_PLACE_READY ||
                     (page->place == MICA_PLACE_SPARSE && mica_page_free_count(page) < page->enough);
  if (stays && page->used != 0) return;
  mica_stock_lift(heap, stock, page);
  mica_stock_place(heap, stock, page);
}

void mica_stock_adopt(mica_heap_t* heap, mica_page_t* page, mica_block_t* got, unsigned n) {
  const unsigned class = mica_page_class(page);
  mica_stock_t* stock = &heap->stock[class];
  mica_page_set_owner(page, mica_heap_token(heap), &heap->hot[class]);
  mica_count(MICA_STAT_PAGES_TAKEN, 1);
  heap->owned_bytes += mica_page_bytes(page);
  pw_absorb(page, got, n);
  mica_charge(stock, (int32_t)page->used);
  page->place = MICA_PLACE_NONE;
  mica_stock_place(heap, stock, page);
  mica_stock_trim(heap);
}

/* ---- all pages ---- */

void mica_stock_collect_list(mica_heap_t* heap, mica_stock_t* stock, mica_place_t which) {
  mica_page_t* page = *list_of(stock, which);
  while (page != NULL) {
    mica_page_t* next = page->next;
    if (mica_stock_pushed(page) != 0) {
      mica_stock_lift(heap, stock, page);
      mica_stock_pull(stock, page);
      mica_stock_place(heap, stock, page);
    }
    page = next;
  }
}

void mica_stock_drop_empty(mica_heap_t* heap, unsigned class) {
  mica_stock_t* stock = &heap->stock[class];
  mica_page_t* page = stock->active;
  if (page == NULL) return;
  mica_stock_pull(stock, page);
  if (page->used != 0) return;
  mica_stock_lift(heap, stock, page);
  retire(heap, page);
}

void mica_stock_collect(mica_heap_t* heap) {
  for (unsigned c = 0; c < MICA_CLASSES; c++) {
    mica_stock_t* stock = &heap->stock[c];
    mica_stock_collect_list(heap, stock, MICA_PLACE_FULL);
    mica_stock_collect_list(heap, stock, MICA_PLACE_SPARSE);
    mica_stock_collect_list(heap, stock, MICA_PLACE_READY);
    mica_stock_drop_empty(heap, c);
    if (heap->hot[c].head == NULL) mica_hot_rebound(heap, c, 0); /* fewer blocks are out than it was made for */
  }
}

void mica_stock_reset(mica_heap_t* heap, unsigned class) {
  mica_stock_t* stock = &heap->stock[class];
  mica_charge(stock, -(int32_t)mica_charged(stock));
  stock->cap = stock->homings = 0;
  stock->bound = 0;
  stock->kept = 0;
  mica_assert(stock->reserve == NULL);
  heap->hot[class].room = 0;
}

static void settle_page(mica_heap_t* heap, mica_stock_t* stock, mica_page_t* page) {
  const unsigned class = mica_page_class(page);
  mica_stock_lift(heap, stock, page);
  const pw_duty_t duty = pw_settle(page); /* unless it is empty, it is no longer ours to touch */
  if (duty != PW_EMPTY) mica_count(MICA_STAT_PAGES_DETACHED, 1);
  mica_page_duty(page, class, duty);
}

static mica_page_t* some_page(const mica_stock_t* stock) {
  if (stock->sparse != NULL) return stock->sparse;
  if (stock->ready != NULL) return stock->ready;
  return stock->full != NULL ? stock->full : stock->active;
}

void mica_stock_reduce(mica_heap_t* heap, size_t target) {
  for (unsigned c = 0; c < MICA_CLASSES; c++) {
    mica_stock_t* stock = &heap->stock[c];
    for (mica_page_t* page; heap->owned_bytes > target && (page = some_page(stock)) != NULL;) {
      heap->owned_bytes -= mica_page_bytes(page);
      mica_charge(stock, -(int32_t)page->used);
      settle_page(heap, stock, page);
    }
    if (heap->hot[c].head == NULL) mica_hot_rebound(heap, c, 0);
  }
}

void mica_stock_settle(mica_heap_t* heap) {
  for (unsigned c = 0; c < MICA_CLASSES; c++) {
    mica_stock_t* stock = &heap->stock[c];
    while (stock->full != NULL) settle_page(heap, stock, stock->full);
    while (stock->sparse != NULL) settle_page(heap, stock, stock->sparse);
    while (stock->ready != NULL) settle_page(heap, stock, stock->ready);
    if (stock->active != NULL) settle_page(heap, stock, stock->active);
    mica_stock_reset(heap, c);
  }
  heap->owned_bytes = heap->kept_bytes = 0;
}
