/* bin.h -- what bin.c, fill.c and kept.c share: moving pages between a heap's lists. Only they include it. */
#ifndef MICA_BIN_H
#define MICA_BIN_H
#include "heap/theap.h"

/* Blocks that others have freed into an owned page. */
static inline unsigned mica_bin_pushed(const mica_page_t* page) {
  /* relaxed: a look; pulling is what takes them [P9] */
  return pw_count(atomic_load_explicit(&mica_page_remote(page)->word, memory_order_relaxed));
}

/* Onto a list. */
void mica_bin_link(mica_bin_t* bin, mica_page_t* page, mica_place_t place);

/* The first page becomes the last. */
void mica_bin_rotate(mica_page_t** list);

/* The last page becomes the first. */
void mica_bin_rotate_back(mica_page_t** list);

/* Takes the page off its list; it is owned but on none. */
void mica_bin_lift(mica_theap_t* theap, mica_bin_t* bin, mica_page_t* page);

/* Puts an owned page that is on no list where its free blocks say; an empty one goes. */
void mica_bin_place(mica_theap_t* theap, mica_bin_t* bin, mica_page_t* page);

/* Collects what others pushed onto an owned page. */
void mica_bin_pull(mica_bin_t* bin, mica_page_t* page);

/* Abandons the oldest full pages until the rest is within the bound. */
void mica_bins_trim(mica_theap_t* theap);

/* kept.c: some of the full pages by turns; one that others have freed enough into becomes ready. */
void mica_dedicated_look(mica_theap_t* theap, mica_bin_t* bin);

/* Collects what was pushed onto the pages of a list. */
void mica_bin_collect_list(mica_theap_t* theap, mica_bin_t* bin, mica_place_t which);

/* A page that the heap is about to give up is no longer counted among its own. */
void mica_bin_disown(mica_theap_t* theap, const mica_page_t* page);

/* The class owns no page and its cache is empty: as new. */
void mica_bin_reset(mica_theap_t* theap, unsigned class);

#endif
