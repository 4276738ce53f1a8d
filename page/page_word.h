/* page_word.h -- the cross-thread protocol of a page: one 64-bit atomic word with three states.
 *
 *   word = { state:2 | count:30 | head:32 }
 *   head    the first block freed by other threads (index + 1; 0 = none), linked through block->next
 *   count   the free blocks that the word accounts for. OWNED, DEDICATED: the length of the list.
 *           ABANDONED: that, and the blocks on local_free, and those never carved. count == total: wholly free
 *   OWNED       one theap owns the page, or the slices are free. Zero is OWNED: purged, zeroed metadata cannot be reclaimed
 *   ABANDONED   nobody owns it; the thread that moves it to OWNED by CAS does
 *   DEDICATED   owned for good by a sub-heap of a first-class heap: as OWNED, but the first push onto an empty list notifies it
 *
 *               pw_abandon_full, pw_abandon
 *     OWNED  --------------------------------->  ABANDONED
 *       ^    <---------------------------------
 *       |     pw_reclaim; the last pw_push (EMPTY)
 *       +----- pw_undedicate ----- DEDICATED
 *
 * The page's line is type-stable: its memory is always mapped, its atomics are only accessed atomically, also when a
 * new page is made there. A thread that neither owns the page nor holds a block of it touches nothing but `word` (pw_reclaim).
 *
 * Plain C11; compiles unmodified under GenMC and, with PW_SHIM, as C++ under Relacy. The only concessions:
 * _Atomic(T) spelling, *_explicit calls, PW_VAR(T) around plain shared fields, named memory orders (PW_MO_*).
 * Rules R1..R13: notes/protocol.md; why they are right: notes/protocol-proofs.md. */
#ifndef PAGE_WORD_H
#define PAGE_WORD_H
#ifdef PW_SHIM
#include PW_SHIM
#else
#include <stdatomic.h>
#endif
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#ifndef PW_VAR
#define PW_VAR(T) T
#endif
/* ---- the page: a model keeps it in one struct; the allocator has PW_TYPES and its own three lines (page.h) ---- */
#ifndef PW_TYPES
typedef struct pw_block_s {
  PW_VAR(struct pw_block_s*) next;
} pw_block_t;

typedef struct pw_theap_s {   /* the part of a theap that other threads touch; type-stable */
  _Atomic(uint64_t) notified; /* one bit per class: a dedicated page of that class got blocks */
} pw_theap_t;

typedef struct pw_page_s {
  /* tag */
  _Atomic(pw_theap_t*) owner; /* written by the owner; others only compare it with their own */
  /* owner line */
  PW_VAR(pw_block_t*) local_free;
  PW_VAR(unsigned) used;     /* blocks not on local_free and not uncarved */
  PW_VAR(unsigned) capacity; /* blocks carved so far; total - capacity were never carved */
  /* remote line; total, offer, base are constant from the page's birth to its end */
  _Atomic(uint64_t) word;
  PW_VAR(pw_block_t*) base;
  PW_VAR(unsigned) total; /* all blocks, carved or not */
  PW_VAR(unsigned) offer; /* free blocks with which an abandoned page is offered to everyone */
} pw_page_t;
#define PW_OWNER(p) (&(p)->owner)
#define PW_REMOTE(p) (p)
#define PW_PREVIOUS(me) ((void)(me), PW_NOBODY)
#define PW_LINK_GET(b) ((b)->next)
#define PW_LINK_SET(b, n) ((void)((b)->next = (n)))
#define PW_DAMAGED(p, b) ((void)0) /* the list is longer, or shorter, than was counted; it does not return */
#endif
/* ---- memory orders, each the weakest that verifies (notes/protocol.md says what pairs with what) ---- */
#ifndef PW_MO_PUSH
#define PW_MO_PUSH memory_order_release /* push: contents of the block -> collect, reclaim, empty */
#endif
#ifndef PW_MO_COLLECT
#define PW_MO_COLLECT memory_order_acquire /* owner takes the list: pairs with push */
#endif
#ifndef PW_MO_ABANDON
#define PW_MO_ABANDON memory_order_release /* owner line -> next owner */
#endif
#ifndef PW_MO_RECLAIM
#define PW_MO_RECLAIM memory_order_acquire /* new owner: pairs with abandon (owner line) and push (blocks) */
#endif
#ifndef PW_MO_EMPTY
#define PW_MO_EMPTY memory_order_acquire /* last pusher becomes owner: as reclaim */
#endif
#ifndef PW_MO_NOTIFY
#define PW_MO_NOTIFY memory_order_release /* set the bit after the push, of a dedicated page */
#endif
#ifndef PW_MO_DRAIN
#define PW_MO_DRAIN memory_order_acquire /* clear the bits before the look: pairs with notify */
#endif

enum { PW_OWNED = 0, PW_ABANDONED = 1, PW_DEDICATED = 2 };
/* The owner of a page that nobody owns. Not NULL: a thread may compare it with its own owner id before that is set up. */
#define PW_NOBODY ((struct pw_theap_s*)(uintptr_t)1)

/* what the pusher must do next */
typedef enum {
  PW_DONE,   /* nothing. After a push the page may be gone: do not touch its line */
  PW_EMPTY,  /* the page is wholly free and exclusively yours: give it back */
  PW_OFFER,  /* set the page's bit in the directory (dir_offer) */
  PW_NOTIFY, /* set the class's bit of the owner, read before the push (pw_notify) */
} pw_duty_t;

static inline uint64_t pw_make(unsigned state, unsigned count, uint32_t head) {
  return ((uint64_t)state << 62) | ((uint64_t)count << 32) | head;
}
static inline unsigned pw_state(uint64_t w) { return (unsigned)(w >> 62); }
static inline unsigned pw_count(uint64_t w) { return (unsigned)(w >> 32) & 0x3fffffffu; }
static inline uint32_t pw_head(uint64_t w) { return (uint32_t)w; }
static inline pw_block_t* pw_block_at(pw_page_t* p, uint32_t head) {
  pw_block_t* base = PW_REMOTE(p)->base;
  return head == 0 ? (pw_block_t*)0 : base + (head - 1);
}
static inline uint32_t pw_head_of(pw_page_t* p, pw_block_t* b) {
  pw_block_t* base = PW_REMOTE(p)->base;
  return (uint32_t)(b - base) + 1;
}

/* Any thread that holds the n blocks of the chain first..last (all of this page) frees them. [P1] [P2] [P3] */
static inline pw_duty_t pw_push(pw_page_t* p, pw_block_t* first, pw_block_t* last, unsigned n) {
  const unsigned total = PW_REMOTE(p)->total, offer = PW_REMOTE(p)->offer; /* read while we still hold a block */
  uint64_t w = atomic_load_explicit(&PW_REMOTE(p)->word, memory_order_relaxed);
  unsigned state, count;
  for (;;) {
    state = pw_state(w);
    count = pw_count(w) + n;
    if (state == PW_ABANDONED && count == total) { /* we hold every live block: own the page instead */
      if (atomic_compare_exchange_weak_explicit(&PW_REMOTE(p)->word, &w, pw_make(PW_OWNED, 0, 0), PW_MO_EMPTY,
                                                memory_order_relaxed))
        return PW_EMPTY;
      continue;
    }
    PW_LINK_SET(last, pw_block_at(p, pw_head(w)));
    if (atomic_compare_exchange_weak_explicit(&PW_REMOTE(p)->word, &w, pw_make(state, count, pw_head_of(p, first)),
                                              PW_MO_PUSH, memory_order_relaxed))
      break;
  }
  if (state == PW_ABANDONED && count >= offer && count - n < offer) return PW_OFFER;
  if (state == PW_DEDICATED && count == n) return PW_NOTIFY;
  return PW_DONE;
}

/* Owner: everything other threads pushed. Its length *n is known without walking it. [P1] [P4] */
static inline pw_block_t* pw_collect(pw_page_t* p, unsigned* n) {
  uint64_t w = atomic_load_explicit(&PW_REMOTE(p)->word, memory_order_relaxed);
  if (pw_count(w) != 0) w = atomic_exchange_explicit(&PW_REMOTE(p)->word, pw_make(pw_state(w), 0, 0), PW_MO_COLLECT);
  *n = pw_count(w);
  return pw_block_at(p, pw_head(w));
}

/* Owner of a page whose every carved block is in somebody's hands: give up ownership. False: collect first.
 * [T1] [T2] [T3] [P5] */
static inline bool pw_abandon_full(pw_page_t* p) {
  const unsigned never_carved = PW_REMOTE(p)->total - p->capacity;
  uint64_t w = pw_make(PW_OWNED, 0, 0);
  pw_theap_t* me = atomic_load_explicit(PW_OWNER(p), memory_order_relaxed);
  atomic_store_explicit(PW_OWNER(p), PW_PREVIOUS(me), memory_order_relaxed); /* before the CAS: after it, not ours */
  if (atomic_compare_exchange_strong_explicit(&PW_REMOTE(p)->word, &w, pw_make(PW_ABANDONED, never_carved, 0),
                                              PW_MO_ABANDON, memory_order_relaxed))
    return true;
  atomic_store_explicit(PW_OWNER(p), me, memory_order_relaxed);
  return false;
}

/* Anyone, holding a block of the page or not: own an abandoned page that has at least `least` free blocks.
 * On a local free least is 0 (the caller holds a block); after a hint of the directory it is 1. [P1] [P6] [T2] */
static inline bool pw_reclaim(pw_page_t* p, pw_theap_t* me, unsigned least, pw_block_t** got, unsigned* n) {
  uint64_t w = atomic_load_explicit(&PW_REMOTE(p)->word, memory_order_relaxed);
  while (pw_state(w) == PW_ABANDONED && pw_count(w) >= least) {
    if (!atomic_compare_exchange_weak_explicit(&PW_REMOTE(p)->word, &w, pw_make(PW_OWNED, 0, 0), PW_MO_RECLAIM,
                                               memory_order_relaxed))
      continue;
    atomic_store_explicit(PW_OWNER(p), me, memory_order_relaxed);
    *got = pw_block_at(p, pw_head(w));
    *n = pw_count(w) - (PW_REMOTE(p)->total - p->used); /* the owner line is ours now */
    return true;
  }
  return false;
}

/* Owner: the n blocks got by pw_collect or pw_reclaim become local. */
static inline void pw_absorb(pw_page_t* p, pw_block_t* got, unsigned n) {
  p->used = p->used - n;
  pw_block_t* local = p->local_free;
  if (local == NULL) { /* the usual case: no walk */
    p->local_free = got;
    return;
  }
  for (; got != NULL && n != 0; n--) {
    pw_block_t* next = PW_LINK_GET(got);
    PW_LINK_SET(got, local);
    local = got;
    got = next;
  }
  if (got != NULL || n != 0) PW_DAMAGED(p, got);
  p->local_free = local;
}

/* Owner of a page none of whose blocks is in anybody's hands: it ceases to be. The caller gives the slices back. [T3] [P7] */
static inline void pw_retire(pw_page_t* p) {
  atomic_store_explicit(PW_OWNER(p), PW_NOBODY, memory_order_relaxed);
  /* a dedicated page becomes zero too */
  atomic_store_explicit(&PW_REMOTE(p)->word, pw_make(PW_OWNED, 0, 0), memory_order_relaxed);
}

/* Owner: give the page up with its free blocks (thread exit; a theap with enough pages of the class). Not a dedicated page. The
 * local blocks stay in the owner line, for the next owner, and are counted in the word; those that others pushed stay in the
 * word: no block is touched. [T1] [T3] [P1] [P5] */
static inline pw_duty_t pw_abandon(pw_page_t* p) {
  const unsigned total = PW_REMOTE(p)->total, offer = PW_REMOTE(p)->offer; /* read before the page is given up */
  const unsigned mine = total - p->used;                                   /* local, or never carved */
  pw_theap_t* me = atomic_load_explicit(PW_OWNER(p), memory_order_relaxed);
  atomic_store_explicit(PW_OWNER(p), PW_PREVIOUS(me), memory_order_relaxed); /* before the CAS: after it, not ours */
  uint64_t w = atomic_load_explicit(&PW_REMOTE(p)->word, memory_order_relaxed);
  for (;;) {
    const unsigned free_count = mine + pw_count(w);
    if (free_count == total) { /* nobody else holds a block: wholly free, and ours */
      unsigned n;
      pw_collect(p, &n); /* for its acquire */
      pw_retire(p);
      return PW_EMPTY;
    }
    if (atomic_compare_exchange_weak_explicit(&PW_REMOTE(p)->word, &w, pw_make(PW_ABANDONED, free_count, pw_head(w)),
                                              PW_MO_ABANDON, memory_order_relaxed))
      return free_count >= offer ? PW_OFFER : PW_DONE;
  }
}

/* Dedicated pages: their owner is notified after the push. h is the owner as the pusher read it before its push, while it held
 * a block: exact, as pages are DEDICATED by birth only. Theaps are type-stable: an idle one may be notified in vain. [K1] */
static inline void pw_notify(pw_theap_t* h, uint64_t bit) { atomic_fetch_or_explicit(&h->notified, bit, PW_MO_NOTIFY); }
/* Owner: the classes notified since the last call; before it looks at their pages. [K2] [K3] */
static inline uint64_t pw_drain(pw_theap_t* h) {
  if (atomic_load_explicit(&h->notified, memory_order_relaxed) == 0) return 0;
  return atomic_exchange_explicit(&h->notified, (uint64_t)0, PW_MO_DRAIN);
}
/* Owner of a dedicated page whose heap is deleted: from now on an ordinary page of theap `to`. [P4] [T2] */
static inline pw_block_t* pw_undedicate(pw_page_t* p, pw_theap_t* to, unsigned* n) {
  uint64_t w = atomic_exchange_explicit(&PW_REMOTE(p)->word, pw_make(PW_OWNED, 0, 0), PW_MO_COLLECT);
  atomic_store_explicit(PW_OWNER(p), to, memory_order_relaxed);
  *n = pw_count(w);
  return pw_block_at(p, pw_head(w));
}
#endif
