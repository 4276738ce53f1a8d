/* freeonly.c -- some threads only allocate, one that never allocates frees everything.
 *
 * usage: freeonly [OWNERS [MIB [ROUNDS]]]         default 2 64 40
 * In each round every owner allocates MIB MiB in blocks of 16 to 1,039 bytes, while the one thread looks at the blocks of
 * the round before and frees them, owner by owner; a barrier ends the round. Prints wall nanoseconds per block. */
#include BENCH_BLOCKS
#include "team.h"

enum { SMALLEST = 16, SIZES = 1024, AVERAGE = SMALLEST + SIZES / 2, MOST_OWNERS = TEAM_MOST - 1 };

struct owner {
  char** tables[2]; /* of the even and of the odd rounds */
  uint64_t random;
};

static struct owner owners[MOST_OWNERS];
static size_t owner_count;
static size_t count; /* blocks of an owner in a round */
static size_t rounds;
static pthread_barrier_t round_end;

static void allocate(struct owner* owner, size_t round) {
  char** table = owner->tables[round % 2];
  for (size_t i = 0; i < count; i++) {
    uint64_t stamp = (uint64_t)(uintptr_t)&table[i] + round;
    table[i] = block_get(SMALLEST + random_below(random_next(&owner->random), SIZES));
    memcpy(table[i], &stamp, sizeof stamp);
  }
}

static void release(const struct owner* owner, size_t round) {
  char** table = owner->tables[round % 2];
  for (size_t i = 0; i < count; i++) {
    uint64_t stamp;
    memcpy(&stamp, table[i], sizeof stamp);
    if (stamp != (uint64_t)(uintptr_t)&table[i] + round) give_up("a block arrived with another's content");
    block_release_remote(table[i]);
  }
}

/* The last thread of the team frees, one round behind the others. */
static void work(size_t number, void* context) {
  (void)context;
  for (size_t round = 0; round <= rounds; round++) {
    if (number < owner_count) {
      if (round < rounds) allocate(&owners[number], round);
    } else if (round > 0) {
      for (size_t i = 0; i < owner_count; i++) release(&owners[i], round - 1);
    }
    pthread_barrier_wait(&round_end);
  }
}

int main(int argc, char** argv) {
  marks_begin();
  owner_count = argument(argc, argv, 1, 2);
  count = (argument(argc, argv, 2, 64) << 20) / AVERAGE;
  rounds = argument(argc, argv, 3, 40);
  if (owner_count == 0 || owner_count > MOST_OWNERS || count == 0 || rounds == 0) give_up("arguments");
  for (size_t i = 0; i < owner_count; i++) {
    owners[i] = (struct owner){{table_new(count, sizeof(char*)), table_new(count, sizeof(char*))}, random_seed(i)};
  }
  struct team team = {.count = owner_count + 1, .work = work};
  pthread_barrier_init(&round_end, NULL, (unsigned)team.count);
  blocks_begin(AVERAGE, 2 * count);
  team_go(&team);
  team_report(&team, 1e9 / ((double)owner_count * (double)count * (double)rounds));
  return 0;
}
