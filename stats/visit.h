/* visit.h -- looking through pages: which of their blocks are in use.
 *
 * A visit first takes note of the pages, then shows them one by one; the blocks in use of a page are found just before
 * it is shown. So the visitor may free the block it is given. Used by pool/ and api/. */
#ifndef MICA_VISIT_H
#define MICA_VISIT_H
#include <mica/heaps.h>

#include "heap/theap.h"

typedef struct mica_visit_s {
  const mi_heap_t* heap; /* for the visitor */
  mi_block_visit_fun* visitor;
  void* arg;
  bool blocks; /* blocks too, not areas only */
} mica_visit_t;

/* The pages that a theap owns, those on its registry too; the caller runs it, or no thread does. False: the visitor said so, or
 * there was no memory: errno is ENOMEM. */
bool mica_visit_heap(mica_theap_t* theap, const mica_visit_t* visit);

/* The pages of the main heap that no thread owns: abandoned ones, and those of one block. Each abandoned page is the caller's
 * for a moment. False: as above. */
bool mica_visit_unowned(const mica_visit_t* visit);

/* The page whose memory p points into, whatever p is; NULL: none. That memory must not be freed meanwhile. */
const mica_page_t* mica_visit_page_at(const void* p);

#endif
