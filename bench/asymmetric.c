/* asymmetric.c -- half of the threads only allocate, the other half only frees, through a shared pool of batches.
 *
 * usage: asymmetric [THREADS [BATCHES]]         default 2 3000; an even number of threads
 * A batch is 4,096 blocks of 16 to 2,015 bytes, made by one thread; whichever thread comes first takes it, looks at each
 * block and frees it. The pool holds two batches more than there are threads. Prints wall nanoseconds per block. */
#include BENCH_BLOCKS
#include "team.h"

#include <sched.h>
#include <stdatomic.h>

enum { BATCH = 4096, SMALLEST = 16, SIZES = 2000 };

/* The round t / places of a place is for batch t: `turn` is twice the round while the place waits to be filled, and one
 * more while it waits to be emptied. */
struct place {
  _Alignas(128) _Atomic(size_t) turn;
  char* blocks[BATCH];
};

struct pool {
  size_t batches; /* through the whole pool */
  size_t places;
  size_t half; /* threads of each kind */
  struct place* place;
  _Alignas(128) _Atomic(size_t) made;  /* batches that a thread has begun to make */
  _Alignas(128) _Atomic(size_t) taken; /* batches that a thread has begun to wait for */
};

static struct pool pool;

/* The place of batch t, when its turn has come. */
static struct place* wait_for(size_t batch, size_t step) {
  struct place* place = &pool.place[batch % pool.places];
  size_t turn = 2 * (batch / pool.places) + step;
  /* Acquire: pairs with the release of pass_on; the table is the other's no more, its content and the blocks' is there. */
  while (atomic_load_explicit(&place->turn, memory_order_acquire) != turn) sched_yield();
  return place;
}

static void pass_on(struct place* place) {
  /* Relaxed: the place is this thread's alone. Release: pairs with the acquire of wait_for. */
  size_t turn = atomic_load_explicit(&place->turn, memory_order_relaxed);
  atomic_store_explicit(&place->turn, turn + 1, memory_order_release);
}

static void allocate(size_t number) {
  uint64_t random = random_seed(number);
  for (;;) {
    /* Relaxed: a ticket only; the same below. */
    size_t batch = atomic_fetch_add_explicit(&pool.made, 1, memory_order_relaxed);
    if (batch >= pool.batches) return;
    struct place* place = wait_for(batch, 0);
    for (size_t i = 0; i < BATCH; i++) {
      uint64_t stamp = (uint64_t)batch * BATCH + i;
      place->blocks[i] = block_get(SMALLEST + random_below(random_next(&random), SIZES));
      memcpy(place->blocks[i], &stamp, sizeof stamp);
    }
    pass_on(place);
  }
}

static void release(void) {
  for (;;) {
    size_t batch = atomic_fetch_add_explicit(&pool.taken, 1, memory_order_relaxed);
    if (batch >= pool.batches) return;
    struct place* place = wait_for(batch, 1);
    for (size_t i = 0; i < BATCH; i++) {
      uint64_t stamp;
      memcpy(&stamp, place->blocks[i], sizeof stamp);
      if (stamp != (uint64_t)batch * BATCH + i) give_up("a block arrived with another's content");
      block_release_remote(place->blocks[i]);
    }
    pass_on(place);
  }
}

static void work(size_t number, void* context) {
  (void)context;
  if (number < pool.half) {
    allocate(number);
  } else {
    release();
  }
}

int main(int argc, char** argv) {
  marks_begin();
  struct team team = {.count = argument(argc, argv, 1, 2), .work = work};
  pool.batches = argument(argc, argv, 2, 3000);
  if (team.count == 0 || team.count % 2 != 0 || team.count > TEAM_MOST || pool.batches == 0) give_up("arguments");
  pool.half = team.count / 2;
  pool.places = team.count + 2;
  pool.place = table_new(pool.places, sizeof *pool.place);
  blocks_begin(SMALLEST + SIZES / 2, pool.places * BATCH);
  team_go(&team);
  team_report(&team, 1e9 / ((double)pool.batches * BATCH));
  return 0;
}
