/* cleanup.h -- the cleanups of a pool, the last added first. Used by pool.c and api/mi_pools.c. */
#ifndef MICA_POOL_CLEANUP_H
#define MICA_POOL_CLEANUP_H
#include "pool/pool.h"

/* A new one, with size bytes at its data, none if size is 0. NULL: no memory. */
mi_pool_cleanup_t* mica_pool_cleanup_add(mi_pool_t* pool, size_t size);

/* The one added last. */
mi_pool_cleanup_t* mica_pool_cleanup_first(const mi_pool_t* pool);

/* Runs them, those that they add too. No other thread is in a call. */
void mica_pool_clean(mi_pool_t* pool);

#endif
