/* bin.h -- a theap's bins: moving pages between their lists, taking blocks back, giving pages up.
 *
 * For the thread that runs the theap. */
#ifndef MICA_BIN_H
#define MICA_BIN_H
#include "heap/theap.h"

/* Blocks that other threads have freed into an owned page. */
static inline unsigned mica_bin_pushed(const mica_page_t* page) {
  /* relaxed: a look; pulling is what takes them [P9] */
  return pw_count(atomic_load_explicit(&mica_page_remote(page)->word, memory_order_relaxed));
}

/* ---- how long the class's cache may become ---- */

static inline void mica_bin_set_bound(mica_theap_t* theap, unsigned class, unsigned bound, unsigned length) {
  theap->bin[class].bound = (uint32_t)bound;
  theap->cache[class].left = (int32_t)bound - (int32_t)length;
}

/* The cache has `length` blocks now: it is to be looked at when it has what is outstanding, or its cap, at the latest; if the
 * class keeps its blocks, also when it has half of what is outstanding. */
static inline void mica_bin_rebound(mica_theap_t* theap, unsigned class, unsigned length) {
  const mica_bin_t* bin = &theap->bin[class];
  const uint32_t outstanding = mica_outstanding(bin), half = outstanding / 2;
  const uint32_t look = bin->kept && length < half ? half : outstanding - 1; /* of none: the most there is */
  mica_bin_set_bound(theap, class, look < bin->cap ? look : bin->cap, length);
}

/* ---- lists ---- */

/* Onto a list. */
void mica_bin_link(mica_bin_t* bin, mica_page_t* page, mica_place_t place);

/* The first page becomes the last; the last the first. */
void mica_bin_rotate(mica_page_t** list);
void mica_bin_rotate_back(mica_page_t** list);

/* Takes the page off its list; it is owned but on none. */
void mica_bin_lift(mica_theap_t* theap, mica_bin_t* bin, mica_page_t* page);

/* Puts an owned page that is on no list where its free blocks say; an empty one goes. */
void mica_bin_place(mica_theap_t* theap, mica_bin_t* bin, mica_page_t* page);

/* Some page of the bin, the active one last; NULL: it has none. */
static inline mica_page_t* mica_bin_some_page(const mica_bin_t* bin) {
  if (bin->sparse != NULL) return bin->sparse;
  if (bin->ready != NULL) return bin->ready;
  return bin->full != NULL ? bin->full : bin->active;
}

/* ---- taking back ---- */

/* Collects what other threads pushed onto an owned page; onto the pages of a list; onto all that the theap owns, of which the
 * empty ones go back, the active ones too. */
void mica_bin_pull(mica_bin_t* bin, mica_page_t* page);
void mica_bin_collect_list(mica_theap_t* theap, mica_bin_t* bin, mica_place_t which);
void mica_bins_collect(mica_theap_t* theap);

/* A chain of n blocks, from first to last, comes home to a page that the theap owns; bin: of the page's class. */
void mica_bin_return(mica_theap_t* theap, mica_bin_t* bin, mica_page_t* page, mica_block_t* first, mica_block_t* last,
                     unsigned n);

/* Takes over a page just moved to OWNED with `got`, its n pushed blocks. */
void mica_bin_adopt(mica_theap_t* theap, mica_page_t* page, mica_block_t* got, unsigned n);

/* ---- giving up ---- */

/* The class's active page goes back if it is empty. */
void mica_bin_drop_empty(mica_theap_t* theap, unsigned class);

/* Abandons the oldest full pages until the rest is within the bound. */
void mica_bins_trim(mica_theap_t* theap);

/* Abandons pages until those left are no more than `target` bytes. Caches are empty. Not of a sub-heap. */
void mica_bins_reduce(mica_theap_t* theap, size_t target);

/* Abandons every page. Caches and outbox are empty. */
void mica_bins_abandon(mica_theap_t* theap);

/* A page that the theap is about to give up is no longer counted among its own. */
void mica_bin_disown(mica_theap_t* theap, const mica_page_t* page);

/* The class owns no page and its cache is empty: as new. */
void mica_bin_reset(mica_theap_t* theap, unsigned class);

/* ---- any page ---- */

/* Of a page that is ours: the n blocks that others had pushed are on its list from now on. */
static inline void mica_page_absorb(mica_page_t* page, mica_block_t* got, unsigned n) {
  pw_absorb(page, got, n);
  if (n != 0) page->searched = false;
}

/* An empty page, exclusively ours (pw_push said PW_EMPTY, or retired): its slices go back. */
void mica_page_give(mica_page_t* page);

/* An abandoned page with so many free blocks is ours for a moment, whoever asks; what was pushed onto it is on its list. False:
 * it is not to be had. Then it is left again: its previous owner is the same as before. */
bool mica_page_take(mica_page_t* page, unsigned least);
void mica_page_leave(mica_page_t* page);

/* What a push of a block of this page said must be done. class: read before the push. */
void mica_page_duty(mica_page_t* page, unsigned class, pw_duty_t duty);

#endif
