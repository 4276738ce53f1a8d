/* bare.h -- blocks and pages of one block as they are made behind the fast paths, before anybody asks whether they are samples:
 * in line, for malloc.c and bare.c, which has them as calls (malloc.h). A thread past its end borrows a theap for each call. */
#ifndef MICA_BARE_H
#define MICA_BARE_H
#include "heap/collect.h"
#include "heap/fast.h"
#include "heap/first_class/large_pages.h"
#include "heap/refill.h"
#include "heap/thread.h"
#include "segment/purge.h"

MICA_INLINE mica_block_t* mica_bare_of(mica_theap_t* theap, unsigned class, bool exact) {
  if (theap->cache[class].head == NULL && !mica_refill(theap, class, exact)) {
    mica_theap_collect_and_purge(theap);
    if (!mica_refill(theap, class, exact)) return NULL;
  }
  return mica_cache_take(&theap->cache[class]);
}

/* A block of the class, or of one a little larger unless exact; NULL: no memory, errno is not set. */
MICA_INLINE void* mica_bare_class(mica_theap_t* mine, unsigned class, bool exact) {
  mica_theap_t* theap = mica_theap_get(mine);
  if (theap != NULL) return mica_bare_of(theap, class, exact);
  theap = mica_theap_borrow();
  if (theap == NULL) return NULL;
  void* b = mica_bare_of(theap, class, exact);
  mica_theap_return(theap);
  return b;
}

/* A page of one block that has size bytes at (first + offset) % align == 0; likewise. */
MICA_INLINE mica_page_t* mica_bare_single(mica_theap_t* mine, size_t size, size_t align, size_t offset,
                                          bool want_clean) {
  if (size > MICA_SINGLE_MAX) return NULL;
  mica_theap_t* theap = mica_theap_get(mine);
  mica_hint_t nowhere = {0};
  mica_hint_t* hint = theap != NULL ? &theap->hint : &nowhere;
  mica_page_t* page = mica_large_make(theap, size, align, offset, want_clean, hint);
  if (page != NULL) return page;
  if (theap != NULL)
    mica_theap_collect_and_purge(theap);
  else
    mica_purge_all();
  return mica_large_make(theap, size, align, offset, want_clean, hint);
}

#endif
