/* hot.c -- hot lists: when they are looked at, and what goes home from them.
 *
 *   bound = room + length. The list is looked at when a free makes it longer than its bound:
 *     bound == cap           it is long: the older half goes home
 *     bound == charged - 1   every block of the class that this heap's pages have given out is on the list: all go home and
 *                            the pages back, unless that happens again and again and little memory is meant
 *
 * So a heap that is idle because its blocks were freed holds next to nothing. Runs on the heap's thread. */
#include "heap/heap.h"

enum {
  HOMINGS = 4,              /* after so many a small class stays */
  HOMING_BYTES = 16 * 1024, /* small: so many bytes carved, or */
  HOMING_BLOCKS = 2,        /* so many blocks */
};

static void set_bound(mica_heap_t* heap, unsigned class, unsigned bound, unsigned length) {
  heap->stock[class].bound = (uint16_t)bound;
  heap->hot[class].room = (int32_t)bound - (int32_t)length;
}

void mica_hot_rebound(mica_heap_t* heap, unsigned class, unsigned length) {
  const mica_stock_t* stock = &heap->stock[class];
  const uint32_t charged = mica_charged(stock);
  set_bound(heap, class, charged != 0 && charged - 1 < stock->cap ? charged - 1 : stock->cap, length);
}

/* A list cut off a hot list: each block to its page. */
static void send_home(mica_heap_t* heap, unsigned class, mica_block_t* b) {
  while (b != NULL) {
    mica_block_t* next = mica_link_get(b);
    mica_page_t* page = mica_page_of(b);
    /* relaxed: as in mica_free. A page may have been detached while its block was hot: then the block goes as others' do */
    const uintptr_t owner = (uintptr_t)atomic_load_explicit(PW_HEAP(page), memory_order_relaxed);
    if ((owner & ~(uintptr_t)MICA_MARK_INNER) == (uintptr_t)mica_heap_token(heap))
      mica_stock_return(heap, page, b);
    else
      mica_outbox_send(heap, page, b, class);
    b = next;
  }
}

/* All but the newest `keep` blocks go home. */
static void cut(mica_heap_t* heap, unsigned class, unsigned keep) {
  mica_hot_t* hot = &heap->hot[class];
  mica_block_t* rest = hot->head;
  if (keep == 0) {
    hot->head = NULL;
  } else {
    mica_block_t* last = mica_block_nth(rest, keep);
    rest = mica_link_get(last);
    mica_link_set(last, NULL);
  }
  send_home(heap, class, rest);
}

void mica_hot_flush(mica_heap_t* heap, unsigned class) {
  cut(heap, class, 0);
  set_bound(heap, class, 0, 0);
}

void mica_hot_flush_all(mica_heap_t* heap) {
  for (unsigned c = 0; c < MICA_CLASSES; c++)
    if (heap->hot[c].head != NULL) mica_hot_flush(heap, c);
}

static bool is_small(const mica_stock_t* stock, unsigned class) {
  const mica_page_t* page = stock->active;
  if (page == NULL || stock->ready != NULL || stock->sparse != NULL || stock->full != NULL) return false;
  return page->capacity <= HOMING_BLOCKS || (uint64_t)page->capacity * mica_classes[class].size <= HOMING_BYTES;
}

/* Every block is home. False: keep them, this class breathes. */
static bool homecoming(mica_heap_t* heap, unsigned class) {
  mica_stock_t* stock = &heap->stock[class];
  if (stock->homings < HOMINGS)
    stock->homings++;
  else if (is_small(stock, class))
    return false;
  mica_hot_flush(heap, class);
  mica_stock_drop_empty(heap, class);
  return true;
}

void mica_hot_overflow(mica_heap_t* heap, unsigned class) {
  mica_stock_t* stock = &heap->stock[class];
  const unsigned length = (unsigned)((int32_t)stock->bound - heap->hot[class].room);
  if (length >= mica_charged(stock) && homecoming(heap, class)) return;
  if (length <= stock->cap) {
    set_bound(heap, class, stock->cap, length);
    return;
  }
  const unsigned keep = stock->cap / 2;
  cut(heap, class, keep);
  mica_hot_rebound(heap, class, keep);
}
