/* previous_model.h -- the marks in a tag, as the product has them: who left a page last takes it back on a free of his.
 *
 * PW_PREVIOUS and the comparison of tags are those of page/page.h and heap/theap.h, on a page with the fields of the model: one
 * page, up to four blocks. A free is heap/free.c's: mine; left by me and nobody freed into it since; anybody else's. */
#ifndef PREVIOUS_MODEL_H
#define PREVIOUS_MODEL_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#ifndef PW_VAR
#include <stdatomic.h>
#define PW_VAR(T) T
#endif
#ifndef MODEL_MO_HANDOFF
#define MODEL_MO_HANDOFF memory_order_release /* a heap changes hands */
#endif
#define PW_TYPES
typedef struct pw_block_s {
  PW_VAR(struct pw_block_s*) next;
} pw_block_t;
typedef struct pw_theap_s {
  _Atomic(uint64_t) notified;
} pw_theap_t;
typedef struct pw_page_s {
  _Atomic(pw_theap_t*) owner;
  PW_VAR(pw_block_t*) local_free;
  PW_VAR(unsigned) used;
  PW_VAR(unsigned) capacity;
  PW_VAR(pw_theap_t*) cache; /* whose lists it is on: beside the tag, the owner's alone */
  _Atomic(uint64_t) word;
  PW_VAR(pw_block_t*) base;
  PW_VAR(unsigned) total;
  PW_VAR(unsigned) offer;
} pw_page_t;
enum { MARK_PREVIOUS = 2, MARKS = 3 };
#define PW_OWNER(p) (&(p)->owner)
#define PW_REMOTE(p) (p)
#define PW_PREVIOUS(me) ((pw_theap_t*)(((uintptr_t)(me) & ~(uintptr_t)MARKS) | MARK_PREVIOUS))
#define PW_LINK_GET(b) ((b)->next)
#define PW_LINK_SET(b, n) ((void)((b)->next = (n)))
#define PW_DAMAGED(p, b) ((void)0)
#include "flat_hints.h"
#include "page/page_word.h"

enum { THREADS = 3, HEAPS = 4, TOTAL = 4 };
enum {
  OUT = SITUATION == 4 ? 1 : SITUATION - 1, /* blocks that are never freed */
  USED = SITUATION == 1 ? 3 : 4,
  OFFER = 1
};

typedef struct model_s {
  pw_page_t* page; /* constant */
  pw_block_t* base;
  pw_theap_t owner[HEAPS];
  _Atomic(uint64_t) dir;
  _Atomic(unsigned) given, handed;
} model_t;

static inline void give_back(model_t* m) {
  pw_page_t* p = m->page;
  pw_block_t* base = p->base;
  MODEL_ASSERT(atomic_load_explicit(&p->word, memory_order_relaxed) == 0);
  p->base = (pw_block_t*)0;
  p->used = 0u;
  MODEL_DELETE_ARRAY(base);
  atomic_fetch_add_explicit(&m->given, 1u, memory_order_relaxed);
}
static inline void duty(model_t* m, pw_duty_t d) {
  if (d == PW_EMPTY) give_back(m);
  if (d == PW_OFFER) model_offer(&m->dir, 1);
}
/* An owned page on whose lists I look: retired if it is empty. True: it still is one */
static inline bool place(model_t* m) {
  if (m->page->used != 0) return true;
  pw_retire(m->page);
  give_back(m);
  return false;
}
static inline bool adopt_page(model_t* m, pw_theap_t* me, pw_block_t* got, unsigned n) {
  m->page->cache = me;
  pw_absorb(m->page, got, n);
  return place(m);
}
static inline bool reclaim_own(model_t* m, pw_theap_t* me, pw_block_t* b, bool* mine) {
  pw_page_t* p = m->page;
  if (pw_count(atomic_load_explicit(&p->word, memory_order_relaxed)) != 0) return false;
  pw_block_t* got;
  unsigned n;
  if (!pw_reclaim(p, me, 0, &got, &n)) return false;
  PW_LINK_SET(b, got);
  *mine = adopt_page(m, me, b, n + 1);
  return true;
}
static inline bool owns(pw_theap_t* me, pw_theap_t* tag) { return tag == me; }
static inline bool left(pw_theap_t* me, pw_theap_t* tag) { return tag == PW_PREVIOUS(me); }

/* True: I own the page, and it still is one */
static inline bool free_block(model_t* m, pw_theap_t* me, pw_block_t* b) {
  pw_page_t* p = m->page;
  pw_theap_t* tag = atomic_load_explicit(&p->owner, memory_order_relaxed);
  bool mine = false;
  if (owns(me, tag)) {
    MODEL_ASSERT(p->cache == me);
    b->next = p->local_free;
    p->local_free = b;
    p->used = p->used - 1;
    return place(m);
  }
  if (left(me, tag) && reclaim_own(m, me, b, &mine)) return mine;
  duty(m, pw_push(p, b, b, 1));
  return false;
}
static inline bool adopt(model_t* m, pw_theap_t* me) {
  pw_block_t* got;
  unsigned n;
  if (!model_seek(&m->dir, 1) || !pw_reclaim(m->page, me, 1, &got, &n)) return false;
  return adopt_page(m, me, got, n);
}
/* The oldest full page: all that is local has been handed out */
static inline bool abandon_full(model_t* m) {
  if (pw_abandon_full(m->page)) return true;
  unsigned n;
  pw_block_t* got = pw_collect(m->page, &n);
  pw_absorb(m->page, got, n);
  return false;
}
static inline void abandon(model_t* m) { duty(m, pw_abandon(m->page)); }
/* Hands out what is local, abandons the page, and frees again: it may be taken back at each free */
static inline void use_and_leave(model_t* m, pw_theap_t* me) {
  pw_page_t* p = m->page;
  pw_block_t* b = p->local_free;
  const unsigned n = p->capacity - p->used;
  p->local_free = (pw_block_t*)0;
  p->used = p->capacity;
  bool mine = !abandon_full(m);
  for (unsigned i = 0; i < n; i++) {
    pw_block_t* next = b->next;
    mine = free_block(m, me, b);
    b = next;
  }
  if (mine) abandon(m);
}

/* As mica_page_take and mica_page_leave (heap/bin.c): under the mark of its previous owner, as it was seen before */
static inline void visit(model_t* m) {
  pw_page_t* p = m->page;
  pw_block_t* got;
  unsigned n, seen = 0;
  pw_theap_t* previous = PW_PREVIOUS(atomic_load_explicit(&p->owner, memory_order_relaxed));
  if (!pw_reclaim(p, previous, 0, &got, &n)) return;
  pw_absorb(p, got, n);
  for (pw_block_t* b = p->local_free; b != NULL; b = b->next) seen++;
  MODEL_ASSERT(seen == p->capacity - p->used);
  abandon(m);
}

static inline void model_setup(model_t* m) {
  pw_page_t* p = m->page = MODEL_NEW(pw_page_t);
  pw_block_t* base = m->base = MODEL_NEW_ARRAY(pw_block_t, TOTAL);
  atomic_store_explicit(&m->dir, (uint64_t)0, memory_order_relaxed);
  atomic_store_explicit(&m->given, 0u, memory_order_relaxed);
  atomic_store_explicit(&m->handed, 0u, memory_order_relaxed);
  for (int i = 0; i < HEAPS; i++) atomic_store_explicit(&m->owner[i].notified, (uint64_t)0, memory_order_relaxed);
  p->base = base;
  p->total = (unsigned)USED;
  p->offer = (unsigned)OFFER;
  p->used = p->capacity = (unsigned)USED;
  p->local_free = (pw_block_t*)0;
  p->cache = &m->owner[0];
  atomic_store_explicit(&p->owner, &m->owner[0], memory_order_relaxed);
  atomic_store_explicit(&p->word, pw_make(PW_OWNED, 0, 0), memory_order_relaxed);
}

static inline void model_thread(model_t* m, int t) {
  pw_theap_t* me = &m->owner[t];
#if SITUATION == 1
  if (t == 0) {
    abandon_full(m);
    if (free_block(m, me, m->base)) abandon(m);
  } else
    free_block(m, me, m->base + t);
#elif SITUATION == 2
  if (t == 0) {
    bool mine = !abandon_full(m);
    mine = free_block(m, me, m->base);
    if (free_block(m, me, m->base + 1) || mine) abandon(m);
  } else if (t == 1)
    free_block(m, me, m->base + 2);
  else if (adopt(m, me))
    abandon(m);
#elif SITUATION == 3
  if (t == 0) {
    abandon_full(m);
    if (free_block(m, me, m->base)) abandon(m);
    atomic_store_explicit(&m->handed, 1u, MODEL_MO_HANDOFF);
  } else if (t == 1) {
    if (atomic_load_explicit(&m->handed, memory_order_acquire)) me = &m->owner[0];
    if (free_block(m, me, m->base + 1)) abandon(m);
  } else if (adopt(m, me))
    use_and_leave(m, me);
#elif SITUATION == 4
  if (t == 0) {
    abandon_full(m);
    if (free_block(m, me, m->base)) abandon(m);
  } else if (t == 1) {
    free_block(m, me, m->base + 1);
    free_block(m, me, m->base + 2);
  } else
    visit(m);
#endif
}

static inline void model_check(model_t* m) {
  pw_page_t* p = m->page;
  const unsigned given = atomic_load_explicit(&m->given, memory_order_relaxed);
  MODEL_ASSERT(given <= 1);
  if (given == 0) {
    const uint64_t w = atomic_load_explicit(&p->word, memory_order_relaxed);
    pw_theap_t* tag = atomic_load_explicit(&p->owner, memory_order_relaxed);
    bool seen[TOTAL] = {false, false, false, false};
    unsigned n = 0, local = 0;
    for (pw_block_t* b = pw_block_at(p, pw_head(w)); b != NULL; b = b->next, n++) {
      MODEL_ASSERT(!seen[b - m->base]);
      seen[b - m->base] = true;
    }
    for (pw_block_t* b = p->local_free; b != NULL; b = b->next, local++) {
      MODEL_ASSERT(!seen[b - m->base]);
      seen[b - m->base] = true;
    }
    const bool abandoned = pw_state(w) == PW_ABANDONED;
    MODEL_ASSERT(USED - n - local == OUT && local == p->capacity - p->used);
    MODEL_ASSERT(pw_count(w) == n + (abandoned ? local : 0));
    MODEL_ASSERT(abandoned == (((uintptr_t)tag & MARKS) == MARK_PREVIOUS));
    MODEL_ASSERT(!abandoned || n + local != USED);
    MODEL_ASSERT(!abandoned || n + local < OFFER || atomic_load_explicit(&m->dir, memory_order_relaxed) == 1);
    MODEL_DELETE_ARRAY(m->base);
  }
  MODEL_DELETE(p);
}
#endif
