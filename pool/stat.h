/* stat.h -- figures of a pool, and the same as text: the contracts are those of mica/pool.h. Used by api/mi_pools.c. */
#ifndef MICA_POOL_STAT_H
#define MICA_POOL_STAT_H
#include "pool/pool.h"

void mica_pool_stat(const mi_pool_t* pool, mi_pool_stat_t* stat);
size_t mica_pool_stat_chunks(const mi_pool_t* pool, mi_pool_block_stat_t* chunks, size_t count);
void mica_pool_print(const mi_pool_t* pool, mi_output_fun* out, void* arg);

#endif
