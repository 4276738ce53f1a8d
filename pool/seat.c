/* seat.c -- which seat of a pool is the calling thread's.
 *
 *   a seat:   free --claimed by a thread--> its, for as long as the pool lasts
 *             free --claimed by a thread past its end--> late --after the call--> free
 *
 * A seat bears its thread's token. When that thread has ended, the next one that gets the token gets the seat, too, in every
 * pool: tokens are handed on with all that was written before (heap/parked.h). So a pool has at most as many seats as
 * there were threads in it at one time, and some for those that came late.
 *
 * Tables are searched newest first, a few places in each, from where the token's hash points to; so a thread that joins
 * late may get a second seat when a newer table came between. Nothing is wrong then: only some memory is spent. */
#include <string.h>

#include "heap/alloc.h"
#include "pool/piece.h"

typedef mica_seats_t list_item_t;
#define LIST_NEXT(table) ((table)->next)
#include "block/list.h"

enum { PROBES = 4 };

void mica_seat_init(mica_seat_t* seat, uintptr_t owner) {
  seat->bump = &mica_pool_nothing;
  atomic_store_explicit(&seat->owner, owner, memory_order_relaxed); /* relaxed: its table is shown afterwards [N5] */
}

static mica_seat_t* probe(mica_seats_t* table, uintptr_t token, size_t i) {
  const size_t hash = (size_t)((token / MICA_HEAP_BYTES * 0x9E3779B97F4A7C15u) >> 32);
  return &table->room[(hash + i) & (table->count - 1)].seat;
}

MICA_NOINLINE mica_seat_t* mica_seat_find(mi_pool_t* pool) {
  const uintptr_t token = mica_self;
  for (mica_seats_t* table = list_first(&pool->tables); table != NULL; table = table->next)
    for (size_t i = 0; i < PROBES; i++)
      if (mica_seat_is(probe(table, token, i), token)) return probe(table, token, i);
  return NULL;
}

/* acquire: pairs with the rise of who had it before [N6] */
static bool claim(mica_seat_t* seat, uintptr_t token) {
  uintptr_t owner = MICA_SEAT_FREE;
  return mica_seat_is(seat, owner) && atomic_compare_exchange_strong_explicit(
                                          &seat->owner, &owner, token, memory_order_acquire, memory_order_relaxed);
}

static mica_seat_t* claim_any(mi_pool_t* pool, uintptr_t token) {
  if (claim(&pool->home, token)) return &pool->home;
  for (mica_seats_t* table = list_first(&pool->tables); table != NULL; table = table->next)
    for (size_t i = 0; i < PROBES; i++)
      if (claim(probe(table, token, i), token)) return probe(table, token, i);
  return NULL;
}

static size_t table_bytes(size_t count) {
  return sizeof(mica_seats_t) + count * sizeof(((mica_seats_t*)NULL)->room[0]);
}

static bool add_table(mi_pool_t* pool) {
  const mica_seats_t* newest = list_first(&pool->tables);
  const size_t count = newest == NULL ? MICA_POOL_TABLE : 2 * newest->count;
  mica_seats_t* table = mica_pool_take_aligned(pool, table_bytes(count), 0, _Alignof(mica_seats_t), 0);
  if (table == NULL) return false;
  mica_watch_lines(table, table_bytes(count));
  memset(table, 0, table_bytes(count));
  table->count = count;
  for (size_t i = 0; i < count; i++) mica_seat_init(&table->room[i].seat, MICA_SEAT_FREE);
  list_push(&pool->tables, table);
  return true;
}

/* The first of those that would be noted in the same place. relaxed: a hint; release: pairs with who finds the note [N10] */
static void take_note(mi_pool_t* pool, uintptr_t token, mica_seat_t* seat) {
  _Atomic(mica_seat_t*)* const note = mica_seat_note(pool, token);
  if (atomic_load_explicit(note, memory_order_relaxed) == NULL) atomic_store_explicit(note, seat, memory_order_release);
}

MICA_NOINLINE mica_seat_t* mica_seat_sit(mi_pool_t* pool) {
  mica_seat_t* seat = mica_seat_find(pool);
  if (MICA_LIKELY(seat != NULL)) return seat;
  mica_thread_init(); /* the token may be that of a thread that had a seat here */
  if ((seat = mica_seat_mine(pool)) != NULL) return seat;
  const bool late = !mica_heap_is_real(mica_heap_mine());
  const uintptr_t token = late ? MICA_SEAT_LATE : mica_self;
  while ((seat = claim_any(pool, token)) == NULL)
    if (!add_table(pool)) return NULL;
  if (!late) take_note(pool, token, seat);
  return seat;
}

/* release: pairs with the next claim [N7] */
void mica_seat_rise(mica_seat_t* seat) {
  if (mica_seat_is(seat, MICA_SEAT_LATE)) atomic_store_explicit(&seat->owner, MICA_SEAT_FREE, memory_order_release);
}

mica_seat_t* mica_seat_walk(const mi_pool_t* pool, mica_seat_walk_t* walk) {
  mi_pool_t* const p = (mi_pool_t*)(uintptr_t)pool;
  if (!walk->begun) {
    *walk = (mica_seat_walk_t){.begun = true, .table = list_first(&p->tables), .at = 0};
    return &p->home;
  }
  if (walk->table == NULL) return NULL;
  mica_seat_t* const seat = &walk->table->room[walk->at].seat;
  if (++walk->at == walk->table->count) {
    walk->table = walk->table->next;
    walk->at = 0;
  }
  return seat;
}

void mica_seats_end(mi_pool_t* pool) {
  mica_seats_t* table = list_take(&pool->tables);
  while (table != NULL) {
    mica_seats_t* const next = table->next;
    mica_pool_give_back(pool, table, table_bytes(table->count));
    table = next;
  }
}
