/* chunks.c -- the chunks of a thread slot: where blocks come from when the bump chunk has not enough, and where they go.
 *
 *                         bump <------------------- empty <--- returned (by others, block_count.h)
 *                          |  newer one needed        ^             ^
 *                          v                          |             |
 *                         open --- failed > 4 ---> retired --- last block home
 *
 * An open chunk, the bump chunk too, whose blocks are all home is begun anew where it stands. Chunks never leave the pool
 * before it ends; but a pool with a limit gives them back at its reset. */
#include "pool/chunks.h"

#include <errno.h>

#include "heap/callbacks.h"
#include "heap/theap.h"
#include "pool/block_count.h"
#include "pool/hold.h"
#include "pool/thread_slot.h"

typedef mica_pool_chunk_t list_item_t;
#define LIST_NEXT(chunk) ((chunk)->next)
#include "base/push_list.h"

static_assert(MICA_POOL_MOST < BC_OPEN / 2,
              "blocks of a byte each are fewer than the count that says that a chunk is open");

/* The chunk, the caller's alone, is as new. relaxed: figures [N1] */
static void begin(const mi_pool_t* pool, mica_pool_chunk_t* b) {
  char* const start = mica_pool_start(pool, b);
  mica_pool_set_last(b, (uintptr_t)start);
  atomic_store_explicit(&b->given, 0, memory_order_relaxed);
  atomic_store_explicit(&b->freed, 0, memory_order_relaxed);
  atomic_store_explicit(&b->failed, 0, memory_order_relaxed);
  atomic_store_explicit(&b->open, true, memory_order_relaxed);
  b->generation++;
  bc_start(&b->others);
  mica_track_back(start, (size_t)(b->end - start));
}

/* release: a thread that asks for figures finds the chunk made [N8] */
void mica_pool_chunk_init(mi_pool_t* pool, mica_thread_slot_t* thread_slot, mica_pool_chunk_t* b, size_t bytes) {
  b->mark = mica_pool_mark(pool, MICA_POOL_CHUNK);
  b->end = (char*)b + bytes;
  b->thread_slot = thread_slot;
  b->next = NULL;
  b->generation = 0;
  begin(pool, b);
  b->made_before = atomic_load_explicit(&thread_slot->all, memory_order_relaxed); /* relaxed: the thread's own [N8] */
  atomic_store_explicit(&thread_slot->all, b, memory_order_release);
  thread_slot->made++;
}

/* Blocks in use by the owner's count, which has those that others freed among them. */
static uint32_t in_use(mica_pool_chunk_t* b) { return mica_pool_given(b) - mica_pool_freed(b); }

/* An open chunk of which every block is home is begun anew. */
static bool begin_again(const mi_pool_t* pool, mica_pool_chunk_t* b) {
  if (mica_pool_given(b) == 0 || in_use(b) != bc_others(&b->others)) return false;
  begin(pool, b);
  return true;
}

static void put_empty(mica_thread_slot_t* thread_slot, mica_pool_chunk_t* b) {
  b->next = thread_slot->empty;
  thread_slot->empty = b;
}

/* relaxed: a figure [N1] */
static MICA_NOINLINE void retire(mica_thread_slot_t* thread_slot, mica_pool_chunk_t* b) {
  atomic_store_explicit(&b->open, false, memory_order_relaxed);
  if (bc_retire(&b->others, in_use(b))) put_empty(thread_slot, b);
}

/* Something did not fit. Whether that was too often. relaxed: a figure [N1] */
static bool gives_up(mica_pool_chunk_t* b) {
  const uint16_t failed = (uint16_t)(atomic_load_explicit(&b->failed, memory_order_relaxed) + 1);
  atomic_store_explicit(&b->failed, failed, memory_order_relaxed);
  return failed > MICA_POOL_FAILED;
}

/* A block of an open chunk; NULL: none has enough. *asked: how many were asked in vain. */
static void* from_open(const mi_pool_t* pool, mica_thread_slot_t* thread_slot, size_t size, size_t align,
                       uint32_t* asked) {
  mica_pool_chunk_t* b = thread_slot->open;
  for (uint32_t left = thread_slot->opens; left != 0; left--, b = b->next) {
    void* p = mica_pool_bump(pool, b, size, align);
    if (p == NULL && begin_again(pool, b)) p = mica_pool_bump(pool, b, size, align);
    *asked = thread_slot->opens - left;
    if (p != NULL) return p;
  }
  return NULL;
}

/* The first n open chunks had not enough. Noted only after another one had: a call that fails changes nothing. */
static void note_failed(mica_thread_slot_t* thread_slot, uint32_t n) {
  mica_pool_chunk_t** link = &thread_slot->open;
  for (; n != 0; n--) {
    mica_pool_chunk_t* const b = *link;
    if (gives_up(b)) {
      *link = b->next;
      thread_slot->opens--;
      retire(thread_slot, b);
    } else {
      link = &b->next;
    }
  }
}

/* A chunk that a smaller one can stand for: if there is none, the program is not notified. */
static mica_pool_chunk_t* try(mi_pool_t* pool, size_t bytes) {
  const int saved = errno;
  const bool hushed = mica_callback_hush(true);
  mica_pool_chunk_t* const b = mica_pool_take(pool, bytes);
  mica_callback_hush(hushed);
  if (b == NULL) {
    mica_callback_forget();
    errno = saved;
  }
  return b;
}

static mica_pool_chunk_t* make(mi_pool_t* pool, mica_thread_slot_t* thread_slot) {
  size_t bytes = pool->chunk_bytes;
  for (uint32_t steps = thread_slot->made / MICA_POOL_STEP; steps > 0 && bytes <= MICA_POOL_GROWN / 2; steps--)
    bytes *= 2;
  mica_pool_chunk_t* b = bytes > pool->chunk_bytes ? try(pool, bytes) : NULL;
  if (b == NULL) {
    if (bytes > pool->chunk_bytes) bytes = pool->chunk_bytes;
    b = mica_pool_take(pool, bytes);
  }
  if (b == NULL) return NULL;
  mica_track_lines(b, sizeof *b);
  mica_pool_chunk_init(pool, thread_slot, b, bytes);
  return b;
}

/* Below a limit a chunk that was returned to another thread slot, which has not taken it back yet, serves this one. It stays
 * among all chunks of the other, which ends it. */
static mica_pool_chunk_t* take_from_others(mi_pool_t* pool, mica_thread_slot_t* thread_slot) {
  mica_pool_chunk_t* got = NULL;
  mica_thread_slot_walk_t walk = {0};
  for (mica_thread_slot_t* other; got == NULL && (other = mica_thread_slot_walk(pool, &walk)) != NULL;)
    if (other != thread_slot) got = list_take(&other->returned);
  mica_ring_t ring = {0};
  for (mica_pool_chunk_t* b = got; b != NULL; b = b->next) {
    if (mica_ring_closes(&ring, b)) mica_pool_damaged(pool, b);
    b->thread_slot = thread_slot;
  }
  return got;
}

static mica_pool_chunk_t* fresh(mi_pool_t* pool, mica_thread_slot_t* thread_slot) {
  if (thread_slot->empty == NULL) thread_slot->empty = list_take(&thread_slot->returned);
  if (thread_slot->empty == NULL && mica_pool_limited(pool)) thread_slot->empty = take_from_others(pool, thread_slot);
  mica_pool_chunk_t* const b = thread_slot->empty;
  if (b == NULL) return make(pool, thread_slot);
  thread_slot->empty = b->next;
  begin(pool, b);
  return b;
}

MICA_NOINLINE void* mica_pool_alloc_chunk(mi_pool_t* pool, mica_thread_slot_t* thread_slot, size_t size, size_t align) {
  if (begin_again(pool, thread_slot->bump)) {
    void* const p = mica_pool_bump(pool, thread_slot->bump, size, align);
    if (p != NULL) return p;
  }
  uint32_t asked = 0;
  void* const p = from_open(pool, thread_slot, size, align, &asked);
  if (p != NULL) {
    note_failed(thread_slot, asked);
    return p;
  }
  mica_pool_chunk_t* const b = fresh(pool, thread_slot);
  if (b == NULL) return NULL;
  note_failed(thread_slot, thread_slot->opens);
  mica_pool_chunk_t* const old = thread_slot->bump; /* another one, if a callback for a failure has allocated here */
  if (old->end != NULL && gives_up(old)) {
    retire(thread_slot, old);
  } else if (old->end != NULL) {
    old->next = thread_slot->open;
    thread_slot->open = old;
    thread_slot->opens++;
  }
  thread_slot->bump = b;
  return mica_pool_bump(pool, b, size, align);
}

/* No other thread takes the chunk over as long as one of its blocks is in use. relaxed: figures of the thread's own [N1] */
void mica_pool_block_free(const mi_pool_t* pool, mica_pool_chunk_t* b) {
  mica_thread_slot_t* const owner = b->thread_slot;
  const bool own = mica_thread_slot_is(owner, mica_ids.self);
  if (own && mica_pool_is_open(b)) {
    atomic_store_explicit(&b->freed, mica_pool_freed(b) + 1, memory_order_relaxed);
    begin_again(pool, b);
  } else if (bc_free(&b->others)) {
    if (own)
      put_empty(owner, b);
    else
      list_push(&owner->returned, b);
  }
}

/* One that was dropped before has its mark no more. */
static void drop(mi_pool_t* pool, mica_pool_chunk_t* b) {
  if (b->mark != mica_pool_mark(pool, MICA_POOL_CHUNK)) mica_pool_damaged(pool, b);
  b->mark = 0;
  mica_pool_give_back(pool, b, (size_t)(b->end - (char*)b));
}

/* All chunks of the thread slot go back, but for the one that the pool lies in, which is returned if it is among them. */
static mica_pool_chunk_t* drop_all(mi_pool_t* pool, mica_thread_slot_t* thread_slot) {
  mica_pool_chunk_t *b = mica_thread_slot_chunks(thread_slot), *first = NULL;
  while (b != NULL) {
    mica_pool_chunk_t* const before = b->made_before;
    if (b == mica_pool_first(pool)) {
      first = b; /* the oldest of all */
      break;
    }
    drop(pool, b);
    b = before;
  }
  return first;
}

/* Of a pool with a limit the chunks go back: another thread may need the bytes. relaxed: there is no other thread [N9] */
void mica_pool_chunks_reset(mi_pool_t* pool, mica_thread_slot_t* thread_slot) {
  if (mica_pool_limited(pool)) {
    mica_pool_chunk_t* const first = drop_all(pool, thread_slot);
    if (first != NULL) first->made_before = NULL;
    atomic_store_explicit(&thread_slot->all, first, memory_order_relaxed);
    thread_slot->made = first != NULL;
  }
  atomic_store_explicit(&thread_slot->returned, NULL, memory_order_relaxed);
  thread_slot->open = NULL;
  thread_slot->opens = 0;
  thread_slot->empty = NULL;
  mica_ring_t ring = {0};
  for (mica_pool_chunk_t* b = mica_thread_slot_chunks(thread_slot); b != NULL; b = b->made_before) {
    if (mica_ring_closes(&ring, b)) mica_pool_damaged(pool, b);
    begin(pool, b);
    b->thread_slot = thread_slot;
    b->next = thread_slot->empty;
    thread_slot->empty = b;
  }
  thread_slot->bump = thread_slot->empty == NULL ? &mica_pool_nothing : thread_slot->empty;
  if (thread_slot->empty != NULL) thread_slot->empty = thread_slot->bump->next;
}

void mica_pool_chunks_end(mi_pool_t* pool, mica_thread_slot_t* thread_slot) {
  mica_pool_chunk_t* const first = drop_all(pool, thread_slot);
  if (first != NULL) first->mark = 0;
}
