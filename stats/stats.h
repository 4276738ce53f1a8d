/* stats.h -- the structure mi_stats_t: how it is filled, and the names of its fields.
 *
 * mica/stats.h has the meaning of each figure. Any thread, any time; no allocation, errno is untouched. Used by stats/, api/.
 * */
#ifndef MICA_STATS_H
#define MICA_STATS_H
#include <mica/stats.h>

#include "observe/process.h"

/* A field in front of the bins: a mi_stat_count_t, or a mi_stat_counter_t. */
typedef struct mica_stats_field_s {
  const char* name;
  size_t at; /* its offset */
  bool counter;
} mica_stats_field_t;
enum { MICA_STATS_FIELDS = 24 };
extern const mica_stats_field_t mica_stats_fields[MICA_STATS_FIELDS];

/* Whether it has the size and version of this library's. */
static inline bool mica_stats_fit(const mi_stats_t* stats) {
  return stats != NULL && stats->size == sizeof(mi_stats_t) && stats->version == MI_STAT_VERSION;
}

/* All figures of the process. */
void mica_stats_process(mi_stats_t* stats);

/* Of a heap, NULL for the main one (named: see usage.h); of the calling thread's pages; of all heaps of a subprocess. Only
 * current figures are known of them; of the main subprocess the rest is the process's. */
void mica_stats_heap(mi_stats_t* stats, mi_heap_t* heap, bool named);
void mica_stats_thread(mi_stats_t* stats);
void mica_stats_subproc(mi_stats_t* stats, mi_subproc_id_t subproc);

/* Totals and peaks begin again. */
void mica_stats_restart(void);

/* The kernel's figures, and bytes committed, now and at most. */
typedef struct mica_stats_system_s {
  mica_process_t process;
  size_t commit;
  size_t commit_peak;
} mica_stats_system_t;
mica_stats_system_t mica_stats_system(void);

#endif
