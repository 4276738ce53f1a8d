/* pages_model.h -- two page lines, the hints of page/directory.h, parcels and first-class heaps, in one search with the word.
 *
 * Each line can hold a page of up to four blocks, whose memory is really freed when the page is given back. Leaf and summary
 * are the product's. pages.table says what the situations are, relacy.cpp what the driver supplies. */
#ifndef PAGES_MODEL_H
#define PAGES_MODEL_H
#include "page/directory.h"
#include "page/page_word.h"

#ifndef MODEL_MO_HANDOFF
#define MODEL_MO_HANDOFF \
  memory_order_release /* a heap, or the promise that all frees into it are done, changes hands */
#endif
#ifndef MODEL_MO_SLICE
#define MODEL_MO_SLICE memory_order_release /* slices go back: give back -> next claim */
#endif
enum { LINES = 2, HEAPS = 4, THREADS = 3, NOBODY = -1, NO_LINE = -1 };

typedef struct shape_s { /* of the pages there are at first: with total 0, none */
  unsigned total, capacity, state, offer;
  int owner;    /* heap */
  unsigned out; /* blocks that are never freed */
  unsigned bit; /* its hint is set: a bit older than the page */
} shape_t;
#if SITUATION == 1
static const shape_t shape[LINES] = {{3, 3, PW_ABANDONED, 1, NOBODY, 1, 1}, {0, 0, 0, 0, 0, 0, 0}};
#elif SITUATION == 2
static const shape_t shape[LINES] = {{2, 2, PW_ABANDONED, 1, NOBODY, 0, 1}, {0, 0, 0, 0, 0, 0, 0}};
#elif SITUATION == 3
static const shape_t shape[LINES] = {{2, 2, PW_ABANDONED, 1, NOBODY, 0, 0}, {2, 2, PW_ABANDONED, 1, NOBODY, 0, 0}};
#elif SITUATION == 4
static const shape_t shape[LINES] = {{2, 2, PW_ABANDONED, 1, NOBODY, 1, 1}, {3, 3, PW_ABANDONED, 2, NOBODY, 1, 0}};
#elif SITUATION == 5
static const shape_t shape[LINES] = {{4, 4, PW_OWNED, 2, 2, 0, 0}, {3, 3, PW_ABANDONED, 1, NOBODY, 0, 0}};
#elif SITUATION == 8
static const shape_t shape[LINES] = {{2, 2, PW_ABANDONED, 1, NOBODY, 0, 0}, {3, 3, PW_ABANDONED, 1, NOBODY, 1, 0}};
#elif SITUATION == 6
static const shape_t shape[LINES] = {{2, 2, PW_DEDICATED, 1, 0, 1, 1}, {2, 2, PW_ABANDONED, 1, NOBODY, 0, 0}};
#elif SITUATION == 7
static const shape_t shape[LINES] = {{2, 2, PW_DEDICATED, 1, 0, 0, 1}, {0, 0, 0, 0, 0, 0, 0}};
#endif
/* The lines lie in one segment, except in situation 4: then each has its leaf. */
#define LEAF(i) (SITUATION == 4 ? (i) : 0)
#define BIT(i) ((uint64_t)1 << (i))

typedef struct line_s {
  pw_page_t* page; /* constant */
  pw_block_t* base;
  unsigned out; /* written at a page's birth */
  _Atomic(unsigned) given, born, slice_free;
} line_t;

typedef struct model_s {
  line_t line[LINES];
  _Atomic(uint64_t) leaf[LINES];
  _Atomic(uint64_t) sum;
  pw_theap_t owner[HEAPS];
  _Atomic(unsigned) handed;
} model_t;

/* ---- a page's life ---- */

static inline void page_birth(line_t* l, const shape_t* s, pw_theap_t* h) {
  pw_page_t* p = l->page;
  pw_block_t* base = MODEL_NEW_ARRAY(pw_block_t, 4);
  pw_block_t* none = (pw_block_t*)0;
  p->base = base;
  p->total = s->total;
  p->offer = s->offer;
  p->local_free = none;
  p->used = s->capacity;
  p->capacity = s->capacity;
  l->out = s->out;
  atomic_store_explicit(&p->owner, h, memory_order_relaxed);
  atomic_store_explicit(&p->word, pw_make(s->state, 0, 0), memory_order_relaxed);
  atomic_fetch_add_explicit(&l->born, 1u, memory_order_relaxed);
}
static inline void page_give_back(line_t* l) { /* by the one thread that owns the page exclusively */
  pw_page_t* p = l->page;
  pw_block_t *base = p->base, *none = (pw_block_t*)0;
  MODEL_ASSERT(atomic_load_explicit(&p->word, memory_order_relaxed) == 0);
  p->used = 0u;
  p->local_free = none;
  p->base = none;
  MODEL_DELETE_ARRAY(base);
  atomic_fetch_add_explicit(&l->given, 1u, memory_order_relaxed);
  atomic_store_explicit(&l->slice_free, 1u, MODEL_MO_SLICE);
}
static inline bool page_claim(line_t* l) { /* the slices of a page that was given back */
  unsigned e = 1;
  return atomic_compare_exchange_strong_explicit(&l->slice_free, &e, 0u, memory_order_acquire, memory_order_relaxed);
}
static inline void page_duty(model_t* m, int i, pw_theap_t* h, pw_duty_t d) {
  if (d == PW_EMPTY) page_give_back(&m->line[i]);
  if (d == PW_OFFER) dir_offer(&m->leaf[LEAF(i)], BIT(i), &m->sum, BIT(LEAF(i)));
  if (d == PW_NOTIFY) {
    MODEL_ASSERT(h != PW_NOBODY);
    pw_notify(h, 1);
  }
}
static inline void page_abandon(model_t* m, int i) { page_duty(m, i, PW_NOBODY, pw_abandon(m->line[i].page)); }
static inline void page_retire(line_t* l) {
  pw_retire(l->page);
  page_give_back(l);
}

/* ---- what threads do ---- */

/* True: I own the page, and it still is one */
static inline bool free_block(model_t* m, int i, pw_theap_t* me, pw_block_t* b) {
  pw_page_t* p = m->line[i].page;
  pw_theap_t* h = atomic_load_explicit(&p->owner, memory_order_relaxed);
  if (h != me) {
    page_duty(m, i, h, pw_push(p, b, b, 1));
    return false;
  }
  b->next = p->local_free;
  p->local_free = b;
  p->used = p->used - 1;
  if (p->used == 0) page_retire(&m->line[i]);
  return p->used != 0;
}

typedef struct parcel_s {
  int line;
  pw_block_t *first, *last;
  unsigned n;
} parcel_t;

static inline void parcel_add(model_t* m, parcel_t* parcel, int i, unsigned k) {
  pw_block_t* b = m->line[i].base + k;
  b->next = parcel->first;
  parcel->first = b;
  if (parcel->n++ == 0) parcel->last = b;
  parcel->line = i;
}
static inline void parcel_send(model_t* m, parcel_t* parcel) {
  if (parcel->n == 0) return;
  page_duty(m, parcel->line, PW_NOBODY, pw_push(m->line[parcel->line].page, parcel->first, parcel->last, parcel->n));
}

/* Looks in the leaf: which line's page is mine now, or NO_LINE */
static inline int adopt(model_t* m, int leaf, pw_theap_t* me) {
  const uint64_t bit = dir_seek(&m->leaf[leaf], &m->sum, BIT(leaf));
  if (bit == 0) return NO_LINE;
  const int i = bit == BIT(0) ? 0 : 1;
  pw_block_t* got;
  unsigned n;
  if (!pw_reclaim(m->line[i].page, me, 1, &got, &n)) return NO_LINE;
  pw_absorb(m->line[i].page, got, n);
  return i;
}
static inline void adopt_and_abandon(model_t* m, int leaf, pw_theap_t* me) {
  const int i = adopt(m, leaf, me);
  if (i != NO_LINE) page_abandon(m, i);
}
static inline void adopt_and_dedicate(model_t* m, int leaf, pw_theap_t* me) {
  const int i = adopt(m, leaf, me);
  if (i == NO_LINE) return;
  unsigned n;
  pw_block_t* got = pw_collect(m->line[i].page, &n);
  pw_absorb(m->line[i].page, got, n);
  if (m->line[i].page->used == 0) page_retire(&m->line[i]);
}
/* Makes a page where one was given back, and frees some of its two blocks */
static inline void make_again(model_t* m, int i, pw_theap_t* me, unsigned state, unsigned frees) {
  const shape_t s = {2, 2, state, 1, 0, 2 - frees, 0};
  page_birth(&m->line[i], &s, me);
  pw_block_t* base = m->line[i].page->base;
  bool mine = true;
  for (unsigned k = 0; k < frees; k++) mine = free_block(m, i, me, base + k);
  if (mine && state == PW_OWNED) page_abandon(m, i);
}

static inline void model_setup(model_t* m) {
  for (int i = 0; i < LINES; i++) {
    line_t* l = &m->line[i];
    l->page = MODEL_NEW(pw_page_t);
    l->base = (pw_block_t*)0;
    atomic_store_explicit(&l->given, 0u, memory_order_relaxed);
    atomic_store_explicit(&l->born, 0u, memory_order_relaxed);
    atomic_store_explicit(&l->slice_free, 0u, memory_order_relaxed);
    atomic_store_explicit(&m->leaf[i], (uint64_t)0, memory_order_relaxed);
  }
  atomic_store_explicit(&m->sum, (uint64_t)0, memory_order_relaxed);
  atomic_store_explicit(&m->handed, 0u, memory_order_relaxed);
  for (int i = 0; i < HEAPS; i++) atomic_store_explicit(&m->owner[i].notified, (uint64_t)0, memory_order_relaxed);
  for (int i = 0; i < LINES; i++) {
    const shape_t* s = &shape[i];
    if (s->total == 0) continue;
    page_birth(&m->line[i], s, s->owner == NOBODY ? PW_NOBODY : &m->owner[s->owner]);
    m->line[i].base = m->line[i].page->base;
    if (s->bit) dir_offer(&m->leaf[LEAF(i)], BIT(i), &m->sum, BIT(LEAF(i)));
  }
}

static inline void model_thread(model_t* m, int t) {
  pw_theap_t* me = &m->owner[t];
  line_t *a = &m->line[0], *b = &m->line[1];
  parcel_t to_a = {0, 0, 0, 0}, to_b = {0, 0, 0, 0};
  (void)a;
  (void)b;
  (void)to_a;
  (void)to_b;
#if SITUATION == 1
  if (t == 0) {
    free_block(m, 0, me, a->base);
    free_block(m, 0, me, a->base + 1);
  } else
    adopt_and_abandon(m, 0, me);
#elif SITUATION == 2
  if (t == 0) {
    free_block(m, 0, me, a->base);
    free_block(m, 0, me, a->base + 1);
  } else if (t == 1) {
    if (page_claim(a)) make_again(m, 0, me, PW_OWNED, 1);
  } else
    adopt_and_abandon(m, 0, me);
#elif SITUATION == 3
  if (t == 0) {
    free_block(m, 0, me, a->base);
    free_block(m, 1, me, b->base);
  } else if (t == 1) {
    free_block(m, 1, me, b->base + 1);
    free_block(m, 0, me, a->base + 1);
  } else
    adopt_and_dedicate(m, 0, me);
#elif SITUATION == 4
  if (t == 0) {
    free_block(m, 0, me, a->base);
    free_block(m, 1, me, b->base);
  } else if (t == 1)
    free_block(m, 1, me, b->base + 1);
  else {
    adopt_and_abandon(m, 1, me);
    adopt_and_abandon(m, 0, me);
  }
#elif SITUATION == 5
  if (t == 0) {
    parcel_add(m, &to_a, 0, 0);
    parcel_add(m, &to_a, 0, 1);
    parcel_add(m, &to_b, 1, 0);
    parcel_send(m, &to_a);
    parcel_send(m, &to_b);
  } else if (t == 1) {
    parcel_add(m, &to_b, 1, 1);
    parcel_add(m, &to_a, 0, 2);
    parcel_add(m, &to_b, 1, 2);
    parcel_send(m, &to_b);
    parcel_send(m, &to_a);
  } else {
    if (free_block(m, 0, me, a->base + 3)) page_abandon(m, 0);
  }
#elif SITUATION == 8
  if (t == 0) {
    parcel_add(m, &to_a, 0, 0);
    parcel_add(m, &to_a, 0, 1);
    parcel_add(m, &to_b, 1, 0);
    parcel_send(m, &to_a);
    parcel_send(m, &to_b);
  } else if (t == 1) {
    parcel_add(m, &to_b, 1, 1);
    parcel_send(m, &to_b);
  } else
    adopt_and_abandon(m, 0, me);
#elif SITUATION == 6
  if (t == 0) {
    if (atomic_load_explicit(&m->handed, memory_order_acquire) == 1) { /* all frees into my heap are done: destroy it */
      page_retire(a);
      atomic_store_explicit(&m->handed, 2u, MODEL_MO_HANDOFF);
    }
    parcel_add(m, &to_b, 1, 1);
    parcel_send(m, &to_b);
  } else if (t == 1) {
    parcel_add(m, &to_b, 1, 0);
    free_block(m, 0, me, a->base);
    atomic_store_explicit(&m->handed, 1u, MODEL_MO_HANDOFF);
    parcel_send(m, &to_b);
  } else {
    adopt_and_abandon(m, 0, me);
    if (page_claim(a)) {
      if (atomic_load_explicit(&m->handed, memory_order_acquire) == 2) me = &m->owner[0];
      make_again(m, 0, me, PW_DEDICATED, 2);
    }
  }
#elif SITUATION == 7
  if (t == 0) {
    unsigned n;
    pw_block_t* got = pw_undedicate(a->page, &m->owner[3], &n);
    pw_absorb(a->page, got, n);
    page_abandon(m, 0);
    atomic_store_explicit(&m->handed, 1u, MODEL_MO_HANDOFF);
  } else if (t == 1) {
    free_block(m, 0, me, a->base);
    free_block(m, 0, me, a->base + 1);
  } else {
    adopt_and_abandon(m, 0, me);
    if (atomic_load_explicit(&m->handed, memory_order_acquire) == 1) {
      const shape_t s = {2, 2, PW_DEDICATED, 1, 0,
                         0, 0}; /* the heap runs again, and is told of a page it has no more */
      me = &m->owner[0];
      page_birth(b, &s, me);
      unsigned n;
      if (pw_drain(me)) MODEL_ASSERT(pw_collect(b->page, &n) == NULL && n == 0);
      pw_block_t* base = b->page->base;
      free_block(m, 1, me, base);
      free_block(m, 1, me, base + 1);
    }
  }
#endif
}

/* When all threads are done: every block is where it must be, once; nothing empty is kept, nothing worth taking forgotten */
static inline void check_line(model_t* m, int i) {
  line_t* l = &m->line[i];
  pw_page_t* p = l->page;
  const unsigned given = atomic_load_explicit(&l->given, memory_order_relaxed);
  if (given == atomic_load_explicit(&l->born, memory_order_relaxed)) return;
  MODEL_ASSERT(given + 1 == atomic_load_explicit(&l->born, memory_order_relaxed));
  const uint64_t w = atomic_load_explicit(&p->word, memory_order_relaxed);
  const unsigned total = p->total, capacity = p->capacity;
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
  MODEL_ASSERT(total - (total - capacity) - n - local == l->out);
  MODEL_ASSERT(local == capacity - p->used);
  pw_theap_t* h = atomic_load_explicit(&p->owner, memory_order_relaxed);
  if (pw_state(w) == PW_ABANDONED) {
    MODEL_ASSERT(h == PW_NOBODY && pw_count(w) == n + (total - p->used) && pw_count(w) != total);
    MODEL_ASSERT(pw_count(w) < p->offer || (atomic_load_explicit(&m->leaf[LEAF(i)], memory_order_relaxed) & BIT(i)));
  } else {
    MODEL_ASSERT(h != PW_NOBODY && pw_count(w) == n);
    if (pw_state(w) == PW_DEDICATED)
      MODEL_ASSERT(n == 0 || atomic_load_explicit(&h->notified, memory_order_relaxed) == 1);
  }
  MODEL_DELETE_ARRAY(base);
}
static inline void model_check(model_t* m) {
  for (int i = 0; i < LINES; i++) {
    check_line(m, i);
    MODEL_ASSERT(atomic_load_explicit(&m->leaf[i], memory_order_relaxed) == 0 ||
                 (atomic_load_explicit(&m->sum, memory_order_relaxed) & BIT(i)));
    MODEL_DELETE(m->line[i].page);
  }
}
#endif
