/* way_pool.h -- the functions of way_malloc.h on one of mica's pools, which is given back at once. */
#ifndef MICA_BENCH_WAY_H
#define MICA_BENCH_WAY_H
#include "bench/measure.h"

#include <mica.h>

enum { AREA_AT_ONCE = 1 };

struct area {
  mi_pool_t* pool;
};

static inline void area_begin(struct area* area) {
  area->pool = mi_pool_create(0);
  if (area->pool == NULL) give_up("mi_pool_create returned NULL");
}

static inline void area_end(struct area* area) { mi_pool_destroy(area->pool); }

static inline char* area_get(struct area* area, size_t size) { return mi_pool_alloc(area->pool, size); }

static inline void area_release(struct area* area, char* p) {
  if (!mi_pool_free(area->pool, p)) give_up("mi_pool_free does not know a block");
}

static inline void area_release_all(struct area* area, char** blocks, size_t count) {
  (void)blocks;
  (void)count;
  mi_pool_reset(area->pool);
}

#endif
