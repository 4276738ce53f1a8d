/* json.c -- mi_stats_t as a JSON object, into a buffer that may be too small.
 *
 * Only names of fields and integers are written: nothing needs escaping. */
#include "stats/json.h"

#include <mica/base.h>

#include "block/class.h"
#include "base/buffer.h"

static void put_process(mica_buffer_t* to, const mica_process_t* p) {
  mica_buffer_pair(to, "    \"pid\": ", p->pid);
  mica_buffer_pair(to, ", \"time_msecs\": ", (int64_t)p->time_ms);
  mica_buffer_pair(to, ",\n    \"elapsed_msecs\": ", (int64_t)p->elapsed_ms);
  mica_buffer_pair(to, ", \"user_msecs\": ", (int64_t)p->user_ms);
  mica_buffer_pair(to, ", \"system_msecs\": ", (int64_t)p->system_ms);
  mica_buffer_pair(to, ",\n    \"current_rss\": ", (int64_t)p->resident);
  mica_buffer_pair(to, ", \"peak_rss\": ", (int64_t)p->peak);
}

static void put_system(mica_buffer_t* to, const mica_stats_system_t* s) {
  mica_buffer_text(to, "  \"process\": {\n");
  put_process(to, &s->process);
  mica_buffer_pair(to, ",\n    \"current_commit\": ", (int64_t)s->commit);
  mica_buffer_pair(to, ", \"peak_commit\": ", (int64_t)s->commit_peak);
  mica_buffer_pair(to, ",\n    \"page_faults\": ", (int64_t)s->process.faults_hard);
  mica_buffer_text(to, "\n  },\n");
}

static void put_count(mica_buffer_t* to, const mi_stat_count_t* count) {
  mica_buffer_pair(to, "{ \"total\": ", count->total);
  mica_buffer_pair(to, ", \"peak\": ", count->peak);
  mica_buffer_pair(to, ", \"current\": ", count->current);
}

static void put_field(mica_buffer_t* to, const mi_stats_t* stats, const mica_stats_field_t* field) {
  const char* at = (const char*)stats + field->at;
  mica_buffer_text(to, "  \"");
  mica_buffer_text(to, field->name);
  mica_buffer_text(to, "\": ");
  if (field->counter) {
    mica_buffer_number(to, ((const mi_stat_counter_t*)(const void*)at)->total);
  } else {
    put_count(to, (const mi_stat_count_t*)(const void*)at);
    mica_buffer_text(to, " }");
  }
  mica_buffer_text(to, ",\n");
}

static void put_bins(mica_buffer_t* to, const char* name, const mi_stat_count_t bins[MI_BIN_HUGE + 1]) {
  mica_buffer_text(to, "  \"");
  mica_buffer_text(to, name);
  mica_buffer_text(to, "\": [\n");
  for (unsigned i = 0; i <= MI_BIN_HUGE; i++) {
    mica_buffer_text(to, "    ");
    put_count(to, &bins[i]);
    mica_buffer_pair(to, ", \"block_size\": ", i < MI_BIN_HUGE ? (int64_t)mica_classes[i].size : 0);
    mica_buffer_text(to, i < MI_BIN_HUGE ? " },\n" : " }\n");
  }
  mica_buffer_text(to, "  ]");
}

size_t mica_stats_json(const mi_stats_t* stats, const mica_stats_system_t* system, char* buf, size_t size) {
  mica_buffer_t to = {buf, size, 0};
  mica_buffer_pair(&to, "{\n  \"version\": ", (int64_t)stats->version);
  mica_buffer_pair(&to, ",\n  \"mica_version\": ", MI_MALLOC_VERSION);
  mica_buffer_text(&to, ",\n");
  put_system(&to, system);
  for (unsigned i = 0; i < MICA_STATS_FIELDS; i++) put_field(&to, stats, &mica_stats_fields[i]);
  put_bins(&to, "malloc_bins", stats->malloc_bins);
  mica_buffer_text(&to, ",\n");
  put_bins(&to, "page_bins", stats->page_bins);
  mica_buffer_text(&to, "\n}\n");
  return to.length + 1;
}
