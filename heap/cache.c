/* cache.c -- caches: when they are looked at, and what goes home from them.
 *
 *   bound = left + length. A cache is looked at when a free makes it longer than its bound:
 *     bound == cap           it is long: it is put aside, into the class's reserve; or, if that is full, the older half goes
 *                            home. If that happens again and again, all of it does, and the reserve, too
 *     bound == outstanding - 1   (less the blocks in reserve) every block of the class that this theap's pages have given out
 *                            is here: all go home and the pages back, unless that happens again and again and the memory is
 *                            little. Then it is kept, within a budget over all classes that goes to those that asked last
 *
 * So a theap that is idle because its blocks were freed holds no more than that budget. Runs on the theap's thread. */
#include "heap/cache.h"

#include "heap/bin.h"
#include "heap/outbox.h"
#include "heap/shadow.h"

enum {
  HOMINGS = 4,       /* after so many homecomings a class that has carved little is kept */
  HOMINGS_MORE = 16, /* after so many, one that has carved more */
  BORROW_LEAST = 4,  /* a list shorter than this is not borrowed from */
  STAY = 8,          /* of a list that is put aside so many stay: else each free and malloc could put and take it */
  OVERFLOWS = 3,     /* so many without a fill between them: the program only frees, nothing need stay */
  KEPT_LITTLE = 16 * 1024, /* bytes */
  KEPT_BUDGET = 64 * 1024, /* of all classes together */
};

/* Fewer blocks are out than the bound was made for: the next free looks at the list, if it must be looked at. */
static void tighten(mica_theap_t* theap, unsigned class) {
  if (theap->bin[class].kept == 0) mica_bin_rebound(theap, class, mica_cache_length(theap, class));
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

/* A list cut off the class's cache, of `length` blocks: the blocks to their pages. */
static void send_home(mica_theap_t* theap, unsigned class, mica_block_t* b, unsigned length) {
  const uintptr_t id = (uintptr_t)mica_theap_id(theap);
  while (length != 0) {
    if (MICA_UNLIKELY(b == NULL)) break;
    mica_block_t* last;
    const unsigned rest = run_of(b, &last, length), n = length - rest;
    mica_block_t* next = mica_link_get(last);
    const mica_tag_t* tag = mica_tag_of(b);
    /* A tag that names us is its page's first. relaxed: as in the fast path of free [T1] */
    if ((uintptr_t)atomic_load_explicit(&tag->owner, memory_order_relaxed) == id && tag->cache == &theap->cache[class])
      mica_bin_return(theap, &theap->bin[class], mica_page_of_tag(tag), b, last, n);
    else
      send_strange(theap, class, b, last, n);
    b = next;
    length = rest;
  }
  if (MICA_UNLIKELY((uintptr_t)b + length != 0)) mica_list_damaged(class, b); /* one of them is 0 */
}

/* All of the list, of `length` blocks, but the newest `stay` go home. */
static void send_list(mica_theap_t* theap, unsigned class, unsigned length, unsigned stay) {
  mica_cache_t* cache = &theap->cache[class];
  mica_block_t* rest = cache->head;
  if (stay == 0) {
    cache->head = NULL;
  } else {
    mica_block_t* last = mica_block_nth(rest, stay);
    rest = mica_link_get(last);
    mica_link_set(last, NULL);
  }
  send_home(theap, class, rest, length - stay);
}

/* The first list of the pile that is in reserve; each makes the reserve smaller. */
static mica_block_t* take_reserved(mica_bin_t* bin, unsigned class, unsigned* length) {
  mica_block_t* b = mica_pile_take(&bin->reserve, length);
  const int left = bin->reserved - (int)*length;
  if (MICA_UNLIKELY(left < 0)) mica_list_damaged(class, b);
  bin->reserved = (uint16_t)left;
  return b;
}

static void send_reserve(mica_theap_t* theap, unsigned class) {
  mica_bin_t* bin = &theap->bin[class];
  unsigned length;
  while (bin->reserve != NULL) {
    mica_block_t* b = take_reserved(bin, class, &length);
    send_home(theap, class, b, length);
  }
}

/* The list, of so many blocks, goes into the reserve but for the newest few, unless that is full. */
static bool put_aside(mica_theap_t* theap, unsigned class, unsigned length) {
  mica_bin_t* bin = &theap->bin[class];
  if (length <= STAY || bin->reserved + length - STAY > mica_classes[class].reserve_max) return false;
  mica_block_t* last = mica_block_nth(theap->cache[class].head, STAY);
  mica_pile_put(&bin->reserve, mica_link_get(last), length - STAY);
  mica_link_set(last, NULL);
  bin->reserved = (uint16_t)(bin->reserved + length - STAY);
  return true;
}

bool mica_cache_take_reserve(mica_theap_t* theap, unsigned class) {
  mica_bin_t* bin = &theap->bin[class];
  if (bin->reserve == NULL) return false;
  unsigned length;
  theap->cache[class].head = take_reserved(bin, class, &length);
  bin->overflows = 0;
  mica_cache_unkeep(theap, class);
  mica_bin_rebound(theap, class, length);
  return true;
}

void mica_cache_unkeep(mica_theap_t* theap, unsigned class) {
  theap->kept_bytes -= theap->bin[class].kept;
  theap->bin[class].kept = 0;
}

void mica_cache_flush(mica_theap_t* theap, unsigned class) {
  mica_cache_unkeep(theap, class);
  send_list(theap, class, mica_cache_length(theap, class), 0);
  send_reserve(theap, class);
  mica_bin_set_bound(theap, class, 0, 0);
}

void mica_cache_flush_all(mica_theap_t* theap) {
  mica_shadow_fold_all(theap);
  for (unsigned c = 0; c < MICA_CLASSES; c++) {
    if (theap->cache[c].head != NULL || theap->bin[c].reserve != NULL)
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
    const unsigned n = lend(&theap->cache[class], from, c, length / 2);
    if (n != 0) return n;
  }
  return 0;
}

static void drop(mica_theap_t* theap, unsigned class) {
  mica_cache_flush(theap, class);
  mica_bin_drop_empty(theap, class);
}

/* Bytes that the class has carved, if they are in its active page alone. */
static size_t carved_bytes(const mica_bin_t* bin, unsigned class) {
  const mica_page_t* page = bin->active;
  if (page == NULL || bin->ready != NULL || bin->sparse != NULL || bin->full != NULL) return SIZE_MAX;
  return (size_t)page->capacity * mica_classes[class].size;
}

/* Every block is home. Whether they stay on the list. */
static bool keep(mica_theap_t* theap, unsigned class) {
  mica_bin_t* bin = &theap->bin[class];
  if (bin->homings < UINT8_MAX) bin->homings++;
  const size_t bytes = carved_bytes(bin, class);
  const size_t most = bin->homings <= HOMINGS ? 0 : bin->homings <= HOMINGS_MORE ? KEPT_LITTLE : KEPT_BUDGET;
  if (bytes > most) return false;
  mica_cache_unkeep(theap, class);
  for (unsigned c = 0; c < MICA_CLASSES && theap->kept_bytes + bytes > KEPT_BUDGET; c++)
    if (theap->bin[c].kept != 0) drop(theap, c);
  bin->kept = (uint32_t)bytes;
  theap->kept_bytes += bytes;
  return true;
}

/* Out of line: a list that is put aside has nothing of it. */
static MICA_NOINLINE void shorten(mica_theap_t* theap, unsigned class, unsigned length) {
  mica_bin_t* bin = &theap->bin[class];
  if (bin->overflows < OVERFLOWS && ++bin->overflows == OVERFLOWS) send_reserve(theap, class);
  const unsigned stay = bin->overflows < OVERFLOWS ? bin->cap / 2 : 0;
  send_list(theap, class, length, stay);
  mica_bin_rebound(theap, class, stay);
}

void mica_cache_overflow(mica_theap_t* theap, unsigned class) {
  mica_bin_t* bin = &theap->bin[class];
  const unsigned length = (unsigned)((int32_t)bin->bound - theap->cache[class].left); /* more than its bound */
  if (length + bin->reserved >= mica_outstanding(bin) && !keep(theap, class)) {
    drop(theap, class);
    return;
  }
  if (length <= bin->cap) {
    if (bin->kept != 0)
      mica_bin_set_bound(theap, class, bin->cap, length);
    else
      mica_bin_rebound(theap, class, length);
    return;
  }
  bin->fills = 0;
  if (bin->overflows < OVERFLOWS && put_aside(theap, class, length)) {
    mica_bin_rebound(theap, class, STAY);
    return;
  }
  shorten(theap, class, length);
}
