/* large_registry_model.h -- the situations in which large_registry.h and quota.h are checked, together: a registry of two
 * slots, in a structure that is used again, and up to four pages, whose lines are used again.
 *
 * What a page's lines say is plain, written by its maker, and by who gives them back. The functions below are those of
 * large_pages.c, free.c and life.c, and the program's part: an allocation in a heap comes before its end; before it
 * is destroyed, or looked through, frees of its blocks do too; when it is deleted they may go on. At the end each page of a
 * heap that is alive is on its registry once, the quota is their sum, and a slot is free if its hint is clear, and not
 * otherwise. */
#ifndef LARGE_REGISTRY_MODEL_H
#define LARGE_REGISTRY_MODEL_H
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#ifndef PW_VAR
#define PW_VAR(T) T
#endif

typedef struct registry_page_s {
  PW_VAR(unsigned) serial; /* of its heap; 0: it is on no roll */
  PW_VAR(unsigned) at;     /* its slot */
  PW_VAR(unsigned) bytes;
  _Atomic(unsigned) free; /* its line is nobody's: 0 or 1 */
} registry_page_t;
#include "heap/first_class/large_registry.h"
#include "heap/first_class/quota.h"

#ifndef SITUATION
#define SITUATION 1
#endif
#ifndef SLOTS
#define SLOTS (SITUATION == 6 ? 3 : 2)
#endif
enum { PAGES = 4, THREADS = 3, LIMIT = SITUATION == 6 ? 5 : 7 };

typedef struct model_s { /* one structure, and the lines of pages */
  _Atomic(uint64_t) hints[1];
  _Atomic(registry_page_t*) slots[SLOTS];
  _Atomic(uint64_t) quota;
  _Atomic(uint64_t) serial; /* of the heap that it is; 0: none */
  _Atomic(int) idle;
  registry_page_t page[PAGES];
  _Atomic(int) mail; /* what is passed on: 1 + a page */
  _Atomic(unsigned) done;
} model_t;

/* ---- lines ---- */

static inline bool line_claim(registry_page_t* page) {
  unsigned one = 1;
  return atomic_compare_exchange_strong_explicit(&page->free, &one, 0u, memory_order_acquire, memory_order_relaxed);
}
static inline void line_give(registry_page_t* page) {
  page->bytes = 0;
  MODEL_ASSERT(atomic_fetch_add_explicit(&page->free, 1u, memory_order_release) == 0);
}

/* ---- a page's life ---- */

static inline bool is_of(model_t* m, unsigned serial) {
  return atomic_load_explicit(&m->serial, memory_order_relaxed) == serial;
}
static inline void enter(model_t* m, registry_page_t* page, unsigned at, unsigned serial) {
  MODEL_ASSERT(atomic_load_explicit(&m->slots[at], memory_order_relaxed) == NULL);
  page->serial = serial;
  page->at = at;
  registry_enter(&m->slots[at], page);
}
/* By the thread that runs the sub-heap. False: there is no slot, no line or no quota. */
static inline bool make(model_t* m, registry_page_t* page, unsigned bytes, unsigned serial) {
  const unsigned at = registry_find(m->hints, m->slots, SLOTS);
  if (at == SLOTS) return false;
  const bool claimed = line_claim(page);
  if (claimed) page->bytes = bytes;
  if (claimed && quota_take(&m->quota, quota_life_of(serial), bytes, LIMIT)) {
    MODEL_ASSERT(quota_bytes(quota_get(&m->quota)) <= LIMIT);
    enter(m, page, at, serial);
    return true;
  }
  if (claimed) line_give(page);
  registry_spare(m->hints, at);
  return false;
}
static inline bool strike(model_t* m, registry_page_t* page, unsigned at, unsigned serial, unsigned bytes) {
  if (!registry_remove(m->hints, m->slots, at, page)) return false;
  if (is_of(m, serial)) quota_give(&m->quota, quota_life_of(serial), bytes);
  return true;
}
/* By who holds the block. */
static inline void release(model_t* m, registry_page_t* page) {
  if (page->serial != 0) strike(m, page, page->at, page->serial, page->bytes);
  page->serial = 0;
  line_give(page);
}
static inline bool resize(model_t* m, registry_page_t* page, unsigned bytes) {
  const unsigned was = page->bytes, serial = page->serial;
  if (is_of(m, serial)) {
    if (bytes > was && !quota_take(&m->quota, quota_life_of(serial), bytes - was, LIMIT)) return false;
    if (bytes < was) quota_give(&m->quota, quota_life_of(serial), was - bytes);
  }
  page->bytes = bytes;
  return true;
}

/* ---- a heap's life ---- */

static inline void begin(model_t* m, unsigned serial) {
  quota_begin(&m->quota, serial);
  atomic_store_explicit(&m->serial, (uint64_t)serial, memory_order_release);
}
static inline void end(model_t* m, bool destroy) {
  atomic_store_explicit(&m->serial, (uint64_t)0, memory_order_relaxed);
  quota_begin(&m->quota, 0);
  for (unsigned at = 0; at < SLOTS; at++) {
    registry_page_t* page = registry_get(&m->slots[at]);
    if (page == NULL || !registry_remove(m->hints, m->slots, at, page) || !destroy) continue;
    page->serial = 0;
    line_give(page);
  }
  atomic_fetch_add_explicit(&m->idle, 1, memory_order_release);
}
/* Another heap in the structure, if it is idle. */
static inline bool again(model_t* m, unsigned serial) {
  int once = 1;
  if (!atomic_compare_exchange_strong_explicit(&m->idle, &once, 0, memory_order_acquire, memory_order_relaxed))
    return false;
  begin(m, serial);
  return true;
}
/* All pages, as a visit shows them. */
static inline unsigned visit(model_t* m) {
  unsigned bytes = 0;
  for (unsigned at = 0; at < SLOTS; at++) {
    registry_page_t* page = registry_get(&m->slots[at]);
    if (page != NULL) bytes += page->bytes;
  }
  return bytes;
}

/* ---- the program's order ---- */

static inline void done(model_t* m) { atomic_fetch_add_explicit(&m->done, 1u, memory_order_release); }
static inline bool all_done(model_t* m, unsigned n) {
  return atomic_load_explicit(&m->done, memory_order_acquire) == n;
}
static inline void send(model_t* m, int i) { atomic_store_explicit(&m->mail, i + 1, memory_order_release); }
static inline int receive(model_t* m) { return atomic_exchange_explicit(&m->mail, 0, memory_order_acquire) - 1; }

/* ---- situations ---- */

static inline void model_setup(model_t* m) {
  atomic_store_explicit(&m->hints[0], (uint64_t)0, memory_order_relaxed);
  for (int i = 0; i < SLOTS; i++) atomic_store_explicit(&m->slots[i], (registry_page_t*)0, memory_order_relaxed);
  for (int i = 0; i < PAGES; i++) {
    m->page[i].serial = m->page[i].at = m->page[i].bytes = 0u;
    atomic_store_explicit(&m->page[i].free, 1u, memory_order_relaxed);
  }
  atomic_store_explicit(&m->idle, 0, memory_order_relaxed);
  atomic_store_explicit(&m->mail, 0, memory_order_relaxed);
  atomic_store_explicit(&m->done, 0u, memory_order_relaxed);
  atomic_store_explicit(&m->quota, (uint64_t)0, memory_order_relaxed);
  begin(m, 1);
  const unsigned pages = SITUATION == 3 ? 0 : SITUATION == 6 ? 3 : 2;
  for (unsigned i = 0; i < pages; i++) make(m, &m->page[i], SITUATION == 6 ? 1 : 3, 1);
}

static inline void model_thread(model_t* m, int t) {
  registry_page_t* page = m->page;
#if SITUATION == \
    1 /* a block is freed as its heap is deleted; the structure is a heap again, perhaps with the same line */
  if (t == 0)
    release(m, &page[0]);
  else if (t == 1)
    end(m, false);
  else if (again(m, 2)) {
    if (!make(m, &page[0], 4, 2)) make(m, &page[2], 5, 2);
    make(m, &page[3], 2, 2);
  }
#elif SITUATION == 2 /* two blocks are freed, while pages are entered by who runs the sub-heap */
  if (t < 2)
    release(m, &page[t]);
  else {
    const bool first = make(m, &page[2], 4, 1), second = make(m, &page[3], 2, 1);
    if (first && second) release(m, &page[2]);
  }
#elif SITUATION == 3 /* blocks are passed on and freed; the heap is deleted after the last allocation */
  if (t == 0) {
    if (make(m, &page[0], 4, 1)) send(m, 0);
    make(m, &page[1], 4, 1);
    make(m, &page[2], 3, 1);
    done(m);
  } else if (t == 1) {
    const int i = receive(m);
    if (i >= 0) release(m, &page[i]);
  } else if (all_done(m, 1))
    end(m, false);
#elif SITUATION == 4 /* a heap is looked through and destroyed, after the last free; its lines are used again */
  if (t == 0) {
    release(m, &page[0]);
    make(m, &page[2], 2, 1);
    done(m);
  } else if (t == 1) {
    if (resize(m, &page[1], 2)) resize(m, &page[1], 5);
    done(m);
  } else if (all_done(m, 2)) {
    MODEL_ASSERT(visit(m) == quota_bytes(quota_get(&m->quota)));
    end(m, true);
    if (again(m, 2)) make(m, &page[1], 7, 2);
  }
#elif SITUATION == 5 /* blocks change their sizes as their heap is deleted and the structure becomes another */
  if (t == 0) {
    resize(m, &page[0], 1);
    resize(m, &page[0], 4);
    release(m, &page[0]);
  } else if (t == 1) {
    end(m, false);
    if (again(m, 2) && !make(m, &page[0], 6, 2)) make(m, &page[2], 6, 2);
  } else
    resize(m, &page[1], 4);
#elif SITUATION == 6 /* three grow and shrink, with quota for one at a time */
  if (resize(m, &page[t], 3)) {
    MODEL_ASSERT(quota_bytes(quota_get(&m->quota)) <= LIMIT);
    resize(m, &page[t], 1);
  }
#endif
}

/* When all threads are done. */
static inline void model_check(model_t* m) {
  uint64_t bytes = 0;
  const uint64_t serial = atomic_load_explicit(&m->serial, memory_order_relaxed);
  for (unsigned at = 0; at < SLOTS; at++) {
    registry_page_t* page = atomic_load_explicit(&m->slots[at], memory_order_relaxed);
    const bool hint = (atomic_load_explicit(&m->hints[0], memory_order_relaxed) >> at & 1) != 0;
    MODEL_ASSERT(hint == (page != NULL));
    MODEL_ASSERT(page == NULL || (page->at == at && page->serial == serial));
  }
  for (int i = 0; i < PAGES; i++) {
    registry_page_t* page = &m->page[i];
    const unsigned is_free = atomic_load_explicit(&page->free, memory_order_relaxed);
    MODEL_ASSERT(is_free <= 1);
    if (is_free == 1 || page->serial == 0 || page->serial != serial) continue;
    MODEL_ASSERT(atomic_load_explicit(&m->slots[page->at], memory_order_relaxed) == page);
    bytes += page->bytes;
  }
  MODEL_ASSERT(serial == 0 || quota_bytes(quota_get(&m->quota)) == bytes);
  MODEL_ASSERT(serial == 0 || quota_life(quota_get(&m->quota)) == quota_life_of(serial));
}
#endif
