/* stat.c -- figures of a pool, and the same as text.
 *
 * Chunks, tables and thread slots are only ever added before the pool ends, so they may be walked while others allocate. Each
 * figure is read by itself. */
#include <string.h>

#include "observe/output.h"
#include "pool/block_count.h"
#include "pool/check.h"
#include "pool/hold.h"
#include "pool/thread_slot.h"

/* relaxed: figures [N1] */
static mi_pool_block_stat_t chunk_stat(const mi_pool_t* pool, mica_pool_chunk_t* b) {
  char* const start = mica_pool_start(pool, b);
  uint32_t counted;
  const bool open = bc_figure(&b->others, &counted);
  const uint32_t given = mica_pool_given(b), home = mica_pool_freed(b) + (open ? counted : 0);
  const uint32_t live = !open ? counted : given > home ? given - home : 0; /* read at different moments */
  mi_pool_block_stat_t stat = {.start = start, .failed = atomic_load_explicit(&b->failed, memory_order_relaxed)};
  const uintptr_t last = mica_pool_last(b);
  stat.used = !open && live == 0 ? 0 : (size_t)(last - (uintptr_t)start);
  stat.left = (size_t)(b->end - start) - stat.used;
  stat.live = live;
  return stat;
}

/* The chunk made before b. */
static mica_pool_chunk_t* before(const mi_pool_t* pool, const mica_pool_chunk_t* b, mica_ring_t* ring) {
  if (mica_ring_closes(ring, b)) mica_pool_damaged(pool, b);
  return b->made_before;
}

/* acquire: pairs with the making of the newest; relaxed: figures [N8] [N1] */
static void add_larges(const mi_pool_t* pool, mica_thread_slot_t* thread_slot, mi_pool_stat_t* stat) {
  mica_ring_t ring = {0};
  for (mica_pool_entries_t* table = atomic_load_explicit(&thread_slot->tables, memory_order_acquire); table != NULL;
       table = table->made_before) {
    if (mica_ring_closes(&ring, table)) mica_pool_damaged(pool, table);
    for (size_t i = 0; i < table->count; i++) {
      if (atomic_load_explicit(&table->entry[i].large, memory_order_relaxed) == NULL) continue;
      stat->large++;
      stat->large_bytes += atomic_load_explicit(&table->entry[i].bytes, memory_order_relaxed);
    }
  }
}

void mica_pool_stat(const mi_pool_t* pool, mi_pool_stat_t* stat) {
  memset(stat, 0, sizeof *stat);
  mica_thread_slot_walk_t walk = {0};
  for (mica_thread_slot_t* thread_slot; (thread_slot = mica_thread_slot_walk(pool, &walk)) != NULL;) {
    mica_pool_chunk_t* b = mica_thread_slot_chunks(thread_slot);
    stat->threads += b != NULL;
    mica_ring_t ring = {0};
    for (; b != NULL; b = before(pool, b, &ring)) {
      const mi_pool_block_stat_t one = chunk_stat(pool, b);
      stat->blocks++;
      stat->block_bytes += (size_t)(b->end - (char*)b);
      stat->used += one.used;
      stat->left += one.left;
      stat->live += one.live;
    }
    add_larges(pool, thread_slot, stat);
  }
  stat->total = mica_pool_get_used(pool);
  stat->limit = mica_pool_get_limit(pool);
}

size_t mica_pool_stat_chunks(const mi_pool_t* pool, mi_pool_block_stat_t* chunks, size_t count) {
  size_t n = 0;
  mica_thread_slot_walk_t walk = {0};
  for (mica_thread_slot_t* thread_slot; (thread_slot = mica_thread_slot_walk(pool, &walk)) != NULL;) {
    mica_ring_t ring = {0};
    for (mica_pool_chunk_t* b = mica_thread_slot_chunks(thread_slot); b != NULL; b = before(pool, b, &ring), n++)
      if (n < count) chunks[n] = chunk_stat(pool, b);
  }
  return n;
}

void mica_pool_print(const mi_pool_t* pool, mi_output_fun* out, void* arg) {
  mi_pool_stat_t stat;
  mica_pool_stat(pool, &stat);
  mica_print(out, arg, "pool %p: %zu bytes", (const void*)pool, stat.total);
  if (stat.limit != 0) mica_print(out, arg, " of %zu", stat.limit);
  mica_print(out, arg, "; %zu chunks, %zu blocks in use; %zu large, %zu bytes; %zu threads\n", stat.blocks, stat.live,
             stat.large, stat.large_bytes, stat.threads);
  mica_print(out, arg, "  %-18s %10s %10s %10s %7s\n", "chunk", "used", "left", "blocks", "failed");
  mica_thread_slot_walk_t walk = {0};
  for (mica_thread_slot_t* thread_slot; (thread_slot = mica_thread_slot_walk(pool, &walk)) != NULL;) {
    mica_ring_t ring = {0};
    for (mica_pool_chunk_t* b = mica_thread_slot_chunks(thread_slot); b != NULL; b = before(pool, b, &ring)) {
      const mi_pool_block_stat_t one = chunk_stat(pool, b);
      mica_print(out, arg, "  %-18p %10zu %10zu %10zu %7zu\n", one.start, one.used, one.left, one.live, one.failed);
    }
  }
}
