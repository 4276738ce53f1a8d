/* chunks.h -- the chunks of a thread slot, and how a block is cut off the front of one.
 *
 * In the variants that look for misuse each block has a tag of 8 bytes in front of it (check.h), and begins at a multiple of 8
 * at least. Elsewhere nothing lies between blocks but what alignment needs. Used by pool/. */
#ifndef MICA_POOL_CHUNKS_H
#define MICA_POOL_CHUNKS_H
#include "pool/check.h"
#include "pool/pool.h"

/* The heap's block at b, of that many bytes, becomes an empty chunk of the thread slot. */
void mica_pool_chunk_init(mi_pool_t* pool, mica_thread_slot_t* thread_slot, mica_pool_chunk_t* b, size_t bytes);

/* A block, though the bump chunk had not enough. NULL: no memory. */
void* mica_pool_alloc_chunk(mi_pool_t* pool, mica_thread_slot_t* thread_slot, size_t size, size_t align);

/* A block of the chunk is free. */
void mica_pool_block_free(const mi_pool_t* pool, mica_pool_chunk_t* b);

/* The pool is reset, or ends: all blocks of the thread slot are free, and at the end the chunks go back. */
void mica_pool_chunks_reset(mi_pool_t* pool, mica_thread_slot_t* thread_slot);
void mica_pool_chunks_end(mi_pool_t* pool, mica_thread_slot_t* thread_slot);

/* size bytes, 1 or more, at a multiple of align, 1 or 16 or more; NULL: less is left. size and align are small. relaxed:
 * figures of the thread's own [N1] */
MICA_INLINE void* mica_pool_bump(const mi_pool_t* pool, mica_pool_chunk_t* b, size_t size, size_t align) {
  const size_t mask = (align > MICA_POOL_TAG ? align : MICA_POOL_TAG) - 1;
  const uintptr_t p = (mica_pool_last(b) + MICA_POOL_TAG + mask) & ~mask, next = p + size;
  if (MICA_UNLIKELY(next > (uintptr_t)b->end)) return NULL;
  mica_pool_set_last(b, next);
  atomic_store_explicit(&b->given, mica_pool_given(b) + 1, memory_order_relaxed);
  void* block = (void*)p;
  if (MICA_POOL_TAGGED) mica_pool_tag_set(pool, b, block, size);
  MICA_RESULT(block);
  return block;
}

#endif
