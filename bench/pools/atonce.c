/* atonce.c -- many blocks are allocated, and all are released at once.
 *
 * usage: atonce [equal|mixed [ROUNDS [THREADS [BLOCKS [SIZE]]]]]         default equal 100 1 300000 32
 * Each round allocates BLOCKS blocks in all, of which each thread has its share, all from one area, and releases them: a pool
 * in one call, while the other threads wait; malloc's are freed one by one in the order of allocation, by the thread that
 * allocated them. Then the same area serves the next round.
 * equal: blocks of SIZE bytes. mixed: from 8 to SIZE bytes, each doubling half as frequent as the one before.
 * A table has the blocks' addresses under every way. Every block has a stamp, checked between allocating and releasing, which
 * is not timed. `time` is wall nanoseconds per block of all. */
#include BENCH_WAY

#include "bench/pools/rounds.h"

/* What a thread has. */
struct share {
  char** blocks;
  uint32_t* sizes;
  size_t count;
  size_t first; /* of the stamps */
};

struct atonce {
  struct area area;
  struct share shares[TEAM_MOST];
};

static void fill(size_t number, void* context) {
  struct atonce* a = context;
  const struct share s = a->shares[number];
  for (size_t i = 0; i < s.count; i++) {
    size_t size = s.sizes[i];
    char* p = area_get(&a->area, size);
    stamp_write(p, size, s.first + i);
    s.blocks[i] = p;
  }
}

static void check(size_t number, void* context) {
  const struct atonce* a = context;
  const struct share s = a->shares[number];
  for (size_t i = 0; i < s.count; i++) stamp_read(s.blocks[i], s.sizes[i], s.first + i);
}

static void release(size_t number, void* context) {
  struct atonce* a = context;
  if (AREA_AT_ONCE && number > 0) return;
  area_release_all(&a->area, a->shares[number].blocks, a->shares[number].count);
}

int main(int argc, char** argv) {
  static struct atonce a;
  const char* kind = argc > 1 ? argv[1] : "equal";
  size_t rounds = argument(argc, argv, 2, 100);
  size_t threads = argument(argc, argv, 3, 1);
  size_t blocks = argument(argc, argv, 4, 300000);
  size_t size = argument(argc, argv, 5, 32);
  int mixed = strcmp(kind, "mixed") == 0;
  if (!mixed && strcmp(kind, "equal") != 0) give_up("arguments");
  if (threads == 0 || threads > TEAM_MOST || blocks < threads || blocks > UINT32_MAX || size < SMALLEST_BLOCK) {
    give_up("arguments");
  }
  uint64_t random = random_seed(0);
  size_t share = blocks / threads;
  for (size_t t = 0; t < threads; t++) {
    struct share* s = &a.shares[t];
    *s = (struct share){table_new(share, sizeof(char*)), table_new(share, sizeof(uint32_t)), share, t * share};
    for (size_t i = 0; i < share; i++) {
      s->sizes[i] = (uint32_t)(mixed ? size_by_power(&random, SMALLEST_BLOCK, size) : size);
    }
  }
  area_begin(&a.area);
  struct rounds r = {
      .threads = threads, .count = rounds, .fill = fill, .check = check, .release = release, .context = &a};
  rounds_go(&r, 1e9 / (double)(share * threads));
  area_end(&a.area);
  return 0;
}
