/* way_mutex.h -- the functions of way_pool.h with one mutex around each call, as programs guard a pool that is not made for
 * threads. */
#ifndef MICA_BENCH_WAY_H
#define MICA_BENCH_WAY_H
#include "bench/measure.h"

#include <mica.h>
#include <pthread.h>

enum { AREA_AT_ONCE = 1 };

struct area {
  mi_pool_t* pool;
  pthread_mutex_t mutex;
};

static inline void area_begin(struct area* area) {
  pthread_mutex_init(&area->mutex, NULL);
  area->pool = mi_pool_create(0);
  if (area->pool == NULL) give_up("mi_pool_create returned NULL");
}

static inline void area_end(struct area* area) {
  mi_pool_destroy(area->pool);
  pthread_mutex_destroy(&area->mutex);
}

static inline char* area_get(struct area* area, size_t size) {
  pthread_mutex_lock(&area->mutex);
  char* p = mi_pool_alloc(area->pool, size);
  pthread_mutex_unlock(&area->mutex);
  return p;
}

static inline void area_release(struct area* area, char* p) {
  pthread_mutex_lock(&area->mutex);
  bool known = mi_pool_free(area->pool, p);
  pthread_mutex_unlock(&area->mutex);
  if (!known) give_up("mi_pool_free does not know a block");
}

static inline void area_release_all(struct area* area, char** blocks, size_t count) {
  (void)blocks;
  (void)count;
  pthread_mutex_lock(&area->mutex);
  mi_pool_reset(area->pool);
  pthread_mutex_unlock(&area->mutex);
}

#endif
