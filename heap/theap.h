/* theap.h -- a thread's heap: its caches, its pages, its outbox.
 *
 *   hot[c]     free blocks of class c, or borrowed from a class a little larger, last freed first: what malloc pops and free
 *              pushes. Whatever page they are from; for the page they count as used (R13). Behind it, in bin[c], there
 *              may be more such lists in reserve: put aside when they were full, taken back when this one is empty
 *   bin[c]   the pages of class c that the heap owns, by how many free blocks they have
 *                 active   the one that hot[c] is filled from
 *                 ready    a thirty-second of the blocks or more are free: drawn from first, last come first
 *                 sparse   fewer are free: they wait, so that frees into them stay cheap
 *                 full     none: retained up to a bound in bytes over all classes, then the oldest is abandoned
 *   outbox     blocks on their way to pages of others, gathered by page
 *   roll       of a sub-heap: its pages of one block
 *
 * A thread's own heap, its base, and the sub-heaps of first-class heaps (first_class.h) that it runs are of one kind. A
 * sub-heap's pages are kept: never given up to others, and what is freed into them comes by the page's word.
 *
 * Everything but `told` is touched by the one thread that runs the heap. Heaps are type-stable: made, parked, run again by
 * the next thread, never unmapped; an idle theap has nothing. Only files of this room include this one. */
#ifndef MICA_THEAP_H
#define MICA_THEAP_H
#include "base/config.h"
#include <mica/base.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "heap/first_class/ownership_word.h"
#include "heap/first_class/quota.h"
#include "observe/output.h"
#include "page/page.h"
#include "segment/single.h"
#include "segment/slices.h"

typedef struct mica_cache_s {
  mica_block_t* head;
  int32_t left; /* frees until the list is looked at: bound - length */
  uint32_t unused;
} mica_cache_t;
static_assert(sizeof(mica_cache_t) == MICA_STEP_SMALL, "malloc finds a small class's list without scaling");

typedef struct mica_bin_s {
  mica_page_t* active;
  mica_page_t* ready;
  mica_page_t* sparse;
  mica_page_t* full; /* newest */
  /* Blocks of the owned pages that are not on their local_free: the program's, hot, in flight. relaxed: written by the
   * owner, read by others as a figure. */
  _Atomic(uint32_t) outstanding; /* [F1] */
  uint16_t bound;                /* room + length of the cache */
  uint8_t cap;                   /* what bound may grow to: doubles with each refill up to the class's cache_max */
  uint8_t homings;               /* how often every block came home */
  uint32_t kept;                 /* bytes kept though every block is home; 0: not so */
  uint8_t fills;                 /* of the cache since it overflowed last, up to a few */
  uint8_t overflows;             /* of it since it was filled last, likewise */
  uint16_t reserved;             /* blocks in reserve */
  mica_block_t* reserve;         /* a pile of caches that were put aside whole, to be used before any page is asked */
} mica_bin_t;

/* Blocks on their way to one page, which has one slice and no inner pointers. */
typedef struct mica_parcel_s {
  mica_tag_t* tag; /* of the page; NULL: empty */
  mica_block_t* first;
  mica_block_t* last;
  uint32_t count;
  uint16_t class;
  uint16_t size; /* bytes in a block */
} mica_parcel_t;

enum {
  MICA_OUTBOX_SETS = 32,
  MICA_OUTBOX_WAYS = 2,
  MICA_OUTBOX_BYTES = 65536, /* in all parcels together */
  MICA_OUTBOX_BLOCK = 4096,  /* larger blocks go directly */
  MICA_THEAP_ALIGN = 4096,   /* leaves the parking word room for its counter */
  MICA_THEAP_BYTES = 4 * MICA_THEAP_ALIGN,
  MICA_REGISTRY_SLOTS = 512,
  MICA_SEEN = 64,
};

/* Of a class in a sub-heap. */
typedef struct mica_dedicated_s {
  uint32_t fulls;  /* pages on `full` */
  uint32_t looked; /* so many of them, one after the other, had nothing to give */
} mica_dedicated_t;

/* What a thread remembers of the heaps that it allocates in: by serial number, which no other heap ever has. */
typedef struct mica_seen_s {
  uint64_t serial;
  struct mica_theap_s* sub;
} mica_seen_t;

/* A first-class heap (first_class.h). It lies in the structure of its first sub-heap. */
struct mi_heap_s {
  _Atomic(uint64_t) serial; /* 0: none here */
  _Atomic(uint64_t) quota;  /* quota.h */
  _Atomic(uint64_t) limit;  /* bytes; 0: none. relaxed: a figure */
  _Atomic(struct mica_theap_s*) subs;
  _Atomic(mi_heap_t*) subproc; /* the main heap of its subprocess; itself, if it is that */
  uint32_t arena;              /* the reservation it is tied to; 0: none */
  bool outlives;               /* mi_heap_destroy deletes it only */
};

typedef mica_page_t registry_page_t;
#include "heap/first_class/large_registry.h"

typedef struct mica_theap_s {
  mica_cache_t cache[MICA_CLASSES]; /* first: malloc and free add nothing to find them */
  pw_theap_t shared;
  mica_hint_t hint;  /* where slices were found last */
  mica_page_t* full; /* all full pages by age, newest first, through `older` */
  mica_page_t* full_oldest;
  size_t full_bytes;                       /* in them */
  size_t owned_bytes;                      /* in all owned pages */
  size_t kept_bytes;                       /* the sum of `kept` */
  int32_t outbox_credit;                   /* bytes */
  uint32_t outbox_next_way;                /* the way to be evicted next */
  struct mica_theap_s* all_next;           /* every heap ever made */
  _Atomic(struct mica_theap_s*) idle_next; /* next in the stack of idle theaps */
  _Atomic(uintptr_t) thread;               /* whose it is; 0: nobody's */

  _Atomic(struct mica_theap_s*)
      base;                      /* of the thread that runs it; of a base itself; NULL: a constant, parked, or run by
                                      * no thread. relaxed: only its thread reads its own base there [U7] */
  uintptr_t usual;               /* a base's: the owner id of the thread's default, which mica_self says but in between
                             * enter and leave */
  struct mica_theap_s* attached; /* a base's: the sub-heaps that the thread runs, through attached_next */
  mi_heap_t* subproc; /* a base's: the main heap of its subprocess, if that one is still alive; NULL: the process's */
  uint64_t subproc_serial;
  uint64_t heartbeat;          /* a base's: calls of the deferred-free function */
  bool remembers;              /* a base's: something stands in `seen` */
  bool lost;                   /* after a fork: what it holds is not known */
  _Atomic(uint32_t) ownership; /* bond.h */
  _Atomic(mi_heap_t*) heap;    /* the heap that it is part of; NULL: none. relaxed [U7] */

  mica_bin_t bin[MICA_CLASSES];

  mica_parcel_t outbox[MICA_OUTBOX_SETS][MICA_OUTBOX_WAYS]; /* a base's, that frees blocks of others */
  mica_seen_t seen[MICA_SEEN];                              /* a base's */
  uintptr_t
      running[MICA_SEEN]; /* a base's: owner ids of sub-heaps that the thread runs, by themselves; not all of them */
  /* a sub-heap's, from here on; a base never touches it */
  _Atomic(uint64_t) serial;     /* of its heap. relaxed: a number [U8] */
  uint64_t refused;             /* bytes for which there was no room last; 0: there was */
  uint64_t pending;             /* what `told` said, one bit a class, folded; until a look found nothing */
  struct mica_theap_s* sibling; /* the sub-heap of the set that was made before */
  struct mica_theap_s* attached_next;
  struct mica_theap_s* annex; /* structures of which only the registry is used */
  mi_heap_t first;
  uint32_t registry_end; /* slots beyond it were never used */
  mica_dedicated_t dedicated[MICA_CLASSES];
  _Atomic(uint64_t) registry_hints[MICA_REGISTRY_SLOTS / 64];
  _Atomic(mica_page_t*) registry[MICA_REGISTRY_SLOTS];
} mica_theap_t;
static_assert(sizeof(mica_theap_t) <= MICA_THEAP_BYTES, "whole OS pages");
static_assert(offsetof(mica_theap_t, outbox) <= 2 * (size_t)MICA_THEAP_ALIGN, "most threads' heaps touch two OS pages");
static_assert(MICA_REGISTRY_SLOTS % 64 == 0, "whole words of hints");

/* The heap of a thread that has none yet: every list empty, never written. And of one that is past its end. */
extern const mica_theap_t mica_theap_empty;
extern const mica_theap_t mica_theap_gone;

/* The thread's heap, as its distance from mica_theap_empty: its owner id, which is also what the tags of its pages say. Zero, that
 * is unset, means none yet, even before the thread's initial values have been copied; no page's tag says zero. */
extern MICA_TLS uintptr_t mica_self;

MICA_INLINE mica_theap_t* mica_theap_of(uintptr_t id) { return (mica_theap_t*)((uintptr_t)&mica_theap_empty + id); }
MICA_INLINE mica_theap_t* mica_theap_mine(void) { return mica_theap_of(mica_self); }
static inline pw_theap_t* mica_theap_id(const mica_theap_t* theap) {
  return (pw_theap_t*)((uintptr_t)theap - (uintptr_t)&mica_theap_empty);
}
/* The parcels in which blocks for the tag's page may be. */
MICA_INLINE mica_parcel_t* mica_outbox_set(mica_theap_t* theap, const mica_tag_t* tag) {
  static_assert(sizeof theap->outbox[0] == MICA_LINE_SIZE, "a tag's address scales to a set's");
  const uintptr_t at = (uintptr_t)tag << (MICA_LINE_SHIFT - MICA_TAG_SHIFT);
  return (mica_parcel_t*)(void*)((char*)theap->outbox + (at & ((MICA_OUTBOX_SETS - 1) << MICA_LINE_SHIFT)));
}
static inline bool mica_theap_is_real(const mica_theap_t* theap) {
  return theap != &mica_theap_empty && theap != &mica_theap_gone;
}
/* What the page's tag says. relaxed: only compared with one's own owner id; a page that is ours stays so until we give it up,
 * one that is not becomes ours by a CAS of our own only (R1, R3) [T1] */
static inline uintptr_t mica_page_owner(const mica_page_t* page) {
  return (uintptr_t)atomic_load_explicit(PW_OWNER(page), memory_order_relaxed);
}
static inline bool mica_theap_owns(const mica_theap_t* theap, const mica_page_t* page) {
  return (mica_page_owner(page) & ~(uintptr_t)MICA_MARK_INNER) == (uintptr_t)mica_theap_id(theap);
}
/* The first-class heap that it is part of, or NULL. relaxed: the thread that runs it, or who ends its heap, set it or was
 * ordered after who did [U7] */
static inline mi_heap_t* mica_theap_heap(const mica_theap_t* theap) {
  return atomic_load_explicit(&theap->heap, memory_order_relaxed);
}
static inline uint64_t mica_theap_serial(const mica_theap_t* theap) {
  return atomic_load_explicit(&theap->serial, memory_order_relaxed); /* relaxed: see there [U8] */
}
static inline void mica_theap_set_serial(mica_theap_t* theap, uint64_t serial) {
  atomic_store_explicit(&theap->serial, serial, memory_order_relaxed); /* relaxed: likewise [U8] */
}

/* Where an owner id stands in `running`. */
MICA_INLINE uintptr_t* mica_running(mica_theap_t* base, uintptr_t id) {
  return &base->running[id / MICA_THEAP_BYTES % MICA_SEEN];
}

static inline bool mica_theap_is_sub(const mica_theap_t* theap) { return mica_theap_heap(theap) != NULL; }

/* The heap does not own the page, and did so last. */
static inline bool mica_theap_owned_last(const mica_theap_t* theap, const mica_page_t* page) {
  return mica_page_owner(page) == ((uintptr_t)mica_theap_id(theap) | MICA_MARK_PREVIOUS);
}

/* The bit in `told` for a class: there are more classes than bits. */
static inline unsigned mica_notified_bit(unsigned class) { return class % 64; }

/* relaxed: the owner's own figure */
static inline uint32_t mica_outstanding(const mica_bin_t* bin) {
  return atomic_load_explicit(&bin->outstanding, memory_order_relaxed);
}
static inline void mica_outstanding_add(mica_bin_t* bin, int32_t n) {
  atomic_store_explicit(&bin->outstanding, mica_outstanding(bin) + (uint32_t)n, memory_order_relaxed);
}

/* ---- thread.c ---- */

/* The calling thread's heap, made or taken from the parked ones if need be; NULL when there is no memory for one, or the
 * thread is past its end. */
mica_theap_t* mica_theap_get(mica_theap_t* mine);

/* For a thread past its end: a heap for one operation, and its return. */
mica_theap_t* mica_theap_borrow(void);
void mica_theap_return(mica_theap_t* theap);

/* Child of a fork: the idle theaps are not used again. */
void mica_theap_forget_idle(void);

/* Every heap ever made, newest first. */
mica_theap_t* mica_theap_first(void);

/* A heap that has nothing, for another thread to use. */
void mica_theap_put_idle(mica_theap_t* theap);

/* The calling thread's own heap, whatever it allocates in; NULL: it has none. */
static inline mica_theap_t* mica_theap_base_of(const mica_theap_t* theap) {
  return atomic_load_explicit(&theap->base, memory_order_relaxed); /* relaxed: see there [U7] */
}
static inline void mica_theap_set_base(mica_theap_t* theap, mica_theap_t* base) {
  atomic_store_explicit(&theap->base, base, memory_order_relaxed); /* relaxed: likewise [U7] */
}
static inline mica_theap_t* mica_theap_base(void) { return mica_theap_base_of(mica_theap_mine()); }

static inline void mica_theap_run(const mica_theap_t* theap) { mica_self = (uintptr_t)mica_theap_id(theap); }

/* ---- bin.c, fill.c: pages ---- */

/* Puts blocks onto the class's empty cache; of a class a little larger too, unless exact. False: no memory. */
bool mica_refill(mica_theap_t* theap, unsigned class, bool exact);

/* A block known to be zero, or NULL: then fill. */
mica_block_t* mica_refill_zero(mica_theap_t* theap, unsigned class);

/* A chain of n blocks, from first to last, comes home to a page that the heap owns; bin: of the page's class. */
void mica_bin_return(mica_theap_t* theap, mica_bin_t* bin, mica_page_t* page, mica_block_t* first, mica_block_t* last,
                     unsigned n);

/* Takes over a page just moved to OWNED with `got`, its n pushed blocks. */
void mica_bin_adopt(mica_theap_t* theap, mica_page_t* page, mica_block_t* got, unsigned n);

/* Collects what others freed into the owned pages; empty pages go back, the active ones too. */
void mica_bins_collect(mica_theap_t* theap);

/* The class's active page goes back if it is empty. */
void mica_bin_drop_empty(mica_theap_t* theap, unsigned class);

/* Gives up pages until those left are no more than so many bytes. Caches are empty. Not of a sub-heap. */
void mica_bins_reduce(mica_theap_t* theap, size_t target);

/* Gives up every page. Caches and outbox are empty. */
void mica_bins_abandon(mica_theap_t* theap);

/* An empty page, exclusively ours (pw_push said PW_EMPTY, or retired): its slices go back. */
void mica_page_give(mica_page_t* page);

/* What a push of a block of this page said must be done. class: read before the push. */
void mica_page_duty(mica_page_t* page, unsigned class, pw_duty_t duty);

/* ---- kept.c: the pages of a sub-heap; rolled.c: its pages of one block ---- */

/* Whether the heap may have a page of so many bytes more: it counts as had then. Of a base: always. */
bool mica_quota_take(mica_theap_t* theap, uint64_t bytes);

/* It did not come to it. */
void mica_quota_give(const mica_theap_t* theap, uint64_t bytes);

/* Before a page is made: empty pages of other classes go back. */
void mica_dedicated_reap(mica_theap_t* theap, unsigned class);

/* Every page, and every block in it, is gone. Lists are empty afterwards. For who ends the heap. */
void mica_dedicated_destroy(mica_theap_t* theap);

/* Every page is given up, its blocks live on; then it is no sub-heap any more. For the thread that runs it, or who ends the
 * heap if none does. */
void mica_dedicated_release(mica_theap_t* theap);

/* mica_single_make, with the page on the registry if the heap is a sub-heap. heap NULL: a thread past its end. */
mica_page_t* mica_large_make(mica_theap_t* theap, size_t size, size_t align, size_t offset, bool want_clean,
                             mica_hint_t* near);

/* mica_single_resize and mica_single_move. The page that is moved from is gone if the result is not NULL. */
bool mica_large_resize(mica_page_t* page, size_t size);
mica_page_t* mica_large_move(mica_theap_t* theap, mica_page_t* page, size_t size, mica_hint_t* near);

/* The page, ours alone, is struck off the registry that it is on, if any. */
void mica_large_unregister(mica_page_t* page);

/* The pages on the registry: destroyed, or struck off and left to their holders. */
void mica_large_destroy(mica_theap_t* theap);
void mica_large_release(mica_theap_t* theap);

/* ---- hot.c: caches ---- */

/* hot[class] reached its bound: some or all of it goes home. */
void mica_cache_overflow(mica_theap_t* theap, unsigned class);

/* All of it goes home. */
void mica_cache_flush(mica_theap_t* theap, unsigned class);
void mica_cache_flush_all(mica_theap_t* theap);

/* The class's cache is empty: it becomes what is in reserve. False: that is empty, too. */
bool mica_cache_take_reserve(mica_theap_t* theap, unsigned class);

/* Moves blocks to the class's empty cache from that of a class at most an eighth larger, if it has some to spare.
 * Returns how many. When they are freed they return to their own class, as their page's tag says. */
unsigned mica_cache_borrow(mica_theap_t* theap, unsigned class);

/* The class is in use again: nothing of it is kept. */
void mica_cache_unkeep(mica_theap_t* theap, unsigned class);

/* The list has n blocks now, and the class `charged` in all: sets the bound. */
void mica_cache_rebound(mica_theap_t* theap, unsigned class, unsigned length);

/* ---- outbox.c: frees into pages of others ---- */

/* Frees a block of a page that the heap does not own. heap NULL: directly. */
void mica_outbox_send(mica_theap_t* theap, mica_page_t* page, mica_block_t* b, unsigned class);

void mica_outbox_flush(mica_theap_t* theap);

MICA_INLINE void mica_parcel_add(mica_theap_t* theap, mica_parcel_t* parcel, mica_block_t* b) {
  mica_link_set(b, parcel->first);
  parcel->first = b;
  parcel->count++;
  theap->outbox_credit -= parcel->size;
  if (MICA_UNLIKELY(theap->outbox_credit < 0)) mica_outbox_flush(theap);
}

/* ---- told.c: what the program is told ---- */

/* An allocation of so many bytes failed: the registered functions, and a line if wanted. */
void mica_callback_failure(size_t size);

/* From now on, or no longer, failures of this thread are not told: what is tried is not needed. Returns what was before. */
bool mica_callback_hush(bool hush);

/* A limit that refused something did not make the call fail that comes next. */
void mica_callback_forget(void);

/* Now and then: the registered deferred-free function. */
void mica_callback_deferred(bool force);

/* ---- malloc.c and free.c ---- */

/* The general forms behind the fast paths. */
void* mica_malloc_slow(size_t size);
void mica_free_slow(void* p);
void mica_free_overflow(mica_cache_t* cache);

/* A block of a class, or of one a little larger unless exact; NULL: no memory, errno is not set. `mine` is the thread's
 * heap, whatever it is. */
void* mica_malloc_class(mica_theap_t* mine, unsigned class, bool exact);

/* A page of one block with room for size bytes at (first + offset) % align == 0; likewise. */
mica_page_t* mica_malloc_single(mica_theap_t* mine, size_t size, size_t align, size_t offset, bool want_clean);

/* Sends home what the heap holds of others' and of its own, and gives its empty pages back. */
void mica_theap_collect(mica_theap_t* theap);

/* What could be had back without asking another thread, but for what lies in sub-heaps that this call is not for: their heaps
 * may be ending at this moment. Before giving up. */
void mica_theap_collect_and_purge(mica_theap_t* theap);

#endif
