/* outbox.h -- a base's outbox: frees into pages of other threads, gathered by page.
 *
 * For the thread that runs the theap. */
#ifndef MICA_OUTBOX_H
#define MICA_OUTBOX_H
#include "heap/theap.h"

/* Frees a block of a page that the theap does not own. theap NULL: directly. */
void mica_outbox_send(mica_theap_t* theap, mica_page_t* page, mica_block_t* b, unsigned class);

void mica_outbox_flush(mica_theap_t* theap);

/* The parcels in which blocks for the tag's page may be. */
MICA_INLINE mica_parcel_t* mica_outbox_set(mica_theap_t* theap, const mica_tag_t* tag) {
  static_assert(sizeof theap->tables.outbox[0] == MICA_LINE_SIZE, "a tag's address scales to a set's");
  const uintptr_t at = (uintptr_t)tag << (MICA_LINE_SHIFT - MICA_TAG_SHIFT);
  return (mica_parcel_t*)(void*)((char*)theap->tables.outbox + (at & ((MICA_OUTBOX_SETS - 1) << MICA_LINE_SHIFT)));
}

MICA_INLINE void mica_parcel_add(mica_theap_t* theap, mica_parcel_t* parcel, mica_block_t* b) {
  mica_link_set(b, parcel->first);
  parcel->first = b;
  parcel->count++;
  theap->thread.outbox_credit -= parcel->size;
  if (MICA_UNLIKELY(theap->thread.outbox_credit < 0)) mica_outbox_flush(theap);
}

#endif
