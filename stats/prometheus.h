/* prometheus.h -- figures in Prometheus' text form. Any thread, any time; no allocation, errno untouched. Used by stats/,
 * api/. */
#ifndef MICA_PROMETHEUS_H
#define MICA_PROMETHEUS_H
#include "stats/stats.h"

/* The four figures that people look at, in bytes: of blocks in use, of the pages under them, of all memory that may be
 * resident, of addresses. */
typedef struct mica_stats_bytes_s {
  int64_t allocated;
  int64_t active;
  int64_t resident;
  int64_t mapped;
} mica_stats_bytes_t;
mica_stats_bytes_t mica_stats_bytes(const mi_stats_t* stats);

/* Writes the text and a NUL into size bytes at buf, as far as they go. Returns the bytes that all of it takes. */
size_t mica_stats_prometheus(const mi_stats_t* stats, const mica_stats_system_t* system, char* buf, size_t size);

#endif
