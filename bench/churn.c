/* churn.c -- random free/malloc pairs over a constant live volume.
 *
 * usage: churn [uniform|power [LIVE_MIB [THREADS [PAIRS]]]]         default uniform 10 1 10000000
 * LIVE_MIB MiB are live in the whole process, divided among the threads; each has its own slots and no other's.
 * A pair frees a slot's block and puts a new one there. PAIRS per thread are timed after a warm-up.
 * uniform: sizes of 16 to 1,039 bytes, all slots alike; the warm-up replaces every block about ten times.
 * power: sizes of 16 bytes to 64 KiB, each doubling half as frequent as the one before; slots in doublings, too, each
 * doubling replaced as often as any other: a block's life is short in the small ones, long in the large ones.
 * Prints wall nanoseconds per pair of a thread. All blocks are checked at the end, after the time is taken. */
#include BENCH_BLOCKS
#include "team.h"

enum {
  SMALLEST = 16,
  SIZES = 1024,
  AVERAGE_UNIFORM = SMALLEST + SIZES / 2,
  DOUBLINGS = 12, /* 16 << 12 is 64 KiB */
  MEDIAN_POWER = 2 * SMALLEST,
  /* Every doubling has the same share of the bytes, the last one has two. */
  AVERAGE_POWER = SMALLEST * 3 * (DOUBLINGS + 1) / 4,
  FEWEST_WARM = 1000000
};

struct worker {
  char** slots;
  size_t count;
  uint64_t random;
};

struct churn {
  int power;
  size_t pairs; /* of each thread */
  size_t doublings;
  struct worker workers[TEAM_MOST];
};

static struct churn churn;

static size_t size_uniform(uint64_t word) { return SMALLEST + (size_t)(word & (SIZES - 1)); }

/* The low bits choose the doubling, those above them the place in it. */
static size_t size_power(uint64_t word) {
  size_t smallest = (size_t)SMALLEST << __builtin_ctzll(word | 1u << (DOUBLINGS - 1));
  return smallest + ((size_t)(word >> DOUBLINGS) & (smallest - 1));
}

static size_t slot_power(uint64_t word, size_t count, size_t doublings) {
  size_t end = count >> ((word >> 32) * doublings >> 32);
  size_t begin = end / 2;
  return begin + (size_t)((word & UINT32_MAX) * (end - begin) >> 32);
}

/* The stamp tells a block of another slot, or one that another has written over. */
static void fill(char** slot, size_t size) {
  *slot = block_get(size);
  memcpy(*slot, &slot, sizeof slot);
}

static void replace_uniform(struct worker* w, size_t pairs) {
  for (size_t i = 0; i < pairs; i++) {
    uint64_t word = random_next(&w->random);
    char** slot = &w->slots[random_below(word, w->count)];
    block_release(*slot);
    fill(slot, size_uniform(word));
  }
}

static void replace_power(struct worker* w, size_t pairs, size_t doublings) {
  for (size_t i = 0; i < pairs; i++) {
    uint64_t word = random_next(&w->random);
    char** slot = &w->slots[slot_power(random_next(&w->random), w->count, doublings)];
    block_release(*slot);
    fill(slot, size_power(word));
  }
}

static void replace(const struct churn* c, struct worker* w, size_t pairs) {
  if (c->power) {
    replace_power(w, pairs, c->doublings);
  } else {
    replace_uniform(w, pairs);
  }
}

static void warm(size_t number, void* context) {
  const struct churn* c = context;
  struct worker* w = &churn.workers[number];
  for (size_t i = 0; i < w->count; i++) {
    uint64_t word = random_next(&w->random);
    fill(&w->slots[i], c->power ? size_power(word) : size_uniform(word));
  }
  size_t turnovers = c->power ? 2 : 10;
  replace(c, w, turnovers * w->count > FEWEST_WARM ? turnovers * w->count : FEWEST_WARM);
}

static void work(size_t number, void* context) {
  const struct churn* c = context;
  replace(c, &churn.workers[number], c->pairs);
}

static void check(const struct worker* w) {
  for (size_t i = 0; i < w->count; i++) {
    char** stamp;
    memcpy(&stamp, w->slots[i], sizeof stamp);
    if (stamp != &w->slots[i]) give_up("a block was written by another");
  }
}

int main(int argc, char** argv) {
  churn.power = argc > 1 && strcmp(argv[1], "power") == 0;
  if (argc > 1 && !churn.power && strcmp(argv[1], "uniform") != 0) give_up("the distribution is uniform or power");
  size_t live_mib = argument(argc, argv, 2, 10);
  struct team team = {.count = argument(argc, argv, 3, 1), .prepare = warm, .work = work, .context = &churn};
  churn.pairs = argument(argc, argv, 4, 10000000);
  if (live_mib == 0 || churn.pairs == 0 || team.count == 0 || team.count > TEAM_MOST) give_up("arguments");
  size_t average = churn.power ? AVERAGE_POWER : AVERAGE_UNIFORM;
  size_t count = (live_mib << 20) / average / team.count;
  while (count >> churn.doublings > 0) churn.doublings++;
  for (size_t t = 0; t < team.count; t++) {
    churn.workers[t] = (struct worker){table_new(count, sizeof(char*)), count, random_seed(t)};
  }
  blocks_begin(churn.power ? MEDIAN_POWER : average, 0);
  team_go(&team);
  team_report(&team, 1e9 / (double)churn.pairs);
  for (size_t t = 0; t < team.count; t++) check(&churn.workers[t]);
  return 0;
}
