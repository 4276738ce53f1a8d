/* blocks_malloc.h -- how a workload gets its blocks and gives them back: from malloc.
 *
 * A workload includes the header that BENCH_BLOCKS names: this one, or blocks_floor.h, which has the same functions on as
 * little as the workload's pattern needs, without an allocator. So every workload is built twice, as itself and as its floor.
 * Included by the programs of bench/ only, once each. */
#ifndef MICA_BENCH_BLOCKS_H
#define MICA_BENCH_BLOCKS_H
#include "measure.h"

#include "marks.h"

/* Say, before the first block, what the floor is to keep ready: blocks of `block` bytes; and, where threads hand blocks to
 * others, how many each thread goes round in (0: what is given back is used again). Nothing to do here. */
static inline void blocks_begin(size_t block, size_t round) {
  (void)block;
  (void)round;
}

/* A block whose first and last byte have been written. */
static inline char* block_get(size_t size) { return block_new(size); }

static inline char* block_get_aligned(size_t alignment, size_t size) {
  void* p = NULL;
  if (posix_memalign(&p, alignment, size) != 0) give_up("posix_memalign failed");
  if ((uintptr_t)p % alignment != 0) give_up("a block is not aligned");
  return block_touch(p, size);
}

/* The block with a new size; its first and its new last byte have been written. */
static inline char* block_resize(char* p, size_t size) {
  p = realloc(p, size);
  if (p == NULL) give_up("realloc returned NULL");
  return block_touch(p, size);
}

static inline void block_release(char* p) { free(p); }

/* Give back a block that another thread got. */
static inline void block_release_remote(char* p) {
  mark_begin();
  free(p);
  mark_end();
}

#endif
