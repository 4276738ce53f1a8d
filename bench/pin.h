/* pin.h -- keeps a thread on one processor, so that what is measured between threads is between processors.
 *
 * Used by the programs of bench/ only; include measure.h first. */
#ifndef MICA_BENCH_PIN_H
#define MICA_BENCH_PIN_H
#include "measure.h"

#include <sched.h>

/* Keep this thread on the number-th of the processors that the program may use, round and round. */
static inline void pin(size_t number) {
  cpu_set_t all, one;
  if (sched_getaffinity(0, sizeof all, &all) != 0) give_up("sched_getaffinity");
  size_t left = number % (size_t)CPU_COUNT(&all);
  size_t cpu = 0;
  while (!CPU_ISSET(cpu, &all) || left-- > 0) cpu++;
  CPU_ZERO(&one);
  CPU_SET(cpu, &one);
  if (sched_setaffinity(0, sizeof one, &one) != 0) give_up("sched_setaffinity");
}

#endif
