/* refill.c -- where blocks come from when a cache is empty.
 *
 *   1. the active page: what was freed into it, here or by others
 *   2. ready pages; failing that, old full pages that others have freed into
 *   3. the caches of classes a little larger, if they have more than they need (unless the class only grows)
 *   4. the active page's vacant units, and its uncarved part
 *   5. sparse pages that others have freed into; an abandoned page that was offered (by hint bits, in any arena). A sub-heap
 *      has none abandoned: it looks through its own pages instead (first_class/dedicated.c)
 *   6. a new page
 *
 * So memory is touched for the first time only when nothing else is left. Runs on the theap's thread. */
#include "heap/refill.h"

#include "heap/bin.h"
#include "heap/cache.h"
#include "heap/first_class/dedicated.h"
#include "heap/first_class/subheap.h"
#include "heap/outbox.h"
#include "observe/counters.h"
#include "observe/probe.h"
#include "page/directory.h"
#include "page/vacant.h"

enum {
  FRESH = 8,
  OLD_FULL_TRIES = 3, /* full pages looked at for blocks that others freed */
  SPARSE_TRIES = 8,   /* sparse pages looked at, likewise, before a page is sought or made */
  FILL_PAGES = 4,     /* ready pages drawn from in one fill */
};

/* ---- finding the next page ---- */

/* The oldest full pages of the class: others may have freed into them. */
static void look_at_full(mica_theap_t* theap, mica_bin_t* bin) {
  if (mica_theap_is_sub(theap)) {
    mica_dedicated_look(theap, bin);
    return;
  }
  mica_page_t* page = bin->full == NULL ? NULL : bin->full->prev;
  for (int i = 0; i < OLD_FULL_TRIES && page != NULL; i++) {
    mica_page_t* newer = page == bin->full ? NULL : page->prev;
    if (mica_bin_pushed(page) >= page->enough) {
      mica_bin_lift(theap, bin, page);
      mica_bin_pull(bin, page);
      mica_bin_link(bin, page, MICA_PLACE_READY); /* even if it is empty: it is about to be active */
      return;
    }
    page = newer;
  }
}

/* Sparse pages by turns: what others freed into them makes them ready, or empty. */
static void look_at_sparse(mica_theap_t* theap, mica_bin_t* bin) {
  for (int i = 0; i < SPARSE_TRIES && bin->sparse != NULL && bin->ready == NULL; i++) {
    mica_page_t* page = bin->sparse;
    if (mica_bin_pushed(page) == 0) {
      mica_bin_rotate(&bin->sparse);
      continue;
    }
    mica_bin_lift(theap, bin, page);
    mica_bin_pull(bin, page);
    mica_bin_place(theap, bin, page);
  }
}

/* Takes one offered page of the class in this arena. */
static bool seek_in(mica_theap_t* theap, mica_arena_t* arena, unsigned class) {
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
    if (!pw_reclaim(page, mica_theap_incoming(theap), 1, &got, &n)) continue;
    mica_bin_adopt(theap, page, got, n); /* the bit may be older than the page: any class */
    if (theap->bin[class].ready != NULL) return true;
  }
  return false;
}

static bool seek(mica_theap_t* theap, unsigned class) {
  const unsigned n = mica_arena_count();
  for (unsigned i = 0; i < n; i++) {
    mica_arena_t* arena = mica_arena((theap->hint.arena + i) % n);
    if (arena != NULL && seek_in(theap, arena, class)) return true;
  }
  return false;
}

static bool make(mica_theap_t* theap, mica_bin_t* bin, unsigned class) {
  mica_run_t run;
  if (!mica_quota_take(theap, mica_class_extent(class))) return false;
  if (!mica_run_claim(&run, mica_classes[class].slices, false, &theap->hint)) {
    mica_quota_give(theap, mica_class_extent(class));
    return false;
  }
  const mica_parent_t parent = {mica_theap_id(theap), &theap->cache[class], mica_theap_is_sub(theap)};
  mica_page_t* page = mica_page_birth(mica_arena_base(run.arena), run.first, class, parent, run.clean);
  theap->owned_bytes += mica_page_bytes(page);
  MICA_PROBE_CALL3(page_born, run.arena, run.first, class);
  mica_count(MICA_COUNTER_PAGES_BORN, 1);
  mica_bin_link(bin, page, MICA_PLACE_READY);
  return true;
}

/* Makes a page active that has blocks to carve or to give. */
static bool advance(mica_theap_t* theap, mica_bin_t* bin, unsigned class) {
  if (bin->ready == NULL) look_at_sparse(theap, bin);
  if (bin->ready == NULL && mica_theap_is_sub(theap)) {
    mica_dedicated_reap(theap, class);
    if (!make(theap, bin, class)) return false;
  } else if (bin->ready == NULL) {
    mica_outbox_flush(theap);
    if (!seek(theap, class) && !make(theap, bin, class)) return false;
  }
  mica_page_t* page = bin->ready;
  mica_bin_lift(theap, bin, page);
  page->place = MICA_PLACE_ACTIVE;
  bin->active = page;
  return true;
}

/* ---- filling ---- */

/* Moves up to want blocks of the page that were freed, here or by others, to the front of the cache; to an empty one all of
 * them, if that is half as many more at most: then none is touched before it is given out. */
static unsigned draw(mica_bin_t* bin, mica_cache_t* cache, mica_page_t* page, unsigned want) {
  if (want == 0) return 0;
  if (page->local_free == NULL) mica_bin_pull(bin, page);
  mica_block_t *first = page->local_free, *last = first;
  if (first == NULL) return 0;
  const unsigned length = mica_page_listed(page);
  unsigned n = length;
  if (cache->head == NULL && n <= want + want / 2) {
    page->local_free = NULL;
  } else {
    n = 1;
    for (mica_block_t* b; n < want && (b = mica_link_get(last)) != NULL; n++) last = b;
    page->local_free = mica_link_get(last);
    if (MICA_UNLIKELY(n > length || (n == length) != (page->local_free == NULL)))
      mica_list_damaged(mica_page_class(page), last);
    mica_link_set(last, cache->head);
  }
  cache->head = first;
  page->used += n;
  mica_outstanding_add(bin, (int32_t)n);
  return n;
}

/* From the pages that have blocks to give, before any memory is touched for the first time. */
static unsigned draw_ready(mica_theap_t* theap, mica_bin_t* bin, mica_cache_t* cache, unsigned want) {
  unsigned n = 0;
  for (int pages = 0; n < want && pages < FILL_PAGES; pages++) {
    if (bin->ready == NULL) look_at_full(theap, bin);
    mica_page_t* page = bin->ready;
    if (page == NULL) break;
    const unsigned k = draw(bin, cache, page, want - n);
    if (k == 0) break; /* all it has is vacant, or uncarved */
    n += k;
    if (page->local_free != NULL) continue;
    mica_bin_lift(theap, bin, page);
    mica_bin_place(theap, bin, page);
  }
  return n;
}

/* From the active page's vacant units, or its uncarved part, or a page found or made for it. */
static unsigned draw_fresh(mica_theap_t* theap, mica_bin_t* bin, mica_cache_t* cache, unsigned class, unsigned want,
                           bool growing) {
  for (;;) {
    if (bin->active == NULL && !advance(theap, bin, class)) return 0;
    mica_page_t* page = bin->active;
    if (MICA_UNLIKELY(page->vacant != 0)) mica_page_occupy_next(page);
    if (page->local_free != NULL) return draw(bin, cache, page, want);
    unsigned n = want;
    cache->head = mica_page_carve(page, &n, cache->head, growing);
    mica_outstanding_add(bin, (int32_t)n);
    if (n != 0) return n;
    if (MICA_UNLIKELY(mica_page_free_count(page) != 0))
      mica_list_damaged(class, NULL); /* it would be looked at for ever */
    mica_bin_lift(theap, bin, page);
    mica_bin_place(theap, bin, page);
  }
}

/* Blocks that a fill wants: half of what every cache may have, or of what this one may; an OS page of them, if the class only
 * grows and that is more. */
static unsigned wanted(const mica_bin_t* bin, unsigned class, bool growing) {
  const unsigned most = mica_classes[class].cache_max, cap = bin->cap < most ? bin->cap : most;
  if (!growing) return cap < 2 ? 1 : cap / 2;
  const unsigned fresh = FRESH + MICA_OS_PAGE / mica_classes[class].size, n = fresh > cap ? fresh : cap;
  return n < most ? n : most;
}

bool mica_refill(mica_theap_t* theap, unsigned class, bool exact) {
  mica_bin_t* bin = &theap->bin[class];
  mica_cache_t* cache = &theap->cache[class];
  if (!mica_theap_is_sub(theap)) mica_sub_drain(theap);
  mica_cache_learn(theap, class);
  const bool growing =
      bin->drift == -MICA_FILLS && bin->sparse == NULL && mica_outstanding(bin) >= 2u * mica_classes[class].cache_max;
  const unsigned want = wanted(bin, class, growing);
  unsigned n = bin->active != NULL ? draw(bin, cache, bin->active, want) : 0;
  if (n < want) n += draw_ready(theap, bin, cache, want - n); /* the active page may have given more than that */
  if (n == 0 && !exact && !growing) n = mica_cache_borrow(theap, class);
  if (n == 0) n = draw_fresh(theap, bin, cache, class, want, growing);
  mica_bin_rebound(theap, class, n);
  mica_bins_trim(theap);
  return n != 0;
}

mica_block_t* mica_refill_zero(mica_theap_t* theap, unsigned class) {
  mica_bin_t* bin = &theap->bin[class];
  if (theap->cache[class].head != NULL || bin->active == NULL || bin->active->local_free != NULL) return NULL;
  mica_block_t* b = mica_page_carve_zero(bin->active);
  if (b == NULL) return NULL;
  mica_outstanding_add(bin, 1);
  mica_bin_rebound(theap, class, 0);
  return b;
}
