/* stock.h -- what stock.c, fill.c and kept.c share: moving pages between a heap's lists. Only they include it. */
#ifndef MICA_STOCK_H
#define MICA_STOCK_H
#include "heap/heap.h"

/* Blocks that others have freed into an owned page. */
static inline unsigned mica_stock_pushed(const mica_page_t* page) {
  /* relaxed: a look; pulling is what takes them [P9] */
  return pw_count(atomic_load_explicit(&mica_page_remote(page)->word, memory_order_relaxed));
}

/* Onto a list. */
void mica_stock_link(mica_stock_t* stock, mica_page_t* page, mica_place_t place);

/* The first page becomes the last. */
void mica_stock_rotate(mica_page_t** list);

/* The last page becomes the first. */
void mica_stock_rotate_back(mica_page_t** list);

/* Takes the page off its list; it is owned but on none. */
void mica_stock_lift(mica_heap_t* heap, mica_stock_t* stock, mica_page_t* page);

/* Puts an owned page that is on no list where its free blocks say; an empty one goes. */
void mica_stock_place(mica_heap_t* heap, mica_stock_t* stock, mica_page_t* page);

/* Collects what others pushed onto an owned page. */
void mica_stock_pull(mica_stock_t* stock, mica_page_t* page);

/* Detaches the oldest full pages until the rest is within the bound. */
void mica_stock_trim(mica_heap_t* heap);

/* kept.c: some of the full pages by turns; one that others have freed enough into becomes ready. */
void mica_kept_look(mica_heap_t* heap, mica_stock_t* stock);

/* Collects what was pushed onto the pages of a list. */
void mica_stock_collect_list(mica_heap_t* heap, mica_stock_t* stock, mica_place_t which);

/* A page that the heap is about to give up is no longer counted among its own. */
void mica_stock_disown(mica_heap_t* heap, const mica_page_t* page);

/* The class owns no page and its hot list is empty: as new. */
void mica_stock_reset(mica_heap_t* heap, unsigned class);

#endif
