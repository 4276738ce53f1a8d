/* fill.c -- where blocks come from when a hot list is empty.
 *
 *   0. the list in reserve
 *   1. the active page: what was freed into it, here or by others
 *   2. ready pages; failing that, old full pages that others have freed into
 *   3. the hot lists of classes a little larger, if they have more than they need (unless the class only grows)
 *   4. the active page's uncarved part
 *   5. sparse pages that others have freed into; a detached page that was offered (by hint bits, in any arena). A sub-heap
 *      has none detached: it looks through its own pages instead (kept.c)
 *   6. a new page
 *
 * So memory is touched for the first time only when nothing else is left. Runs on the heap's thread. */
#include "heap/first_class.h"
#include "heap/stock.h"
#include "observe/stats.h"
#include "page/directory.h"

enum {
  CAP_FIRST = 8,      /* a hot list's first bound */
  OLD_FULL_TRIES = 3, /* full pages looked at for blocks that others freed */
  SPARSE_TRIES = 8,   /* sparse pages looked at, likewise, before a page is sought or made */
  FILLS = 12,         /* so many without an overflow between them: the program only allocates */
  GROWING_PART = 2,   /* if a full list is no more than this part of the class */
  FILL_PAGES = 4,     /* ready pages drawn from in one fill */
};

/* ---- finding the next page ---- */

/* The oldest full pages of the class: others may have freed into them. */
static void look_at_full(mica_heap_t* heap, mica_stock_t* stock) {
  if (mica_heap_is_sub(heap)) {
    mica_kept_look(heap, stock);
    return;
  }
  mica_page_t* page = stock->full == NULL ? NULL : stock->full->prev;
  for (int i = 0; i < OLD_FULL_TRIES && page != NULL; i++) {
    mica_page_t* newer = page == stock->full ? NULL : page->prev;
    if (mica_stock_pushed(page) >= page->enough) {
      mica_stock_lift(heap, stock, page);
      mica_stock_pull(stock, page);
      mica_stock_link(stock, page, MICA_PLACE_READY); /* even if it is empty: it is about to be active */
      return;
    }
    page = newer;
  }
}

/* Sparse pages by turns: what others freed into them makes them ready, or empty. */
static void look_at_sparse(mica_heap_t* heap, mica_stock_t* stock) {
  for (int i = 0; i < SPARSE_TRIES && stock->sparse != NULL && stock->ready == NULL; i++) {
    mica_page_t* page = stock->sparse;
    if (mica_stock_pushed(page) == 0) {
      mica_stock_rotate(&stock->sparse);
      continue;
    }
    mica_stock_lift(heap, stock, page);
    mica_stock_pull(stock, page);
    mica_stock_place(heap, stock, page);
  }
}

/* Takes one offered page of the class in this arena. */
static bool seek_in(mica_heap_t* heap, mica_arena_t* arena, unsigned class) {
  _Atomic(uint64_t)* segments = &arena->offered_segments[class];
  uint64_t left = atomic_load_explicit(segments, memory_order_relaxed); /* relaxed: a hint [H3] */
  while (left != 0) {
    const unsigned segment = (unsigned)__builtin_ctzll(left);
    const uint64_t bit = dir_seek(&arena->offered[segment][class], segments, (uint64_t)1 << segment);
    if (bit == 0) {
      left &= left - 1;
      continue;
    }
    const unsigned slice = segment * MICA_SEGMENT_SLICES + (unsigned)__builtin_ctzll(bit);
    mica_page_t* page = mica_page_at(mica_arena_base(arena), slice);
    mica_block_t* got;
    unsigned n;
    if (!pw_take(page, mica_heap_token(heap), 1, &got, &n)) continue;
    mica_stock_adopt(heap, page, got, n); /* the bit may be older than the page: any class */
    if (heap->stock[class].ready != NULL) return true;
  }
  return false;
}

static bool seek(mica_heap_t* heap, unsigned class) {
  const unsigned n = mica_arena_count();
  for (unsigned i = 0; i < n; i++) {
    mica_arena_t* arena = mica_arena((heap->spot.arena + i) % n);
    if (arena != NULL && seek_in(heap, arena, class)) return true;
  }
  return false;
}

static bool make(mica_heap_t* heap, mica_stock_t* stock, unsigned class) {
  mica_run_t run;
  if (!mica_kept_room(heap, mica_class_extent(class))) return false;
  if (!mica_run_claim(&run, mica_classes[class].slices, false, &heap->spot)) {
    mica_kept_no_room(heap, mica_class_extent(class));
    return false;
  }
  const mica_parent_t parent = {mica_heap_token(heap), &heap->hot[class], mica_heap_is_sub(heap)};
  mica_page_t* page = mica_page_birth(mica_arena_base(run.arena), run.first, class, parent, run.clean);
  heap->owned_bytes += mica_page_bytes(page);
  mica_count(MICA_STAT_PAGES_BORN, 1);
  mica_stock_link(stock, page, MICA_PLACE_READY);
  return true;
}

/* Makes a page active that has blocks to carve or to give. */
static bool advance(mica_heap_t* heap, mica_stock_t* stock, unsigned class) {
  if (stock->ready == NULL) look_at_sparse(heap, stock);
  if (stock->ready == NULL && mica_heap_is_sub(heap)) {
    mica_kept_reap(heap, class);
    if (!make(heap, stock, class)) return false;
  } else if (stock->ready == NULL) {
    mica_outbox_flush(heap);
    if (!seek(heap, class) && !make(heap, stock, class)) return false;
  }
  mica_page_t* page = stock->ready;
  mica_stock_lift(heap, stock, page);
  page->place = MICA_PLACE_ACTIVE;
  stock->active = page;
  return true;
}

/* ---- filling ---- */

/* Moves up to want blocks of the page that were freed, here or by others, to the front of the hot list; to an empty one all of
 * them, if that is half as many more at most: then none is touched before it is given out. */
static unsigned draw(mica_stock_t* stock, mica_hot_t* hot, mica_page_t* page, unsigned want) {
  if (want == 0) return 0;
  if (page->local_free == NULL) mica_stock_pull(stock, page);
  mica_block_t *first = page->local_free, *last = first;
  if (first == NULL) return 0;
  unsigned n = page->capacity - page->used; /* the list's length */
  if (hot->head == NULL && n <= want + want / 2) {
    page->local_free = NULL;
  } else {
    n = 1;
    for (mica_block_t* b; n < want && (b = mica_link_get(last)) != NULL; n++) last = b;
    page->local_free = mica_link_get(last);
    mica_link_set(last, hot->head);
  }
  hot->head = first;
  page->used += n;
  mica_charge(stock, (int32_t)n);
  return n;
}

/* From the pages that have blocks to give, before any memory is touched for the first time. */
static unsigned draw_ready(mica_heap_t* heap, mica_stock_t* stock, mica_hot_t* hot, unsigned want) {
  unsigned n = 0;
  for (int pages = 0; n < want && pages < FILL_PAGES; pages++) {
    if (stock->ready == NULL) look_at_full(heap, stock);
    mica_page_t* page = stock->ready;
    if (page == NULL) break;
    const unsigned k = draw(stock, hot, page, want - n);
    if (k == 0) break; /* all it has is uncarved */
    n += k;
    if (page->local_free != NULL) continue;
    mica_stock_lift(heap, stock, page);
    mica_stock_place(heap, stock, page);
  }
  return n;
}

/* From the active page's uncarved part, or a page found or made for it. */
static unsigned draw_fresh(mica_heap_t* heap, mica_stock_t* stock, mica_hot_t* hot, unsigned class, unsigned want,
                           bool growing) {
  for (;;) {
    if (stock->active == NULL && !advance(heap, stock, class)) return 0;
    mica_page_t* page = stock->active;
    if (page->local_free != NULL) return draw(stock, hot, page, want);
    unsigned n = want;
    hot->head = mica_page_carve(page, &n, hot->head, growing);
    mica_charge(stock, (int32_t)n);
    if (n != 0) return n;
    mica_stock_lift(heap, stock, page);
    mica_stock_place(heap, stock, page);
  }
}

static void raise_cap(mica_stock_t* stock, unsigned class) {
  const unsigned most = mica_classes[class].hot_max, next = stock->cap == 0 ? CAP_FIRST : 2u * stock->cap;
  stock->cap = (uint8_t)(next < most ? next : most);
}

bool mica_stock_fill(mica_heap_t* heap, unsigned class, bool exact) {
  if (mica_hot_take_reserve(heap, class)) return true;
  mica_stock_t* stock = &heap->stock[class];
  mica_hot_t* hot = &heap->hot[class];
  if (!mica_heap_is_sub(heap)) mica_sub_hear(heap);
  mica_hot_unkeep(heap, class);
  raise_cap(stock, class);
  stock->overflows = 0;
  const bool growing =
      stock->fills == FILLS && stock->sparse == NULL && mica_charged(stock) >= GROWING_PART * (unsigned)stock->cap;
  if (stock->fills < FILLS) stock->fills++;
  const unsigned want = growing || stock->cap < 2 ? stock->cap : stock->cap / 2;
  unsigned n = stock->active != NULL ? draw(stock, hot, stock->active, want) : 0;
  if (n < want) n += draw_ready(heap, stock, hot, want - n); /* the active page may have given more than that */
  if (n == 0 && !exact && !growing) n = mica_hot_borrow(heap, class);
  if (n == 0) n = draw_fresh(heap, stock, hot, class, want, growing);
  mica_hot_rebound(heap, class, n);
  mica_stock_trim(heap);
  return n != 0;
}

mica_block_t* mica_stock_zero(mica_heap_t* heap, unsigned class) {
  mica_stock_t* stock = &heap->stock[class];
  if (heap->hot[class].head != NULL || stock->reserve != NULL || stock->active == NULL ||
      stock->active->local_free != NULL)
    return NULL;
  mica_block_t* b = mica_page_carve_zero(stock->active);
  if (b == NULL) return NULL;
  mica_charge(stock, 1);
  mica_hot_unkeep(heap, class);
  mica_hot_rebound(heap, class, 0);
  return b;
}
