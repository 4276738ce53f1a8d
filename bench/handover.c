/* handover.c -- threads allocate, other threads free: small blocks (16 to 143 bytes) through bounded rings.
 *
 * usage: handover [PRODUCERS [CONSUMERS [BATCH [BLOCKS [PLACE [LARGEST [WORDS]]]]]]]
 * default 1 1 1 20000000 free 143 all,read
 * Every producer has a ring to every consumer (ring.h) and serves the consumers in turn. BATCH 1: block by block, and a
 * consumer takes one block from each producer in turn, too; a ring's indices move every 64 blocks. A larger BATCH: messages
 * of so many blocks, each to one consumer, which frees them all before it looks at the next.
 * PLACE: pinned: each producer stays on one processor, producer after producer on the next one, and so do the consumers, from
 * the second processor on; so a producer and the consumer of its number are on two. free: the system may let a producer and
 * its consumer alternate on one processor, where hand-over costs little. `together` says the share of messages that were
 * taken on the processor where they were made, so that runs of the two kinds are told apart.
 * BLOCKS of all producers together, rounded down to what is the same for each ring; sizes are uniform from 16 to LARGEST.
 * WORDS: all: as above; pairs: each producer serves one consumer; read: a consumer looks at every block before it frees it;
 * blind: it looks at the first of each group or message only. Prints wall nanoseconds per block. */
#include BENCH_BLOCKS
#include "pin.h"
#include "ring.h"
#include "team.h"

struct handover {
  size_t producers, consumers;
  size_t served; /* consumers that each producer has, and */
  size_t heard;  /* producers that each consumer has */
  int one_by_one, pairs, pinned, blind;
  size_t sizes;             /* of blocks, from RING_SMALLEST on */
  size_t group;             /* blocks of a message, or those that move together where blocks go one by one */
  size_t turns;             /* groups through each ring */
  struct ring* rings;       /* that of producer p and its c-th consumer is number p * served + c */
  short* made_on;           /* the processor where each group of each ring was made, ring after ring */
  _Atomic(size_t) together; /* groups that were taken where they were made */
};

/* The stamp of a block: the how-manieth of its ring it is, and the ring. */
static uint64_t stamp_of(size_t ring, size_t turn, size_t k) { return (uint64_t)turn << 32 | ring << 16 | k; }

static char* make(const struct handover* h, uint64_t* random, uint64_t stamp) {
  char* p = block_get(RING_SMALLEST + random_below(random_next(random), h->sizes));
  memcpy(p, &stamp, sizeof stamp);
  return p;
}

/* A blind consumer looks at the first block of a group only. */
static void take(const struct handover* h, char* p, uint64_t expected, size_t k) {
  uint64_t stamp = expected;
  if (!h->blind || k == 0) memcpy(&stamp, p, sizeof stamp);
  if (stamp != expected) give_up("a block arrived with another's content");
  block_release_remote(p);
}

/* Where it is noted on which processor this group of the ring was made. */
static short* made_on(const struct handover* h, size_t ring, size_t turn) {
  size_t groups = ring_groups(&h->rings[ring]);
  return &h->made_on[ring * groups + turn % groups];
}

static void send(const struct handover* h, size_t ring, size_t turn) {
  *made_on(h, ring, turn) = (short)sched_getcpu();
  ring_send(&h->rings[ring]);
}

/* One turn: a group to each consumer, all of them filled together, block by block. */
static void produce_blocks(const struct handover* h, size_t first, size_t turn, uint64_t* random) {
  char** tables[TEAM_MOST];
  for (size_t c = 0; c < h->served; c++) tables[c] = ring_table(&h->rings[first + c]);
  for (size_t k = 0; k < h->group; k++) {
    for (size_t c = 0; c < h->served; c++) tables[c][k] = make(h, random, stamp_of(first + c, turn, k));
  }
  for (size_t c = 0; c < h->served; c++) send(h, first + c, turn);
}

static void produce_messages(const struct handover* h, size_t first, size_t turn, uint64_t* random) {
  for (size_t c = 0; c < h->served; c++) {
    char** table = ring_table(&h->rings[first + c]);
    for (size_t k = 0; k < h->group; k++) table[k] = make(h, random, stamp_of(first + c, turn, k));
    send(h, first + c, turn);
  }
}

static void produce(const struct handover* h, size_t number) {
  uint64_t random = random_seed(number);
  for (size_t turn = 0; turn < h->turns; turn++) {
    if (h->one_by_one) {
      produce_blocks(h, number * h->served, turn, &random);
    } else {
      produce_messages(h, number * h->served, turn, &random);
    }
  }
}

/* What a consumer has of one producer. */
struct inlet {
  size_t ring; /* its number */
  size_t turn; /* groups taken so far */
  char** table;
};

/* Take the groups that are there, a block of each in turn. Returns how many groups that were; *together is counted up. */
static size_t take_ready(const struct handover* h, struct inlet* inlets, size_t count, size_t* together) {
  struct inlet* ready[TEAM_MOST];
  size_t found = 0;
  for (size_t i = 0; i < count; i++) {
    inlets[i].table = ring_receive(&h->rings[inlets[i].ring]);
    if (inlets[i].table == NULL) continue;
    *together += *made_on(h, inlets[i].ring, inlets[i].turn) == sched_getcpu();
    ready[found++] = &inlets[i];
  }
  for (size_t k = 0; k < h->group; k++) {
    for (size_t i = 0; i < found; i++) take(h, ready[i]->table[k], stamp_of(ready[i]->ring, ready[i]->turn, k), k);
  }
  for (size_t i = 0; i < found; i++) {
    ring_done(&h->rings[ready[i]->ring]);
    ready[i]->turn++;
  }
  return found;
}

static void consume(struct handover* h, size_t number) {
  struct inlet inlets[TEAM_MOST];
  for (size_t p = 0; p < h->heard; p++) {
    inlets[p] = (struct inlet){h->pairs ? number : p * h->served + number, 0, NULL};
  }
  size_t left = h->turns * h->heard, together = 0;
  while (left > 0) {
    size_t found = 0;
    if (h->one_by_one) {
      found = take_ready(h, inlets, h->heard, &together);
    } else {
      for (size_t p = 0; p < h->heard; p++) found += take_ready(h, &inlets[p], 1, &together);
    }
    if (found == 0) sched_yield();
    left -= found;
  }
  /* Relaxed: read when the threads have met. */
  atomic_fetch_add_explicit(&h->together, together, memory_order_relaxed);
}

static void prepare(size_t number, void* context) {
  const struct handover* h = context;
  if (h->pinned) pin(number < h->producers ? number : number - h->producers + 1);
}

static void work(size_t number, void* context) {
  struct handover* h = context;
  if (number < h->producers) {
    produce(h, number);
  } else {
    consume(h, number - h->producers);
  }
}

/* Whether the n-th argument has this word; WORDS are between commas. */
static int has_word(int argc, char** argv, int n, const char* word) {
  return n < argc && strstr(argv[n], word) != NULL;
}

static struct handover read_arguments(int argc, char** argv) {
  struct handover h = {.producers = argument(argc, argv, 1, 1), .consumers = argument(argc, argv, 2, 1)};
  size_t batch = argument(argc, argv, 3, 1), largest = argument(argc, argv, 6, RING_SMALLEST + RING_SIZES - 1);
  if (h.producers == 0 || h.consumers == 0 || h.producers + h.consumers > TEAM_MOST) give_up("1 to 64 threads");
  h.pairs = has_word(argc, argv, 7, "pairs");
  if (h.pairs && h.producers != h.consumers) give_up("as many consumers as producers");
  if (batch == 0 || batch > RING_ENTRIES / 2) give_up("a batch is 1 to 2048 blocks");
  if (largest <= RING_SMALLEST) give_up("the largest size");
  h.served = h.pairs ? 1 : h.consumers;
  h.heard = h.pairs ? 1 : h.producers;
  h.sizes = largest - RING_SMALLEST + 1;
  h.one_by_one = batch == 1;
  h.pinned = has_word(argc, argv, 5, "pinned");
  if (argc > 5 && !h.pinned && strcmp(argv[5], "free") != 0) give_up("threads are free or pinned");
  h.blind = has_word(argc, argv, 7, "blind");
  h.group = h.one_by_one ? RING_GROUP : batch;
  return h;
}

int main(int argc, char** argv) {
  marks_begin();
  struct handover h = read_arguments(argc, argv);
  size_t rings = h.producers * h.served;
  h.turns = argument(argc, argv, 4, 20000000) / (rings * h.group);
  if (h.turns == 0) give_up("too few blocks");
  h.rings = table_new(rings, sizeof *h.rings);
  for (size_t i = 0; i < rings; i++) h.rings[i].group = h.group;
  h.made_on = table_new(rings * ring_groups(&h.rings[0]), sizeof *h.made_on);
  blocks_begin(RING_SMALLEST + h.sizes / 2, h.served * ring_groups(&h.rings[0]) * h.group);
  struct team team = {.count = h.producers + h.consumers, .prepare = prepare, .work = work, .context = &h};
  team_go(&team);
  double blocks = (double)(rings * h.group * h.turns);
  report_share(&team.begun, team.wall * 1e9 / blocks, (double)h.together / (double)(rings * h.turns));
  return 0;
}
