/* server.c -- threads die and leave their blocks to successors, as connections of a server do.
 *
 * usage: server [THREADS [ROUNDS]]         default 2 400
 * Each of THREADS chains has a table of 5,000 blocks of 16 to 1,039 bytes. In a round a thread replaces 8,000 random ones,
 * then starts its successor, which gets the table, and ends: about half of the frees are of blocks whose thread is dead. A
 * successor joins the thread before it when it has done its own work. A block is looked at when it is replaced.
 * Prints wall nanoseconds per replacement, of all threads together, the starts of the threads included. */
#include BENCH_BLOCKS

#include <pthread.h>

enum { SLOTS = 5000, REPLACED = 8000, SMALLEST = 16, SIZES = 1024, MOST_CHAINS = 64 };

/* Belongs to the living thread of the chain. */
struct chain {
  char** slots;
  uint64_t random;
  size_t rounds;    /* still to do */
  pthread_t before; /* the thread that had the table last */
  int has_before;
};

static struct chain chains[MOST_CHAINS];
static pthread_barrier_t all_done; /* the last thread of each chain and the main thread */

/* The stamp tells a block of another slot, or one that another has written over. */
static void fill(char** slot, uint64_t word) {
  *slot = block_get(SMALLEST + (size_t)(word & (SIZES - 1)));
  memcpy(*slot, &slot, sizeof slot);
}

static void replace(struct chain* c) {
  for (size_t i = 0; i < REPLACED; i++) {
    uint64_t word = random_next(&c->random);
    char** slot = &c->slots[random_below(word, SLOTS)];
    char** stamp;
    memcpy(&stamp, *slot, sizeof stamp);
    if (stamp != slot) give_up("a block was written by another");
    block_release(*slot);
    fill(slot, word);
  }
}

/* One thread of a chain; after it has started its successor the chain is no longer its own. */
static void* live(void* chain_of_thread) {
  struct chain* c = chain_of_thread;
  replace(c);
  if (c->has_before) pthread_join(c->before, NULL);
  c->before = pthread_self();
  c->has_before = 1;
  c->rounds--;
  pthread_t successor;
  if (c->rounds == 0) {
    pthread_barrier_wait(&all_done);
  } else if (pthread_create(&successor, NULL, live, c) != 0) {
    give_up("pthread_create");
  }
  return NULL;
}

int main(int argc, char** argv) {
  size_t count = argument(argc, argv, 1, 2);
  size_t rounds = argument(argc, argv, 2, 400);
  if (count == 0 || count > MOST_CHAINS || rounds == 0) give_up("arguments");
  blocks_begin(SMALLEST + SIZES / 2, 0);
  pthread_barrier_init(&all_done, NULL, (unsigned)count + 1);
  for (size_t i = 0; i < count; i++) {
    struct chain* c = &chains[i];
    c->slots = table_new(SLOTS, sizeof(char*));
    c->random = random_seed(i);
    c->rounds = rounds;
    for (size_t k = 0; k < SLOTS; k++) fill(&c->slots[k], random_next(&c->random));
  }
  struct measured begun = measured_begin();
  for (size_t i = 0; i < count; i++) {
    pthread_t first;
    if (pthread_create(&first, NULL, live, &chains[i]) != 0) give_up("pthread_create");
  }
  pthread_barrier_wait(&all_done);
  double wall = wall_seconds() - begun.wall;
  for (size_t i = 0; i < count; i++) pthread_join(chains[i].before, NULL);
  report(&begun, wall * 1e9 / ((double)count * (double)rounds * REPLACED));
  return 0;
}
