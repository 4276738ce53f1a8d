/* handover.c -- threads allocate, other threads free: small blocks (16 to 143 bytes) through bounded rings.
 *
 * usage: handover [PRODUCERS [CONSUMERS [BATCH [BLOCKS [free|pinned]]]]]         default 1 1 1 20000000 free
 * Every producer has a ring to every consumer (ring.h) and serves the consumers in turn. BATCH 1: block by block, and a
 * consumer takes one block from each producer in turn, too; a ring's indices move every 64 blocks. A larger BATCH: messages
 * of so many blocks, each to one consumer, which frees them all before it looks at the next.
 * pinned: each thread stays on one processor, thread after thread on the next one, the producers first. Otherwise a system
 * with little else to do may let a producer and its consumer alternate on one processor, where hand-over costs little.
 * BLOCKS of all producers together, rounded down to what is the same for each ring. A consumer looks at every block before
 * it frees it. Prints wall nanoseconds per block. */
#include BENCH_BLOCKS
#include "pin.h"
#include "ring.h"
#include "team.h"

struct handover {
  size_t producers, consumers;
  int one_by_one;
  int pinned;
  size_t group;       /* blocks of a message, or those that move together where blocks go one by one */
  size_t turns;       /* groups through each ring */
  struct ring* rings; /* that of producer p and consumer c is number p * consumers + c */
};

/* The stamp of a block: the how-manieth of its ring it is, and the ring. */
static uint64_t stamp_of(size_t ring, size_t turn, size_t k) { return (uint64_t)turn << 32 | ring << 16 | k; }

static char* make(uint64_t* random, uint64_t stamp) {
  char* p = block_get(ring_size(random));
  memcpy(p, &stamp, sizeof stamp);
  return p;
}

static void take(char* p, uint64_t expected) {
  uint64_t stamp;
  memcpy(&stamp, p, sizeof stamp);
  if (stamp != expected) give_up("a block arrived with another's content");
  block_release_remote(p);
}

/* One turn: a group to each consumer, all of them filled together, block by block. */
static void produce_blocks(const struct handover* h, size_t first, size_t turn, uint64_t* random) {
  char** tables[TEAM_MOST];
  for (size_t c = 0; c < h->consumers; c++) tables[c] = ring_table(&h->rings[first + c]);
  for (size_t k = 0; k < h->group; k++) {
    for (size_t c = 0; c < h->consumers; c++) tables[c][k] = make(random, stamp_of(first + c, turn, k));
  }
  for (size_t c = 0; c < h->consumers; c++) ring_send(&h->rings[first + c]);
}

static void produce_messages(const struct handover* h, size_t first, size_t turn, uint64_t* random) {
  for (size_t c = 0; c < h->consumers; c++) {
    char** table = ring_table(&h->rings[first + c]);
    for (size_t k = 0; k < h->group; k++) table[k] = make(random, stamp_of(first + c, turn, k));
    ring_send(&h->rings[first + c]);
  }
}

static void produce(const struct handover* h, size_t number) {
  uint64_t random = random_seed(number);
  for (size_t turn = 0; turn < h->turns; turn++) {
    if (h->one_by_one) {
      produce_blocks(h, number * h->consumers, turn, &random);
    } else {
      produce_messages(h, number * h->consumers, turn, &random);
    }
  }
}

/* What a consumer has of one producer. */
struct inlet {
  size_t ring; /* its number */
  size_t turn; /* groups taken so far */
  char** table;
};

/* Take the groups that are there, a block of each in turn. Returns how many groups that were. */
static size_t take_ready(const struct handover* h, struct inlet* inlets, size_t count) {
  struct inlet* ready[TEAM_MOST];
  size_t found = 0;
  for (size_t i = 0; i < count; i++) {
    inlets[i].table = ring_receive(&h->rings[inlets[i].ring]);
    if (inlets[i].table != NULL) ready[found++] = &inlets[i];
  }
  for (size_t k = 0; k < h->group; k++) {
    for (size_t i = 0; i < found; i++) take(ready[i]->table[k], stamp_of(ready[i]->ring, ready[i]->turn, k));
  }
  for (size_t i = 0; i < found; i++) {
    ring_done(&h->rings[ready[i]->ring]);
    ready[i]->turn++;
  }
  return found;
}

static void consume(const struct handover* h, size_t number) {
  struct inlet inlets[TEAM_MOST];
  for (size_t p = 0; p < h->producers; p++) inlets[p] = (struct inlet){p * h->consumers + number, 0, NULL};
  size_t left = h->turns * h->producers;
  while (left > 0) {
    size_t found = 0;
    if (h->one_by_one) {
      found = take_ready(h, inlets, h->producers);
    } else {
      for (size_t p = 0; p < h->producers; p++) found += take_ready(h, &inlets[p], 1);
    }
    if (found == 0) sched_yield();
    left -= found;
  }
}

static void prepare(size_t number, void* context) {
  const struct handover* h = context;
  if (h->pinned) pin(number);
}

static void work(size_t number, void* context) {
  const struct handover* h = context;
  if (number < h->producers) {
    produce(h, number);
  } else {
    consume(h, number - h->producers);
  }
}

int main(int argc, char** argv) {
  marks_begin();
  struct handover h = {.producers = argument(argc, argv, 1, 1), .consumers = argument(argc, argv, 2, 1)};
  size_t batch = argument(argc, argv, 3, 1);
  size_t blocks = argument(argc, argv, 4, 20000000);
  size_t threads = h.producers + h.consumers;
  if (h.producers == 0 || h.consumers == 0 || threads > TEAM_MOST) give_up("at least one of each, 64 threads at most");
  if (batch == 0 || batch > RING_ENTRIES / 2) give_up("a batch is 1 to 2048 blocks");
  h.one_by_one = batch == 1;
  h.pinned = argc > 5 && strcmp(argv[5], "pinned") == 0;
  if (argc > 5 && !h.pinned && strcmp(argv[5], "free") != 0) give_up("threads are free or pinned");
  h.group = h.one_by_one ? RING_GROUP : batch;
  size_t rings = h.producers * h.consumers;
  h.turns = blocks / (rings * h.group);
  if (h.turns == 0) give_up("too few blocks");
  h.rings = table_new(rings, sizeof *h.rings);
  for (size_t i = 0; i < rings; i++) h.rings[i].group = h.group;
  blocks_begin(RING_SMALLEST + RING_SIZES / 2, h.consumers * ring_groups(&h.rings[0]) * h.group);
  struct team team = {.count = threads, .prepare = prepare, .work = work, .context = &h};
  team_go(&team);
  team_report(&team, 1e9 / (double)(rings * h.group * h.turns));
  return 0;
}
