/* hot.c -- hot lists: when they are looked at, and what goes home from them.
 *
 *   bound = room + length. The list is looked at when a free makes it longer than its bound:
 *     bound == cap           it is long: it is put aside, into the class's reserve; or, if that is full, the older half goes
 *                            home. If that happens again and again, all of it does, and the reserve, too
 *     bound == charged - 1   (charged less what is in reserve) every block of the class that this heap's pages have given out
 *                            is here: all go home and the pages back, unless that happens again and again and little memory is
 *                            meant. Then it is kept, within a budget over all classes that goes to those who asked last
 *
 * So a heap that is idle because its blocks were freed holds no more than that budget. Runs on the heap's thread. */
#include "heap/heap.h"

enum {
  HOMINGS = 4,       /* after so many homecomings a class that has carved little is kept */
  HOMINGS_MORE = 16, /* after so many, one that has carved more */
  BORROW_PART = 8,   /* a borrowed block is larger by this part at most */
  BORROW_LEAST = 4,  /* a list shorter than this is not borrowed from */
  STAY = 8,          /* of a list that is put aside so many stay: else each free and malloc could put and take it */
  OVERFLOWS = 3,     /* so many without a fill between them: the program only frees, nothing need stay */
  KEPT_LITTLE = 16 * 1024, /* bytes */
  KEPT_BUDGET = 64 * 1024, /* of all classes together */
};

static void set_bound(mica_heap_t* heap, unsigned class, unsigned bound, unsigned length) {
  heap->stock[class].bound = (uint16_t)bound;
  heap->hot[class].room = (int32_t)bound - (int32_t)length;
}

void mica_hot_rebound(mica_heap_t* heap, unsigned class, unsigned length) {
  const mica_stock_t* stock = &heap->stock[class];
  const uint32_t charged = mica_charged(stock), reserved = stock->reserved; /* of which some may be borrowed */
  const uint32_t others = charged > reserved ? charged - reserved : 0;
  set_bound(heap, class, others != 0 && others - 1 < stock->cap ? others - 1 : stock->cap, length);
}

static unsigned length_of(const mica_heap_t* heap, unsigned class) {
  return (unsigned)((int32_t)heap->stock[class].bound - heap->hot[class].room);
}

/* Fewer blocks are out than the bound was made for: the next free looks at the list, if it must be looked at. */
static void tighten(mica_heap_t* heap, unsigned class) {
  if (heap->stock[class].kept == 0) mica_hot_rebound(heap, class, length_of(heap, class));
}

/* Blocks that lie in one slice, from first on; sets *last and returns how many. Frees often come in the order of addresses. */
static unsigned run_of(mica_block_t* first, mica_block_t** last) {
  const mica_tag_t* tag = mica_tag_of(first);
  unsigned n = 1;
  *last = first;
  for (mica_block_t* b; (b = mica_link_get(*last)) != NULL && mica_tag_of(b) == tag; n++) *last = b;
  return n;
}

/* Blocks of one slice, which may be borrowed ones, or of a page that was detached while they were hot: then they go as
 * others' do. */
static void send_strange(mica_heap_t* heap, unsigned class, mica_block_t* b, mica_block_t* last, unsigned n) {
  mica_page_t* page = mica_page_of(b);
  const unsigned own = mica_page_class(page);
  if (mica_heap_owns(heap, page)) {
    mica_stock_return(heap, &heap->stock[own], page, b, last, n);
  } else {
    mica_link_set(last, NULL);
    for (mica_block_t* rest; b != NULL; b = rest) {
      rest = mica_link_get(b);
      mica_outbox_send(heap, page, b, own);
    }
  }
  if (own != class) tighten(heap, own);
}

/* A list cut off the class's hot list: the blocks to their pages. */
static void send_home(mica_heap_t* heap, unsigned class, mica_block_t* b) {
  const uintptr_t token = (uintptr_t)mica_heap_token(heap);
  while (b != NULL) {
    mica_block_t* last;
    const unsigned n = run_of(b, &last);
    mica_block_t* next = mica_link_get(last);
    const mica_tag_t* tag = mica_tag_of(b);
    /* A tag that names us is its page's first. relaxed: as in the fast path of free [T1] */
    if ((uintptr_t)atomic_load_explicit(&tag->heap, memory_order_relaxed) == token && tag->hot == &heap->hot[class])
      mica_stock_return(heap, &heap->stock[class], mica_page_of_tag(tag), b, last, n);
    else
      send_strange(heap, class, b, last, n);
    b = next;
  }
}

/* All of the list but the newest `stay` blocks go home. */
static void send_list(mica_heap_t* heap, unsigned class, unsigned stay) {
  mica_hot_t* hot = &heap->hot[class];
  mica_block_t* rest = hot->head;
  if (stay == 0) {
    hot->head = NULL;
  } else {
    mica_block_t* last = mica_block_nth(rest, stay);
    rest = mica_link_get(last);
    mica_link_set(last, NULL);
  }
  send_home(heap, class, rest);
}

static mica_block_t* take_reserved(mica_stock_t* stock, unsigned* length) {
  mica_block_t* b = mica_pile_take(&stock->reserve, length);
  stock->reserved = (uint16_t)(stock->reserved - *length);
  return b;
}

static void send_reserve(mica_heap_t* heap, unsigned class) {
  mica_stock_t* stock = &heap->stock[class];
  unsigned length;
  while (stock->reserve != NULL) send_home(heap, class, take_reserved(stock, &length));
}

/* The list, of so many blocks, goes into the reserve but for the newest few, unless that is full. */
static bool put_aside(mica_heap_t* heap, unsigned class, unsigned length) {
  mica_stock_t* stock = &heap->stock[class];
  if (length <= STAY || stock->reserved + length - STAY > mica_classes[class].reserve_max) return false;
  mica_block_t* last = mica_block_nth(heap->hot[class].head, STAY);
  mica_pile_put(&stock->reserve, mica_link_get(last), length - STAY);
  mica_link_set(last, NULL);
  stock->reserved = (uint16_t)(stock->reserved + length - STAY);
  return true;
}

bool mica_hot_take_reserve(mica_heap_t* heap, unsigned class) {
  mica_stock_t* stock = &heap->stock[class];
  if (stock->reserve == NULL) return false;
  unsigned length;
  heap->hot[class].head = take_reserved(stock, &length);
  stock->overflows = 0;
  mica_hot_unkeep(heap, class);
  mica_hot_rebound(heap, class, length);
  return true;
}

void mica_hot_unkeep(mica_heap_t* heap, unsigned class) {
  heap->kept_bytes -= heap->stock[class].kept;
  heap->stock[class].kept = 0;
}

void mica_hot_flush(mica_heap_t* heap, unsigned class) {
  mica_hot_unkeep(heap, class);
  send_list(heap, class, 0);
  send_reserve(heap, class);
  set_bound(heap, class, 0, 0);
}

void mica_hot_flush_all(mica_heap_t* heap) {
  for (unsigned c = 0; c < MICA_CLASSES; c++) {
    if (heap->hot[c].head != NULL || heap->stock[c].reserve != NULL)
      mica_hot_flush(heap, c);
    else
      mica_hot_unkeep(heap, c);
  }
}

/* Moves up to n blocks from the front of a list; only its own, for what it has borrowed is too large to be lent on. */
static unsigned lend(mica_hot_t* to, mica_hot_t* from, unsigned class, unsigned n) {
  mica_block_t *first = from->head, *last = NULL;
  unsigned k = 0;
  for (mica_block_t* b = first; k < n && mica_page_class(mica_page_of(b)) == class; b = mica_link_get(b), k++) last = b;
  if (k == 0) return 0;
  from->head = mica_link_get(last);
  from->room += (int32_t)k;
  mica_link_set(last, NULL);
  to->head = first;
  return k;
}

unsigned mica_hot_borrow(mica_heap_t* heap, unsigned class) {
  if (class >= MICA_CLASSES_SMALL) return 0;
  const unsigned last = class + (class + 1) / BORROW_PART;
  for (unsigned c = class + 1; c <= last && c < MICA_CLASSES_SMALL; c++) {
    mica_hot_t* from = &heap->hot[c];
    const unsigned length = from->head == NULL ? 0 : length_of(heap, c);
    if (length < BORROW_LEAST) continue;
    const unsigned n = lend(&heap->hot[class], from, c, length / 2);
    if (n != 0) return n;
  }
  return 0;
}

static void drop(mica_heap_t* heap, unsigned class) {
  mica_hot_flush(heap, class);
  mica_stock_drop_empty(heap, class);
}

/* Bytes that the class has carved, if they are in its active page alone. */
static size_t carved_bytes(const mica_stock_t* stock, unsigned class) {
  const mica_page_t* page = stock->active;
  if (page == NULL || stock->ready != NULL || stock->sparse != NULL || stock->full != NULL) return SIZE_MAX;
  return (size_t)page->capacity * mica_classes[class].size;
}

/* Every block is home. Whether they stay on the list. */
static bool keep(mica_heap_t* heap, unsigned class) {
  mica_stock_t* stock = &heap->stock[class];
  if (stock->homings < UINT8_MAX) stock->homings++;
  const size_t bytes = carved_bytes(stock, class);
  const size_t most = stock->homings <= HOMINGS ? 0 : stock->homings <= HOMINGS_MORE ? KEPT_LITTLE : KEPT_BUDGET;
  if (bytes > most) return false;
  mica_hot_unkeep(heap, class);
  for (unsigned c = 0; c < MICA_CLASSES && heap->kept_bytes + bytes > KEPT_BUDGET; c++)
    if (heap->stock[c].kept != 0) drop(heap, c);
  stock->kept = (uint32_t)bytes;
  heap->kept_bytes += bytes;
  return true;
}

void mica_hot_overflow(mica_heap_t* heap, unsigned class) {
  mica_stock_t* stock = &heap->stock[class];
  const unsigned length = length_of(heap, class);
  if (length + stock->reserved >= mica_charged(stock) && !keep(heap, class)) {
    drop(heap, class);
    return;
  }
  if (length <= stock->cap) {
    if (stock->kept != 0)
      set_bound(heap, class, stock->cap, length);
    else
      mica_hot_rebound(heap, class, length);
    return;
  }
  stock->fills = 0;
  if (stock->overflows < OVERFLOWS && put_aside(heap, class, length)) {
    mica_hot_rebound(heap, class, STAY);
    return;
  }
  if (stock->overflows < OVERFLOWS && ++stock->overflows == OVERFLOWS) send_reserve(heap, class);
  const unsigned stay = stock->overflows < OVERFLOWS ? stock->cap / 2 : 0;
  send_list(heap, class, stay);
  mica_hot_rebound(heap, class, stay);
}
