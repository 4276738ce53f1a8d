/* counters.h -- counters of events of whole pages and runs of slices, never of single blocks; and peaks.
 *
 * Counters only grow; "in use" is the difference of two. They are kept in a few shards, chosen by the caller's stack, so
 * that threads seldom meet on a cache line. A peak is the largest value that was reported for it. Any thread, any
 * time; no initialisation. */
#ifndef MICA_COUNTERS_H
#define MICA_COUNTERS_H
#include "base/config.h"
#include <mica/stats.h>
#include <stdatomic.h>
#include <stdint.h>

typedef enum mica_counter_e {
  MICA_COUNTER_PAGES_BORN,      /* pages made */
  MICA_COUNTER_PAGES_GONE,      /* pages given back */
  MICA_COUNTER_PAGES_ABANDONED, /* pages given up by their theap */
  MICA_COUNTER_PAGES_RECLAIMED, /* abandoned pages owned again */
  MICA_COUNTER_SLICES_CLAIMED,  /* slices taken from segments */
  MICA_COUNTER_SLICES_RETURNED, /* slices given back to segments */
  MICA_COUNTER_SLICES_PURGED,   /* slices whose memory went back to the system */
  MICA_COUNTER_LARGE_BORN,      /* single-block pages made, whatever their size */
  MICA_COUNTER_LARGE_GONE,
  MICA_COUNTER_LARGE_BYTES_BORN, /* bytes of their blocks */
  MICA_COUNTER_LARGE_BYTES_GONE,
  MICA_COUNTER_ARENAS,       /* arenas made; never unmapped */
  MICA_COUNTER_WINDOWS_BORN, /* mappings of their own, for blocks no arena can hold */
  MICA_COUNTER_WINDOWS_GONE,
  MICA_COUNTER_THEAPS,       /* theaps made; never unmapped */
  MICA_COUNTER_THREADS_BORN, /* threads that got a theap */
  MICA_COUNTER_THREADS_GONE, /* threads that gave theirs back */
  MICA_COUNTER_MMAP,         /* system calls */
  MICA_COUNTER_MUNMAP,
  MICA_COUNTER_MADVISE,
  MICA_COUNTER_MREMAP,
  MICA_COUNTER_COUNT
} mica_counter_t;

/* Adds n to a counter. */
void mica_count(mica_counter_t counter, uint64_t n);

/* The sum over all shards. Exact when no other thread is counting. */
uint64_t mica_counted(mica_counter_t counter);

/* The same, since the last mica_counters_restart. */
uint64_t mica_counted_since(mica_counter_t counter);

typedef enum mica_peak_e {
  MICA_PEAK_RESERVED,       /* bytes of address space */
  MICA_PEAK_COMMITTED,      /* bytes under pages and of free dirty slices */
  MICA_PEAK_PAGE_COMMITTED, /* bytes under pages */
  MICA_PEAK_DIRTY,          /* bytes of free dirty slices */
  MICA_PEAK_PAGES,
  MICA_PEAK_ABANDONED,
  MICA_PEAK_THREADS,
  MICA_PEAK_HEAPS,
  MICA_PEAK_NORMAL,                                           /* bytes of blocks in shared pages */
  MICA_PEAK_LARGE,                                            /* bytes of blocks in single-block pages */
  MICA_PEAK_BLOCKS,                                           /* of each class in turn; the last: large blocks */
  MICA_PEAK_CLASS_PAGES = MICA_PEAK_BLOCKS + MI_BIN_HUGE + 1, /* likewise */
  MICA_PEAK_COUNT = MICA_PEAK_CLASS_PAGES + MI_BIN_HUGE + 1,
} mica_peak_t;

/* Reports a value to a peak, and returns the peak: as a rule one load; a write only where the value is a new peak. */
int64_t mica_peak(mica_peak_t peak, int64_t value);

/* ---- where they are kept, for counters.c and api/roots.h ---- */

enum { MICA_COUNTER_SHARDS = 8, MICA_COUNTER_LINE = 64 };

typedef struct mica_counter_shard_s {
  _Alignas(MICA_COUNTER_LINE) _Atomic(uint64_t) cells[MICA_COUNTER_COUNT]; /* [F1] */
} mica_counter_shard_t;

extern MICA_HIDDEN mica_counter_shard_t mica_counter_shards[MICA_COUNTER_SHARDS];
extern MICA_HIDDEN _Atomic(uint64_t) mica_counter_bases[MICA_COUNTER_COUNT]; /* at the last restart [F4] */
extern MICA_HIDDEN _Atomic(int64_t) mica_peaks[MICA_PEAK_COUNT];             /* [F4] */

/* ---- from now on ---- */

/* Peaks begin anew; counters go on, but mica_counted_since begins at 0 again. */
void mica_counters_restart(void);

#endif
