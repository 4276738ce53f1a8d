/* blocks_floor.h -- the functions of blocks_malloc.h with no allocator behind them: how fast the pattern itself can be.
 *
 * Every block has the one size that blocks_begin was told. A thread takes blocks off the end of a mapping of its own, and
 * those it released last first (LIFO); no thread ever sees another's list. Where blocks are handed to other threads, each
 * thread goes round in a fixed number of blocks, and a remote release does nothing: the bare hand-over.
 * Not thread-safe beyond that, nothing is ever unmapped, sizes are not remembered. Never linked into the product. */
#ifndef MICA_BENCH_BLOCKS_H
#define MICA_BENCH_BLOCKS_H
#include "measure.h"

static size_t floor_block; /* bytes of every block; written before the threads start, as is floor_round */
static size_t floor_round; /* blocks that a thread goes round in, or 0 */

enum { FLOOR_CHUNK = 8 << 20 };

struct floor_link {
  struct floor_link* next;
};

static _Thread_local struct floor_link* floor_ready; /* released blocks, the last one first */
static _Thread_local char* floor_at;                 /* the rest of the mapping that blocks are cut from */
static _Thread_local size_t floor_left;
static _Thread_local size_t floor_turn; /* the next block of the round */

static inline void blocks_begin(size_t block, size_t round) {
  floor_block = (block + 63) / 64 * 64;
  floor_round = round;
}

/* The workload has no remote releases to mark in its floor. */
static inline void marks_begin(void) {}

static inline char* floor_cut(void) {
  if (floor_left < floor_block) {
    size_t whole = floor_round > 0 ? floor_round * floor_block : FLOOR_CHUNK;
    if (whole < floor_block) whole = floor_block;
    floor_at = mmap(NULL, whole, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (floor_at == MAP_FAILED) give_up("mmap of the floor");
    floor_left = whole;
  }
  char* p = floor_at;
  if (floor_round > 0) {
    p += floor_turn * floor_block;
    floor_turn = floor_turn + 1 < floor_round ? floor_turn + 1 : 0;
    return p;
  }
  floor_at += floor_block;
  floor_left -= floor_block;
  return p;
}

static inline char* floor_touch(char* p, size_t size) {
  return block_touch(p, size < floor_block ? size : floor_block);
}

static inline char* block_get(size_t size) {
  struct floor_link* first = floor_ready;
  if (first == NULL) return floor_touch(floor_cut(), size);
  floor_ready = first->next;
  return floor_touch((char*)first, size);
}

/* A mapping is aligned to a page, and a block to its size. */
static inline char* block_get_aligned(size_t alignment, size_t size) {
  (void)alignment;
  return block_get(size);
}

static inline char* block_resize(char* p, size_t size) { return floor_touch(p == NULL ? block_get(size) : p, size); }

static inline void block_release(char* p) {
  struct floor_link* link = (struct floor_link*)(void*)p;
  if (link == NULL) return;
  link->next = floor_ready;
  floor_ready = link;
}

static inline void block_release_remote(char* p) { (void)*(volatile char*)p; }

#endif
