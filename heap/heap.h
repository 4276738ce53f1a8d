/* heap.h -- a thread's heap: its hot lists, its pages, its outbox.
 *
 *   hot[c]     free blocks of class c, or borrowed from a class a little larger, last freed first: what malloc pops and free
 *              pushes. Whatever page they are from; for the page they count as used (R13). Behind it, in stock[c], there
 *              may be more such lists in reserve: put aside when they were full, taken back when this one is empty
 *   stock[c]   the pages of class c that the heap owns, by how many free blocks they have
 *                 active   the one that hot[c] is filled from
 *                 ready    a thirty-second of the blocks or more are free: drawn from first, last come first
 *                 sparse   fewer are free: they wait, so that frees into them stay cheap
 *                 full     none: retained up to a bound in bytes over all classes, then the oldest is detached
 *   outbox     blocks on their way to pages of others, gathered by page
 *   roll       of a sub-heap: its pages of one block
 *
 * A thread's own heap, its base, and the sub-heaps of first-class heaps (first_class.h) that it runs are of one kind. A
 * sub-heap's pages are kept: never given up to others, and what is freed into them comes by the page's word.
 *
 * Everything but `told` is touched by the one thread that runs the heap. Heaps are type-stable: made, parked, run again by
 * the next thread, never unmapped; a parked heap has nothing. Only files of this room include this one. */
#ifndef MICA_HEAP_H
#define MICA_HEAP_H
#include <mica/base.h>
#include <mica/config.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "heap/bond.h"
#include "heap/room.h"
#include "observe/output.h"
#include "page/page.h"
#include "segment/single.h"
#include "segment/slices.h"

typedef struct mica_hot_s {
  mica_block_t* head;
  int32_t room; /* frees until the list is looked at: bound - length */
  uint32_t unused;
} mica_hot_t;
static_assert(sizeof(mica_hot_t) == MICA_STEP_SMALL, "malloc finds a small class's list without scaling");

typedef struct mica_stock_s {
  mica_page_t* active;
  mica_page_t* ready;
  mica_page_t* sparse;
  mica_page_t* full; /* newest */
  /* Blocks of the owned pages that are not on their local_free: the program's, hot, in flight. relaxed: written by the
   * owner, read by others as a figure. */
  _Atomic(uint32_t) charged; /* [F1] */
  uint16_t bound;            /* room + length of the hot list */
  uint8_t cap;               /* what bound may grow to: doubles with each refill up to the class's hot_max */
  uint8_t homings;           /* how often every block came home */
  uint32_t kept;             /* bytes kept though every block is home; 0: not so */
  uint8_t fills;             /* of the hot list since it overflowed last, up to a few */
  uint8_t overflows;         /* of it since it was filled last, likewise */
  uint16_t reserved;         /* blocks in reserve */
  mica_block_t* reserve;     /* a pile of hot lists that were put aside whole, to be used before any page is asked */
} mica_stock_t;

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
  MICA_HEAP_ALIGN = 4096,    /* leaves the parking word room for its counter */
  MICA_HEAP_BYTES = 4 * MICA_HEAP_ALIGN,
  MICA_ROLL_SLOTS = 512,
  MICA_SEEN = 64,
};

/* Of a class in a sub-heap. */
typedef struct mica_kept_s {
  uint32_t fulls;  /* pages on `full` */
  uint32_t looked; /* so many of them, one after the other, had nothing to give */
} mica_kept_t;

/* What a thread remembers of the heaps that it allocates in: by serial number, which no other heap ever has. */
typedef struct mica_seen_s {
  uint64_t serial;
  struct mica_heap_s* sub;
} mica_seen_t;

/* A first-class heap (first_class.h). It lies in the structure of its first sub-heap. */
struct mi_heap_s {
  _Atomic(uint64_t) serial; /* 0: none here */
  _Atomic(uint64_t) room;   /* room.h */
  _Atomic(uint64_t) limit;  /* bytes; 0: none. relaxed: a figure */
  _Atomic(struct mica_heap_s*) subs;
  _Atomic(mi_heap_t*) subproc; /* the main heap of its subprocess; itself, if it is that */
  uint32_t arena;              /* the reservation it is tied to; 0: none */
  bool outlives;               /* mi_heap_destroy deletes it only */
};

typedef mica_page_t roll_page_t;
#include "heap/roll.h"

typedef struct mica_heap_s {
  mica_hot_t hot[MICA_CLASSES]; /* first: malloc and free add nothing to find them */
  pw_heap_t shared;
  mica_spot_t spot;  /* where slices were found last */
  mica_page_t* full; /* all full pages by age, newest first, through `older` */
  mica_page_t* full_oldest;
  size_t full_bytes;                   /* in them */
  size_t owned_bytes;                  /* in all owned pages */
  size_t kept_bytes;                   /* the sum of `kept` */
  int32_t outbox_room;                 /* bytes */
  uint32_t outbox_turn;                /* the way to be evicted next */
  struct mica_heap_s* all_next;        /* every heap ever made */
  _Atomic(struct mica_heap_s*) parked; /* next in the stack of parked heaps */
  _Atomic(uintptr_t) thread;           /* whose it is; 0: nobody's */

  _Atomic(struct mica_heap_s*)
      base;                  /* of the thread that runs it; of a base itself; NULL: a constant, parked, or run by
                                      * no thread. relaxed: only its thread reads its own base there [U7] */
  uintptr_t usual;           /* a base's: the token of the thread's default, which mica_self says but in between
                             * enter and leave */
  struct mica_heap_s* bound; /* a base's: the sub-heaps that the thread runs, through bound_next */
  mi_heap_t* subproc; /* a base's: the main heap of its subprocess, if that one is still alive; NULL: the process's */
  uint64_t subproc_serial;
  uint64_t heartbeat;      /* a base's: calls of the deferred-free function */
  bool remembers;          /* a base's: something stands in `seen` */
  bool lost;               /* after a fork: what it holds is not known */
  _Atomic(uint32_t) bond;  /* bond.h */
  _Atomic(mi_heap_t*) set; /* the heap that it is part of; NULL: none. relaxed [U7] */

  mica_stock_t stock[MICA_CLASSES];

  mica_parcel_t outbox[MICA_OUTBOX_SETS][MICA_OUTBOX_WAYS]; /* a base's, that frees blocks of others */
  mica_seen_t seen[MICA_SEEN];                              /* a base's */
  uintptr_t running[MICA_SEEN]; /* a base's: tokens of sub-heaps that the thread runs, by themselves; not all of them */
  /* a sub-heap's, from here on; a base never touches it */
  _Atomic(uint64_t) serial;    /* of its heap. relaxed: a number [U8] */
  uint64_t refused;            /* bytes for which there was no room last; 0: there was */
  uint64_t heard;              /* what `told` said, one bit a class, folded; until a look found nothing */
  struct mica_heap_s* sibling; /* the sub-heap of the set that was made before */
  struct mica_heap_s* bound_next;
  struct mica_heap_s* annex; /* structures of which only the roll is used */
  mi_heap_t first;
  uint32_t roll_end; /* slots beyond it were never used */
  mica_kept_t kept[MICA_CLASSES];
  _Atomic(uint64_t) roll_hints[MICA_ROLL_SLOTS / 64];
  _Atomic(mica_page_t*) roll[MICA_ROLL_SLOTS];
} mica_heap_t;
static_assert(sizeof(mica_heap_t) <= MICA_HEAP_BYTES, "whole OS pages");
static_assert(offsetof(mica_heap_t, outbox) <= 2 * (size_t)MICA_HEAP_ALIGN, "most threads' heaps touch two OS pages");
static_assert(MICA_ROLL_SLOTS % 64 == 0, "whole words of hints");

/* The heap of a thread that has none yet: every list empty, never written. And of one that is past its end. */
extern const mica_heap_t mica_heap_empty;
extern const mica_heap_t mica_heap_gone;

/* The thread's heap, as its distance from mica_heap_empty: its token, which is also what the tags of its pages say. Zero, that
 * is unset, means none yet, even before the thread's initial values have been copied; no page's tag says zero. */
extern MICA_TLS uintptr_t mica_self;

MICA_INLINE mica_heap_t* mica_heap_of(uintptr_t token) { return (mica_heap_t*)((uintptr_t)&mica_heap_empty + token); }
MICA_INLINE mica_heap_t* mica_heap_mine(void) { return mica_heap_of(mica_self); }
static inline pw_heap_t* mica_heap_token(const mica_heap_t* heap) {
  return (pw_heap_t*)((uintptr_t)heap - (uintptr_t)&mica_heap_empty);
}
/* The parcels in which blocks for the tag's page may be. */
MICA_INLINE mica_parcel_t* mica_outbox_set(mica_heap_t* heap, const mica_tag_t* tag) {
  static_assert(sizeof heap->outbox[0] == MICA_LINE_SIZE, "a tag's address scales to a set's");
  const uintptr_t at = (uintptr_t)tag << (MICA_LINE_SHIFT - MICA_TAG_SHIFT);
  return (mica_parcel_t*)(void*)((char*)heap->outbox + (at & ((MICA_OUTBOX_SETS - 1) << MICA_LINE_SHIFT)));
}
static inline bool mica_heap_is_real(const mica_heap_t* heap) {
  return heap != &mica_heap_empty && heap != &mica_heap_gone;
}
/* What the page's tag says. relaxed: only compared with one's own token; a page that is ours stays so until we give it up,
 * one that is not becomes ours by a CAS of our own only (R1, R3) [T1] */
static inline uintptr_t mica_page_owner(const mica_page_t* page) {
  return (uintptr_t)atomic_load_explicit(PW_HEAP(page), memory_order_relaxed);
}
static inline bool mica_heap_owns(const mica_heap_t* heap, const mica_page_t* page) {
  return (mica_page_owner(page) & ~(uintptr_t)MICA_MARK_INNER) == (uintptr_t)mica_heap_token(heap);
}
/* The first-class heap that it is part of, or NULL. relaxed: the thread that runs it, or who ends its heap, set it or was
 * ordered after who did [U7] */
static inline mi_heap_t* mica_heap_set(const mica_heap_t* heap) {
  return atomic_load_explicit(&heap->set, memory_order_relaxed);
}
static inline uint64_t mica_heap_serial(const mica_heap_t* heap) {
  return atomic_load_explicit(&heap->serial, memory_order_relaxed); /* relaxed: see there [U8] */
}
static inline void mica_heap_set_serial(mica_heap_t* heap, uint64_t serial) {
  atomic_store_explicit(&heap->serial, serial, memory_order_relaxed); /* relaxed: likewise [U8] */
}

/* Where a token stands in `running`. */
MICA_INLINE uintptr_t* mica_running(mica_heap_t* base, uintptr_t token) {
  return &base->running[token / MICA_HEAP_BYTES % MICA_SEEN];
}

static inline bool mica_heap_is_sub(const mica_heap_t* heap) { return mica_heap_set(heap) != NULL; }

/* The heap does not own the page, and did so last. */
static inline bool mica_heap_left(const mica_heap_t* heap, const mica_page_t* page) {
  return mica_page_owner(page) == ((uintptr_t)mica_heap_token(heap) | MICA_MARK_LEFT);
}

/* The bit in `told` for a class: there are more classes than bits. */
static inline unsigned mica_told_bit(unsigned class) { return class % 64; }

/* relaxed: the owner's own figure */
static inline uint32_t mica_charged(const mica_stock_t* stock) {
  return atomic_load_explicit(&stock->charged, memory_order_relaxed);
}
static inline void mica_charge(mica_stock_t* stock, int32_t n) {
  atomic_store_explicit(&stock->charged, mica_charged(stock) + (uint32_t)n, memory_order_relaxed);
}

/* ---- thread.c ---- */

/* The calling thread's heap, made or taken from the parked ones if need be; NULL when there is no memory for one, or the
 * thread is past its end. */
mica_heap_t* mica_heap_get(mica_heap_t* mine);

/* For a thread past its end: a heap for one operation, and its return. */
mica_heap_t* mica_heap_borrow(void);
void mica_heap_return(mica_heap_t* heap);

/* Child of a fork: the parked heaps are not used again. */
void mica_heap_forget_parked(void);

/* Every heap ever made, newest first. */
mica_heap_t* mica_heap_first(void);

/* A heap that has nothing, for another thread to use. */
void mica_heap_park(mica_heap_t* heap);

/* The calling thread's own heap, whatever it allocates in; NULL: it has none. */
static inline mica_heap_t* mica_heap_base_of(const mica_heap_t* heap) {
  return atomic_load_explicit(&heap->base, memory_order_relaxed); /* relaxed: see there [U7] */
}
static inline void mica_heap_set_base(mica_heap_t* heap, mica_heap_t* base) {
  atomic_store_explicit(&heap->base, base, memory_order_relaxed); /* relaxed: likewise [U7] */
}
static inline mica_heap_t* mica_heap_base(void) { return mica_heap_base_of(mica_heap_mine()); }

static inline void mica_heap_run(const mica_heap_t* heap) { mica_self = (uintptr_t)mica_heap_token(heap); }

/* ---- stock.c, fill.c: pages ---- */

/* Puts blocks onto the class's empty hot list; of a class a little larger too, unless exact. False: no memory. */
bool mica_stock_fill(mica_heap_t* heap, unsigned class, bool exact);

/* A block known to be zero, or NULL: then fill. */
mica_block_t* mica_stock_zero(mica_heap_t* heap, unsigned class);

/* A chain of n blocks, from first to last, comes home to a page that the heap owns; stock: of the page's class. */
void mica_stock_return(mica_heap_t* heap, mica_stock_t* stock, mica_page_t* page, mica_block_t* first,
                       mica_block_t* last, unsigned n);

/* Takes over a page just moved to OWNED with `got`, its n pushed blocks. */
void mica_stock_adopt(mica_heap_t* heap, mica_page_t* page, mica_block_t* got, unsigned n);

/* Collects what others freed into the owned pages; empty pages go back, the active ones too. */
void mica_stock_collect(mica_heap_t* heap);

/* The class's active page goes back if it is empty. */
void mica_stock_drop_empty(mica_heap_t* heap, unsigned class);

/* Gives up pages until those left are no more than so many bytes. Hot lists are empty. Not of a sub-heap. */
void mica_stock_reduce(mica_heap_t* heap, size_t target);

/* Gives up every page. Hot lists and outbox are empty. */
void mica_stock_settle(mica_heap_t* heap);

/* An empty page, exclusively ours (pw_push said PW_EMPTY, or retired): its slices go back. */
void mica_page_give(mica_page_t* page);

/* What a push of a block of this page said must be done. class: read before the push. */
void mica_page_duty(mica_page_t* page, unsigned class, pw_duty_t duty);

/* ---- kept.c: the pages of a sub-heap; rolled.c: its pages of one block ---- */

/* Whether the heap may have a page of so many bytes more: it counts as had then. Of a base: always. */
bool mica_kept_room(mica_heap_t* heap, uint64_t bytes);

/* It did not come to it. */
void mica_kept_no_room(const mica_heap_t* heap, uint64_t bytes);

/* Before a page is made: empty pages of other classes go back. */
void mica_kept_reap(mica_heap_t* heap, unsigned class);

/* Every page, and every block in it, is gone. Lists are empty afterwards. For who ends the heap. */
void mica_kept_destroy(mica_heap_t* heap);

/* Every page is given up, its blocks live on; then it is no sub-heap any more. For the thread that runs it, or who ends the
 * heap if none does. */
void mica_kept_release(mica_heap_t* heap);

/* mica_single_make, with the page on the roll if the heap is a sub-heap. heap NULL: a thread past its end. */
mica_page_t* mica_rolled_make(mica_heap_t* heap, size_t size, size_t align, size_t offset, bool want_clean,
                              mica_spot_t* near);

/* mica_single_resize and mica_single_move. The page that is moved from is gone if the result is not NULL. */
bool mica_rolled_resize(mica_page_t* page, size_t size);
mica_page_t* mica_rolled_move(mica_heap_t* heap, mica_page_t* page, size_t size, mica_spot_t* near);

/* The page, ours alone, is struck off the roll that it is on, if any. */
void mica_rolled_strike(mica_page_t* page);

/* The pages on the roll: destroyed, or struck off and left to their holders. */
void mica_rolled_destroy(mica_heap_t* heap);
void mica_rolled_release(mica_heap_t* heap);

/* ---- hot.c: hot lists ---- */

/* hot[class] reached its bound: some or all of it goes home. */
void mica_hot_overflow(mica_heap_t* heap, unsigned class);

/* All of it goes home. */
void mica_hot_flush(mica_heap_t* heap, unsigned class);
void mica_hot_flush_all(mica_heap_t* heap);

/* The class's hot list is empty: it becomes what is in reserve. False: that is empty, too. */
bool mica_hot_take_reserve(mica_heap_t* heap, unsigned class);

/* Moves blocks to the class's empty hot list from that of a class at most an eighth larger, if it has some to spare.
 * Returns how many. When they are freed they return to their own class, as their page's tag says. */
unsigned mica_hot_borrow(mica_heap_t* heap, unsigned class);

/* The class is in use again: nothing of it is kept. */
void mica_hot_unkeep(mica_heap_t* heap, unsigned class);

/* The list has n blocks now, and the class `charged` in all: sets the bound. */
void mica_hot_rebound(mica_heap_t* heap, unsigned class, unsigned length);

/* ---- outbox.c: frees into pages of others ---- */

/* Frees a block of a page that the heap does not own. heap NULL: directly. */
void mica_outbox_send(mica_heap_t* heap, mica_page_t* page, mica_block_t* b, unsigned class);

void mica_outbox_flush(mica_heap_t* heap);

MICA_INLINE void mica_parcel_add(mica_heap_t* heap, mica_parcel_t* parcel, mica_block_t* b) {
  mica_link_set(b, parcel->first);
  parcel->first = b;
  parcel->count++;
  heap->outbox_room -= parcel->size;
  if (MICA_UNLIKELY(heap->outbox_room < 0)) mica_outbox_flush(heap);
}

/* ---- told.c: what the program is told ---- */

/* An allocation of so many bytes failed: the registered functions, and a line if wanted. */
void mica_tell_failure(size_t size);

/* From now on, or no longer, failures of this thread are not told: what is tried is not needed. Returns what was before. */
bool mica_tell_hush(bool hush);

/* A limit that refused something did not make the call fail that comes next. */
void mica_tell_forget(void);

/* Now and then: the registered deferred-free function. */
void mica_tell_deferred(bool force);

/* ---- malloc.c and free.c ---- */

/* The general forms behind the fast paths. */
void* mica_malloc_slow(size_t size);
void mica_free_slow(void* p);
void mica_free_overflow(mica_hot_t* hot);

/* A block of a class, or of one a little larger unless exact; NULL: no memory, errno is not set. `mine` is the thread's
 * heap, whatever it is. */
void* mica_malloc_class(mica_heap_t* mine, unsigned class, bool exact);

/* A page of one block with room for size bytes at (first + offset) % align == 0; likewise. */
mica_page_t* mica_malloc_single(mica_heap_t* mine, size_t size, size_t align, size_t offset, bool want_clean);

/* Sends home what the heap holds of others' and of its own, and gives its empty pages back. */
void mica_heap_gather(mica_heap_t* heap);

/* What could be had back without asking another thread, but for what lies in sub-heaps that this call is not for: their heaps
 * may be ending at this moment. Before giving up. */
void mica_heap_reclaim(mica_heap_t* heap);

#endif
