/* cache.c -- caches: when they are looked at, how long they may be, and what goes home from them.
 *
 *   bound = left + length. A cache is looked at when a free makes it longer than its bound:
 *     bound == outstanding - 1   every block of the class that this theap's pages have given out is here: all go home, and
 *                                the pages back, unless the class keeps them
 *     bound == cap               it is long. Up to what every cache may have, cap doubles; a class that keeps its blocks
 *                                keeps more, or none any more; else half go home, of those freed last (where frees are
 *                                examined: first)
 *
 * The rule by which it learns: blocks that went home, and a fill after that, are a swing of the program wider than the cache.
 * After a few in a row the class keeps as many blocks as a swing missed, though every one is home: the next swing touches no
 * page. A swing that goes beyond the cap just once ends the row, as random steps do sooner or later.
 *
 * What is kept is within a budget: a little for each theap, more from what all have together. Where that is not enough,
 * another class has to drop its blocks, the largest that the program does not use now. A swing that the budget cannot hold is
 * not kept in part, for blocks that lie scattered keep all their pages. So a theap that is idle because its blocks were freed
 * holds no more than that budget. Runs on the theap's thread. */
#include "heap/cache.h"

#include "heap/bin.h"
#include "heap/outbox.h"
#include "heap/shadow.h"

enum {
  CAP_FIRST = 8,           /* blocks that a cache may have at first */
  SWINGS = 4,              /* after so many in a row a class keeps its blocks */
  BUDGET_OWN = 64 * 1024,  /* bytes that each theap may keep */
  BUDGET_SHARED = 8 << 20, /* and all of them together beyond that */
  BUDGET_STEP = 16 * 1024, /* each class counts as whole steps: however few its blocks are, they keep a page */
  LINES_MOST = 2 << 20,    /* bytes in the lines that a walk over one cache would read */
  BORROW_LEAST = 4,        /* a list shorter than this is not borrowed from */
};

static _Atomic(size_t) budget_shared; /* of BUDGET_SHARED, in use [F2] */

/* Fewer blocks are out than the bound was made for: the next free looks at the list, if it must be looked at. */
static void tighten(mica_theap_t* theap, unsigned class) {
  if (!theap->bin[class].kept) mica_bin_rebound(theap, class, mica_cache_length(theap, class));
}

/* Blocks that lie in one slice, from first on, of a list of that length; sets *last and returns how many are left behind it.
 * Frees often come in the order of addresses. NULL is in no slice that has blocks. */
static unsigned run_of(mica_block_t* first, mica_block_t** last, unsigned length) {
  const mica_tag_t* tag = mica_tag_of(first);
  *last = first;
  for (mica_block_t* b; --length != 0 && mica_tag_of(b = mica_link_get(*last)) == tag;) *last = b;
  return length;
}

/* Blocks of one slice, which may be borrowed ones, or of a page that was abandoned while they were cached: then they go as
 * others' do. */
static void send_strange(mica_theap_t* theap, unsigned class, mica_block_t* b, mica_block_t* last, unsigned n) {
  mica_page_t* page = mica_page_of(b);
  const unsigned own = mica_page_class(page);
  if (mica_theap_owns(theap, page)) {
    mica_bin_return(theap, &theap->bin[own], page, b, last, n);
  } else {
    mica_link_set(last, NULL);
    for (mica_block_t* rest; b != NULL; b = rest) { /* the list ends with its last block */
      rest = mica_link_get(b);
      mica_outbox_send(theap, page, b, own);
    }
  }
  if (own != class) tighten(theap, own);
}

/* The first n of the `length` blocks in the class's cache go to their pages: those freed last, which are likely to be near. */
static void send_home(mica_theap_t* theap, unsigned class, unsigned length, unsigned n) {
  mica_cache_t* cache = &theap->cache[class];
  mica_block_t* b = cache->head;
  const uintptr_t id = (uintptr_t)mica_theap_id(theap);
  cache->head = NULL; /* what goes is on no list meanwhile */
  for (unsigned left = n; left != 0 && b != NULL;) {
    mica_block_t* last;
    const unsigned rest = run_of(b, &last, left), k = left - rest;
    mica_block_t* next = mica_link_get(last);
    const mica_tag_t* tag = mica_tag_of(b);
    /* A tag that names us is its page's first. relaxed: as in the fast path of free [T1] */
    if ((uintptr_t)atomic_load_explicit(&tag->owner, memory_order_relaxed) == id && tag->cache == cache)
      mica_bin_return(theap, &theap->bin[class], mica_page_of_tag(tag), b, last, k);
    else
      send_strange(theap, class, b, last, k);
    b = next;
    left = rest;
  }
  if (MICA_UNLIKELY((b == NULL) != (n == length))) mica_list_damaged(class, b);
  cache->head = b;
}

/* The newest n of the `length` blocks, fewer than that, go behind the others. */
static void put_behind(mica_theap_t* theap, unsigned class, unsigned length, unsigned n) {
  mica_cache_t* cache = &theap->cache[class];
  mica_block_t *newest = cache->head, *last = newest, *end;
  for (; n > 1 && last != NULL; n--, length--) last = mica_link_get(last);
  for (end = last; length > 1 && end != NULL; length--) end = mica_link_get(end);
  if (MICA_UNLIKELY(end == NULL || mica_link_get(end) != NULL)) mica_list_damaged(class, end);
  cache->head = mica_link_get(last);
  mica_link_set(last, NULL);
  mica_link_set(end, newest);
}

/* ---- how long it may be ---- */

/* Bytes that go to or come from what all theaps have together. relaxed: a figure [F2] */
static bool take_share(mica_theap_t* theap, size_t bytes) {
  if (atomic_fetch_add_explicit(&budget_shared, bytes, memory_order_relaxed) + bytes > BUDGET_SHARED) {
    atomic_fetch_sub_explicit(&budget_shared, bytes, memory_order_relaxed);
    return false;
  }
  theap->budget_share += bytes;
  return true;
}

static void give_share(mica_theap_t* theap) {
  const size_t own = theap->kept_bytes > BUDGET_OWN ? theap->kept_bytes - BUDGET_OWN : 0;
  if (own >= theap->budget_share) return;
  atomic_fetch_sub_explicit(&budget_shared, theap->budget_share - own, memory_order_relaxed);
  theap->budget_share = own;
}

/* What so many blocks count. */
static size_t budget_of(unsigned class, unsigned blocks) {
  return ((size_t)blocks * mica_classes[class].size + BUDGET_STEP - 1) / BUDGET_STEP * BUDGET_STEP;
}

void mica_cache_unkeep(mica_theap_t* theap, unsigned class) {
  mica_bin_t* bin = &theap->bin[class];
  const mica_class_t* c = &mica_classes[class];
  if (!bin->kept) return;
  theap->kept_bytes -= budget_of(class, bin->cap);
  bin->kept = false;
  bin->swings = 0;
  if (bin->cap > c->cache_max) bin->cap = c->cache_max;
  give_share(theap);
}

static void drop(mica_theap_t* theap, unsigned class) {
  mica_cache_flush(theap, class);
  mica_bin_drop_empty(theap, class);
}

/* Of the other classes of which the program has little now, the one that keeps most is dropped. */
static bool take_from_another(mica_theap_t* theap, unsigned class) {
  size_t most = 0;
  unsigned from = class;
  for (unsigned c = 0; c < MICA_CLASSES; c++) {
    const mica_bin_t* bin = &theap->bin[c];
    if (c == class || !bin->kept || budget_of(c, bin->cap) <= most) continue;
    if (mica_outstanding(bin) > mica_cache_length(theap, c) + bin->cap / 2) continue; /* in the program */
    most = budget_of(c, bin->cap);
    from = c;
  }
  if (most != 0) drop(theap, from);
  return most != 0;
}

/* Blocks that a cache may keep at most: a list that the processor's own caches cannot hold is slower than a page. Where frees
 * are examined each looks through the cache. */
static unsigned longest(unsigned class) {
  const unsigned size = mica_classes[class].size, by_bytes = BUDGET_SHARED / size;
  const unsigned by_lines = LINES_MOST / (size < MICA_LINE_SIZE ? size : (unsigned)MICA_LINE_SIZE);
  if (MICA_EXAMINES) return mica_classes[class].cache_max;
  return by_bytes < by_lines ? by_bytes : by_lines;
}

/* The class keeps up to `to` blocks from now on, more than it does. False: that cannot be. */
static bool keep(mica_theap_t* theap, unsigned class, unsigned to) {
  mica_bin_t* bin = &theap->bin[class];
  const size_t before = bin->kept ? budget_of(class, bin->cap) : 0, after = budget_of(class, to);
  if (to > longest(class) || (bin->kept && to <= bin->cap)) return false;
  for (;;) {
    const size_t have = BUDGET_OWN + theap->budget_share, need = theap->kept_bytes - before + after;
    if (need <= have || take_share(theap, need - have)) break;
    if (!take_from_another(theap, class)) return false;
  }
  theap->kept_bytes += after - before;
  bin->cap = to;
  bin->kept = true;
  return true;
}

void mica_cache_learn(mica_theap_t* theap, unsigned class) {
  mica_bin_t* bin = &theap->bin[class];
  const unsigned usual = mica_classes[class].cache_max;
  if (bin->cap == 0) bin->cap = usual < CAP_FIRST ? usual : CAP_FIRST;
  if (bin->drift <= 0) {
    if (bin->drift > -MICA_FILLS) bin->drift--;
    return;
  }
  const unsigned missed = (unsigned)bin->drift;
  const bool all = mica_outstanding(bin) == 0, swing = all || missed > bin->cap / 2u + 1;
  bin->drift = -1;
  bin->swings = !swing ? 0 : bin->swings < SWINGS ? bin->swings + 1 : SWINGS;
  if (bin->swings == SWINGS) keep(theap, class, all ? missed : missed + bin->cap);
}

/* The cache is full. Up to what every cache may have it may have twice as many, beyond that if they can be kept. One that was
 * never filled has none yet: a thread may free only what the theap's last one left. */
static bool widen(mica_theap_t* theap, unsigned class) {
  mica_bin_t* bin = &theap->bin[class];
  const unsigned usual = mica_classes[class].cache_max, to = bin->cap == 0 ? CAP_FIRST : 2 * bin->cap;
  if (bin->kept) return keep(theap, class, to) || keep(theap, class, longest(class));
  if (bin->cap >= usual) return false;
  bin->cap = to < usual ? to : usual;
  return true;
}

/* Whether the class's pages are no more than what it keeps needs, give or take. */
static bool is_dense(const mica_bin_t* bin, unsigned class) {
  const mica_page_t* const lists[] = {bin->ready, bin->sparse, bin->full};
  size_t left = 1 + 2 * budget_of(class, bin->cap) / mica_class_extent(class);
  for (unsigned k = 0; k < 3; k++)
    for (const mica_page_t* page = lists[k]; page != NULL; page = page->next)
      if (left-- == 0) return false;
  return true;
}

/* So many blocks go home. */
static void miss(mica_bin_t* bin, unsigned n) {
  const unsigned sum = n + (bin->drift < 0 ? 0 : (unsigned)bin->drift);
  bin->drift = sum < INT32_MAX ? (int32_t)sum : INT32_MAX;
}

void mica_cache_overflow(mica_theap_t* theap, unsigned class) {
  mica_bin_t* bin = &theap->bin[class];
  const unsigned length = (unsigned)((int32_t)bin->bound - theap->cache[class].left); /* more than its bound */
  const uint32_t out = mica_outstanding(bin);
  const bool home = length >= out, fits = length <= bin->cap || widen(theap, class);
  /* Few blocks of it may hold many pages that the program has left. */
  const bool loose = bin->kept && length >= out / 2 && !is_dense(bin, class);
  if (fits && !home && !loose) {
    mica_bin_rebound(theap, class, length);
  } else if (fits && bin->kept && !loose) {
    mica_bin_set_bound(theap, class, bin->cap, length);
  } else if (home || bin->kept) {
    miss(bin, length);
    drop(theap, class);
  } else {
    const unsigned usual = mica_classes[class].cache_max, half = bin->cap / 2 + 1, n = half < usual ? half : usual;
    miss(bin, n);
    if (MICA_EXAMINES) put_behind(theap, class, length, length - n); /* to be found there, if they are freed again */
    send_home(theap, class, length, n);
    mica_bin_rebound(theap, class, length - n);
  }
}

/* ---- all of it, and borrowing ---- */

void mica_cache_flush(mica_theap_t* theap, unsigned class) {
  mica_cache_unkeep(theap, class);
  const unsigned length = mica_cache_length(theap, class);
  send_home(theap, class, length, length);
  mica_bin_set_bound(theap, class, 0, 0);
}

void mica_cache_flush_all(mica_theap_t* theap) {
  mica_shadow_fold_all(theap);
  for (unsigned c = 0; c < MICA_CLASSES; c++) {
    if (theap->cache[c].head != NULL)
      mica_cache_flush(theap, c);
    else
      mica_cache_unkeep(theap, c);
  }
}

/* Moves up to n blocks from the front of a list; only its own, for what it has borrowed is too large to be lent on. */
static unsigned lend(mica_cache_t* to, mica_cache_t* from, unsigned class, unsigned n) {
  mica_block_t *first = from->head, *last = NULL;
  unsigned k = 0;
  for (mica_block_t* b = first; k < n && mica_page_class(mica_page_of(b)) == class; b = mica_link_get(b), k++) last = b;
  if (k == 0) return 0;
  from->head = mica_link_get(last);
  from->left += (int32_t)k;
  mica_link_set(last, NULL);
  to->head = first;
  return k;
}

unsigned mica_cache_borrow(mica_theap_t* theap, unsigned class) {
  if (class >= MICA_CLASSES_SMALL) return 0;
  const unsigned last = mica_class_last_lender(class);
  for (unsigned c = class + 1; c <= last; c++) {
    mica_cache_t* from = &theap->cache[c];
    const unsigned length = from->head == NULL ? 0 : mica_cache_length(theap, c);
    if (length < BORROW_LEAST) continue;
    const unsigned most = mica_classes[c].cache_max, half = (length < most ? length : most) / 2;
    const unsigned n = lend(&theap->cache[class], from, c, half);
    if (n != 0) return n;
  }
  return 0;
}

/* relaxed: there is one thread [F2] */
void mica_cache_forget_others(void) {
  size_t own = 0;
  const mica_theap_t* base = mica_theap_base();
  const mica_theap_t* sub = base != NULL ? base->thread.attached : NULL;
  if (base != NULL) own = base->budget_share;
  for (; sub != NULL; sub = sub->sub.attached_next) own += sub->budget_share;
  atomic_store_explicit(&budget_shared, own, memory_order_relaxed);
}
