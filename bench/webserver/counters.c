/* counters.c -- see counters.h. A line is written by its thread alone, read by whoever looks: plain figures, relaxed. */
#include "counters.h"

#include <stdatomic.h>
#include <stdlib.h>

struct line {
  _Alignas(64) _Atomic uint64_t values[COUNTERS];
};

static struct line lines[COUNTING_THREADS];
static atomic_uint lines_taken; /* relaxed: a number for each thread, nothing more */
static _Thread_local struct line* own;

static struct line* own_line(void) {
  if (own == NULL) {
    unsigned number = atomic_fetch_add_explicit(&lines_taken, 1, memory_order_relaxed);
    if (number >= COUNTING_THREADS) abort();
    own = &lines[number];
  }
  return own;
}

void counters_add(enum counter counter, size_t n) {
  _Atomic uint64_t* value = &own_line()->values[counter];
  atomic_store_explicit(value, atomic_load_explicit(value, memory_order_relaxed) + n, memory_order_relaxed);
}

uint64_t counters_sum(enum counter counter) {
  uint64_t sum = 0;
  for (size_t i = 0; i < COUNTING_THREADS; i++) {
    sum += atomic_load_explicit(&lines[i].values[counter], memory_order_relaxed);
  }
  return sum;
}
