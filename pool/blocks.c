/* blocks.c -- the blocks of a seat: where pieces come from when the bump block has not enough, and where they go.
 *
 *                         bump <------------------- empty <--- returned (others', piece_count.h)
 *                          |  newer one needed        ^             ^
 *                          v                          |             |
 *                         open --- failed > 4 ---> retired --- last piece home
 *
 * An open block, the bump block too, whose pieces are all home is begun anew where it stands. Blocks never leave the pool
 * before it ends. */
#include <errno.h>

#include "heap/heap.h"
#include "pool/piece.h"
#include "pool/piece_count.h"

typedef mica_pool_block_t list_item_t;
#define LIST_NEXT(block) ((block)->next)
#include "block/list.h"

static_assert(MICA_POOL_MOST < PC_OPEN / 2, "pieces of a byte each are fewer than what says that a block is open");

mica_pool_block_t mica_pool_nothing;

/* The block, the caller's alone, is as new. relaxed: figures [N1] */
static void begin(const mi_pool_t* pool, mica_pool_block_t* b) {
  char* const start = mica_pool_start(pool, b);
  mica_pool_set_last(b, (uintptr_t)start);
  atomic_store_explicit(&b->given, 0, memory_order_relaxed);
  atomic_store_explicit(&b->freed, 0, memory_order_relaxed);
  atomic_store_explicit(&b->failed, 0, memory_order_relaxed);
  atomic_store_explicit(&b->open, true, memory_order_relaxed);
  b->turn++;
  pc_start(&b->others);
  mica_watch_back(start, (size_t)(b->end - start));
}

/* release: who asks for figures finds the block made [N8] */
void mica_pool_block_init(mi_pool_t* pool, mica_seat_t* seat, mica_pool_block_t* b, size_t bytes) {
  b->mark = mica_pool_mark(pool, MICA_POOL_BLOCK);
  b->end = (char*)b + bytes;
  b->seat = seat;
  b->next = NULL;
  b->turn = 0;
  begin(pool, b);
  b->made_before = atomic_load_explicit(&seat->all, memory_order_relaxed); /* relaxed: the thread's own [N8] */
  atomic_store_explicit(&seat->all, b, memory_order_release);
  seat->made++;
}

/* Pieces in use by the owner's count: those that others freed among them. */
static uint32_t in_use(mica_pool_block_t* b) { return mica_pool_given(b) - mica_pool_freed(b); }

/* An open block of which every piece is home is begun anew. */
static bool begin_again(const mi_pool_t* pool, mica_pool_block_t* b) {
  if (mica_pool_given(b) == 0 || in_use(b) != pc_others(&b->others)) return false;
  begin(pool, b);
  return true;
}

static void hand_back(mica_pool_block_t* b, mica_seat_t* mine) {
  if (b->seat != mine) {
    list_push(&b->seat->returned, b);
    return;
  }
  b->next = mine->empty;
  mine->empty = b;
}

/* relaxed: a figure [N1] */
static void retire(mica_seat_t* seat, mica_pool_block_t* b) {
  atomic_store_explicit(&b->open, false, memory_order_relaxed);
  if (pc_retire(&b->others, in_use(b))) hand_back(b, seat);
}

/* Something did not fit. Whether that was too often. relaxed: a figure [N1] */
static bool gives_up(mica_pool_block_t* b) {
  const uint16_t failed = (uint16_t)(atomic_load_explicit(&b->failed, memory_order_relaxed) + 1);
  atomic_store_explicit(&b->failed, failed, memory_order_relaxed);
  return failed > MICA_POOL_FAILED;
}

/* A piece of an open block, *from; NULL: none has enough. */
static void* from_open(const mi_pool_t* pool, mica_seat_t* seat, size_t size, size_t align, mica_pool_block_t** from) {
  for (*from = seat->open; *from != NULL; *from = (*from)->next) {
    void* p = mica_pool_bump(pool, *from, size, align);
    if (p == NULL && begin_again(pool, *from)) p = mica_pool_bump(pool, *from, size, align);
    if (p != NULL) return p;
  }
  return NULL;
}

/* The open blocks up to `end` had not enough. It is noted where another one had: a call that fails changes nothing. */
static void note_failed(mica_seat_t* seat, const mica_pool_block_t* end) {
  mica_pool_block_t** link = &seat->open;
  while (*link != end) {
    mica_pool_block_t* const b = *link;
    if (gives_up(b)) {
      *link = b->next;
      retire(seat, b);
    } else {
      link = &b->next;
    }
  }
}

/* A block that a smaller one can stand for: the program is not told if there is none. */
static mica_pool_block_t* try(mi_pool_t* pool, size_t bytes) {
  const int saved = errno;
  const bool hushed = mica_tell_hush(true);
  mica_pool_block_t* const b = mica_pool_take(pool, bytes);
  mica_tell_hush(hushed);
  if (b == NULL) {
    mica_tell_forget();
    errno = saved;
  }
  return b;
}

static mica_pool_block_t* make(mi_pool_t* pool, mica_seat_t* seat) {
  size_t bytes = pool->block_bytes;
  for (uint32_t steps = seat->made / MICA_POOL_STEP; steps > 0 && bytes <= MICA_POOL_GROWN / 2; steps--) bytes *= 2;
  mica_pool_block_t* b = bytes > pool->block_bytes ? try(pool, bytes) : NULL;
  if (b == NULL) {
    if (bytes > pool->block_bytes) bytes = pool->block_bytes;
    b = mica_pool_take(pool, bytes);
  }
  if (b == NULL) return NULL;
  mica_watch_lines(b, sizeof *b);
  mica_pool_block_init(pool, seat, b, bytes);
  return b;
}

/* Where bytes are counted, a block that another seat has not taken back yet serves this one; it stays among all of that seat's,
 * which ends it. */
static mica_pool_block_t* take_from_others(mi_pool_t* pool, mica_seat_t* seat) {
  mica_pool_block_t* got = NULL;
  mica_seat_walk_t walk = {0};
  for (mica_seat_t* other; got == NULL && (other = mica_seat_walk(pool, &walk)) != NULL;)
    if (other != seat) got = list_take(&other->returned);
  for (mica_pool_block_t* b = got; b != NULL; b = b->next) b->seat = seat;
  return got;
}

static mica_pool_block_t* fresh(mi_pool_t* pool, mica_seat_t* seat) {
  if (seat->empty == NULL) seat->empty = list_take(&seat->returned);
  if (seat->empty == NULL && mica_pool_limited(pool)) seat->empty = take_from_others(pool, seat);
  mica_pool_block_t* const b = seat->empty;
  if (b == NULL) return make(pool, seat);
  seat->empty = b->next;
  begin(pool, b);
  return b;
}

MICA_NOINLINE void* mica_pool_piece(mi_pool_t* pool, mica_seat_t* seat, size_t size, size_t align) {
  if (begin_again(pool, seat->bump)) {
    void* const p = mica_pool_bump(pool, seat->bump, size, align);
    if (p != NULL) return p;
  }
  mica_pool_block_t* from;
  void* const p = from_open(pool, seat, size, align, &from);
  if (p != NULL) {
    note_failed(seat, from);
    return p;
  }
  mica_pool_block_t* const b = fresh(pool, seat);
  if (b == NULL) return NULL;
  note_failed(seat, NULL);
  mica_pool_block_t* const old = seat->bump; /* another one, if a function told of a failure has allocated here */
  if (old->end != NULL && gives_up(old)) {
    retire(seat, old);
  } else if (old->end != NULL) {
    old->next = seat->open;
    seat->open = old;
  }
  seat->bump = b;
  return mica_pool_bump(pool, b, size, align);
}

/* relaxed: figures of the thread's own [N1] */
void mica_pool_piece_free(mi_pool_t* pool, mica_pool_block_t* b, mica_seat_t* seat) {
  if (b->seat == seat && mica_pool_is_open(b)) {
    atomic_store_explicit(&b->freed, mica_pool_freed(b) + 1, memory_order_relaxed);
    begin_again(pool, b);
  } else if (pc_free(&b->others)) {
    hand_back(b, seat);
  }
}

static void drop(mi_pool_t* pool, mica_pool_block_t* b) {
  b->mark = 0;
  mica_pool_give_back(pool, b, (size_t)(b->end - (char*)b));
}

/* All blocks of the seat go back, but for the one that the pool lies in, if it is the seat's: that is what is returned. */
static mica_pool_block_t* drop_all(mi_pool_t* pool, mica_seat_t* seat) {
  mica_pool_block_t *b = mica_seat_blocks(seat), *kept = NULL;
  while (b != NULL) {
    mica_pool_block_t* const before = b->made_before;
    if (b == mica_pool_first(pool))
      kept = b;
    else
      drop(pool, b);
    b = before;
  }
  return kept;
}

/* Of a pool with a limit the blocks go back: another thread may need the room. relaxed: there is nobody else [N9] */
void mica_pool_blocks_reset(mi_pool_t* pool, mica_seat_t* seat) {
  if (mica_pool_limited(pool)) {
    mica_pool_block_t* const kept = drop_all(pool, seat);
    if (kept != NULL) kept->made_before = NULL;
    atomic_store_explicit(&seat->all, kept, memory_order_relaxed);
    seat->made = kept != NULL;
  }
  atomic_store_explicit(&seat->returned, NULL, memory_order_relaxed);
  seat->open = NULL;
  seat->empty = NULL;
  for (mica_pool_block_t* b = mica_seat_blocks(seat); b != NULL; b = b->made_before) {
    begin(pool, b);
    b->seat = seat;
    b->next = seat->empty;
    seat->empty = b;
  }
  seat->bump = seat->empty == NULL ? &mica_pool_nothing : seat->empty;
  if (seat->empty != NULL) seat->empty = seat->bump->next;
}

void mica_pool_blocks_end(mi_pool_t* pool, mica_seat_t* seat) {
  mica_pool_block_t* const first = drop_all(pool, seat);
  if (first != NULL) first->mark = 0;
}
