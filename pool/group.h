/* group.h -- groups: tasks that share pools, k of them each. The contracts are those of mica/pool.h. Used by api/mi_pools.c. */
#ifndef MICA_POOL_GROUP_H
#define MICA_POOL_GROUP_H
#include "pool/pool.h"

mi_pool_group_t* mica_group_make(size_t k, size_t block_size, size_t limit);
void mica_group_end(mi_pool_group_t* group, const char* function);
mi_pool_t* mica_group_enter(mi_pool_group_t* group);
void mica_group_leave(mi_pool_t* pool);
void mica_group_stat(const mi_pool_group_t* group, mi_pool_group_stat_t* stat);

/* Where MICA_EXAMINES (check.h): the group is one, and not ended; and a task is in that pool of it. Else the program ends. */
void mica_group_examine(const mi_pool_group_t* group, const char* function);
void mica_group_examine_task(const mi_pool_group_t* group, const mi_pool_t* pool, const char* function);

#endif
