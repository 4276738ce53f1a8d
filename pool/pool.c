/* pool.c -- pools made, reset and ended (pool.h). */
#include "pool/pool.h"

#include <errno.h>
#include <string.h>

#include "heap/alloc.h"
#include "heap/fast.h"
#include "pool/chunks.h"
#include "pool/hold.h"
#include "pool/large.h"
#include "pool/thread_slot.h"

static void init(mi_pool_t* pool, size_t bytes, mi_heap_t* heap) {
  const uintptr_t owner = mica_theap_is_real(mica_theap_mine()) ? mica_ids.self : MICA_THREAD_SLOT_FREE;
  memset(pool, 0, sizeof *pool);
  pool->max = bytes - sizeof(mica_pool_chunk_t) - sizeof(mi_pool_t) - (MICA_POOL_TAGGED ? MICA_POOL_ALIGN : 0);
  if (pool->max > MICA_POOL_BLOCK_MAX) pool->max = MICA_POOL_BLOCK_MAX;
  pool->magic = mica_pool_magic(pool);
  pool->chunk_bytes = bytes;
  pool->heap = heap;
  /* relaxed: the pool is handed to others by the program [N1] */
  atomic_store_explicit(&pool->limit, LM_NONE, memory_order_relaxed);
  atomic_store_explicit(&pool->charged, (int64_t)bytes, memory_order_relaxed);
  mica_thread_slot_init(&pool->home, owner, mica_pool_first(pool));
  mica_pool_chunk_init(pool, &pool->home, mica_pool_first(pool), bytes);
}

mi_pool_t* mica_pool_make(mi_heap_t* heap, size_t block_size) {
  if (block_size > MICA_POOL_MOST) {
    errno = EINVAL;
    return NULL;
  }
  if (block_size == 0) block_size = MICA_POOL_DEFAULT;
  if (block_size < MICA_POOL_LEAST) block_size = MICA_POOL_LEAST;
  const size_t bytes = block_size == MICA_POOL_DEFAULT ? block_size : mica_good_size(block_size);
  mica_pool_chunk_t* const first =
      heap == NULL ? mica_malloc(bytes) : mica_pool_in_heap(heap, bytes, MICA_POOL_ALIGN, 0);
  if (first == NULL) return NULL;
  mi_pool_t* const pool = (mi_pool_t*)(first + 1);
  mica_track_lines(first, sizeof *first + sizeof *pool);
  init(pool, bytes, heap);
  return pool;
}

void mica_pool_end(mi_pool_t* pool) {
  mica_pool_clean(pool);
  mica_thread_slot_walk_t walk = {0};
  for (mica_thread_slot_t* thread_slot; (thread_slot = mica_thread_slot_walk(pool, &walk)) != NULL;) {
    mica_pool_larges_end(pool, thread_slot);
    mica_pool_chunks_end(pool, thread_slot);
  }
  mica_thread_slots_end(pool);
  pool->magic = 0;
  mica_free(mica_pool_first(pool));
}

void mica_pool_reset(mi_pool_t* pool) {
  mica_pool_clean(pool);
  mica_thread_slot_walk_t walk = {0};
  for (mica_thread_slot_t* thread_slot; (thread_slot = mica_thread_slot_walk(pool, &walk)) != NULL;) {
    mica_pool_larges_reset(pool, thread_slot);
    mica_pool_chunks_reset(pool, thread_slot);
  }
}
