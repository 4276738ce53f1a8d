/* outbox.c -- blocks bound for pages that this thread does not own, gathered by page and pushed as a chain with one CAS.
 *
 * Invariants: a block in a parcel counts as live, so its page cannot go (R11); a parcel's page has more than one
 * block and is not kept. At most 64 pages and 64 KiB wait. Runs on the heap's thread. */
#include "heap/first_class.h"

static void push(mica_page_t* page, mica_block_t* first, mica_block_t* last, unsigned n, unsigned class) {
  mica_page_duty(page, class, pw_push(page, first, last, n));
}

/* A block of a page that was born in a first-class heap: the sub-heap is told, as it was named before the push (R6). */
static void push_kept(mica_page_t* page, mica_block_t* b, unsigned class) {
  mica_heap_t* sub = mica_heap_of(mica_page_owner(page) & ~(uintptr_t)MICA_MARKS);
  const pw_duty_t duty = pw_push(page, b, b, 1);
  if (duty == PW_TELL)
    pw_tell(&sub->shared, (uint64_t)1 << mica_told_bit(class));
  else
    mica_page_duty(page, class, duty);
}

static void send_parcel(mica_heap_t* heap, mica_parcel_t* parcel) {
  const mica_parcel_t p = *parcel;
  if (p.tag == NULL) return;
  parcel->tag = NULL;
  /* A stale pointer would keep a lost block alive to who looks for leaks. */
  if (MICA_WATCHED) parcel->first = parcel->last = NULL;
  heap->outbox_room += (int32_t)(p.count * p.size);
  push(mica_page_of_tag(p.tag), p.first, p.last, p.count, p.class);
}

void mica_outbox_flush(mica_heap_t* heap) {
  if (heap->outbox_room == MICA_OUTBOX_BYTES) return;
  for (unsigned i = 0; i < MICA_OUTBOX_SETS; i++)
    for (unsigned k = 0; k < MICA_OUTBOX_WAYS; k++) send_parcel(heap, &heap->outbox[i][k]);
  mica_assert(heap->outbox_room == MICA_OUTBOX_BYTES);
}

/* The page's parcel: the one it has, an empty one, or one whose blocks are sent. */
static mica_parcel_t* parcel_for(mica_heap_t* heap, mica_tag_t* tag) {
  mica_parcel_t* set = mica_outbox_set(heap, tag);
  mica_parcel_t* parcel = NULL;
  for (unsigned k = 0; k < MICA_OUTBOX_WAYS; k++) {
    if (set[k].tag == tag) return &set[k];
    if (set[k].tag == NULL) parcel = &set[k];
  }
  if (parcel == NULL) {
    parcel = &set[heap->outbox_turn++ % MICA_OUTBOX_WAYS];
    send_parcel(heap, parcel);
  }
  return parcel;
}

void mica_outbox_send(mica_heap_t* heap, mica_page_t* page, mica_block_t* b, unsigned class) {
  const mica_class_t* c = &mica_classes[class];
  if (mica_page_remote(page)->kept) {
    push_kept(page, b, class);
    return;
  }
  if (heap == NULL || c->size >= MICA_OUTBOX_BLOCK || c->inner) {
    push(page, b, b, 1, class);
    return;
  }
  mica_tag_t* tag = mica_page_tag(page);
  mica_parcel_t* parcel = parcel_for(heap, tag);
  if (parcel->tag == NULL) *parcel = (mica_parcel_t){tag, NULL, b, 0, (uint16_t) class, (uint16_t)c->size};
  mica_parcel_add(heap, parcel, b);
}
