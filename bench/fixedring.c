/* fixedring.c -- many threads, each with a ring of blocks: the oldest is given back, a new one takes its place.
 *
 * usage: fixedring [THREADS [SMALLEST [LARGEST [RING [BLOCKS]]]]]         default 8 16 4096 512 6000000
 * Sizes are uniform from SMALLEST to LARGEST bytes. Each thread keeps RING blocks and replaces BLOCKS of them, after going
 * once round. One byte of every OS page of a block is written, and each block's stamp is checked before it goes.
 * `time` is nanoseconds of wall time per replaced block, over all threads' blocks. */
#include BENCH_BLOCKS

#include "stamp.h"
#include "team.h"

struct fixedring {
  size_t smallest;
  size_t largest;
  size_t ring;
  size_t blocks; /* that each thread replaces */
  char** slots[TEAM_MOST];
  uint64_t random[TEAM_MOST]; /* the state where the thread's warm-up left it */
};

static char* one_more(const struct fixedring* f, uint64_t* random, size_t mark) {
  size_t size = f->smallest + random_below(random_next(random), f->largest - f->smallest + 1);
  char* block = block_get(size);
  stamp_pages(block, size);
  stamp_put(block, mark);
  return block;
}

static void fill(size_t number, void* context) {
  struct fixedring* f = context;
  uint64_t random = random_seed(number);
  for (size_t i = 0; i < f->ring; i++) f->slots[number][i] = one_more(f, &random, number + i);
  f->random[number] = random;
}

/* The block in place i holds the stamp of its thread's number and its own: number + i, counted on from the first. */
static void turn(size_t number, void* context) {
  struct fixedring* f = context;
  char** slots = f->slots[number];
  uint64_t random = f->random[number];
  size_t oldest = 0;
  for (size_t i = 0; i < f->blocks; i++) {
    stamp_check(slots[oldest], number + i);
    block_release(slots[oldest]);
    slots[oldest] = one_more(f, &random, number + f->ring + i);
    oldest = oldest + 1 < f->ring ? oldest + 1 : 0;
  }
}

/* What the threads have left: the last time round. */
static void clear(const struct fixedring* f, size_t number) {
  for (size_t i = 0; i < f->ring; i++) {
    size_t mark = f->blocks + i;
    char* block = f->slots[number][mark % f->ring];
    stamp_check(block, number + mark);
    block_release_remote(block);
  }
}

int main(int argc, char** argv) {
  marks_begin();
  static struct fixedring f;
  struct team t = {.count = argument(argc, argv, 1, 8), .prepare = fill, .work = turn, .context = &f};
  f.smallest = argument(argc, argv, 2, 16);
  f.largest = argument(argc, argv, 3, 4096);
  f.ring = argument(argc, argv, 4, 512);
  f.blocks = argument(argc, argv, 5, 6000000);
  if (t.count > TEAM_MOST || f.smallest < sizeof(uint32_t) || f.largest < f.smallest) give_up("arguments");
  if (f.ring == 0 || f.blocks == 0) give_up("arguments");
  blocks_begin(f.largest, 0);
  for (size_t i = 0; i < t.count; i++) f.slots[i] = table_new(f.ring, sizeof(char*));
  team_go(&t);
  team_report(&t, 1e9 / (double)(f.blocks * t.count));
  for (size_t i = 0; i < t.count; i++) clear(&f, i);
  return 0;
}
