/* stat_json.c -- a census as JSON, and in Prometheus' form.
 *
 * Both begin with what the library writes of the same figures, by its own sources. The JSON goes on with "stat": its version,
 * when and how surely each part was read, and what the library does not tell: threads, heaps, arenas, and where free blocks
 * wait. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stats/json.h"
#include "stats/prometheus.h"
#include "tool/look_stats.h"
#include "tool/stat.h"

enum { TEXT = 1 << 18 };

/* A string, with what JSON has other words for. */
static void put_string(const char* text) {
  putchar('"');
  for (const unsigned char* at = (const unsigned char*)text; *at != '\0'; at++) {
    if (*at == '"' || *at == '\\')
      printf("\\%c", *at);
    else if (*at < ' ' || *at >= 0x7f)
      printf("\\u%04x", *at);
    else
      putchar(*at);
  }
  putchar('"');
}

static const char* word(bool is) { return is ? "true" : "false"; }

static void put_origin(const census_t* census) {
  const target_t* target = census->target;
  printf("    \"version\": %d,\n    \"target\": ", STAT_VERSION);
  put_string(target_name(target));
  printf(", \"pid\": %ld, \"program\": ", (long)target_pid(target));
  put_string(target_program(target));
  printf(",\n    \"mica\": ");
  put_string(target_version(target));
  printf(", \"variant\": ");
  put_string(target_variant(target));
  printf(",\n    \"began_usec\": %" PRId64 ", \"took_usec\": %" PRIu32 ",\n", census->began, census->time.end);
  printf("    \"read_usec\": { \"counters\": %" PRIu32 ", \"threads\": %" PRIu32 ", \"arenas_from\": %" PRIu32
         ", \"arenas_to\": %" PRIu32 " },\n",
         census->time.counters, census->time.theaps, census->time.arenas_from, census->time.arenas_to);
  printf("    \"sure\": %s, \"unsure\": %" PRIu32 ", \"records\": %" PRIu32 ", \"retries\": %" PRIu32 ",\n",
         word(census->unsure == 0), census->unsure, census->records, census->retries);
}

static void put_bytes(const census_t* census, const mi_stats_t* stats) {
  const mica_stats_bytes_t bytes = mica_stats_bytes(stats);
  const census_sums_t* sums = &census->sums;
  printf("    \"allocated_bytes\": %" PRId64 ", \"active_bytes\": %" PRId64 ", \"resident_bytes\": %" PRId64
         ", \"mapped_bytes\": %" PRId64 ",\n",
         bytes.allocated, bytes.active, bytes.resident, bytes.mapped);
  printf("    \"ready_bytes\": %" PRId64 ", \"outbox_bytes\": %" PRId64 ", \"pushed_bytes\": %" PRId64
         ", \"dirty_bytes\": %" PRId64 ",\n",
         sums->held_bytes, sums->outbox_bytes, sums->pushed_bytes, sums->dirty_bytes);
  printf("    \"large_blocks\": %" PRId64 ", \"large_bytes\": %" PRId64 ", \"own_mappings\": %" PRId64
         ", \"own_mapping_bytes\": %" PRId64 ",\n",
         sums->single, sums->single_bytes, sums->mappings, sums->mapping_bytes);
}

static void put_classes(const census_t* census) {
  const census_sums_t* sums = &census->sums;
  printf("    \"classes\": [");
  for (unsigned c = 0; c < MICA_CLASSES; c++)
    printf("%s\n      { \"block_size\": %" PRIu32 ", \"inner\": %s, \"pages\": %" PRId64 ", \"blocks\": %" PRId64
           ", \"ready\": %" PRId64 ", \"outbox\": %" PRId64 ", \"pushed\": %" PRId64 " }",
           c == 0 ? "" : ",", mica_classes[c].size, word(mica_classes[c].inner), sums->pages[c], sums->blocks[c],
           sums->held[c], sums->outbox[c], sums->pushed[c]);
  printf("\n    ],\n");
}

static void put_heaps(const census_t* census) {
  printf("    \"heaps\": [");
  for (uint32_t i = 0; i < census->heap_count; i++) {
    const census_heap_t* heap = &census->heaps[i];
    printf("%s\n      { \"address\": \"%#" PRIxPTR "\", \"number\": %" PRIu64 ", \"sub_heaps\": %" PRIu32
           ", \"pages\": %" PRIu32 ", \"block_bytes\": %" PRIu64 ", \"page_bytes\": %" PRIu64 ", \"limit\": %" PRIu64
           " }",
           i == 0 ? "" : ",", heap->at, heap->serial, heap->theaps, heap->pages, heap->block_bytes, heap->quota,
           heap->limit);
  }
  printf("\n    ],\n");
}

/* Threads' heaps: those that a thread runs, or a first-class heap has. */
static void put_theaps(const census_t* census) {
  const char* before = "";
  printf("    \"threads\": [");
  for (uint32_t i = 0; i < census->theap_count; i++) {
    const census_theap_t* theap = &census->theaps[i];
    if (theap->kind == CENSUS_IDLE || (theap->kind == CENSUS_BASE && theap->thread == 0)) continue;
    printf("%s\n      { \"kind\": \"%s\", \"address\": \"%#" PRIxPTR "\", \"pthread\": \"%#" PRIxPTR
           "\", \"tid\": %ld, ",
           before, theap->kind == CENSUS_BASE ? "thread" : "sub-heap", theap->at, theap->thread, (long)theap->tid);
    if (theap->heap != CENSUS_NONE) printf("\"heap\": \"%#" PRIxPTR "\", ", census->heaps[theap->heap].at);
    printf("\"page_bytes\": %" PRIu64 ", \"ready_bytes\": %" PRIu64 ", \"outbox_bytes\": %" PRIu64
           ", \"pushed_bytes\": %" PRIu64 ", \"sure\": %s }",
           theap->owned_bytes, theap->held_bytes, theap->outbox_bytes, theap->pushed_bytes, word(theap->sure));
    before = ",";
  }
  printf("\n    ],\n");
}

static void put_arenas(const census_t* census) {
  static const char* const names[CENSUS_SLICE_KINDS] = {
      [CENSUS_ABSENT] = "absent", [CENSUS_HEAD] = "head", [CENSUS_CLEAN] = "clean",   [CENSUS_DIRTY] = "dirty",
      [CENSUS_GONE] = "gone",     [CENSUS_PAGE] = "page", [CENSUS_THEAPS] = "theaps", [CENSUS_TAKEN] = "taken"};
  printf("    \"arenas\": [");
  for (uint32_t i = 0; i < census->arena_count; i++) {
    const census_arena_t* arena = &census->arenas[i];
    printf("%s\n      { \"number\": %u, \"address\": \"%#" PRIxPTR "\", \"reserved\": %s, \"pages\": %" PRIu32
           ", \"slices\": {",
           i == 0 ? "" : ",", arena->number, arena->base, word(arena->fixed), arena->page_count);
    for (unsigned k = 0; k < CENSUS_SLICE_KINDS; k++)
      printf("%s \"%s\": %" PRIu32, k == 0 ? "" : ",", names[k], arena->slices[k]);
    printf(" }, \"sure\": %s }", word(arena->sure));
  }
  printf("\n    ]\n");
}

/* The library's object without its end. */
static bool put_library(const census_t* census, const mi_stats_t* stats) {
  const mica_stats_system_t system = look_system(census);
  char* text = malloc(TEXT);
  const size_t length = text == NULL ? 0 : mica_stats_json(stats, &system, text, TEXT) - 1;
  char* end = length == 0 || length >= TEXT ? NULL : strrchr(text, '}');
  if (end != NULL) {
    while (end > text && (end[-1] == '\n' || end[-1] == ' ')) end--;
    *end = '\0';
    fputs(text, stdout);
  }
  free(text);
  return end != NULL;
}

void stat_json(const census_t* census) {
  mi_stats_t stats;
  look_stats(census, &stats);
  printf(put_library(census, &stats) ? ",\n  \"stat\": {\n" : "{\n  \"stat\": {\n");
  put_origin(census);
  put_bytes(census, &stats);
  put_classes(census);
  put_heaps(census);
  put_theaps(census);
  put_arenas(census);
  printf("  }\n}\n");
}

static void put_gauge(const char* name, const char* help, int64_t value) {
  printf("# HELP %s %s\n# TYPE %s gauge\n%s %" PRId64 "\n", name, help, name, name, value);
}

void stat_prometheus(const census_t* census) {
  static char text[TEXT];
  mi_stats_t stats;
  look_stats(census, &stats);
  const mica_stats_system_t system = look_system(census);
  mica_stats_prometheus(&stats, &system, text, sizeof text);
  const char* rest = strstr(text, "} 1\n"); /* what comes before says this program's own variant */
  printf(
      "# HELP mica_info The allocator's version.\n# TYPE mica_info gauge\nmica_info{version=\"%s\",variant=\"%s\"} 1\n",
      target_version(census->target), target_variant(census->target));
  fputs(rest == NULL ? text : rest + strlen("} 1\n"), stdout);
  put_gauge("mica_ready_bytes", "Bytes of free blocks in the caches of threads.", census->sums.held_bytes);
  put_gauge("mica_outbox_bytes", "Bytes of freed blocks that wait in outboxes.", census->sums.outbox_bytes);
  put_gauge("mica_pushed_bytes", "Bytes of freed blocks that their pages' owners have not collected.",
            census->sums.pushed_bytes);
  put_gauge("mica_read_unsure", "Records that changed while they were read.", census->unsure);
  put_gauge("mica_read_microseconds", "What the reading took.", census->time.end);
}
