/* kept.c -- the shared pages of a sub-heap: they stay with it from birth to its end (PW_KEPT).
 *
 * Invariants: no kept page is detached or taken. What other threads free into one is pushed onto its word; whoever pushes
 * onto an empty list tells the sub-heap the class. A class that was told of stands in `heard` until as many full pages as
 * there are have been looked at without success.
 *
 * Runs on the sub-heap's thread, or that of who ends the heap, when nobody else has the sub-heap or all others are ordered
 * before. Pages count towards the room of the heap unless it has been deleted meanwhile. */
#include "heap/first_class.h"
#include "heap/stock.h"
#include "heap/watched.h"
#include "observe/stats.h"

enum { LOOKS = 16 }; /* full pages looked at in one fill */

bool mica_kept_room(mica_heap_t* heap, uint64_t bytes) {
  mi_heap_t* set = mica_heap_set(heap);
  if (set == NULL || !mica_set_is(set, mica_heap_serial(heap))) return true;
  const bool is_there = room_take(&set->room, room_life_of(mica_heap_serial(heap)), bytes, mica_set_limit(set));
  heap->refused = is_there ? 0 : bytes;
  return is_there;
}

void mica_kept_no_room(const mica_heap_t* heap, uint64_t bytes) {
  mi_heap_t* set = mica_heap_set(heap);
  if (set != NULL && mica_set_is(set, mica_heap_serial(heap)))
    room_give(&set->room, room_life_of(mica_heap_serial(heap)), bytes);
}

static uint64_t bit_of(unsigned class) { return (uint64_t)1 << mica_told_bit(class); }

/* Classes told of since the last time begin a new round of looks. */
static void hear(mica_heap_t* heap) {
  const uint64_t told = pw_hear(&heap->shared);
  if (told == 0) return;
  heap->heard |= told;
  for (unsigned c = 0; c < MICA_CLASSES; c++)
    if ((told & bit_of(c)) != 0) heap->kept[c].looked = 0;
}

void mica_kept_look(mica_heap_t* heap, mica_stock_t* stock) {
  const unsigned class = (unsigned)(stock - heap->stock);
  mica_kept_t* kept = &heap->kept[class];
  hear(heap);
  if ((heap->heard & bit_of(class)) == 0) return;
  for (int i = 0; i < LOOKS && kept->looked < kept->fulls; i++) {
    mica_page_t* page = stock->full->prev;
    if (mica_stock_pushed(page) >= page->enough) {
      kept->looked = 0;
      mica_stock_lift(heap, stock, page);
      mica_stock_pull(stock, page);
      mica_stock_link(stock, page, MICA_PLACE_READY); /* even if it is empty: it is about to be active */
      return;
    }
    kept->looked++;
    mica_stock_rotate_back(&stock->full);
  }
}

void mica_kept_reap(mica_heap_t* heap, unsigned class) {
  hear(heap);
  for (unsigned c = 0; c < MICA_CLASSES; c++) {
    if ((heap->heard & bit_of(c)) == 0 || c % 64 == class % 64) continue;
    heap->heard &= ~bit_of(c);
    for (unsigned k = c % 64; k < MICA_CLASSES; k += 64) { /* the classes of this bit */
      mica_stock_t* stock = &heap->stock[k];
      mica_stock_collect_list(heap, stock, MICA_PLACE_FULL);
      mica_stock_collect_list(heap, stock, MICA_PLACE_SPARSE);
      mica_stock_collect_list(heap, stock, MICA_PLACE_READY);
    }
    return; /* one at a time */
  }
}

/* ---- the end ---- */

/* Some page of the class, on no list then; NULL: there is none. */
static mica_page_t* next_page(mica_heap_t* heap, mica_stock_t* stock) {
  mica_page_t* page = stock->full != NULL     ? stock->full
                      : stock->sparse != NULL ? stock->sparse
                      : stock->ready != NULL  ? stock->ready
                                              : stock->active;
  if (page != NULL) mica_stock_lift(heap, stock, page);
  return page;
}

/* No sub-heap any more. */
static void end(mica_heap_t* heap) {
  pw_hear(&heap->shared);
  atomic_store_explicit(&heap->set, NULL,
                        memory_order_relaxed); /* relaxed: the bond or the parking publishes it [U7] */
}

void mica_kept_destroy(mica_heap_t* heap) {
  for (unsigned c = 0; c < MICA_CLASSES; c++) {
    heap->hot[c].head = heap->stock[c].reserve = NULL;
    heap->stock[c].reserved = 0;
    for (mica_page_t* page; (page = next_page(heap, &heap->stock[c])) != NULL;) {
      mica_forgotten(page);
      pw_retire(page);
      page->local_free = NULL;
      mica_page_give(page);
    }
    mica_stock_reset(heap, c);
  }
  heap->owned_bytes = heap->kept_bytes = 0;
  mica_rolled_destroy(heap);
  end(heap);
}

/* An ordinary page from now on. */
static void unkeep(mica_heap_t* heap, mica_stock_t* stock, mica_page_t* page) {
  unsigned n;
  mica_block_t* got = pw_unkeep(page, mica_heap_token(heap), &n);
  mica_page_set_owner(page, mica_heap_token(heap), &heap->hot[mica_page_class(page)]);
  pw_absorb(page, got, n);
  mica_charge(stock, -(int32_t)n);
}

static void unkeep_list(mica_heap_t* heap, mica_stock_t* stock, mica_page_t* page) {
  for (; page != NULL; page = page->next) unkeep(heap, stock, page);
}

void mica_kept_release(mica_heap_t* heap) {
  mica_hot_flush_all(heap);
  for (unsigned c = 0; c < MICA_CLASSES; c++) {
    mica_stock_t* stock = &heap->stock[c];
    unkeep_list(heap, stock, stock->full);
    unkeep_list(heap, stock, stock->sparse);
    unkeep_list(heap, stock, stock->ready);
    if (stock->active != NULL) unkeep(heap, stock, stock->active);
  }
  mica_stock_settle(heap);
  mica_rolled_release(heap);
  end(heap);
}
