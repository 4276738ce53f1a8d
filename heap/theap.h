/* theap.h -- a thread's heap, a theap: its caches, its bins, its outbox.
 *
 *   cache[c]   free blocks of class c, or borrowed from a class a little larger, last freed first: what malloc pops (unless
 *              the thread is profiled: shadow.h) and free pushes. They may be of any page, which counts them as used (R13).
 *   bin[c]     the pages of class c that the theap owns, by how many free blocks they have
 *                 active   the cache is refilled from it
 *                 ready    a thirty-second of the blocks or more are free: drawn from first, last come first
 *                 sparse   fewer are free: they wait, so that frees into them stay cheap
 *                 full     none: retained up to a bound in bytes over all classes, then the oldest is abandoned
 *   outbox     blocks on their way to pages of other threads, gathered by page
 *
 *   mica_theap_t
 *   +--------+--------+--------+-------+--------+------+
 *   | cache  | common | thread | bin   | tables | sub  |
 *   +--------+--------+--------+-------+--------+------+
 *   0   what fast paths touch  of a base        of a sub-heap
 *
 * A thread's own theap, its base, and the sub-heaps of first-class heaps (first_class/) that the thread runs are of one kind.
 * A sub-heap's pages are dedicated: never given to other threads, and what these free into them comes by the page's word.
 *
 * Only the thread that runs a theap touches it, but for `shared` and what is atomic. Theaps are type-stable: made, idle, run
 * again by the next thread, never unmapped; an idle theap has nothing. The functions of a theap stand in the headers of the
 * files that define them; here are the data, and what is read off them. */
#ifndef MICA_THEAP_H
#define MICA_THEAP_H
#include <mica/base.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/config.h"
#include "heap/first_class/heap.h"
#include "observe/output.h"
#include "page/page.h"
#include "segment/slices.h"

typedef struct mica_cache_s {
  mica_block_t* head;
  int32_t left; /* frees until the cache is looked at: bound - length */
  uint32_t unused;
} mica_cache_t;
static_assert(sizeof(mica_cache_t) == MICA_STEP_SMALL, "malloc finds a small class's cache without scaling");

typedef struct mica_bin_s {
  mica_page_t* active;
  mica_page_t* ready;
  mica_page_t* sparse;
  mica_page_t* full; /* newest */
  /* Blocks of the owned pages that are not on their local_free: in the program, cached, in flight. relaxed: written by the
   * owner, read by others as a figure. */
  _Atomic(uint32_t) outstanding; /* [F1] */
  uint32_t bound;                /* left + length of the cache */
  uint32_t cap;                  /* what bound may be: learned (cache.c) */
  int32_t drift; /* blocks that left the cache for their pages since it was filled; or minus the fills since they did */
  uint8_t swings; /* in a row, up to a few */
  bool kept;      /* blocks may stay though every one is home: `cap` of them are part of kept_bytes */
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
  MICA_FILLS = 12,           /* so many with no overflow between them: the program only allocates */
  MICA_CACHE_MOST = 1 << 18, /* blocks in a cache */
  MICA_OUTBOX_SETS = 32,
  MICA_OUTBOX_WAYS = 2,
  MICA_OUTBOX_BYTES = 65536, /* in all parcels together */
  MICA_OUTBOX_BLOCK = 4096,  /* larger blocks go directly */
  MICA_THEAP_ALIGN = 4096,   /* leaves the stack's word bits for its counter */
  MICA_THEAP_BYTES = 4 * MICA_THEAP_ALIGN,
  MICA_REGISTRY_SLOTS = 512,
  MICA_SEEN = 64,
};

/* What a thread runs, as distances from mica_theap_empty. Exchanged as one: the two are one load and one store. */
typedef struct mica_ids_s {
  _Alignas(16) uintptr_t self; /* the owner id of the theap that the thread allocates in: what free compares with */
  uintptr_t alloc; /* leads to the caches that malloc pops from: the theap's own, or those of its shadow (shadow.h) */
} mica_ids_t;

/* What a thread remembers of the heaps that it allocates in: by serial number, which no other heap ever has. */
typedef struct mica_seen_s {
  uint64_t serial;
  struct mica_theap_s* sub;
} mica_seen_t;

/* Of a class in a sub-heap. */
typedef struct mica_dedicated_s {
  uint32_t fulls;  /* pages on `full` */
  uint32_t looked; /* of these, one after the other, had nothing to give */
} mica_dedicated_t;

/* A base's: what belongs to its thread. */
typedef struct mica_theap_thread_s {
  _Atomic(uintptr_t) id;         /* pthread_self() of whose it is; 0: nobody's */
  int32_t outbox_credit;         /* bytes that the outbox may take on */
  uint32_t outbox_next_way;      /* the way to be evicted next */
  mica_ids_t usual;              /* of the thread's default: what mica_ids says but between enter and leave */
  struct mica_theap_s* attached; /* the sub-heaps that the thread runs, through attached_next */
  mi_heap_t* subproc;            /* the main heap of its subprocess, if that one is still alive; NULL: the process's */
  uint64_t subproc_serial;
  uint64_t heartbeat; /* calls of the deferred-free function */
  bool remembers;     /* something stands in `seen` */
} mica_theap_thread_t;

/* Likewise, but large, and of use only to a thread that frees blocks of others or has first-class heaps. */
typedef struct mica_theap_tables_s {
  mica_parcel_t outbox[MICA_OUTBOX_SETS][MICA_OUTBOX_WAYS];
  mica_seen_t seen[MICA_SEEN];
  uintptr_t running[MICA_SEEN]; /* owner ids of sub-heaps that the thread runs, each in its place; not all of them */
} mica_theap_tables_t;

typedef mica_page_t registry_page_t;
#include "heap/first_class/large_registry.h"

/* A sub-heap's. A base never touches it. */
typedef struct mica_theap_sub_s {
  _Atomic(uint64_t) serial;     /* of its heap. relaxed: a number [U8] */
  uint64_t refused;             /* bytes that the quota had not, last; 0: it had */
  uint64_t pending;             /* what was drained, one bit a class, folded; until a look found nothing */
  struct mica_theap_s* sibling; /* the sub-heap of the heap that was made before */
  struct mica_theap_s* attached_next;
  struct mica_theap_s* annex;  /* theaps of which only the registry is used */
  _Atomic(uint32_t) ownership; /* ownership_word.h */
  bool lost;                   /* after a fork: what it holds is not known */
  mi_heap_t first;             /* the heap, if this is its first sub-heap */
  uint32_t registry_end;       /* slots beyond it were never used */
  mica_dedicated_t dedicated[MICA_CLASSES];
  _Atomic(uint64_t) registry_hints[MICA_REGISTRY_SLOTS / 64];
  _Atomic(mica_page_t*) registry[MICA_REGISTRY_SLOTS]; /* its pages of one block */
} mica_theap_sub_t;
static_assert(MICA_REGISTRY_SLOTS % 64 == 0, "whole words of hints");

typedef struct mica_theap_s {
  mica_cache_t cache[MICA_CLASSES]; /* first: malloc and free add nothing to find them */
  mica_ids_t ids;
  struct mica_shadow_s* shadow; /* of a profiled thread; NULL: malloc pops from `cache` (shadow.h) */
  /* The epoch of profiling (profile.h) in which the theap was found not to be profiled. While it is, what is no epoch. */
  uint32_t profile_epoch;
  pw_theap_t shared;
  mica_hint_t hint;  /* where slices were found last */
  mica_page_t* full; /* all full pages by age, newest first, through `older` */
  mica_page_t* full_oldest;
  size_t full_bytes;                       /* in them */
  size_t owned_bytes;                      /* in all owned pages */
  size_t kept_bytes;                       /* that may stay in caches though every block is home */
  size_t budget_share;                     /* of these, from what all theaps have together */
  struct mica_theap_s* all_next;           /* every theap ever made */
  _Atomic(struct mica_theap_s*) idle_next; /* next in the stack of idle theaps */
  /* Of the thread that runs it; of a base itself; NULL: a constant, idle, or run by no thread. relaxed: only its thread reads
   * its own base there. */
  _Atomic(struct mica_theap_s*) base; /* [U7] */
  _Atomic(mi_heap_t*) heap;           /* the heap that it is part of; NULL: none. relaxed [U7] */
  mica_theap_thread_t thread;
  mica_bin_t bin[MICA_CLASSES];
  mica_theap_tables_t tables;
  mica_theap_sub_t sub;
} mica_theap_t;
static_assert(offsetof(mica_theap_t, cache) == 0, "an owner id leads to the caches");
static_assert(sizeof(mica_theap_t) <= MICA_THEAP_BYTES, "whole OS pages");
static_assert(offsetof(mica_theap_t, tables) <= 2 * (size_t)MICA_THEAP_ALIGN,
              "most threads' theaps touch two OS pages");

/* The theap of a thread that has none yet: every list empty, never written. And of one that is past its end. */
extern const mica_theap_t mica_theap_empty;
extern const mica_theap_t mica_theap_gone;

/* The theap that the thread allocates in, by its owner id, which the tags of its pages say, too. Zero, that is unset, means
 * none yet, even before the thread's initial values have been copied; no page's tag says zero. */
extern MICA_TLS mica_ids_t mica_ids;

MICA_INLINE mica_theap_t* mica_theap_of(uintptr_t id) { return (mica_theap_t*)((uintptr_t)&mica_theap_empty + id); }
MICA_INLINE mica_theap_t* mica_theap_mine(void) { return mica_theap_of(mica_ids.self); }
static inline pw_theap_t* mica_theap_id(const mica_theap_t* theap) {
  return (pw_theap_t*)((uintptr_t)theap - (uintptr_t)&mica_theap_empty);
}
/* The id, marked: of a page that has just become the theap's, until its tag has the theap's cache (mica_bin_adopt). So a signal
 * handler in between does not take the cache of the page's previous owner for the theap's own. */
static inline pw_theap_t* mica_theap_incoming(const mica_theap_t* theap) {
  return (pw_theap_t*)((uintptr_t)mica_theap_id(theap) | MICA_MARK_INNER);
}
/* The thread allocates in it from now on: in one that was ever made, or in none yet (mica_theap_empty); or it is past its
 * end. */
MICA_INLINE void mica_theap_run(const mica_theap_t* theap) { mica_ids = theap->ids; }
static inline void mica_theap_run_gone(void) {
  const uintptr_t id = (uintptr_t)mica_theap_id(&mica_theap_gone);
  mica_ids = (mica_ids_t){id, id};
}
static inline bool mica_theap_is_real(const mica_theap_t* theap) {
  return theap != &mica_theap_empty && theap != &mica_theap_gone;
}

/* The caches that malloc pops from, one a class. */
MICA_INLINE mica_cache_t* mica_caches_mine(void) {
  return (mica_cache_t*)((uintptr_t)&mica_theap_empty + mica_ids.alloc);
}

/* One of them, by the class's number times the size of a cache: what a size is turned into without
 * scaling. */
MICA_INLINE mica_cache_t* mica_cache_at(mica_cache_t* caches, size_t step) {
  return (mica_cache_t*)(void*)((char*)caches + step);
}

/* What the page's tag says. relaxed: only compared with one's own owner id; a page that is ours stays so until we give it up,
 * one that is not becomes ours by a CAS of our own only (R1, R3) [T1] */
static inline uintptr_t mica_page_owner(const mica_page_t* page) {
  return (uintptr_t)atomic_load_explicit(PW_OWNER(page), memory_order_relaxed);
}
static inline bool mica_theap_owns(const mica_theap_t* theap, const mica_page_t* page) {
  return (mica_page_owner(page) & ~(uintptr_t)MICA_MARK_INNER) == (uintptr_t)mica_theap_id(theap);
}
/* The theap does not own the page, and did so last. */
static inline bool mica_theap_owned_last(const mica_theap_t* theap, const mica_page_t* page) {
  return mica_page_owner(page) == ((uintptr_t)mica_theap_id(theap) | MICA_MARK_PREVIOUS);
}

/* The first-class heap that it is part of, or NULL. relaxed: the thread that runs it, or that ends its heap, set it or was
 * ordered after the one that did [U7] */
static inline mi_heap_t* mica_theap_heap(const mica_theap_t* theap) {
  return atomic_load_explicit(&theap->heap, memory_order_relaxed);
}
static inline bool mica_theap_is_sub(const mica_theap_t* theap) { return mica_theap_heap(theap) != NULL; }
static inline uint64_t mica_theap_serial(const mica_theap_t* theap) {
  return atomic_load_explicit(&theap->sub.serial, memory_order_relaxed); /* relaxed: see there [U8] */
}
static inline void mica_theap_set_serial(mica_theap_t* theap, uint64_t serial) {
  atomic_store_explicit(&theap->sub.serial, serial, memory_order_relaxed); /* relaxed: likewise [U8] */
}

/* The base of the thread that runs the theap. The calling thread's base, whatever it allocates in; NULL: it has none. */
static inline mica_theap_t* mica_theap_base_of(const mica_theap_t* theap) {
  return atomic_load_explicit(&theap->base, memory_order_relaxed); /* relaxed: see there [U7] */
}
static inline void mica_theap_set_base(mica_theap_t* theap, mica_theap_t* base) {
  atomic_store_explicit(&theap->base, base, memory_order_relaxed); /* relaxed: likewise [U7] */
}
static inline mica_theap_t* mica_theap_base(void) { return mica_theap_base_of(mica_theap_mine()); }

/* Where an owner id stands in `running`. */
MICA_INLINE uintptr_t* mica_running(mica_theap_t* base, uintptr_t id) {
  return &base->tables.running[id / MICA_THEAP_BYTES % MICA_SEEN];
}

/* The bit in `notified` for a class: there are more classes than bits. */
static inline unsigned mica_notified_bit(unsigned class) { return class % 64; }

/* relaxed: the owner's own figure */
static inline uint32_t mica_outstanding(const mica_bin_t* bin) {
  return atomic_load_explicit(&bin->outstanding, memory_order_relaxed);
}
static inline void mica_outstanding_add(mica_bin_t* bin, int32_t n) {
  atomic_store_explicit(&bin->outstanding, mica_outstanding(bin) + (uint32_t)n, memory_order_relaxed);
}

/* ---- theap.c: every theap there is ---- */

/* A theap that has nothing: an idle one, or a new one; NULL: no memory. And its return, once it has nothing again. */
mica_theap_t* mica_theap_borrow(void);
void mica_theap_put_idle(mica_theap_t* theap);

/* Child of a fork: the idle theaps are not used again. */
void mica_theap_forget_idle(void);

/* Every theap ever made, newest first, through all_next. */
extern MICA_HIDDEN _Atomic(mica_theap_t*) mica_all_theaps; /* for theap.c and api/roots.h */
mica_theap_t* mica_theap_first(void);

#endif
