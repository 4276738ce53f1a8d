/* figures.c -- see figures.h. Requests for the figures are in none of them. */
#include "figures.h"

#include "cache.h"
#include "counters.h"
#include "memory.h"
#include "settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROOM = 4096 };

/* A line of /proc/self/status, in KiB. */
static unsigned long long resident(const char* status, const char* name) {
  const char* line = strstr(status, name);
  return line == NULL ? 0 : strtoull(line + strlen(name), NULL, 10);
}

static void read_status(char* text, size_t size) {
  FILE* file = fopen("/proc/self/status", "re");
  size_t length = file == NULL ? 0 : fread(text, 1, size - 1, file);
  text[length] = 0;
  if (file != NULL) fclose(file);
}

static double per(uint64_t n, uint64_t each) { return each == 0 ? 0 : (double)n / (double)each; }

char* figures_text(void) {
  char* text = malloc(ROOM);
  if (text == NULL) return NULL;
  uint64_t n[COUNTERS];
  for (int i = 0; i < COUNTERS; i++) n[i] = counters_sum((enum counter)i);
  struct cache_figures cache;
  cache_look(&cache);
  struct memory_figures memory;
  memory_look(&memory);
  char status[ROOM];
  read_status(status, sizeof status);
  int length = snprintf(
      text, ROOM,
      "{\"memory\": \"%s\", \"layout\": \"%s\", \"page\": %zu, \"evict\": \"%s\",\n"
      " \"requests\": %llu, \"in_flight\": %lld, \"connections\": %lld,\n"
      " \"answered\": %llu, \"unchanged\": %llu, \"refused\": %llu, \"vanished\": %llu,\n"
      " \"hits\": %llu, \"misses\": %llu, \"hit_rate\": %.6f, \"passed\": %llu, \"changed\": %llu, "
      "\"evictions\": %llu,\n"
      " \"cache_limit\": %zu, \"cache_entries\": %zu, \"file_bytes\": %zu, \"cache_used\": %zu, \"cache_held\": %zu,\n"
      " \"allocations\": %llu, \"frees\": %llu, \"live\": %lld, \"bytes\": %llu,\n"
      " \"allocations_per_request\": %.3f, \"bytes_per_request\": %.1f,\n"
      " \"pools\": %zu, \"pools_made\": %zu, \"heap_in_use\": %zu,\n"
      " \"resident_kib\": %llu, \"peak_kib\": %llu}\n",
      settings.memory, settings.cache.page == 0 ? "whole" : "pages", settings.cache.page, settings.cache.way->name,
      (unsigned long long)n[REQUESTS_ENDED], (long long)(n[REQUESTS_BEGUN] - n[REQUESTS_ENDED]),
      (long long)(n[CONNECTIONS_BEGUN] - n[CONNECTIONS_ENDED]), (unsigned long long)n[ANSWERS_FULL],
      (unsigned long long)n[ANSWERS_SAME], (unsigned long long)n[ANSWERS_REFUSED], (unsigned long long)n[VANISHED],
      (unsigned long long)n[CACHE_HITS], (unsigned long long)n[CACHE_MISSES],
      per(n[CACHE_HITS], n[CACHE_HITS] + n[CACHE_MISSES]), (unsigned long long)n[CACHE_PASSED],
      (unsigned long long)n[CACHE_CHANGED], (unsigned long long)n[CACHE_EVICTIONS], settings.cache.limit, cache.entries,
      cache.file_bytes, store_used(), store_held(), (unsigned long long)n[PIECES_GOT],
      (unsigned long long)n[PIECES_RELEASED], (long long)(n[PIECES_GOT] - n[PIECES_RELEASED]),
      (unsigned long long)n[PIECES_BYTES], per(n[PIECES_GOT], n[REQUESTS_ENDED]),
      per(n[PIECES_BYTES], n[REQUESTS_ENDED]), memory.pools, memory.pools_made, memory.in_use,
      resident(status, "VmRSS:"), resident(status, "VmHWM:"));
  if (length > 0 && length < ROOM) return text;
  free(text);
  return NULL;
}
