/* pool.h -- a pool: its chunks, its thread slots, what is large.
 *
 *   chunk: taken from a heap; cut into blocks from the front
 *
 *   | mica_pool_chunk_t | blocks given out ........ | left ........ |
 *                       start                       last           end
 *   first chunk of a pool:
 *   | mica_pool_chunk_t | mi_pool_s | blocks ...... | left ........ |
 *
 *   thread slot: what one thread has of the pool. Its maker's is in the pool, those of others in tables that are made when needed
 *     bump      the chunk that blocks are cut from
 *     open      chunks with something left, asked when the bump chunk has not enough: each up to five times in vain
 *     empty     chunks of which every block is home
 *     returned  the same, handed back by other threads (piece_count.h)
 *     all       every chunk of the thread slot, whatever else it is on. Nothing leaves it
 *     tables    slots for large memory (large.c)
 *
 *   large: | mica_pool_large_t | the program's bytes ... |
 *
 * What is in the pool, and in no other, is told by the mark in front: the pool's address and a kind. A mark stands where the
 * heap's block begins, which is found from any pointer into it.
 *
 * Invariants: a thread slot, but for `returned`, and its open chunks are touched by the one thread whose owner id it bears, or by who
 * ends or resets the pool. Figures that others read are atomic. Only files of this room include this one. */
#ifndef MICA_POOL_H
#define MICA_POOL_H
#include "base/config.h"
#include "base/track.h"
#include <mica/pool.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "heap/theap.h"
#include "segment/limit_word.h"

/* What the pool's address in a mark is added to: addresses are multiples of 16. */
typedef enum mica_pool_kind_e {
  MICA_POOL_CHUNK = 1,
  MICA_POOL_LARGE = 2,
  MICA_POOL_AHEAD = 3, /* large memory whose header is not at the heap's block's beginning: mica_pool_ahead_t */
} mica_pool_kind_t;

enum {
  MICA_POOL_DEFAULT = 4096, /* bytes in a chunk */
  MICA_POOL_LEAST = 512,
  MICA_POOL_GROWN = 32768,    /* chunks that become larger do so up to here, after each: */
  MICA_POOL_STEP = 8,         /* chunks of a thread slot */
  MICA_POOL_BLOCK_MAX = 4095, /* a block's most bytes */
  MICA_POOL_FAILED = 4,       /* times in vain, after which a chunk is asked no more */
  MICA_POOL_ALIGN = 16,
  MICA_POOL_NEAR = 4,
  MICA_POOL_TABLE = 4, /* thread slots in the first table; each table has twice as many as the one before */
};
#define MICA_POOL_MOST ((size_t)256 << 20) /* bytes in a chunk */

/* In front of each block there is a tag, in the variants that look for misuse (check.h). */
enum { MICA_POOL_TAGGED = MICA_EXAMINES || MICA_TRACKED, MICA_POOL_TAG = MICA_POOL_TAGGED ? 8 : 0 };

typedef struct mica_thread_slot_s mica_thread_slot_t;

/* relaxed, all figures: written by the thread slot's thread, or who has the chunk alone [N1] */
typedef struct mica_pool_chunk_s {
  uintptr_t mark;
  char* end;
  _Atomic(uintptr_t) last;
  _Atomic(uint32_t) given;  /* blocks since it was last empty */
  _Atomic(uint32_t) freed;  /* of them, by the thread slot's thread while it was open */
  _Atomic(uint32_t) others; /* piece_count.h */
  _Atomic(uint16_t) failed;
  _Atomic(bool) open;
  uint8_t generation; /* how often it was begun */
  mica_thread_slot_t* thread_slot;
  struct mica_pool_chunk_s* next; /* on open, empty or returned */
  struct mica_pool_chunk_s* made_before;
} mica_pool_chunk_t;
static_assert(sizeof(mica_pool_chunk_t) % MICA_POOL_ALIGN == 0, "pieces follow it");

typedef struct mica_pool_entry_s mica_pool_entry_t;

/* In front of large memory. */
typedef struct mica_pool_large_s {
  uintptr_t mark;
  void* ahead; /* where the heap's block begins; to a checker the rest is hidden, so that it sees what underflows */
  mica_pool_entry_t* slot;
  mica_thread_slot_t* thread_slot;
} mica_pool_large_t;
static_assert(sizeof(mica_pool_large_t) % MICA_POOL_ALIGN == 0, "the memory follows it");

/* At the beginning of the heap's block, if the header is not there. */
typedef struct mica_pool_ahead_s {
  uintptr_t mark;
  mica_pool_large_t* large;
} mica_pool_ahead_t;
static_assert(sizeof(mica_pool_ahead_t) <= MICA_POOL_ALIGN, "the least gap");

/* Large memory in use, or NULL and a slot to be used. large.c */
struct mica_pool_entry_s {
  _Atomic(mica_pool_large_t*) large;
  _Atomic(size_t) bytes; /* charged for it. relaxed: a figure [N1] */
  mica_pool_entry_t* next;
};
typedef struct mica_pool_entries_s {
  struct mica_pool_entries_s* made_before;
  size_t count;
  mica_pool_entry_t slot[];
} mica_pool_entries_t;

struct mica_thread_slot_s {
  _Atomic(uintptr_t) owner; /* an owner id, or: */
  mica_pool_chunk_t* bump;
  mica_pool_chunk_t* open;
  mica_pool_chunk_t* empty;
  _Atomic(mica_pool_chunk_t*) all;
  _Atomic(mica_pool_entries_t*) tables;
  mica_pool_entry_t* slots; /* to be used */
  uint32_t made;            /* chunks */
  _Atomic(mica_pool_chunk_t*) returned;
  _Atomic(mica_pool_entry_t*) entries_returned;
};
/* No owner ids: those are multiples of 4. */
enum { MICA_THREAD_SLOT_FREE = 1, MICA_THREAD_SLOT_LATE = 2 }; /* a thread past its end has it for one call */

/* A table of thread slots, each with two cache lines to itself. */
typedef struct mica_thread_slots_s {
  struct mica_thread_slots_s* next;
  size_t count;
  struct {
    _Alignas(128) mica_thread_slot_t thread_slot;
  } entry[];
} mica_thread_slots_t;

struct mica_group_slot_s;

struct mi_pool_s {
  _Alignas(MICA_POOL_ALIGN) void* data; /* the program's */
  size_t max;                           /* bytes of the largest block */
  uintptr_t magic;
  size_t chunk_bytes; /* of the first chunks */
  mi_heap_t* heap;    /* NULL: what the calling thread allocates in */
  _Atomic(int64_t) charged; /* relaxed where the pool is nobody else's yet [N1] */
  _Atomic(int64_t) limit; /* LM_NONE: none. relaxed: a figure [N1] */
  _Atomic(mi_pool_cleanup_t*) cleanups;
  _Atomic(mica_thread_slots_t*) tables;
  _Atomic(mica_thread_slot_t*)
      near[MICA_POOL_NEAR];       /* thread slots in the tables, by their threads' owner ids; first come */
  struct mica_group_slot_s* slot; /* of a group; NULL: of none */
  _Atomic(uint32_t) busy;         /* calls under way, where that is looked at (check.h) */
  mica_thread_slot_t home;
};

static_assert(offsetof(mi_pool_t, data) == 0 && offsetof(mi_pool_t, max) == sizeof(void*),
              "mica/pool.h, and ngx_pool_t");
static_assert(sizeof(mi_pool_t) % MICA_POOL_ALIGN == 0, "pieces follow it");

static inline mica_pool_chunk_t* mica_pool_first(const mi_pool_t* pool) {
  return (mica_pool_chunk_t*)(uintptr_t)pool - 1;
}
/* What `magic` is as long as the pool is one. */
static inline uintptr_t mica_pool_magic(const mi_pool_t* pool) {
  return (uintptr_t)pool ^ (uintptr_t)0x6D6963612D706F6F;
}
static inline uintptr_t mica_pool_mark(const mi_pool_t* pool, uintptr_t kind) { return (uintptr_t)pool + kind; }

/* Where the blocks of a chunk begin. */
static inline char* mica_pool_start(const mi_pool_t* pool, mica_pool_chunk_t* b) {
  return (char*)(b + 1) + (b == mica_pool_first(pool) ? sizeof(mi_pool_t) : 0);
}

/* The chunk's figures. relaxed: see there. */
static inline uintptr_t mica_pool_last(mica_pool_chunk_t* b) {
  return atomic_load_explicit(&b->last, memory_order_relaxed); /* [N1] */
}
static inline void mica_pool_set_last(mica_pool_chunk_t* b, uintptr_t last) {
  atomic_store_explicit(&b->last, last, memory_order_relaxed); /* [N1] */
}
static inline uint32_t mica_pool_given(mica_pool_chunk_t* b) {
  return atomic_load_explicit(&b->given, memory_order_relaxed); /* [N1] */
}
static inline uint32_t mica_pool_freed(mica_pool_chunk_t* b) {
  return atomic_load_explicit(&b->freed, memory_order_relaxed); /* [N1] */
}
static inline bool mica_pool_is_open(mica_pool_chunk_t* b) {
  return atomic_load_explicit(&b->open, memory_order_relaxed); /* [N1] */
}

/* The thread slot's chunks, newest first, through made_before. acquire: pairs with the making of the newest [N8] */
static inline mica_pool_chunk_t* mica_thread_slot_chunks(mica_thread_slot_t* thread_slot) {
  return atomic_load_explicit(&thread_slot->all, memory_order_acquire);
}

/* Whether p lies in what was given out of the chunk. */
static inline bool mica_pool_has(const mi_pool_t* pool, mica_pool_chunk_t* b, const void* p) {
  return (const char*)p >= mica_pool_start(pool, b) && (uintptr_t)p < mica_pool_last(b);
}

/* ---- hold.c ---- */

/* bytes from the pool's heap, aligned to 16. They are charged. NULL: no memory, or no room below the limit; errno is ENOMEM. */
void* mica_pool_take(mi_pool_t* pool, size_t bytes);

/* The same at (result + offset) % align == 0; `spare` is charged, too, for what that costs. */
void* mica_pool_take_aligned(mi_pool_t* pool, size_t bytes, size_t spare, size_t align, size_t offset);

/* Whether it has a limit. */
bool mica_pool_limited(mi_pool_t* pool);

/* Gives back what was taken, for which `bytes` were charged in all. */
void mica_pool_give_back(mi_pool_t* pool, void* p, size_t bytes);

/* The chunk of the pool in whose blocks p lies; or the large memory that begins at p; or neither. p may be any pointer, but
 * what it points into must not be freed meanwhile. */
typedef struct mica_pool_found_s {
  mica_pool_chunk_t* chunk;
  mica_pool_large_t* large;
} mica_pool_found_t;
mica_pool_found_t mica_pool_find(const mi_pool_t* pool, const void* p);

/* ---- thread slot.c ---- */

/* The calling thread's thread slot in the tables; NULL: it has none there. */
mica_thread_slot_t* mica_thread_slot_find(mi_pool_t* pool);

/* The calling thread's thread slot, found or made; for who is past its end one for this call. NULL: no memory. */
mica_thread_slot_t* mica_thread_slot_acquire(mi_pool_t* pool);

/* After the call. */
void mica_thread_slot_release(mica_thread_slot_t* thread_slot);

/* A new thread slot, with no chunk, in memory that is zero. */
void mica_thread_slot_init(mica_thread_slot_t* thread_slot, uintptr_t owner);

/* All thread slots, one after the other, beginning with a walk of zeroes; NULL: there is no more. */
typedef struct mica_thread_slot_walk_s {
  bool begun;
  mica_thread_slots_t* table;
  size_t at;
} mica_thread_slot_walk_t;
mica_thread_slot_t* mica_thread_slot_walk(const mi_pool_t* pool, mica_thread_slot_walk_t* walk);

/* The pool ends: its tables go back. */
void mica_thread_slots_end(mi_pool_t* pool);

/* ---- chunks.c ---- */

/* What a thread slot has for its bump chunk before it has one: nothing can be cut from it. */
extern mica_pool_chunk_t mica_pool_nothing;

/* The heap's block of so many bytes at b becomes a chunk of the thread slot's, empty. */
void mica_pool_chunk_init(mi_pool_t* pool, mica_thread_slot_t* thread_slot, mica_pool_chunk_t* b, size_t bytes);

/* The bump chunk had not enough. NULL: no memory. */
void* mica_pool_alloc_slow(mi_pool_t* pool, mica_thread_slot_t* thread_slot, size_t size, size_t align);

/* A block of the chunk is free; thread slot: the calling thread's, or NULL. */
void mica_pool_block_free(mi_pool_t* pool, mica_pool_chunk_t* b, mica_thread_slot_t* thread_slot);

/* The pool is reset, or ends: all blocks of the thread slot's are nobody's. */
void mica_pool_chunks_reset(mi_pool_t* pool, mica_thread_slot_t* thread_slot);
void mica_pool_chunks_end(mi_pool_t* pool, mica_thread_slot_t* thread_slot);

/* ---- large.c ---- */

/* Large memory; the thread slot is the calling thread's. NULL: no memory. */
void* mica_pool_large(mi_pool_t* pool, mica_thread_slot_t* thread_slot, size_t size, size_t align);

/* Gives it back. False: somebody else did. */
bool mica_pool_large_free(mi_pool_t* pool, mica_pool_large_t* large, mica_thread_slot_t* thread_slot);

/* The pool is reset, or ends: all large memory of the thread slot's goes back; at the end the tables, too. */
void mica_pool_larges_reset(mi_pool_t* pool, mica_thread_slot_t* thread_slot);
void mica_pool_larges_end(mi_pool_t* pool, mica_thread_slot_t* thread_slot);

/* ---- cleanup.c ---- */

/* Runs the cleanups, those that they add too. */
void mica_pool_clean(mi_pool_t* pool);

/* Ends a pool, whoever's it is. */
void mica_pool_end(mi_pool_t* pool);

#endif
