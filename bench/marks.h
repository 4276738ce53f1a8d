/* marks.h -- marks around the remote frees of a workload, for `locked`, which steps through what lies between them.
 *
 * BENCH_MARKS=SKIP,COUNT in the environment (set by `locked` only) marks COUNT remote frees of the whole process after the
 * first SKIP, each by a breakpoint instruction before and behind it. Without it a remote free costs a test of one variable
 * more. On machines other than x86-64 there are no marks. */
#ifndef MICA_BENCH_MARKS_H
#define MICA_BENCH_MARKS_H
#include <stdatomic.h>
#include <stdlib.h>

/* The instruction at which the kernel stops a traced thread. */
#if defined(__x86_64__)
#define MARK_STOP() __asm__ volatile("int3" ::: "memory")
#else
#define MARK_STOP() ((void)0)
#endif

static _Atomic(long) marks_skipped; /* remote frees still to come before the first marked one */
static _Atomic(long) marks_left;    /* marked ones still to come */
static int marks_wanted;            /* written before the threads start */
static _Thread_local int mark_open;

/* Read BENCH_MARKS; at the start of main. */
static inline void marks_begin(void) {
  const char* text = getenv("BENCH_MARKS");
  if (text == NULL) return;
  char* rest = NULL;
  atomic_init(&marks_skipped, strtol(text, &rest, 10));
  if (*rest != ',') return;
  atomic_init(&marks_left, strtol(rest + 1, NULL, 10));
  marks_wanted = 1;
}

static inline void mark_begin(void) {
  if (!marks_wanted) return;
  /* Relaxed: counters only, nothing is read on their strength. */
  if (atomic_fetch_sub_explicit(&marks_skipped, 1, memory_order_relaxed) > 0) return;
  if (atomic_fetch_sub_explicit(&marks_left, 1, memory_order_relaxed) <= 0) return;
  mark_open = 1;
  MARK_STOP();
}

static inline void mark_end(void) {
  if (!mark_open) return;
  MARK_STOP();
  mark_open = 0;
}

#endif
