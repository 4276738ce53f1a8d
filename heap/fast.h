/* fast.h -- the two fast paths, always in line: what malloc(3) and free(3) are.
 *
 *   malloc: the first block of the class's hot list; an empty list is the only exception
 *   free:   onto the hot list of the block's class, if the block's page is ours
 *
 * There is no check whether the thread is set up: one that is not has a constant heap whose lists are empty and that owns
 * no page. Instructions on the way are counted by a test; each one more must be wanted. */
#ifndef MICA_FAST_H
#define MICA_FAST_H
#include "heap/heap.h"

/* offset: of the class's hot list in the heap */
MICA_INLINE void* mica_malloc_at(size_t offset, size_t size) {
  mica_heap_t* heap = mica_heap_mine();
  mica_hot_t* hot = mica_heap_hot(heap, MICA_HOT_OFFSET + offset);
  mica_block_t* b = hot->head;
  if (MICA_UNLIKELY(b == NULL)) return mica_malloc_slow(heap, size);
  hot->head = mica_link_get(b);
  hot->room++;
  return b;
}

/* size bytes, aligned to 16; NULL with ENOMEM. A size of 0 is a block of its own too. */
MICA_INLINE void* mica_malloc(size_t size) {
  const size_t last = size - 1; /* 0 is not small: it wraps */
  if (MICA_LIKELY(last < MICA_SMALL_MAX)) return mica_malloc_at(last & ~(size_t)(MICA_STEP_SMALL - 1), size);
  if (MICA_LIKELY(last < MICA_CLASS_MAX))
    return mica_malloc_at((size_t)mica_class_steps[last / MICA_STEP_MEDIUM] * MICA_HOT_SIZE, size);
  return mica_malloc_slow(mica_heap_mine(), size);
}

void mica_free_examine(const void* p);

MICA_INLINE void mica_free(void* p) {
  if (MICA_CHECKS) mica_free_examine(p);
  if (MICA_UNLIKELY(p == NULL)) return;
  mica_heap_t* heap = mica_heap_mine();
  const mica_tag_t* tag = mica_tag_of(p);
  /* relaxed: only the owner reads its own heap here (PROTOCOL R1), and what it then touches is its own */
  if (MICA_UNLIKELY(atomic_load_explicit(&tag->heap, memory_order_relaxed) != &heap->shared)) {
    mica_free_slow(heap, p);
    return;
  }
  mica_hot_t* hot = mica_heap_hot(heap, tag->hot);
  mica_block_t* b = p;
  mica_link_set(b, hot->head);
  hot->head = b;
  if (MICA_UNLIKELY(--hot->room < 0)) mica_free_overflow(heap, hot);
}

#endif
