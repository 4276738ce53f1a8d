/* probe.h -- what the traced program and its tracer share: one page of memory, and what a section of the program is.
 *
 * The program (probe.c) names a path here, stops itself with SIGTRAP, makes the calls, and stops itself again. The tracer
 * (count.c) single-steps those calls. Each stop hands the page to the other side, so that no two ever touch it at the
 * same time. */
#ifndef MICA_TESTS_GOLDEN_PROBE_H
#define MICA_TESTS_GOLDEN_PROBE_H
#include <stdint.h>

enum { PROBE_NAME = 64, PROBE_OUTSIDE = 3 };

enum probe_state { PROBE_NONE, PROBE_BEGIN, PROBE_END };

/* How the program ends. */
enum probe_status {
  PROBE_DONE,       /* the path was run */
  PROBE_NO_PATH,    /* there are not so many paths */
  PROBE_NOT_WANTED, /* the path's name does not fit the pattern */
  PROBE_ABSENT,     /* the library has no such function, or moves a block that should stay where it is */
  PROBE_BROKEN      /* what the library gave was wrong */
};

struct probe {
  uint64_t state;                  /* an enum probe_state: what the stop means */
  uint64_t entry;                  /* address of the function whose calls are counted */
  uint64_t calls;                  /* how many there are between the stops */
  uint64_t outside[PROBE_OUTSIDE]; /* functions of the C library that count as one instruction each */
  char name[PROBE_NAME];           /* of the path */
};

#endif
