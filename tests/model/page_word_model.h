/* page_word_model.h -- the page word with one page: the situations in which page/page_word.h is checked.
 *
 * One page line, up to four blocks, three threads (four in 14). relacy.cpp says what the driver supplies, page_word.table
 * what the situations are. The block memory is really freed when a page is given back; the line stays (type-stable) and can
 * become a new page. With -DLINE_GOES the line is freed with its page (situations 1 2 6 7 12, without pw_reclaim by
 * strangers): no pusher may touch it after its push. */
#ifndef PAGE_WORD_MODEL_H
#define PAGE_WORD_MODEL_H
#include "flat_hints.h"
#include "page/page_word.h"

#ifndef SITUATION
#define SITUATION 1
#endif
#ifndef MODEL_MO_HANDOFF
#define MODEL_MO_HANDOFF memory_order_release /* a heap changes hands: exit -> next thread */
#endif
#ifndef MODEL_MO_SLICE
#define MODEL_MO_SLICE memory_order_release /* slices go back: give back -> next claim */
#endif
#define BIT ((uint64_t)1)
enum { THREADS = SITUATION == 14 ? 4 : 3 };

typedef struct model_s {
  pw_page_t* page; /* constant */
  pw_theap_t owner[4];
  _Atomic(uint64_t) dir;
  _Atomic(unsigned) given, born, slice_free, handed;
  pw_block_t* blk[4]; /* constant: who frees which is fixed by the situation */
} model_t;

static inline void model_birth(model_t* m, unsigned total, unsigned capacity, unsigned state, unsigned offer,
                               pw_theap_t* h) {
  pw_page_t* p = m->page;
  pw_block_t* none = (pw_block_t*)0;
  pw_block_t* base = MODEL_NEW_ARRAY(pw_block_t, 4);
  p->base = base;
  p->total = total;
  p->offer = offer;
  p->local_free = none;
  p->used = capacity;
  p->capacity = capacity;
  atomic_store_explicit(&p->owner, h, memory_order_relaxed);
  atomic_store_explicit(&p->word, pw_make(state, 0, 0), memory_order_relaxed);
  atomic_fetch_add_explicit(&m->born, 1u, memory_order_relaxed);
}
static inline void model_give_back(model_t* m) { /* by the one thread that owns the page exclusively */
  pw_page_t* p = m->page;
  pw_block_t* base = p->base;
  MODEL_ASSERT(atomic_load_explicit(&p->word, memory_order_relaxed) == 0);
  MODEL_ASSERT(atomic_load_explicit(&p->owner, memory_order_relaxed) == PW_NOBODY);
  p->used = 0u;
  p->local_free = (pw_block_t*)0;
  p->base = (pw_block_t*)0;
  MODEL_DELETE_ARRAY(base);
#ifdef LINE_GOES
  MODEL_DELETE(p);
#endif
  atomic_fetch_add_explicit(&m->given, 1u, memory_order_relaxed);
  atomic_store_explicit(&m->slice_free, 1u, MODEL_MO_SLICE);
}
static inline bool model_claim(model_t* m) { /* the slices of the page that was given back */
  unsigned e = 1;
  return atomic_compare_exchange_strong_explicit(&m->slice_free, &e, 0u, memory_order_acquire, memory_order_relaxed);
}
static inline void model_duty(model_t* m, pw_theap_t* h, pw_duty_t d) {
  if (d == PW_EMPTY) model_give_back(m);
  if (d == PW_OFFER) model_offer(&m->dir, BIT);
  if (d == PW_NOTIFY) {
    MODEL_ASSERT(h != PW_NOBODY);
    pw_notify(h, BIT);
  }
}
/* the public free: the owner's fast path or a push. True: I own the page, and it still is one */
static inline bool model_free(model_t* m, pw_theap_t* me, pw_block_t* b) {
  pw_page_t* p = m->page;
  pw_theap_t* h = atomic_load_explicit(&p->owner, memory_order_relaxed);
  if (h == me) {
    b->next = p->local_free;
    p->local_free = b;
    p->used = p->used - 1;
    if (p->used != 0) return true;
    pw_retire(p);
    model_give_back(m);
  } else
    model_duty(m, h, pw_push(p, b, b, 1));
  return false;
}
static inline void model_free_chain(model_t* m, pw_block_t* a, pw_block_t* b) { /* an outbox flush */
  pw_theap_t* h = atomic_load_explicit(&m->page->owner, memory_order_relaxed);
  a->next = b;
  model_duty(m, h, pw_push(m->page, a, b, 2));
}
static inline void model_abandon(model_t* m) { model_duty(m, PW_NOBODY, pw_abandon(m->page)); }
static inline void model_collect(pw_page_t* p) {
  unsigned n;
  pw_block_t* got = pw_collect(p, &n);
  pw_absorb(p, got, n);
}
static inline bool model_adopt(model_t* m, pw_theap_t* me) { /* short of memory: look in the directory */
  pw_block_t* got;
  unsigned n;
  if (!model_seek(&m->dir, BIT) || !pw_reclaim(m->page, me, 1, &got, &n)) return false;
  pw_absorb(m->page, got, n);
  return true;
}
static inline void model_alloc_abandon(model_t* m,
                                       pw_theap_t* me) { /* hand out what is local, then abandon the full page */
  pw_page_t* p = m->page;
  (void)me;
  if (p->total != p->capacity) return;
  pw_block_t* b = p->local_free;
  p->local_free = (pw_block_t*)0;
  p->used = p->capacity;
  if (!pw_abandon_full(p)) model_collect(p);
  while (b != NULL) {
    pw_block_t* n = b->next;
    model_free(m, me, b);
    b = n;
  }
}

/* The page at first: all blocks, those carved, its state, offer, owner (-1: nobody), blocks never freed. What the situations
 * are: page_word.table */
#if SITUATION == 1
enum { TOTAL = 3, CAPACITY = 3, STATE = PW_OWNED, OFFER = 2, OWNER = 0, OUT = 0 };
#elif SITUATION == 2
enum { TOTAL = 3, CAPACITY = 3, STATE = PW_ABANDONED, OFFER = 2, OWNER = -1, OUT = 0 };
#elif SITUATION == 3
enum { TOTAL = 4, CAPACITY = 4, STATE = PW_ABANDONED, OFFER = 1, OWNER = -1, OUT = 1 };
#elif SITUATION == 4
enum { TOTAL = 2, CAPACITY = 2, STATE = PW_ABANDONED, OFFER = 1, OWNER = -1, OUT = 0 };
#elif SITUATION == 5
enum { TOTAL = 2, CAPACITY = 2, STATE = PW_ABANDONED, OFFER = 1, OWNER = -1, OUT = 0 };
#elif SITUATION == 6
enum { TOTAL = 3, CAPACITY = 3, STATE = PW_DEDICATED, OFFER = 1, OWNER = 0, OUT = 0 };
#elif SITUATION == 7
enum { TOTAL = 2, CAPACITY = 2, STATE = PW_DEDICATED, OFFER = 1, OWNER = 0, OUT = 0 };
#elif SITUATION == 8
enum { TOTAL = 3, CAPACITY = 3, STATE = PW_OWNED, OFFER = 1, OWNER = 0, OUT = 1 };
#elif SITUATION == 9
enum { TOTAL = 4, CAPACITY = 3, STATE = PW_OWNED, OFFER = 2, OWNER = 0, OUT = 0 };
#elif SITUATION == 10
enum { TOTAL = 3, CAPACITY = 3, STATE = PW_OWNED, OFFER = 1, OWNER = 0, OUT = 1 };
#elif SITUATION == 11
enum { TOTAL = 1, CAPACITY = 1, STATE = PW_ABANDONED, OFFER = 1, OWNER = -1, OUT = 1 };
#elif SITUATION == 12
enum { TOTAL = 4, CAPACITY = 4, STATE = PW_ABANDONED, OFFER = 2, OWNER = -1, OUT = 1 };
#elif SITUATION == 14
enum { TOTAL = 2, CAPACITY = 2, STATE = PW_ABANDONED, OFFER = 1, OWNER = -1, OUT = 0 };
#elif SITUATION == 13
enum { TOTAL = 3, CAPACITY = 3, STATE = PW_ABANDONED, OFFER = 1, OWNER = -1, OUT = 1 };
#elif SITUATION == 15
enum { TOTAL = 2, CAPACITY = 2, STATE = PW_ABANDONED, OFFER = 1, OWNER = -1, OUT = 0 };
#elif SITUATION == 16
enum { TOTAL = 2, CAPACITY = 2, STATE = PW_ABANDONED, OFFER = 1, OWNER = -1, OUT = 1 };
#elif SITUATION == 17
enum { TOTAL = 4, CAPACITY = 2, STATE = PW_OWNED, OFFER = 1, OWNER = 0, OUT = 1 };
#elif SITUATION == 18
enum { TOTAL = 3, CAPACITY = 3, STATE = PW_DEDICATED, OFFER = 1, OWNER = 0, OUT = 1 };
#endif

static inline void model_setup(model_t* m) {
  m->page = MODEL_NEW(pw_page_t);
  atomic_store_explicit(&m->dir, (uint64_t)0, memory_order_relaxed);
  for (int i = 0; i < 4; i++) atomic_store_explicit(&m->owner[i].notified, (uint64_t)0, memory_order_relaxed);
  atomic_store_explicit(&m->given, 0u, memory_order_relaxed);
  atomic_store_explicit(&m->born, 0u, memory_order_relaxed);
  atomic_store_explicit(&m->slice_free, 0u, memory_order_relaxed);
  atomic_store_explicit(&m->handed, 0u, memory_order_relaxed);
  model_birth(m, TOTAL, CAPACITY, STATE, OFFER, OWNER < 0 ? PW_NOBODY : &m->owner[0]);
  pw_block_t* base = m->page->base;
  for (int i = 0; i < CAPACITY; i++) m->blk[i] = base + i;
  if (SITUATION == 18) atomic_store_explicit(&m->dir, BIT, memory_order_relaxed);
}

static inline void model_thread(model_t* m, int t) {
  pw_page_t* p = m->page;
  pw_theap_t* me = &m->owner[t];
  (void)p;
  (void)me;
#if SITUATION == 1
  if (t == 0) {
    model_collect(p);
    if (model_free(m, me, m->blk[0])) model_abandon(m);
  } else
    model_free(m, me, m->blk[t]);
#elif SITUATION == 2
  if (t == 0) {
    pw_block_t* got;
    unsigned n;
    if (pw_reclaim(p, me, 0, &got, &n)) pw_absorb(p, got, n);
    if (model_free(m, me, m->blk[0])) model_abandon(m);
  } else
    model_free(m, me, m->blk[t]);
#elif SITUATION == 3
  if (t == 0) {
    if (model_adopt(m, me)) model_abandon(m);
  } else {
    model_free(m, me, m->blk[t]);
    if (t == 2) model_free(m, me, m->blk[0]);
  }
#elif SITUATION == 4
  if (t == 0) {
    model_free(m, me, m->blk[0]);
    model_free(m, me, m->blk[1]);
  } else if (model_adopt(m, me))
    model_abandon(m);
#elif SITUATION == 5
  if (t == 0) {
    model_free(m, me, m->blk[0]);
    model_free(m, me, m->blk[1]);
  } else if (t == 1) {
    if (model_claim(m)) {
      model_birth(m, 2, 2, PW_OWNED, 1, me);
      pw_block_t* base = p->base;
      m->blk[2] = base;
      m->blk[3] = base + 1;
      if (pw_abandon_full(p)) {
        model_free(m, me, m->blk[2]);
        model_free(m, me, m->blk[3]);
      }
    }
  } else if (model_adopt(m, me)) {
    model_abandon(m);
  }
#elif SITUATION == 15
  if (t < 2) {
    model_free(m, me, m->blk[t]);
    if (model_claim(m)) {
      model_birth(m, 2, 2, PW_OWNED, 1, me);
      pw_block_t* base = p->base;
      model_free(m, me, base);
      model_free(m, me, base + 1);
    }
  } else if (model_adopt(m, me))
    model_abandon(m);
#elif SITUATION == 16
  if (t == 0) {
    model_free(m, me, m->blk[0]);
    model_free(m, me, m->blk[1]);
    if (model_claim(m)) {
      model_birth(m, 1, 1, PW_ABANDONED, 1, PW_NOBODY);
      atomic_store_explicit(&m->handed, 1u, memory_order_release);
    }
  } else if (model_adopt(m, me)) {
    MODEL_ASSERT(p->total != 1);
    model_abandon(m);
  }
#elif SITUATION == 17
  if (t == 0)
    model_abandon(m);
  else if (t == 1)
    model_free(m, me, m->blk[0]);
  else if (model_adopt(m, me))
    model_abandon(m);
#elif SITUATION == 18
  if (t == 0) {
    if (pw_drain(me)) model_collect(p);
  } else if (t == 1) {
    model_free(m, me, m->blk[0]);
    model_free(m, me, m->blk[1]);
  } else
    MODEL_ASSERT(!model_adopt(m, me));
#elif SITUATION == 6
  if (t == 0) {
    bool alive = true;
    model_free(m, me, m->blk[0]);
    for (int i = 0; alive && i < 2; i++)
      if (pw_drain(me)) {
        model_collect(p);
        if (p->used == 0) {
          pw_retire(p);
          model_give_back(m);
          alive = false;
        }
      }
  } else
    model_free(m, me, m->blk[t]);
#elif SITUATION == 7
  if (t == 0) {
    unsigned n;
    pw_block_t* got = pw_undedicate(p, &m->owner[3], &n);
    pw_absorb(p, got, n);
    model_abandon(m);
  } else
    model_free(m, me, m->blk[t - 1]);
#elif SITUATION == 8
  if (t == 0) {
    if (!pw_abandon_full(p)) model_collect(p);
    if (model_free(m, me, m->blk[0])) model_abandon(m);
  } else if (t == 1)
    model_free(m, me, m->blk[1]);
  else if (model_adopt(m, me))
    model_alloc_abandon(m, me);
#elif SITUATION == 9
  if (t == 0) {
    if (model_free(m, me, m->blk[0])) model_abandon(m);
  } else if (t == 1)
    model_free_chain(m, m->blk[1], m->blk[2]);
  else if (model_adopt(m, me))
    model_abandon(m);
#elif SITUATION == 10
  if (t == 0) {
    if (model_free(m, me, m->blk[0])) model_abandon(m);
    atomic_store_explicit(&m->handed, 1u, MODEL_MO_HANDOFF);
  } else if (t == 1) {
    if (atomic_load_explicit(&m->handed, memory_order_acquire)) me = &m->owner[0];
    model_free(m, me, m->blk[1]);
  } else if (model_adopt(m, me))
    model_abandon(m);
#elif SITUATION == 11
  if (t == 0)
    model_free(m, me, m->blk[0]);
  else if (t == 1) {
    if (model_claim(m)) {
      model_birth(m, 1, 1, PW_ABANDONED, 1, PW_NOBODY);
      m->blk[2] = p->base;
      atomic_store_explicit(&m->handed, 1u, memory_order_release);
    }
  } else if (atomic_load_explicit(&m->handed, memory_order_acquire))
    model_free(m, me, m->blk[2]);
#elif SITUATION == 12
  model_free(m, me, m->blk[t]);
#elif SITUATION == 13
  if (t == 0) {
    pw_block_t* got;
    unsigned n;
    if (pw_reclaim(p, me, 0, &got, &n)) {
      pw_absorb(p, got, n);
      model_free(m, me, m->blk[0]);
      model_alloc_abandon(m, me);
    } else
      model_free(m, me, m->blk[0]);
  } else if (t == 1)
    model_free(m, me, m->blk[1]);
  else if (model_adopt(m, me))
    model_abandon(m);
#elif SITUATION == 14
  if (t == 0)
    model_free(m, me, m->blk[0]);
  else if (t < 3) {
    if (model_adopt(m, me)) model_abandon(m);
  } else {
    pw_block_t* got;
    unsigned n;
    if (pw_reclaim(p, me, 0, &got, &n)) pw_absorb(p, got, n);
    if (model_free(m, me, m->blk[1])) model_abandon(m);
  }
#endif
}

/* when all threads are done: every block is where it must be, exactly once; nothing empty is kept; nothing is forgotten */
static inline void model_check(model_t* m) {
  pw_page_t* p = m->page;
  const unsigned given = atomic_load_explicit(&m->given, memory_order_relaxed),
                 born = atomic_load_explicit(&m->born, memory_order_relaxed);
#ifndef LINE_GOES
  if (given == born) MODEL_DELETE(p);
#endif
  if (given == born) return; /* given back twice would be a double free of the blocks */
  MODEL_ASSERT(given + 1 == born);
  const uint64_t w = atomic_load_explicit(&p->word, memory_order_relaxed);
  MODEL_ASSERT((unsigned)STATE != PW_DEDICATED || SITUATION == 7 ||
               pw_state(w) == PW_DEDICATED); /* kept from birth to end */
  const unsigned total = p->total, capacity = p->capacity, used = p->used, offer = p->offer;
  pw_block_t* base = p->base;
  bool seen[4] = {false, false, false, false};
  unsigned n = 0, local = 0;
  for (pw_block_t* b = pw_block_at(p, pw_head(w)); b != NULL; b = b->next, n++) {
    MODEL_ASSERT(!seen[b - base]);
    seen[b - base] = true;
  }
  for (pw_block_t* b = p->local_free; b != NULL; b = b->next, local++) {
    MODEL_ASSERT(!seen[b - base]);
    seen[b - base] = true;
  }
  MODEL_ASSERT(local == capacity - used);
  if (pw_state(w) == PW_ABANDONED) {
    MODEL_ASSERT(pw_count(w) == n + (total - used));
    MODEL_ASSERT(total - pw_count(w) == OUT);
    MODEL_ASSERT(pw_count(w) != total); /* an empty page was forgotten */
    MODEL_ASSERT(pw_count(w) < offer ||
                 (atomic_load_explicit(&m->dir, memory_order_relaxed) & BIT)); /* a hint was lost */
    MODEL_ASSERT(atomic_load_explicit(&p->owner, memory_order_relaxed) == PW_NOBODY);
  } else {
    pw_theap_t* h = atomic_load_explicit(&p->owner, memory_order_relaxed);
    MODEL_ASSERT(h != PW_NOBODY);
    MODEL_ASSERT(pw_count(w) == n);
    MODEL_ASSERT(used - n == OUT);
    if (pw_state(w) == PW_DEDICATED)
      MODEL_ASSERT(n == 0 || atomic_load_explicit(&h->notified, memory_order_relaxed) == BIT);
  }
  MODEL_DELETE_ARRAY(base);
  MODEL_DELETE(p);
}
#endif
