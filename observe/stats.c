/* stats.c -- the counters of stats.h, in eight shards on cache lines of their own.
 *
 * Invariants: a counter's value is the sum over the shards; each cell only grows. Which shard a thread adds to is a matter of
 * speed alone, so the address of a local variable picks it: thread stacks lie megabytes apart. Anybody may call. */
#include <observe/stats.h>

#include <stdatomic.h>

enum { SHARDS = 8, CACHE_LINE = 64 };

typedef struct shard_s {
  _Alignas(CACHE_LINE) _Atomic(uint64_t) cells[MICA_STAT_COUNT]; /* [F1] */
} shard_t;

static shard_t shards[SHARDS];

/* Bits 16 and 23 upwards: small stacks lie 64 KiB or more apart, default ones 8 MiB. */
static unsigned shard_of_caller(void) {
  const char here = 0;
  const uintptr_t address = (uintptr_t)&here;
  return (unsigned)((address >> 16 ^ address >> 23) & (SHARDS - 1));
}

void mica_count(mica_stat_t stat, uint64_t n) {
  /* Relaxed: a counter orders nothing; only the total of the additions matters. */
  atomic_fetch_add_explicit(&shards[shard_of_caller()].cells[stat], n, memory_order_relaxed);
}

uint64_t mica_counted(mica_stat_t stat) {
  uint64_t sum = 0;
  for (unsigned i = 0; i < SHARDS; i++) {
    /* Relaxed: as the additions; the sum is exact when whoever counted happens before the caller. */
    sum += atomic_load_explicit(&shards[i].cells[stat], memory_order_relaxed);
  }
  return sum;
}
