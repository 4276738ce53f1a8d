/* visit.h -- looking through pages: which of their blocks are in use.
 *
 * A visit first takes note of the pages, then shows them one by one; which blocks of a page are in use is found out just
 * before it is shown. So the visitor may free the block it is given. Used by api_heaps.c and pool/. */
#ifndef MICA_VISIT_H
#define MICA_VISIT_H
#include <mica/heaps.h>

#include "heap/theap.h"

typedef struct mica_visit_s {
  const mi_heap_t* heap; /* what the visitor is told */
  mi_block_visit_fun* visitor;
  void* arg;
  bool blocks; /* blocks too, not areas only */
} mica_visit_t;

/* The pages that a heap owns, those on its roll too; the caller runs it, or nobody does. False: the visitor said so, or there
 * was no memory: errno is ENOMEM. */
bool mica_visit_heap(mica_theap_t* heap, const mica_visit_t* visit);

/* The pages of no first-class heap that nobody owns: abandoned ones, and those of one block. Each abandoned page is the
 * caller's for a moment. */
bool mica_visit_unowned(const mica_visit_t* visit);

/* The page whose memory p points into, whatever p is; NULL: none. What p points into must not be freed meanwhile. */
const mica_page_t* mica_visit_page_at(const void* p);

#endif
