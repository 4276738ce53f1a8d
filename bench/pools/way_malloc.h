/* way_malloc.h -- how a workload of bench/pools gets its blocks and gives them back: from malloc, one by one.
 *
 * A workload includes the header that BENCH_WAY names: this one, way_pool.h or way_mutex.h, which have the same functions. So
 * every workload is built three times. Programs of this header are not linked with mica: what LD_PRELOAD names is measured.
 *
 *   area          where blocks come from: here nothing, else a pool
 *   AREA_AT_ONCE  one call gives back all blocks of an area, those of all threads; 0: each thread gives back its own
 *
 * Included by the programs of bench/pools only, once each. */
#ifndef MICA_BENCH_WAY_H
#define MICA_BENCH_WAY_H
#include "bench/measure.h"

enum { AREA_AT_ONCE = 0 };

struct area {
  char unused;
};

static inline void area_begin(struct area* area) { area->unused = 0; }

static inline void area_end(struct area* area) { (void)area; }

static inline char* area_get(struct area* area, size_t size) {
  (void)area;
  return malloc(size);
}

static inline void area_release(struct area* area, char* p) {
  (void)area;
  free(p);
}

/* Give back `count` blocks that are still there. */
static inline void area_release_all(struct area* area, char** blocks, size_t count) {
  (void)area;
  for (size_t i = 0; i < count; i++) free(blocks[i]);
}

#endif
