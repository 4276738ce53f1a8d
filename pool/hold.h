/* hold.h -- what a pool holds: memory of its heap's, charged against its limit, and found again from a pointer into it.
 *
 * Any thread; errno is ENOMEM after a failure, else untouched. Used by pool/, and by api/mi_pools.c for the limit. */
#ifndef MICA_POOL_HOLD_H
#define MICA_POOL_HOLD_H
#include "pool/pool.h"

/* bytes from a heap that is named, at (result + offset) % align == 0. Not charged. NULL: no memory. */
void* mica_pool_in_heap(mi_heap_t* heap, size_t bytes, size_t align, size_t offset);

/* bytes from the pool's heap, aligned to 16. They are charged. NULL: no memory, or too little left below the limit. */
void* mica_pool_take(mi_pool_t* pool, size_t bytes);

/* The same at (result + offset) % align == 0; `spare` is charged, too, for what that costs. */
void* mica_pool_take_aligned(mi_pool_t* pool, size_t bytes, size_t spare, size_t align, size_t offset);

/* Gives back memory that was taken, for which `bytes` were charged in all. */
void mica_pool_give_back(mi_pool_t* pool, void* p, size_t bytes);

/* The limit; 0: none. Whether there is one. The bytes that are charged now. */
void mica_pool_set_limit(mi_pool_t* pool, size_t bytes);
size_t mica_pool_get_limit(const mi_pool_t* pool);
bool mica_pool_limited(const mi_pool_t* pool);
size_t mica_pool_get_used(const mi_pool_t* pool);

/* The chunk of the pool in whose blocks p lies; or the large memory that begins at p; or neither. p may be any pointer, but
 * the memory that it points into must not be freed meanwhile. */
typedef struct mica_pool_found_s {
  mica_pool_chunk_t* chunk;
  mica_pool_large_t* large;
} mica_pool_found_t;
mica_pool_found_t mica_pool_find(const mi_pool_t* pool, const void* p);

#endif
