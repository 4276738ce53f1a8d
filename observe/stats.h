/* stats.h -- what mica counts: events of whole pages and runs of slices, never of single blocks.
 *
 * Counters only grow; "in use" is the difference of two. They are kept in a few shards, chosen by the caller's stack, so
 * that threads seldom meet on a cache line. Any thread, any time; no initialisation. */
#ifndef MICA_STATS_H
#define MICA_STATS_H
#include <stdint.h>

typedef enum mica_stat_e {
  MICA_STAT_PAGES_BORN,      /* pages made */
  MICA_STAT_PAGES_GONE,      /* pages given back */
  MICA_STAT_PAGES_DETACHED,  /* full or settled pages given up by their heap */
  MICA_STAT_PAGES_TAKEN,     /* detached pages owned again */
  MICA_STAT_SLICES_CLAIMED,  /* slices taken from segments */
  MICA_STAT_SLICES_RETURNED, /* slices given back to segments */
  MICA_STAT_SLICES_PURGED,   /* slices whose memory went back to the system */
  MICA_STAT_LARGE_BORN,      /* single-block pages made, whatever their size */
  MICA_STAT_LARGE_GONE,
  MICA_STAT_LARGE_BYTES_BORN, /* bytes of their blocks */
  MICA_STAT_LARGE_BYTES_GONE,
  MICA_STAT_ARENAS,       /* arenas made; never unmapped */
  MICA_STAT_WINDOWS_BORN, /* mappings of their own, for blocks no arena can hold */
  MICA_STAT_WINDOWS_GONE,
  MICA_STAT_HEAPS,        /* heap structures made; never unmapped */
  MICA_STAT_THREADS_BORN, /* threads that got a heap */
  MICA_STAT_THREADS_GONE, /* threads that gave theirs back */
  MICA_STAT_MMAP,         /* system calls */
  MICA_STAT_MUNMAP,
  MICA_STAT_MADVISE,
  MICA_STAT_MREMAP,
  MICA_STAT_COUNT
} mica_stat_t;

/* Adds n to a counter. */
void mica_count(mica_stat_t stat, uint64_t n);

/* The sum over all shards. Exact when no other thread is counting. */
uint64_t mica_counted(mica_stat_t stat);

#endif
