/* stock.h -- what stock.c and fill.c share: moving pages between a heap's lists. Only these two include it. */
#ifndef MICA_STOCK_H
#define MICA_STOCK_H
#include "heap/heap.h"

/* Onto a list. */
void mica_stock_link(mica_stock_t* stock, mica_page_t* page, mica_place_t place);

/* The first page becomes the last. */
void mica_stock_rotate(mica_page_t** list);

/* Takes the page off its list; it is owned but on none. */
void mica_stock_lift(mica_heap_t* heap, mica_stock_t* stock, mica_page_t* page);

/* Puts an owned page that is on no list where its free blocks say; an empty one goes. */
void mica_stock_place(mica_heap_t* heap, mica_stock_t* stock, mica_page_t* page);

/* Collects what others pushed onto an owned page. */
void mica_stock_pull(mica_stock_t* stock, mica_page_t* page);

/* Detaches the oldest full pages until the rest is within the bound. */
void mica_stock_trim(mica_heap_t* heap);

#endif
