/* heap.h -- a first-class heap: what is known of it, and what may be asked without touching its sub-heaps.
 *
 *   mi_heap_t --subs--> sub-heap --sibling--> sub-heap --> ...             of one heap, by different threads
 *   base --attached--> sub-heap --attached_next--> sub-heap --> ...        of one thread, in different heaps
 *
 * A sub-heap is a theap (heap/theap.h) whose pages are dedicated (dedicated.h) and whose large blocks stand in a registry
 * (large_pages.h). One word says which thread has it (ownership_word.h). It is found from its thread's base, by the heap's
 * serial number (enter.h); at the thread's end it stays with its heap, for the next thread (subheap.h). When the heap ends,
 * its sub-heaps are emptied by the thread that ends it, and each theap is put back by whoever has it; a deleted heap's are
 * left to the threads that run them, which are notified (life.h). Nobody waits. What a program has to order is said in
 * mica/heaps.h. */
#ifndef MICA_FIRST_CLASS_HEAP_H
#define MICA_FIRST_CLASS_HEAP_H
#include <mica/base.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "heap/first_class/ownership_word.h"
#include "heap/first_class/quota.h"
#include "page/page.h"

struct mica_theap_s;

/* It lies in the theap of its first sub-heap. */
struct mi_heap_s {
  _Atomic(uint64_t) serial; /* 0: none here */
  _Atomic(uint64_t) quota;  /* quota.h */
  _Atomic(uint64_t) limit;  /* bytes; 0: none. relaxed: a figure */
  _Atomic(struct mica_theap_s*) subs;
  _Atomic(mi_heap_t*) subproc; /* the main heap of its subprocess; itself, if it is that */
  uint32_t arena;              /* the reservation it is tied to; 0: none */
  bool outlives;               /* mi_heap_destroy deletes it only */
};

/* The main heap of the process: what is in no other. Of its members the serial number alone is used. */
extern mi_heap_t mica_main;

static inline bool mica_heap_is_main(const mi_heap_t* heap) { return heap == NULL || heap == &mica_main; }

/* relaxed: the caller was told of the heap by its maker [U8] */
static inline uint64_t mica_heap_serial(const mi_heap_t* heap) {
  return atomic_load_explicit(&heap->serial, memory_order_relaxed);
}

/* Whether the heap with that number is still alive in that structure. */
bool mica_heap_is(const mi_heap_t* heap, uint64_t serial);

/* The main heap of the calling thread's subprocess. */
mi_heap_t* mica_heap_main(void);

/* The next heap that is alive in the list of all theaps, from this one on; NULL: no more. */
mi_heap_t* mica_heap_next(struct mica_theap_s** from);

/* The heap that the page belongs to. The caller holds a block of it, or knows that nobody frees it. */
mi_heap_t* mica_heap_of_page(const mica_page_t* page);

/* ---- the limit ---- */

/* Bytes that may lie under its pages; all there are, without a limit. */
uint64_t mica_heap_limit(const mi_heap_t* heap);

/* Whether `bytes` more would exceed the limit. */
bool mica_heap_refuses(mi_heap_t* heap, uint64_t bytes);

/* Whether the theap may have a page of `bytes` more: its heap counts them from now on. Of a base: always. */
bool mica_quota_take(struct mica_theap_s* theap, uint64_t bytes);

/* The page is gone, or was not to be had. */
void mica_quota_give(const struct mica_theap_s* theap, uint64_t bytes);

#endif
