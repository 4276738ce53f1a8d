/* large.c -- memory of a pool that is no block of a chunk: each has a header in front of it, and an entry in a table.
 *
 *   an entry:   free --allocation--> in use --free: the thread that makes `large` NULL--> free, on the list of its thread slot,
 *                                                                           or returned to it by another thread
 *
 * An entry belongs to one thread slot. Tables double, and last as long as the pool. */
#include "pool/large.h"

#include <errno.h>

#include "heap/alloc.h"
#include "heap/theap.h"
#include "pool/check.h"
#include "pool/hold.h"
#include "pool/thread_slot.h"

typedef mica_pool_entry_t list_item_t;
#define LIST_NEXT(entry) ((entry)->next)
#include "base/push_list.h"

enum { FIRST_TABLE = 5, TABLES_MOST = 128 }; /* each has twice the entries of the one before, or once as many */

static size_t table_bytes(size_t count) { return sizeof(mica_pool_entries_t) + count * sizeof(mica_pool_entry_t); }

/* relaxed: the thread's own [N8] */
static mica_pool_entries_t* newest(mica_thread_slot_t* thread_slot) {
  return atomic_load_explicit(&thread_slot->tables, memory_order_relaxed);
}

static void put_entry(mica_thread_slot_t* thread_slot, mica_pool_entry_t* entry) {
  entry->next = thread_slot->entries;
  thread_slot->entries = entry;
}

/* relaxed: no other thread sees the table yet; release: a thread that asks for figures finds it made [N8] */
static bool add_table(mi_pool_t* pool, mica_thread_slot_t* thread_slot) {
  const size_t count = newest(thread_slot) == NULL ? FIRST_TABLE : 2 * newest(thread_slot)->count;
  mica_pool_entries_t* table = mica_pool_take(pool, table_bytes(count));
  if (table == NULL) return false;
  mica_track_lines(table, table_bytes(count));
  table->made_before = newest(thread_slot); /* another one, if a callback for a failure has allocated here */
  table->count = count;
  for (size_t i = count; i > 0; i--) {
    atomic_store_explicit(&table->entry[i - 1].large, NULL, memory_order_relaxed);
    put_entry(thread_slot, &table->entry[i - 1]);
  }
  atomic_store_explicit(&thread_slot->tables, table, memory_order_release);
  return true;
}

static mica_pool_entry_t* take_entry(mi_pool_t* pool, mica_thread_slot_t* thread_slot) {
  if (thread_slot->entries == NULL) thread_slot->entries = list_take(&thread_slot->entries_returned);
  if (thread_slot->entries == NULL && !add_table(pool, thread_slot)) return NULL;
  mica_pool_entry_t* const entry = thread_slot->entries;
  thread_slot->entries = entry->next;
  return entry;
}

/* The heap's block may begin before the header, where memory is aligned. */
static void* write_ahead(mi_pool_t* pool, mica_pool_large_t* large) {
  mica_pool_ahead_t* ahead = (mica_pool_ahead_t*)(void*)mica_page_block(mica_page_of(large), large);
  if ((void*)ahead == (void*)large) return large;
  mica_track_open(ahead, sizeof *ahead);
  ahead->mark = mica_pool_mark(pool, MICA_POOL_AHEAD);
  ahead->large = large;
  return ahead;
}

/* The bytes that the heap takes more because of the alignment: up to align in one block with these, or in slices of their
 * own. */
static size_t spare_of(size_t bytes, size_t align) {
  if (align <= MICA_POOL_ALIGN) return 0;
  if (bytes <= MICA_CLASS_MAX && align <= MICA_CLASS_MAX - bytes) return align;
  return MICA_SLICE + (-bytes & (MICA_SLICE - 1));
}

static mica_pool_large_t* take(mi_pool_t* pool, size_t bytes, size_t spare, size_t align) {
  mica_pool_large_t* const large = mica_pool_take_aligned(pool, bytes, spare, align, sizeof *large);
  if (large == NULL) return NULL;
  mica_track_lines(large, sizeof *large);
  large->mark = mica_pool_mark(pool, MICA_POOL_LARGE);
  large->ahead = align <= MICA_POOL_ALIGN ? large : write_ahead(pool, large);
  return large;
}

/* To a checker: neither the header's end nor the bytes behind the program's may be touched. */
enum { HIDDEN = sizeof(mica_pool_large_t) - offsetof(mica_pool_large_t, entry) };

static void hide(const mica_pool_large_t* large, size_t size, size_t bytes) {
  const char* const begin = (const char*)(large + 1);
  mica_track_close(&large->entry, HIDDEN);
  mica_track_back(begin + size, bytes - sizeof *large - size);
}

static void end(mi_pool_t* pool, mica_pool_large_t* large, size_t bytes) {
  large->mark = 0;
  if ((void*)large->ahead != (void*)large) {
    ((mica_pool_ahead_t*)large->ahead)->mark = 0;
    mica_track_close(large->ahead, sizeof(mica_pool_ahead_t));
  }
  mica_pool_give_back(pool, large, bytes);
}

void* mica_pool_large(mi_pool_t* pool, mica_thread_slot_t* thread_slot, size_t size, size_t align) {
  if (size > PTRDIFF_MAX - sizeof(mica_pool_large_t)) {
    errno = ENOMEM;
    return NULL;
  }
  const size_t bytes = mica_good_size(size + sizeof(mica_pool_large_t));
  const size_t spare = spare_of(bytes, align);
  mica_pool_large_t* const large = take(pool, bytes, spare, align);
  if (large == NULL) return NULL;
  mica_pool_entry_t* const entry = take_entry(pool, thread_slot);
  if (entry == NULL) {
    end(pool, large, bytes + spare);
    return NULL;
  }
  large->entry = entry;
  large->thread_slot = thread_slot;
  atomic_store_explicit(&entry->bytes, bytes + spare, memory_order_relaxed); /* relaxed: a figure [N1] */
  /* relaxed: the thread that frees it got it from the program [Z1] */
  atomic_store_explicit(&entry->large, large, memory_order_relaxed);
  hide(large, size, bytes);
  return large + 1;
}

/* relaxed: of two that free it one finds it there; the entry was written before the memory was handed over [Z2] [N1] */
bool mica_pool_large_free(mi_pool_t* pool, mica_pool_large_t* large) {
  mica_track_open(&large->entry, HIDDEN);
  mica_pool_entry_t* const entry = large->entry;
  mica_thread_slot_t* const owner = large->thread_slot;
  mica_pool_large_t* seen = large;
  const size_t bytes = atomic_load_explicit(&entry->bytes, memory_order_relaxed);
  if (!atomic_compare_exchange_strong_explicit(&entry->large, &seen, NULL, memory_order_relaxed, memory_order_relaxed))
    return false;
  end(pool, large, bytes);
  if (mica_thread_slot_is(owner, mica_ids.self))
    put_entry(owner, entry);
  else
    list_push(&owner->entries_returned, entry);
  return true;
}

/* The table's large memory goes back. relaxed: there is no other thread [N9] */
static void empty(mi_pool_t* pool, mica_pool_entries_t* table) {
  for (size_t i = table->count; i > 0; i--) {
    mica_pool_entry_t* const entry = &table->entry[i - 1];
    mica_pool_large_t* const large = atomic_load_explicit(&entry->large, memory_order_relaxed);
    if (large != NULL) end(pool, large, atomic_load_explicit(&entry->bytes, memory_order_relaxed));
    atomic_store_explicit(&entry->large, NULL, memory_order_relaxed);
  }
}

static void drop(mi_pool_t* pool, mica_pool_entries_t* table) {
  mica_pool_give_back(pool, table, table_bytes(table->count));
}

/* Of the tables the first stays: what a pool once had costs its later resets nothing. acquire: pairs with the making; relaxed:
 * there is no other thread [N8] [N9] */
void mica_pool_larges_reset(mi_pool_t* pool, mica_thread_slot_t* thread_slot) {
  mica_pool_entries_t* table = atomic_load_explicit(&thread_slot->tables, memory_order_acquire);
  if (table == NULL) return;
  empty(pool, table);
  for (unsigned left = TABLES_MOST; table->made_before != NULL; left--) {
    if (left == 0 || table->made_before->count > table->count) mica_pool_damaged(pool, table);
    mica_pool_entries_t* const before = table->made_before;
    drop(pool, table);
    table = before;
    empty(pool, table);
  }
  atomic_store_explicit(&thread_slot->tables, table, memory_order_relaxed);
  atomic_store_explicit(&thread_slot->entries_returned, NULL, memory_order_relaxed);
  thread_slot->entries = NULL;
  for (size_t i = table->count; i > 0; i--) put_entry(thread_slot, &table->entry[i - 1]);
}

/* relaxed: there is no other thread [N9] */
void mica_pool_larges_end(mi_pool_t* pool, mica_thread_slot_t* thread_slot) {
  if (newest(thread_slot) == NULL) return;
  mica_pool_larges_reset(pool, thread_slot);
  drop(pool, newest(thread_slot));
  atomic_store_explicit(&thread_slot->tables, NULL, memory_order_relaxed);
}
