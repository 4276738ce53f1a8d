/* thread_slot.c -- which thread slot of a pool is the calling thread's.
 *
 *   a thread slot:   FREE --claimed by a thread--> the thread's, as long as the pool lasts
 *                    FREE --claimed by a thread past its end--> LATE --after the call--> FREE
 *
 * A thread slot bears its thread's owner id. When that thread has ended, the next one that gets the owner id gets the thread
 * slot, too, in every pool: owner ids are handed on with all that was written before (base/tagged_stack.h). So a pool has at
 * most as many thread slots as there were threads in it at one time, and some for those past their end.
 *
 * Tables are searched newest first, a few places in each, from where the owner id's hash points to. So a thread may get a
 * second slot, if a newer table came between its first one and its next call. That costs some memory, and nothing else. */
#include "pool/thread_slot.h"

#include <string.h>

#include "heap/alloc.h"
#include "pool/check.h"
#include "pool/hold.h"

typedef mica_thread_slots_t list_item_t;
#define LIST_NEXT(table) ((table)->next)
#include "base/push_list.h"

enum { PROBES = 4, TABLES_MOST = 1 << 20 }; /* tables double, but several threads may add alike ones at once */

mica_pool_chunk_t mica_pool_nothing;

static mica_thread_slot_t* probe(mica_thread_slots_t* table, uintptr_t id, size_t i) {
  const size_t hash = (size_t)((id / MICA_THEAP_BYTES * 0x9E3779B97F4A7C15u) >> 32);
  return &table->place[(hash + i) & (table->count - 1)].thread_slot;
}

/* The table behind this one, in a walk of so many. */
static mica_thread_slots_t* next(const mi_pool_t* pool, const mica_thread_slots_t* table, unsigned* left) {
  if (MICA_UNLIKELY(--*left == 0)) mica_pool_damaged(pool, table);
  return table->next;
}

MICA_NOINLINE mica_thread_slot_t* mica_thread_slot_find(mi_pool_t* pool) {
  const uintptr_t id = mica_ids.self;
  unsigned left = TABLES_MOST;
  for (mica_thread_slots_t* table = list_first(&pool->tables); table != NULL; table = next(pool, table, &left))
    for (size_t i = 0; i < PROBES; i++)
      if (mica_thread_slot_is(probe(table, id, i), id)) return probe(table, id, i);
  return NULL;
}

/* acquire: pairs with the release by the thread that had it before [N6] */
static bool claim(mica_thread_slot_t* thread_slot, uintptr_t id) {
  uintptr_t owner = MICA_THREAD_SLOT_FREE;
  return mica_thread_slot_is(thread_slot, owner) &&
         atomic_compare_exchange_strong_explicit(&thread_slot->owner, &owner, id, memory_order_acquire,
                                                 memory_order_relaxed);
}

static mica_thread_slot_t* claim_any(mi_pool_t* pool, uintptr_t id) {
  if (claim(&pool->home, id)) return &pool->home;
  unsigned left = TABLES_MOST;
  for (mica_thread_slots_t* table = list_first(&pool->tables); table != NULL; table = next(pool, table, &left))
    for (size_t i = 0; i < PROBES; i++)
      if (claim(probe(table, id, i), id)) return probe(table, id, i);
  return NULL;
}

static size_t table_bytes(size_t count) {
  return sizeof(mica_thread_slots_t) + count * sizeof(((mica_thread_slots_t*)NULL)->place[0]);
}

static bool add_table(mi_pool_t* pool) {
  const mica_thread_slots_t* newest = list_first(&pool->tables);
  const size_t count = newest == NULL ? MICA_POOL_TABLE : 2 * newest->count;
  mica_thread_slots_t* table = mica_pool_take_aligned(pool, table_bytes(count), 0, _Alignof(mica_thread_slots_t), 0);
  if (table == NULL) return false;
  mica_track_lines(table, table_bytes(count));
  memset(table, 0, table_bytes(count));
  table->count = count;
  for (size_t i = 0; i < count; i++)
    mica_thread_slot_init(&table->place[i].thread_slot, MICA_THREAD_SLOT_FREE, &mica_pool_nothing);
  list_push(&pool->tables, table);
  return true;
}

/* Only the first with this place is noted. relaxed: a hint; release: pairs with the thread that goes by it [N10] */
static void take_note(mi_pool_t* pool, uintptr_t id, mica_thread_slot_t* thread_slot) {
  _Atomic(mica_thread_slot_t*)* const note = mica_thread_slot_note(pool, id);
  if (atomic_load_explicit(note, memory_order_relaxed) == NULL)
    atomic_store_explicit(note, thread_slot, memory_order_release);
}

MICA_NOINLINE mica_thread_slot_t* mica_thread_slot_acquire(mi_pool_t* pool) {
  mica_thread_slot_t* thread_slot = mica_thread_slot_find(pool);
  if (MICA_LIKELY(thread_slot != NULL)) return thread_slot;
  mica_thread_init(); /* the owner id may be that of a thread that had a slot here */
  if ((thread_slot = mica_thread_slot_mine(pool)) != NULL) return thread_slot;
  const bool late = !mica_theap_is_real(mica_theap_mine());
  const uintptr_t id = late ? MICA_THREAD_SLOT_LATE : mica_ids.self;
  while ((thread_slot = claim_any(pool, id)) == NULL)
    if (!add_table(pool)) return NULL;
  if (!late) take_note(pool, id, thread_slot);
  return thread_slot;
}

/* release: pairs with the next claim [N7] */
void mica_thread_slot_release(mica_thread_slot_t* thread_slot) {
  if (mica_thread_slot_is(thread_slot, MICA_THREAD_SLOT_LATE))
    atomic_store_explicit(&thread_slot->owner, MICA_THREAD_SLOT_FREE, memory_order_release);
}

mica_thread_slot_t* mica_thread_slot_walk(const mi_pool_t* pool, mica_thread_slot_walk_t* walk) {
  mi_pool_t* const p = (mi_pool_t*)(uintptr_t)pool;
  if (!walk->begun) {
    walk->begun = true;
    walk->table = list_first(&p->tables);
    return &p->home;
  }
  if (walk->table == NULL) return NULL;
  mica_thread_slot_t* const thread_slot = &walk->table->place[walk->at].thread_slot;
  if (++walk->at == walk->table->count) {
    if (++walk->tables == TABLES_MOST) mica_pool_damaged(pool, walk->table);
    walk->table = walk->table->next;
    walk->at = 0;
  }
  return thread_slot;
}

void mica_thread_slots_end(mi_pool_t* pool) {
  mica_thread_slots_t* table = list_take(&pool->tables);
  while (table != NULL) {
    mica_thread_slots_t* const behind = table->next;
    if (table->count == 0) mica_pool_damaged(pool, table); /* it went back before */
    const size_t bytes = table_bytes(table->count);
    table->count = 0;
    mica_pool_give_back(pool, table, bytes);
    table = behind;
  }
}
