/* pools.h -- what the tests of pools share: pools, pieces that know what they hold, figures that agree, threads.
 *
 * What is reached often uses REQUIRE, which allocates nothing until it fails. Where a sanitizer runs, counts are smaller: it
 * does the same work several times slower. */
#ifndef MICA_TESTS_POOL_POOLS_H
#define MICA_TESTS_POOL_POOLS_H
#include <errno.h>
#include <mica.h>
#include <pthread.h>

#include "pool/pool.h"
#include "tests/support/errno_mark.h"
#include "tests/support/pattern.h"
#include "tests/support/require.h"
#include "tests/support/sanitizer.h"

/* So many, or where a sanitizer slows everything down, an eighth. */
static inline unsigned pools_times(unsigned n) { return SANITIZED ? (n + 7) / 8 : n; }

enum { POOLS_BLOCK_LEAST = 512, POOLS_BLOCK_USUAL = 4096, POOLS_BLOCK_GROWN = 32768, POOLS_THREADS_MOST = 128 };

static inline mi_pool_t* pools_new(size_t block_size) {
  mi_pool_t* pool = mi_pool_create(block_size);
  REQUIRE(pool != NULL, "no pool of blocks of %zu bytes: errno %d", block_size, errno);
  return pool;
}

/* ---- pieces ---- */

/* Where a piece begins that is asked for at a multiple of align, 1 or 16, behind one that ends here: a tag comes between where
 * misuse is looked for. */
static inline char* pools_behind(const char* end, size_t align) {
  const size_t tag = MICA_POOL_TAG, mask = (align > tag ? align : tag) - 1;
  return (char*)(((uintptr_t)end + tag + mask) & ~mask);
}

typedef struct piece_s {
  char* p;
  size_t size;
  unsigned seed;
} piece_t;

/* One byte in so many is written and verified. */
static inline size_t pools_step(size_t size) { return size > 100000 ? 1024 : 1; }

/* p, which is to have so many bytes, is written over; it must be aligned, and there. */
static inline piece_t pools_written(void* p, size_t size, size_t align, unsigned seed) {
  REQUIRE(p != NULL, "no piece of %zu bytes: errno %d", size, errno);
  REQUIRE((uintptr_t)p % align == 0, "%zu bytes at %p: not aligned to %zu", size, p, align);
  pattern_set(p, size, pools_step(size), seed);
  return (piece_t){p, size, seed};
}
static inline piece_t pools_piece(mi_pool_t* pool, size_t size, unsigned seed) {
  return pools_written(mi_pool_alloc(pool, size), size, 16, seed);
}
static inline void pools_verify(piece_t piece) {
  REQUIRE(pattern_kept(piece.p, piece.size, pools_step(piece.size), piece.seed, true),
          "a piece of %zu bytes at %p is not as it was", piece.size, (void*)piece.p);
}
static inline void pools_free(mi_pool_t* pool, piece_t piece) {
  pools_verify(piece);
  REQUIRE(mi_pool_free(pool, piece.p), "%zu bytes at %p: not freed", piece.size, (void*)piece.p);
}

/* ---- figures, when no other thread is in a call ---- */

enum { POOLS_BLOCKS = 20000 };
static mi_pool_block_stat_t pools_blocks[POOLS_BLOCKS];

/* The pool's figures. They agree with those of its blocks, which are in pools_blocks. */
static inline mi_pool_stat_t pools_stat(const mi_pool_t* pool) {
  mi_pool_stat_t stat, sum = {0};
  errno = ERRNO_MARK;
  mi_pool_stat(pool, &stat);
  const size_t n = mi_pool_stat_blocks(pool, pools_blocks, POOLS_BLOCKS);
  REQUIRE(errno == ERRNO_MARK, "errno is %d", errno);
  REQUIRE(n == stat.blocks && n <= POOLS_BLOCKS && n != 0, "%zu blocks, %zu entries", stat.blocks, n);
  for (size_t i = 0; i < n; i++) {
    sum.used += pools_blocks[i].used;
    sum.left += pools_blocks[i].left;
    sum.live += pools_blocks[i].live;
    REQUIRE(pools_blocks[i].start != NULL, "block %zu begins nowhere", i);
  }
  REQUIRE(sum.used == stat.used, "%zu bytes used, %zu in all blocks", stat.used, sum.used);
  REQUIRE(sum.left == stat.left, "%zu bytes left, %zu in all blocks", stat.left, sum.left);
  REQUIRE(sum.live == stat.live, "%zu pieces, %zu in all blocks", stat.live, sum.live);
  REQUIRE(stat.used + stat.left <= stat.block_bytes, "%zu and %zu of %zu bytes", stat.used, stat.left,
          stat.block_bytes);
  REQUIRE(stat.total >= stat.block_bytes + stat.large_bytes, "%zu bytes, %zu and %zu of them", stat.total,
          stat.block_bytes, stat.large_bytes);
  REQUIRE(stat.total == mi_pool_get_used(pool), "%zu bytes, and %zu", stat.total, mi_pool_get_used(pool));
  REQUIRE(stat.limit == mi_pool_get_limit(pool), "limit %zu, and %zu", stat.limit, mi_pool_get_limit(pool));
  REQUIRE((stat.large == 0) == (stat.large_bytes == 0), "%zu large, %zu bytes", stat.large, stat.large_bytes);
  return stat;
}

/* The number in pools_blocks of the block that p lies in; the number of blocks, if it is none. pools_stat was called before. */
static inline size_t pools_block_of(const mi_pool_stat_t* stat, const void* p) {
  size_t i = 0;
  while (i < stat->blocks && ((const char*)p < (const char*)pools_blocks[i].start ||
                              (const char*)p >= (const char*)pools_blocks[i].start + pools_blocks[i].used))
    i++;
  return i;
}

/* Bytes that are neither in blocks nor in large memory: what the pool needs to find them. */
static inline size_t pools_own(const mi_pool_stat_t* stat) {
  return stat->total - stat->block_bytes - stat->large_bytes;
}

/* What a refused call must not have changed. */
static inline void pools_same(const mi_pool_stat_t* a, const mi_pool_stat_t* b, const char* what) {
  REQUIRE(a->blocks == b->blocks && a->block_bytes == b->block_bytes && a->live == b->live && a->large == b->large &&
              a->large_bytes == b->large_bytes && a->total == b->total && a->limit == b->limit,
          "%s has changed the pool: %zu and %zu pieces, %zu and %zu large, %zu and %zu bytes", what, a->live, b->live,
          a->large, b->large, a->total, b->total);
}

/* ---- threads ---- */

/* body(arg) in each of so many threads at once, each with its own `each` bytes of args. */
static inline void pools_threads(unsigned count, void* (*body)(void*), void* args, size_t each) {
  pthread_t threads[POOLS_THREADS_MOST];
  pthread_attr_t attr;
  REQUIRE(count <= POOLS_THREADS_MOST, "%u threads", count);
  pthread_attr_init(&attr);
  pthread_attr_setstacksize(&attr, 256 * 1024);
  for (unsigned t = 0; t < count; t++)
    REQUIRE(pthread_create(&threads[t], &attr, body, (char*)args + t * each) == 0, "no thread");
  pthread_attr_destroy(&attr);
  for (unsigned t = 0; t < count; t++) REQUIRE(pthread_join(threads[t], NULL) == 0, "not joined");
}

#endif
