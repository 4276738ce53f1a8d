/* alloc.c -- see alloc.h: what a pool gives out and takes back where the fast paths do not. */
#include "pool/alloc.h"

#include "pool/hold.h"
#include "pool/large.h"

/* Another thread's pool, a chunk that is used up, size 0, large memory. */
MICA_NOINLINE void* mica_pool_alloc_slow(mi_pool_t* pool, size_t size, size_t align) {
  if (size == 0) size = 1;
  mica_thread_slot_t* thread_slot = mica_thread_slot_mine(pool);
  if (MICA_UNLIKELY(thread_slot == NULL) && (thread_slot = mica_thread_slot_acquire(pool)) == NULL) return NULL;
  const size_t gap = align > MICA_POOL_ALIGN ? align - MICA_POOL_ALIGN : 0;
  void* p = NULL;
  if (MICA_UNLIKELY(size > pool->max || gap > pool->max - size))
    p = mica_pool_large(pool, thread_slot, size, align > MICA_POOL_ALIGN ? align : MICA_POOL_ALIGN);
  else if (MICA_UNLIKELY((p = mica_pool_bump(pool, thread_slot->bump, size, align)) == NULL))
    p = mica_pool_alloc_chunk(pool, thread_slot, size, align);
  mica_thread_slot_release(thread_slot);
  return p;
}

bool mica_pool_free_slow(mi_pool_t* pool, void* p, bool blocks) {
  const mica_pool_found_t found = mica_pool_find(pool, p);
  if (found.large != NULL) return mica_pool_large_free(pool, found.large);
  if (found.chunk != NULL) return blocks && mica_pool_take_back(pool, found.chunk, p);
  if (MICA_EXAMINES) mica_pool_examine_stray(pool, p, blocks ? "mi_pool_free" : "mi_pool_free_large");
  return false;
}
