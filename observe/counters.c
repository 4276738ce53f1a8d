/* counters.c -- counters and peaks; the counters in eight shards on cache lines of their own.
 *
 * Invariants: a counter's value is the sum over the shards; each cell only grows. A thread may add to any shard,
 * so the address of a local variable picks one: thread stacks lie megabytes apart. A peak only grows, but for a
 * restart. Anybody may call. */
#include "observe/counters.h"

#include <assert.h>
#include <stdatomic.h>

static_assert((MICA_COUNTER_SHARDS & (MICA_COUNTER_SHARDS - 1)) == 0, "a mask picks a shard");

mica_counter_shard_t mica_counter_shards[MICA_COUNTER_SHARDS];

/* The counters' values at the last restart. */
_Atomic(uint64_t) mica_counter_bases[MICA_COUNTER_COUNT]; /* [F4] */
_Atomic(int64_t) mica_peaks[MICA_PEAK_COUNT];             /* [F4] */

/* Bits 16 and 23 upwards: small stacks lie 64 KiB or more apart, default ones 8 MiB. */
static unsigned shard_of_caller(void) {
  const char here = 0;
  const uintptr_t address = (uintptr_t)&here;
  return (unsigned)((address >> 16 ^ address >> 23) & (MICA_COUNTER_SHARDS - 1));
}

void mica_count(mica_counter_t counter, uint64_t n) {
  /* Relaxed: a counter orders nothing; only the total of the additions matters. */
  atomic_fetch_add_explicit(&mica_counter_shards[shard_of_caller()].cells[counter], n, memory_order_relaxed);
}

uint64_t mica_counted(mica_counter_t counter) {
  uint64_t sum = 0;
  /* Relaxed: as the additions; the sum is exact when all counting happens before the call. */
  for (unsigned i = 0; i < MICA_COUNTER_SHARDS; i++)
    sum += atomic_load_explicit(&mica_counter_shards[i].cells[counter], memory_order_relaxed);
  return sum;
}

uint64_t mica_counted_since(mica_counter_t counter) {
  /* Relaxed: a figure. Read first: the counter has passed it, unless others restart at this moment. */
  const uint64_t base = atomic_load_explicit(&mica_counter_bases[counter], memory_order_relaxed);
  const uint64_t now = mica_counted(counter);
  return now > base ? now - base : 0;
}

int64_t mica_peak(mica_peak_t peak, int64_t value) {
  /* Relaxed throughout: a figure that orders nothing. */
  int64_t most = atomic_load_explicit(&mica_peaks[peak], memory_order_relaxed);
  while (value > most)
    if (atomic_compare_exchange_weak_explicit(&mica_peaks[peak], &most, value, memory_order_relaxed,
                                              memory_order_relaxed))
      return value;
  return most;
}

void mica_counters_restart(void) {
  /* Relaxed: figures; each stands alone. */
  for (unsigned i = 0; i < MICA_COUNTER_COUNT; i++)
    atomic_store_explicit(&mica_counter_bases[i], mica_counted((mica_counter_t)i), memory_order_relaxed);
  for (unsigned i = 0; i < MICA_PEAK_COUNT; i++) atomic_store_explicit(&mica_peaks[i], 0, memory_order_relaxed);
}
