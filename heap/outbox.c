/* outbox.c -- blocks bound for pages that this thread does not own, gathered by page and pushed as a chain with one CAS.
 *
 * Invariants: a block in a parcel counts as live, so its page cannot go (PROTOCOL R11); a parcel's page has more than one
 * block and is not kept. At most 16 pages and 64 KiB wait. Runs on the heap's thread. */
#include "heap/heap.h"

static void push(mica_page_t* page, mica_block_t* first, mica_block_t* last, unsigned n, unsigned class) {
  mica_page_duty(page, class, pw_push(page, first, last, n));
}

static void send_parcel(mica_heap_t* heap, mica_parcel_t* parcel) {
  const mica_parcel_t p = *parcel;
  if (p.page == NULL) return;
  parcel->page = NULL;
  heap->outbox_room += (int32_t)(p.count * mica_classes[p.class].size);
  push(p.page, p.first, p.last, p.count, p.class);
}

void mica_outbox_flush(mica_heap_t* heap) {
  if (heap->outbox_room == MICA_OUTBOX_BYTES) return;
  for (unsigned i = 0; i < MICA_OUTBOX_SETS; i++)
    for (unsigned k = 0; k < MICA_OUTBOX_WAYS; k++) send_parcel(heap, &heap->outbox[i][k]);
  mica_assert(heap->outbox_room == MICA_OUTBOX_BYTES);
}

static mica_parcel_t* set_for(mica_heap_t* heap, const mica_page_t* page) {
  const uintptr_t slice = (uintptr_t)page >> MICA_LINE_SHIFT;
  return heap->outbox[(slice ^ slice >> 2) % MICA_OUTBOX_SETS];
}

/* The page's parcel: the one it has, an empty one, or one whose blocks are sent. */
static mica_parcel_t* parcel_for(mica_heap_t* heap, mica_page_t* page, unsigned class) {
  mica_parcel_t* set = set_for(heap, page);
  mica_parcel_t* parcel = NULL;
  for (unsigned k = 0; k < MICA_OUTBOX_WAYS; k++) {
    if (set[k].page == page) return &set[k];
    if (set[k].page == NULL) parcel = &set[k];
  }
  if (parcel == NULL) {
    parcel = &set[heap->outbox_turn++ % MICA_OUTBOX_WAYS];
    send_parcel(heap, parcel);
  }
  *parcel = (mica_parcel_t){page, NULL, NULL, 0, class};
  return parcel;
}

void mica_outbox_send(mica_heap_t* heap, mica_page_t* page, mica_block_t* b, unsigned class) {
  const uint32_t size = mica_classes[class].size;
  if (heap == NULL || size >= MICA_OUTBOX_BLOCK) {
    push(page, b, b, 1, class);
    return;
  }
  mica_parcel_t* parcel = parcel_for(heap, page, class);
  if (parcel->first == NULL) parcel->last = b;
  mica_link_set(b, parcel->first);
  parcel->first = b;
  parcel->count++;
  heap->outbox_room -= (int32_t)size;
  if (heap->outbox_room < 0) mica_outbox_flush(heap);
}
