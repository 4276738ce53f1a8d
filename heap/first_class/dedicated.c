/* dedicated.c -- the shared pages of a sub-heap: they stay with it from birth to its end (PW_DEDICATED).
 *
 * Invariants: no dedicated page is abandoned or reclaimed. What other threads free into one is pushed onto its word; a thread
 * that pushes onto an empty list notifies the sub-heap of the class. Such a class stands in `pending` until all its full pages
 * have been looked at without success.
 *
 * Runs on the sub-heap's thread, or on the thread that ends the heap, when nobody else has the sub-heap or all others are
 * ordered before. Pages count towards the heap's quota unless it has been deleted meanwhile. */
#include "heap/first_class/dedicated.h"

#include "heap/bin.h"
#include "heap/cache.h"
#include "heap/first_class/large_pages.h"
#include "heap/sample.h"
#include "heap/shadow.h"
#include "heap/tracked.h"

enum { LOOKS = 16 }; /* full pages looked at in one fill */

static uint64_t bit_of(unsigned class) { return (uint64_t)1 << mica_notified_bit(class); }

/* Classes notified of since the last time begin a new round of looks. */
static void drain(mica_theap_t* theap) {
  const uint64_t notified = pw_drain(&theap->shared);
  if (notified == 0) return;
  theap->sub.pending |= notified;
  for (unsigned c = 0; c < MICA_CLASSES; c++)
    if ((notified & bit_of(c)) != 0) theap->sub.dedicated[c].looked = 0;
}

void mica_dedicated_look(mica_theap_t* theap, mica_bin_t* bin) {
  const unsigned class = (unsigned)(bin - theap->bin);
  mica_dedicated_t* dedicated = &theap->sub.dedicated[class];
  drain(theap);
  if ((theap->sub.pending & bit_of(class)) == 0) return;
  for (int i = 0; i < LOOKS && dedicated->looked < dedicated->fulls; i++) {
    mica_page_t* page = bin->full->prev;
    if (mica_bin_pushed(page) >= page->enough) {
      dedicated->looked = 0;
      mica_bin_lift(theap, bin, page);
      mica_bin_pull(bin, page);
      mica_bin_link(bin, page, MICA_PLACE_READY); /* even if it is empty: it is about to be active */
      return;
    }
    dedicated->looked++;
    mica_bin_rotate_back(&bin->full);
  }
}

void mica_dedicated_reap(mica_theap_t* theap, unsigned class) {
  drain(theap);
  for (unsigned c = 0; c < MICA_CLASSES; c++) {
    if ((theap->sub.pending & bit_of(c)) == 0 || c % 64 == class % 64) continue;
    theap->sub.pending &= ~bit_of(c);
    for (unsigned k = c % 64; k < MICA_CLASSES; k += 64) { /* the classes of this bit */
      mica_bin_t* bin = &theap->bin[k];
      mica_bin_collect_list(theap, bin, MICA_PLACE_FULL);
      mica_bin_collect_list(theap, bin, MICA_PLACE_SPARSE);
      mica_bin_collect_list(theap, bin, MICA_PLACE_READY);
    }
    return; /* one at a time */
  }
}

/* ---- the end ---- */

/* No sub-heap any more. */
static void end(mica_theap_t* theap) {
  pw_drain(&theap->shared);
  atomic_store_explicit(&theap->heap, NULL,
                        memory_order_relaxed); /* relaxed: the ownership word or the idle stack publishes it [U7] */
}

void mica_dedicated_destroy(mica_theap_t* theap) {
  mica_shadow_forget(theap);
  for (unsigned c = 0; c < MICA_CLASSES; c++) {
    theap->cache[c].head = NULL;
    mica_cache_unkeep(theap, c);
    for (mica_page_t* page; (page = mica_bin_some_page(&theap->bin[c])) != NULL;) {
      mica_bin_lift(theap, &theap->bin[c], page);
      mica_forgotten(page);
      mica_sample_forget(page);
      pw_retire(page);
      page->local_free = NULL;
      mica_page_give(page);
    }
    mica_bin_reset(theap, c);
  }
  theap->owned_bytes = 0;
  mica_large_destroy(theap);
  end(theap);
}

/* An ordinary page from now on. */
static void undedicate(mica_theap_t* theap, mica_bin_t* bin, mica_page_t* page) {
  unsigned n;
  mica_block_t* got = pw_undedicate(page, mica_theap_id(theap), &n);
  mica_page_set_owner(page, mica_theap_id(theap), &theap->cache[mica_page_class(page)]);
  mica_page_absorb(page, got, n);
  mica_outstanding_add(bin, -(int32_t)n);
}

static void undedicate_list(mica_theap_t* theap, mica_bin_t* bin, mica_page_t* page) {
  for (; page != NULL; page = page->next) undedicate(theap, bin, page);
}

void mica_dedicated_release(mica_theap_t* theap) {
  mica_cache_flush_all(theap);
  for (unsigned c = 0; c < MICA_CLASSES; c++) {
    mica_bin_t* bin = &theap->bin[c];
    undedicate_list(theap, bin, bin->full);
    undedicate_list(theap, bin, bin->sparse);
    undedicate_list(theap, bin, bin->ready);
    if (bin->active != NULL) undedicate(theap, bin, bin->active);
  }
  mica_bins_abandon(theap);
  mica_large_release(theap);
  end(theap);
}
