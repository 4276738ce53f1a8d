/* large.h -- memory of a pool that is no block of a chunk: larger than the pool's max, or aligned to more. Used by pool/. */
#ifndef MICA_POOL_LARGE_H
#define MICA_POOL_LARGE_H
#include "pool/pool.h"

/* Large memory; the thread slot is the calling thread's. NULL: no memory. */
void* mica_pool_large(mi_pool_t* pool, mica_thread_slot_t* thread_slot, size_t size, size_t align);

/* Gives it back. False: another thread did. */
bool mica_pool_large_free(mi_pool_t* pool, mica_pool_large_t* large);

/* The pool is reset, or ends: all large memory of the thread slot goes back, and at the end its tables do. */
void mica_pool_larges_reset(mi_pool_t* pool, mica_thread_slot_t* thread_slot);
void mica_pool_larges_end(mi_pool_t* pool, mica_thread_slot_t* thread_slot);

#endif
