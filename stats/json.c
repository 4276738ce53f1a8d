/* json.c -- mi_stats_t as a JSON object, into a buffer that may be too small.
 *
 * Only names of fields and integers are written: nothing needs escaping. */
#include "stats/json.h"

#include "base/config.h"
#include <inttypes.h>
#include <mica/base.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "block/class.h"

/* length: of all the text; beyond size nothing is written. */
typedef struct json_s {
  char* buf;
  size_t size;
  size_t length;
} json_t;

MICA_PRINTF(2, 3) static void put(json_t* to, const char* format, ...) {
  char text[200];
  va_list args;
  va_start(args, format);
  const int wanted = vsnprintf(text, sizeof text, format, args);
  va_end(args);
  if (wanted < 0) return;
  const size_t n = (size_t)wanted, left = to->size > to->length ? to->size - to->length : 0;
  if (left != 0) {
    const size_t fits = n < left ? n : left - 1;
    memcpy(to->buf + to->length, text, fits);
    to->buf[to->length + fits] = '\0';
  }
  to->length += n;
}

static void put_system(json_t* to, const mica_stats_system_t* s) {
  put(to, "  \"process\": {\n");
  put(to, "    \"elapsed_msecs\": %" PRIu64 ", \"user_msecs\": %" PRIu64 ", \"system_msecs\": %" PRIu64 ",\n",
      s->process.elapsed_ms, s->process.user_ms, s->process.system_ms);
  put(to, "    \"current_rss\": %zu, \"peak_rss\": %zu,\n", s->process.resident, s->process.peak);
  put(to, "    \"current_commit\": %zu, \"peak_commit\": %zu,\n", s->commit, s->commit_peak);
  put(to, "    \"page_faults\": %zu\n  },\n", s->process.faults_hard);
}

static void put_count(json_t* to, const mi_stat_count_t* count) {
  put(to, "\"total\": %" PRId64 ", \"peak\": %" PRId64 ", \"current\": %" PRId64, count->total, count->peak,
      count->current);
}

static void put_field(json_t* to, const mi_stats_t* stats, const mica_stats_field_t* field) {
  const char* at = (const char*)stats + field->at;
  put(to, "  \"%s\": ", field->name);
  if (field->counter) {
    put(to, "%" PRId64 ",\n", ((const mi_stat_counter_t*)(const void*)at)->total);
    return;
  }
  put(to, "{ ");
  put_count(to, (const mi_stat_count_t*)(const void*)at);
  put(to, " },\n");
}

static void put_bins(json_t* to, const char* name, const mi_stat_count_t bins[MI_BIN_HUGE + 1]) {
  put(to, "  \"%s\": [\n", name);
  for (unsigned i = 0; i <= MI_BIN_HUGE; i++) {
    put(to, "    { ");
    put_count(to, &bins[i]);
    put(to, ", \"block_size\": %zu }%s\n", i < MI_BIN_HUGE ? (size_t)mica_classes[i].size : 0,
        i < MI_BIN_HUGE ? "," : "");
  }
  put(to, "  ]");
}

size_t mica_stats_json(const mi_stats_t* stats, const mica_stats_system_t* system, char* buf, size_t size) {
  json_t to = {buf, size, 0};
  put(&to, "{\n  \"version\": %zu,\n  \"mica_version\": %d,\n", stats->version, MI_MALLOC_VERSION);
  put_system(&to, system);
  for (unsigned i = 0; i < MICA_STATS_FIELDS; i++) put_field(&to, stats, &mica_stats_fields[i]);
  put_bins(&to, "malloc_bins", stats->malloc_bins);
  put(&to, ",\n");
  put_bins(&to, "page_bins", stats->page_bins);
  put(&to, "\n}\n");
  return to.length + 1;
}
