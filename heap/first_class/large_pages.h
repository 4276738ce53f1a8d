/* large_pages.h -- pages of one block: segment/single.h's, which a sub-heap also registers (large_registry.h). */
#ifndef MICA_LARGE_PAGES_H
#define MICA_LARGE_PAGES_H
#include "heap/theap.h"
#include "segment/single.h"

/* mica_single_make, with the page registered if the theap is a sub-heap. theap NULL: a thread past its end. */
mica_page_t* mica_large_make(mica_theap_t* theap, size_t size, size_t align, size_t offset, bool want_clean,
                             mica_hint_t* near);

/* mica_single_resize and mica_single_move. The page that is moved from is gone if the result is not NULL. */
bool mica_large_resize(mica_page_t* page, size_t size);
mica_page_t* mica_large_move(mica_theap_t* theap, mica_page_t* page, size_t size, mica_hint_t* near);

/* The page, ours alone, is removed from the registry that it is in, if any. */
void mica_large_unregister(mica_page_t* page);

/* The pages in the registry: destroyed, or removed and left to their holders. */
void mica_large_destroy(mica_theap_t* theap);
void mica_large_release(mica_theap_t* theap);

#endif
