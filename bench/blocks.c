/* blocks.c -- the experiments with 300,000 blocks, each timed as a whole, not call by call.
 *
 * usage: blocks [equal|mixed|alternate|release [ROUNDS [COUNT]]]         default equal 250 300000
 * equal: COUNT blocks of 64 bytes are allocated, then given back in the order of allocation. mixed: the same with sizes
 * uniform from 16 to 4,096 bytes. alternate: a block of 64 bytes is allocated and given back, COUNT times. release: COUNT
 * blocks of 64 bytes are allocated, and given back in one random order; only the giving back is timed.
 * Every block has a stamp, which is checked before it goes (release: in a loop of its own, outside of what is timed;
 * alternate: none, as there is never a second block).
 * `time` is milliseconds of wall time per round. */
#include BENCH_BLOCKS

#include "stamp.h"

enum { EQUAL = 64, SMALLEST = 16, LARGEST = 4096 };

struct experiment {
  char** blocks;
  uint32_t* order; /* of giving back, in `release` */
  size_t count;
  uint64_t random;
  struct measured begun;
};

static void give_back(char* block, size_t mark) {
  stamp_check(block, mark);
  block_release(block);
}

static void fill_equal(struct experiment* e) {
  for (size_t i = 0; i < e->count; i++) {
    e->blocks[i] = block_get(EQUAL);
    stamp_put(e->blocks[i], i);
  }
}

static void equal(struct experiment* e) {
  fill_equal(e);
  for (size_t i = 0; i < e->count; i++) give_back(e->blocks[i], i);
}

static void mixed(struct experiment* e) {
  for (size_t i = 0; i < e->count; i++) {
    e->blocks[i] = block_get(SMALLEST + random_below(random_next(&e->random), LARGEST - SMALLEST + 1));
    stamp_put(e->blocks[i], i);
  }
  for (size_t i = 0; i < e->count; i++) give_back(e->blocks[i], i);
}

static void alternate(struct experiment* e) {
  for (size_t i = 0; i < e->count; i++) {
    block_release(block_get(EQUAL));
  }
}

/* What is not to be timed is added to the beginning. */
static void release(struct experiment* e) {
  struct measured pause = measured_begin();
  fill_equal(e);
  for (size_t i = 0; i < e->count; i++) stamp_check(e->blocks[i], i);
  struct measured now = measured_begin();
  e->begun.wall += now.wall - pause.wall;
  e->begun.cpu += now.cpu - pause.cpu;
  for (size_t i = 0; i < e->count; i++) block_release(e->blocks[e->order[i]]);
}

static void shuffle(struct experiment* e) {
  for (size_t i = 0; i < e->count; i++) e->order[i] = (uint32_t)i;
  for (size_t i = e->count; i > 1; i--) {
    size_t other = random_below(random_next(&e->random), i);
    uint32_t last = e->order[i - 1];
    e->order[i - 1] = e->order[other];
    e->order[other] = last;
  }
}

static void (*experiment_of(const char* name))(struct experiment*) {
  if (strcmp(name, "equal") == 0) return equal;
  if (strcmp(name, "mixed") == 0) return mixed;
  if (strcmp(name, "alternate") == 0) return alternate;
  if (strcmp(name, "release") != 0) give_up("arguments");
  return release;
}

int main(int argc, char** argv) {
  void (*run)(struct experiment*) = experiment_of(argc > 1 ? argv[1] : "equal");
  size_t rounds = argument(argc, argv, 2, 250);
  size_t count = argument(argc, argv, 3, 300000);
  if (rounds == 0 || count == 0 || count > UINT32_MAX) give_up("arguments");
  struct experiment e = {.blocks = table_new(count, sizeof(char*)), .count = count, .random = random_seed(0)};
  e.order = table_new(count, sizeof(uint32_t));
  shuffle(&e);
  blocks_begin(run == mixed ? (SMALLEST + LARGEST) / 2 : EQUAL, 0);
  e.begun = measured_begin();
  for (size_t round = 0; round < rounds; round++) run(&e);
  report_wall(&e.begun, 1e3 / (double)rounds);
  return 0;
}
