/* outbox.c -- blocks on their way to pages that this thread does not own, gathered by page and pushed as a chain with one CAS.
 *
 * Invariants: a block in a parcel counts as live, so its page cannot go (R11); a parcel's page has more than one
 * block and is not dedicated. At most 64 pages and 64 KiB wait. Runs on the theap's thread. */
#include "heap/outbox.h"

#include "heap/bin.h"

static void push(mica_page_t* page, mica_block_t* first, mica_block_t* last, unsigned n, unsigned class) {
  mica_page_duty(page, class, pw_push(page, first, last, n));
}

/* A block of a page that was born in a first-class heap: the sub-heap is notified, as it was named before the push (R6). */
static void push_dedicated(mica_page_t* page, mica_block_t* b, unsigned class) {
  mica_theap_t* sub = mica_theap_of(mica_page_owner(page) & ~(uintptr_t)MICA_MARKS);
  const pw_duty_t duty = pw_push(page, b, b, 1);
  if (duty == PW_NOTIFY)
    pw_notify(&sub->shared, (uint64_t)1 << mica_notified_bit(class));
  else
    mica_page_duty(page, class, duty);
}

static void send_parcel(mica_theap_t* theap, mica_parcel_t* parcel) {
  const mica_parcel_t p = *parcel;
  if (p.tag == NULL) return;
  parcel->tag = NULL;
  /* A stale pointer would keep a lost block alive to who looks for leaks. */
  if (MICA_TRACKED) parcel->first = parcel->last = NULL;
  theap->thread.outbox_credit += (int32_t)(p.count * p.size);
  push(mica_page_of_tag(p.tag), p.first, p.last, p.count, p.class);
}

void mica_outbox_flush(mica_theap_t* theap) {
  if (theap->thread.outbox_credit == MICA_OUTBOX_BYTES) return;
  for (unsigned i = 0; i < MICA_OUTBOX_SETS; i++)
    for (unsigned k = 0; k < MICA_OUTBOX_WAYS; k++) send_parcel(theap, &theap->tables.outbox[i][k]);
  mica_assert(theap->thread.outbox_credit == MICA_OUTBOX_BYTES);
}

/* The page's parcel: the one it has, an empty one, or one whose blocks are sent. */
static mica_parcel_t* parcel_for(mica_theap_t* theap, mica_tag_t* tag) {
  mica_parcel_t* set = mica_outbox_set(theap, tag);
  mica_parcel_t* parcel = NULL;
  for (unsigned k = 0; k < MICA_OUTBOX_WAYS; k++) {
    if (set[k].tag == tag) return &set[k];
    if (set[k].tag == NULL) parcel = &set[k];
  }
  if (parcel == NULL) {
    parcel = &set[theap->thread.outbox_next_way++ % MICA_OUTBOX_WAYS];
    send_parcel(theap, parcel);
  }
  return parcel;
}

void mica_outbox_send(mica_theap_t* theap, mica_page_t* page, mica_block_t* b, unsigned class) {
  const mica_class_t* c = &mica_classes[class];
  if (mica_page_remote(page)->dedicated) {
    push_dedicated(page, b, class);
    return;
  }
  if (theap == NULL || c->size >= MICA_OUTBOX_BLOCK || c->inner) {
    push(page, b, b, 1, class);
    return;
  }
  mica_tag_t* tag = mica_page_tag(page);
  mica_parcel_t* parcel = parcel_for(theap, tag);
  if (parcel->tag == NULL) *parcel = (mica_parcel_t){tag, NULL, b, 0, (uint16_t) class, (uint16_t)c->size};
  mica_parcel_add(theap, parcel, b);
}
