/* crossing.c -- threads that replace blocks of their own at random, of which a part is another thread's by then.
 *
 * usage: crossing [THREADS [PAIRS [SLOTS [SMALLEST [LARGEST [PART]]]]]]         default 8 1000000 1000 8 16000 10
 * Each thread has SLOTS blocks, and replaces PAIRS random ones. Small sizes are more frequent, with a frequency that falls
 * linearly to nothing at LARGEST. One in PART blocks goes into a place that all threads share before it would be freed, and
 * what was there, most often another thread's, is freed instead. A block is looked at before it goes.
 * Prints wall nanoseconds per pair of a thread. */
#include BENCH_BLOCKS
#include "team.h"

#include <stdatomic.h>

enum { SHARED = 1024 };

struct crossing {
  size_t pairs, slots, smallest, largest, part;
  char** tables[TEAM_MOST];
  _Atomic(char*) shared[SHARED];
};

static struct crossing crossing;

static char* make(uint64_t* random) {
  size_t range = crossing.largest - crossing.smallest + 1;
  size_t a = random_below(random_next(random), range), b = random_below(random_next(random), range);
  char* p = block_get(crossing.smallest + (a < b ? a : b));
  const uintptr_t stamp = (uintptr_t)p;
  memcpy(p, &stamp, sizeof stamp);
  return p;
}

static void end(char* p) {
  if (p == NULL) return;
  uintptr_t stamp;
  memcpy(&stamp, p, sizeof stamp);
  if (stamp != (uintptr_t)p) give_up("a block was written by another");
  block_release(p);
}

static void prepare(size_t number, void* context) {
  (void)context;
  uint64_t random = random_seed(number);
  crossing.tables[number] = table_new(crossing.slots, sizeof(char*));
  for (size_t i = 0; i < crossing.slots; i++) crossing.tables[number][i] = make(&random);
}

static void work(size_t number, void* context) {
  (void)context;
  uint64_t random = random_seed(number + TEAM_MOST);
  char** slots = crossing.tables[number];
  for (size_t i = 0; i < crossing.pairs; i++) {
    uint64_t word = random_next(&random);
    char** slot = &slots[random_below(word, crossing.slots)];
    char* gone = *slot;
    /* Acquire and release: the content of the block goes with it. */
    if ((word & 0xFFFF) % crossing.part == 0)
      gone = atomic_exchange_explicit(&crossing.shared[(word >> 16) % SHARED], gone, memory_order_acq_rel);
    end(gone);
    *slot = make(&random);
  }
}

int main(int argc, char** argv) {
  size_t threads = argument(argc, argv, 1, 8);
  crossing.pairs = argument(argc, argv, 2, 1000000);
  crossing.slots = argument(argc, argv, 3, 1000);
  crossing.smallest = argument(argc, argv, 4, 8);
  crossing.largest = argument(argc, argv, 5, 16000);
  crossing.part = argument(argc, argv, 6, 10);
  if (crossing.pairs == 0 || crossing.slots == 0 || crossing.part == 0) give_up("arguments");
  if (crossing.smallest < sizeof(char*) || crossing.largest < crossing.smallest) give_up("sizes");
  blocks_begin(crossing.largest, 0);
  struct team team = {.count = threads, .prepare = prepare, .work = work};
  team_go(&team);
  team_report(&team, 1e9 / (double)crossing.pairs);
  return 0;
}
