/* probe.h -- what the traced program and its tracer share: one page of memory, and what a section of the program is.
 *
 * The program (probe.c) describes a section here, stops itself with SIGTRAP, runs the operations, and stops itself
 * again. The tracer (count.c) single-steps what lies between. Each stop hands the page to the other side, so
 * that no two ever touch it at the same time. */
#ifndef MICA_TESTS_GOLDEN_PROBE_H
#define MICA_TESTS_GOLDEN_PROBE_H
#include <stdint.h>

enum { PROBE_NAME = 48, PROBE_CALLS = 64 };

enum probe_state { PROBE_BEGIN, PROBE_END };

struct probe {
  uint64_t state;        /* an enum probe_state: what the stop means */
  uint64_t entry;        /* address of the function whose calls are counted */
  uint64_t average;      /* 1: report the mean of the calls; 0: their median */
  char name[PROBE_NAME]; /* of the row in the table */
};

#endif
