/* table.h -- all state of the profiler, in one structure that is to be read from outside of the process as well.
 *
 * mica_profile_table begins with the switch: whoever writes `every` first, and then another `epoch`, which is neither 0 nor
 * UINT32_MAX, has switched profiling on, off (every 0) or to another rate. From outside it is one that nobody else chooses.
 * Sites and records lie in chunks that are mapped when they are needed, never given back and never used for anything else. A
 * reader in another process follows the pointers of chunks; all in here is plain data, the numbers of fixed size, but for the
 * links of idle records.
 *
 * A site is a mica_site_t and behind it its `depth` return addresses, the innermost first. It stands at `at` *
 * MICA_SITE_UNIT of the space of sites, that is in chunk at / MICA_SITE_UNITS; `at` 0 is none. Sites are never taken out:
 * what is read of one by way of its bucket stays as it is, its sums apart. Used by profile/, and by tools that look in
 * from outside. */
#ifndef MICA_PROFILE_TABLE_H
#define MICA_PROFILE_TABLE_H
#include "base/config.h"
#include <assert.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

enum {
  MICA_PROFILE_VERSION = 1, /* of this layout; for who reads it from outside */
  MICA_PROFILE_DEPTH = 64,  /* frames of a stack that are kept, the innermost */
  MICA_SITE_UNIT = 16,
  MICA_SITE_CHUNK = 1 << 20, /* bytes */
  MICA_SITE_UNITS = MICA_SITE_CHUNK / MICA_SITE_UNIT,
  MICA_SITE_CHUNKS = 64,
  MICA_SITE_BUCKETS = 1 << 14,
  MICA_RECORD_SHIFT = 13,
  MICA_RECORDS = 1 << MICA_RECORD_SHIFT, /* of a chunk */
  MICA_RECORD_CHUNKS = 1 << 12,
  MICA_COUNT_SHIFT = 20, /* sums of counts are in units of 1 / 2^20 */
  MICA_BYTES_SHIFT = 10  /* and of bytes in units of 1 / 2^10 */
};

/* Sums of weights; what is live is the difference of two. */
typedef struct mica_profile_sums_s {
  _Atomic(uint64_t) count; /* [PF6] */
  _Atomic(uint64_t) bytes; /* [PF6] */
} mica_profile_sums_t;

typedef struct mica_site_s {
  uint32_t next; /* the site that was first in the bucket before; 0: none */
  uint32_t depth;
  uint64_t hash;
  mica_profile_sums_t allocated; /* since the first start */
  mica_profile_sums_t freed;
  mica_profile_sums_t reset; /* what `allocated` was at the last mi_profile_reset */
  uintptr_t frame[];
} mica_site_t;

/* A sample. Idle ones lie on a stack. */
typedef struct mica_record_s {
  _Atomic(struct mica_record_s*) idle_next;
  _Atomic(uintptr_t) block; /* what the program has; 0: idle */
  _Atomic(uint64_t) size;
  _Atomic(uint64_t) weight; /* in units of 1 / 2^MICA_COUNT_SHIFT */
  _Atomic(uint32_t) site;
  uint32_t number;
} mica_record_t;

typedef struct mica_profile_table_s {
  _Atomic(uint32_t) epoch;
  _Atomic(uint64_t) every;
  _Atomic(uint64_t) live;    /* samples; [PF7] */
  _Atomic(uint64_t) taken;   /* samples, ever; [PF7] */
  _Atomic(uint64_t) dropped; /* that found no room; [PF7] */
  _Atomic(uint32_t) unwinds; /* 0: the unwinder has never run, 1: it runs for the first time, 2: it may be called */
  _Atomic(uint32_t) records; /* numbers given out; the first is 1 */
  _Atomic(uint64_t) idle;    /* the stack of idle records */
  _Atomic(uint64_t) sites;   /* units of the space of sites in use; the first is never */
  _Atomic(uint32_t) bucket[MICA_SITE_BUCKETS];
  _Atomic(char*) site_chunk[MICA_SITE_CHUNKS];
  _Atomic(char*) record_chunk[MICA_RECORD_CHUNKS];
} mica_profile_table_t;
static_assert(offsetof(mica_profile_table_t, epoch) == 0, "mica_profile_epoch is its first word");

extern MICA_HIDDEN mica_profile_table_t mica_profile_table;

#endif
