/* producers.c -- many threads that only allocate, few that only free, little alive: what a thread that never frees keeps.
 *
 * usage: producers [PRODUCERS [FREERS [BLOCKS [LARGEST]]]]         default 24 6 6000000 3072
 * Each producer has a box for each freer, and fills them in turn with 28 blocks of 16 to LARGEST bytes; it waits while a box is
 * full. A freer empties the boxes in turn. So at most PRODUCERS * FREERS * 28 blocks are alive, 6 MiB by default. BLOCKS of all
 * producers together, rounded down to what is the same for each box. A freer looks at every block before it frees it.
 * Waiting is by yielding the processor. Prints wall nanoseconds per block. */
#include BENCH_BLOCKS
#include "team.h"

#include <sched.h>
#include <stdatomic.h>

enum { BOX = 28, SMALLEST = 16 };

struct box {
  _Alignas(128) _Atomic(int) full;
  char* blocks[BOX];
};

struct producers {
  size_t producers, freers, largest;
  size_t turns;      /* times that each box is filled */
  struct box* boxes; /* that of producer p and freer f is number p * freers + f */
};

static void fill(const struct producers* all, struct box* box, uint64_t* random) {
  /* Acquire: pairs with the release of empty; the old blocks have been read. */
  while (atomic_load_explicit(&box->full, memory_order_acquire) != 0) sched_yield();
  for (size_t k = 0; k < BOX; k++) {
    char* p = block_get(SMALLEST + random_below(random_next(random), all->largest - SMALLEST + 1));
    const uintptr_t stamp = (uintptr_t)p;
    memcpy(p, &stamp, sizeof stamp);
    box->blocks[k] = p;
  }
  /* Release: the freer sees the blocks, and what is in them. */
  atomic_store_explicit(&box->full, 1, memory_order_release);
}

/* Returns whether there was something. */
static int empty(struct box* box) {
  /* Acquire: pairs with the release of fill. */
  if (atomic_load_explicit(&box->full, memory_order_acquire) == 0) return 0;
  for (size_t k = 0; k < BOX; k++) {
    char* p = box->blocks[k];
    uintptr_t stamp;
    memcpy(&stamp, p, sizeof stamp);
    if (stamp != (uintptr_t)p) give_up("a block arrived with another's content");
    block_release_remote(p);
  }
  /* Release: the producer may overwrite the box. */
  atomic_store_explicit(&box->full, 0, memory_order_release);
  return 1;
}

static void produce(const struct producers* all, size_t number) {
  uint64_t random = random_seed(number);
  for (size_t turn = 0; turn < all->turns; turn++)
    for (size_t f = 0; f < all->freers; f++) fill(all, &all->boxes[number * all->freers + f], &random);
}

static void consume(const struct producers* all, size_t number) {
  for (size_t left = all->turns * all->producers; left > 0;) {
    size_t found = 0;
    for (size_t p = 0; p < all->producers; p++) found += (size_t)empty(&all->boxes[p * all->freers + number]);
    if (found == 0) sched_yield();
    left -= found;
  }
}

static void work(size_t number, void* context) {
  const struct producers* all = context;
  if (number < all->producers)
    produce(all, number);
  else
    consume(all, number - all->producers);
}

int main(int argc, char** argv) {
  marks_begin();
  struct producers all = {.producers = argument(argc, argv, 1, 24), .freers = argument(argc, argv, 2, 6)};
  size_t blocks = argument(argc, argv, 3, 6000000);
  all.largest = argument(argc, argv, 4, 3072);
  size_t threads = all.producers + all.freers, boxes = all.producers * all.freers;
  if (boxes == 0 || threads > TEAM_MOST || all.largest <= SMALLEST) give_up("at least one of each, 64 threads at most");
  all.turns = blocks / (boxes * BOX);
  if (all.turns == 0) give_up("too few blocks");
  all.boxes = table_new(boxes, sizeof *all.boxes);
  blocks_begin(all.largest, (all.freers + 1) * BOX);
  struct team team = {.count = threads, .work = work, .context = &all};
  team_go(&team);
  team_report(&team, 1e9 / (double)(boxes * BOX * all.turns));
  return 0;
}
