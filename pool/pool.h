/* pool.h -- the data of a pool: its chunks, its thread slots, its large memory.
 *
 *   chunk: memory that comes from a heap, and is cut into blocks from the front
 *
 *   | mica_pool_chunk_t | blocks given out ......... | left ....... |
 *                       start                        last           end
 *   first chunk of a pool:
 *   | mica_pool_chunk_t | mi_pool_s | blocks ....... | left ....... |
 *
 *   thread slot: all that one thread has of the pool. The slot of the thread that made the pool lies in the pool, the others
 *   lie in tables that are made when they are needed
 *     bump      the chunk that blocks are cut from
 *     open      chunks with something left, asked when the bump chunk has not enough: each up to five times in vain
 *     empty     chunks of which every block is home
 *     returned  the same, handed back by other threads (block_count.h)
 *     all       every chunk of the thread slot, on whichever other list it is. Nothing leaves this list
 *     tables    entries for large memory (large.h)
 *
 *   large: | mica_pool_large_t | the program's bytes ... |
 *
 * A chunk and large memory are each one block of a heap; "the heap's block" is always that one, "block" alone is the pool's.
 * The mark in front, the pool's address and a kind, says that memory is this pool's and no other's. It stands where the heap's
 * block begins, and that place is found from any pointer into the heap's block.
 *
 * Invariants: a thread slot, but for `returned`, and its open chunks are touched by the one thread whose owner id it bears, or
 * by the thread that ends or resets the pool. Figures that others read are atomic.
 *
 * Each file declares its functions in the header of its name; those for a pool as a whole, of pool.c, cleanup.c and stat.c,
 * stand here, last. The exported functions are in api/mi_pools.c. Used by pool/ and api/mi_pools.c. */
#ifndef MICA_POOL_H
#define MICA_POOL_H
#include "base/config.h"
#include "base/ring.h"
#include "base/track.h"
#include <mica/pool.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "heap/theap.h"
#include "segment/limit_word.h"

/* Added to the pool's address in a mark: addresses are multiples of 16. */
typedef enum mica_pool_kind_e {
  MICA_POOL_CHUNK = 1,
  MICA_POOL_LARGE = 2,
  MICA_POOL_AHEAD = 3, /* large memory whose header is not where the heap's block begins: mica_pool_ahead_t */
} mica_pool_kind_t;

enum {
  MICA_POOL_DEFAULT = 4096, /* bytes in a chunk */
  MICA_POOL_LEAST = 512,
  MICA_POOL_GROWN = 32768,    /* bytes up to which chunks double, each time after: */
  MICA_POOL_STEP = 8,         /* chunks of a thread slot */
  MICA_POOL_BLOCK_MAX = 4095, /* bytes in the largest block */
  MICA_POOL_FAILED = 4,       /* how often a chunk is asked in vain and still asked again */
  MICA_POOL_ALIGN = 16,
  MICA_POOL_NEAR = 4,
  MICA_POOL_TABLE = 4, /* thread slots in the first table; each table has twice as many as the one before */
};
#define MICA_POOL_MOST ((size_t)256 << 20) /* bytes in a chunk */

/* In front of each block there is a tag, in the variants that look for misuse (check.h). */
enum { MICA_POOL_TAGGED = MICA_EXAMINES || MICA_TRACKED, MICA_POOL_TAG = MICA_POOL_TAGGED ? 8 : 0 };

typedef struct mica_thread_slot_s mica_thread_slot_t;

/* relaxed, all figures: written by the thread slot's thread, or by the thread that has the chunk alone [N1] */
typedef struct mica_pool_chunk_s {
  uintptr_t mark;
  char* end;
  _Atomic(uintptr_t) last;
  _Atomic(uint32_t) given;  /* blocks since it was last empty */
  _Atomic(uint32_t) freed;  /* of them, by the thread slot's thread while it was open */
  _Atomic(uint32_t) others; /* block_count.h */
  _Atomic(uint16_t) failed;
  _Atomic(bool) open;
  uint8_t generation; /* how often it was begun */
  mica_thread_slot_t* thread_slot;
  struct mica_pool_chunk_s* next; /* on open, empty or returned */
  struct mica_pool_chunk_s* made_before;
} mica_pool_chunk_t;
static_assert(sizeof(mica_pool_chunk_t) % MICA_POOL_ALIGN == 0, "blocks follow it");

typedef struct mica_pool_entry_s mica_pool_entry_t;

/* In front of large memory. */
typedef struct mica_pool_large_s {
  uintptr_t mark;
  void* ahead; /* where the heap's block begins; to a checker the rest is hidden, so that it sees an underflow */
  mica_pool_entry_t* entry;
  mica_thread_slot_t* thread_slot;
} mica_pool_large_t;
static_assert(sizeof(mica_pool_large_t) % MICA_POOL_ALIGN == 0, "the memory follows it");

/* Where the heap's block begins, if the header does not stand there. */
typedef struct mica_pool_ahead_s {
  uintptr_t mark;
  mica_pool_large_t* large;
} mica_pool_ahead_t;
static_assert(sizeof(mica_pool_ahead_t) <= MICA_POOL_ALIGN, "the least gap");

/* Large memory in use, or NULL: the entry may be used. */
struct mica_pool_entry_s {
  _Atomic(mica_pool_large_t*) large;
  _Atomic(size_t) bytes; /* charged for it. relaxed: a figure [N1] */
  mica_pool_entry_t* next;
};
typedef struct mica_pool_entries_s {
  struct mica_pool_entries_s* made_before;
  size_t count;
  mica_pool_entry_t entry[];
} mica_pool_entries_t;

struct mica_thread_slot_s {
  _Atomic(uintptr_t) owner; /* an owner id, or: */
  mica_pool_chunk_t* bump;
  mica_pool_chunk_t* open;
  mica_pool_chunk_t* empty;
  _Atomic(mica_pool_chunk_t*) all;
  _Atomic(mica_pool_entries_t*) tables;
  mica_pool_entry_t* entries; /* that may be used */
  uint32_t made;              /* chunks */
  uint32_t opens;             /* chunks that are open */
  _Atomic(mica_pool_chunk_t*) returned;
  _Atomic(mica_pool_entry_t*) entries_returned;
};
/* No owner ids: those are multiples of 4. LATE: a thread past its end has the slot for one call. */
enum { MICA_THREAD_SLOT_FREE = 1, MICA_THREAD_SLOT_LATE = 2 };

/* A table of thread slots, each with two cache lines to itself. */
typedef struct mica_thread_slots_s {
  struct mica_thread_slots_s* next;
  size_t count;
  struct {
    _Alignas(128) mica_thread_slot_t thread_slot;
  } place[];
} mica_thread_slots_t;

struct mica_group_slot_s;

struct mi_pool_s {
  _Alignas(MICA_POOL_ALIGN) void* data; /* the program's */
  size_t max;                           /* bytes in the largest block */
  uintptr_t magic;
  size_t chunk_bytes;       /* of the first chunks */
  mi_heap_t* heap;          /* NULL: what the calling thread allocates in */
  _Atomic(int64_t) charged; /* relaxed where no other thread has the pool yet [N1] */
  _Atomic(int64_t) limit;   /* LM_NONE: none. relaxed: a figure [N1] */
  _Atomic(mi_pool_cleanup_t*) cleanups;
  _Atomic(mica_thread_slots_t*) tables;
  _Atomic(mica_thread_slot_t*) near[MICA_POOL_NEAR]; /* slots in the tables, by owner id: the first of each place */
  struct mica_group_slot_s* group_slot;              /* NULL: the pool is no group's */
  _Atomic(uint32_t) busy;                            /* calls under way, where they are counted (check.h) */
  mica_thread_slot_t home;
};

static_assert(offsetof(mi_pool_t, data) == 0 && offsetof(mi_pool_t, max) == sizeof(void*),
              "mica/pool.h, and ngx_pool_t");
static_assert(sizeof(mi_pool_t) % MICA_POOL_ALIGN == 0, "blocks follow it");

static inline mica_pool_chunk_t* mica_pool_first(const mi_pool_t* pool) {
  return (mica_pool_chunk_t*)(uintptr_t)pool - 1;
}
/* The value of `magic` as long as the pool has not ended. */
static inline uintptr_t mica_pool_magic(const mi_pool_t* pool) {
  return (uintptr_t)pool ^ (uintptr_t)0x6D6963612D706F6F;
}
static inline uintptr_t mica_pool_mark(const mi_pool_t* pool, uintptr_t kind) { return (uintptr_t)pool + kind; }

/* Where the blocks of a chunk begin. */
static inline char* mica_pool_start(const mi_pool_t* pool, mica_pool_chunk_t* b) {
  return (char*)(b + 1) + (b == mica_pool_first(pool) ? sizeof(mi_pool_t) : 0);
}

/* The chunk's figures. relaxed: see there */
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

/* Whether p lies in the part of the chunk that was given out. */
static inline bool mica_pool_has(const mi_pool_t* pool, mica_pool_chunk_t* b, const void* p) {
  return (const char*)p >= mica_pool_start(pool, b) && (uintptr_t)p < mica_pool_last(b);
}

/* ---- pool.c: made and ended ---- */

/* A new pool with chunks of block_size bytes or more, in that heap, or NULL: in those that the calling threads allocate in.
 * NULL: no memory, or EINVAL. */
mi_pool_t* mica_pool_make(mi_heap_t* heap, size_t block_size);

/* Runs the cleanups; then everything that was given out ends, and the pool itself in mica_pool_end. No other thread is in a
 * call. */
void mica_pool_reset(mi_pool_t* pool);
void mica_pool_end(mi_pool_t* pool);

/* ---- cleanup.c: the cleanups, the last added first ---- */

/* A new one, with size bytes at its data, none if size is 0. NULL: no memory. */
mi_pool_cleanup_t* mica_pool_cleanup_add(mi_pool_t* pool, size_t size);

/* The one added last. */
mi_pool_cleanup_t* mica_pool_cleanup_first(const mi_pool_t* pool);

/* Runs them, those that they add too. No other thread is in a call. */
void mica_pool_clean(mi_pool_t* pool);

/* ---- stat.c: figures and the same as text, as mica/pool.h says ---- */

void mica_pool_stat(const mi_pool_t* pool, mi_pool_stat_t* stat);
size_t mica_pool_stat_chunks(const mi_pool_t* pool, mi_pool_block_stat_t* chunks, size_t count);
void mica_pool_print(const mi_pool_t* pool, mi_output_fun* out, void* arg);

#endif
