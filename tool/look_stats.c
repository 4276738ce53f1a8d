/* look_stats.c -- what stats/stats.c asks of the process that it runs in, answered from a census (look_stats.h).
 *
 * Besides, what it refers to and is not called for here: figures of one heap, and beginning again. */
#include "tool/look_stats.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "heap/first_class/heap.h"
#include "segment/arena.h"
#include "segment/limit.h"
#include "stats/usage.h"

static const census_t* census; /* the one that is asked about */
static uint32_t heaps_seen;

_Atomic(int64_t) mica_dirty_slices; /* set from the census */
mi_heap_t mica_main;                /* its address is asked for, in what is not called */

/* ---- counters and figures ---- */

uint64_t mica_counted(mica_counter_t counter) { return census->counters.counted[counter]; }

uint64_t mica_counted_since(mica_counter_t counter) {
  const uint64_t now = mica_counted(counter), base = census->counters.base[counter];
  return now > base ? now - base : 0;
}

int64_t mica_peak(mica_peak_t peak, int64_t value) {
  const int64_t most = census->counters.peak[peak];
  return most > value ? most : value;
}

size_t mica_limit_used(void) {
  const int64_t slices = census->counters.charged;
  return slices < 0 ? 0 : (size_t)slices << MICA_SLICE_SHIFT;
}

size_t mica_mapped_bytes(void) { return (size_t)census->counters.mapped_bytes; }

void mica_counters_restart(void) {}

/* ---- heaps: as many as the census has ---- */

mi_heap_t* mica_heap_next(mica_theap_t** from) {
  (void)from;
  return heaps_seen < census->heap_count ? (mi_heap_t*)census->heaps[heaps_seen++].at : NULL;
}

/* ---- blocks and pages ---- */

void mica_tally_process(mica_tally_t* tally) {
  const census_sums_t* sums = &census->sums;
  memset(tally, 0, sizeof *tally);
  memcpy(tally->blocks, sums->blocks, sizeof tally->blocks);
  memcpy(tally->pages, sums->pages, sizeof tally->pages);
  tally->abandoned = sums->abandoned;
  tally->large = mica_remaining(MICA_COUNTER_LARGE_BORN, MICA_COUNTER_LARGE_GONE);
  tally->large_bytes = mica_remaining(MICA_COUNTER_LARGE_BYTES_BORN, MICA_COUNTER_LARGE_BYTES_GONE);
}

int64_t mica_tally_bytes(const mica_tally_t* tally) {
  int64_t bytes = 0;
  for (unsigned c = 0; c < MICA_CLASSES; c++) bytes += tally->blocks[c] * (int64_t)mica_classes[c].size;
  return bytes;
}

int64_t mica_tally_page_bytes(const mica_tally_t* tally) {
  (void)tally;
  return census->sums.page_bytes;
}

void mica_tally_heap(mica_tally_t* tally, mi_heap_t* heap, bool named) {
  (void)heap;
  (void)named;
  memset(tally, 0, sizeof *tally);
}

void mica_tally_thread(mica_tally_t* tally) { memset(tally, 0, sizeof *tally); }

/* ---- from the kernel ---- */

/* The number behind a word at the beginning of a line. */
static uint64_t line_number(const char* text, const char* word) {
  const char* at = strstr(text, word);
  return at == NULL ? 0 : strtoull(at + strlen(word), NULL, 10);
}

/* The nth field of /proc/PID/stat: behind the name, which may have anything in it. */
static uint64_t stat_field(const char* text, int n) {
  const char* at = strrchr(text, ')');
  for (int i = 2; at != NULL && i < n; i++) at = strchr(at + 1, ' ');
  return at == NULL ? 0 : strtoull(at + 1, NULL, 10);
}

static size_t read_proc(pid_t pid, const char* file, char* text, size_t size) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%ld/%s", (long)pid, file);
  FILE* from = fopen(path, "re");
  const size_t n = from == NULL ? 0 : fread(text, 1, size - 1, from);
  if (from != NULL) fclose(from);
  text[n] = '\0';
  return n;
}

/* Milliseconds since the process began; the system began before it. */
static uint64_t elapsed(pid_t pid, uint64_t start, uint64_t ticks) {
  char text[64];
  (void)pid;
  if (read_proc(1, "../uptime", text, sizeof text) == 0) return 0;
  const uint64_t now = (uint64_t)(strtod(text, NULL) * 1000), began = start * 1000 / ticks;
  return now > began ? now - began : 0;
}

enum { FIELD_HARD = 12, FIELD_SOFT = 10, FIELD_USER = 14, FIELD_SYSTEM = 15, FIELD_START = 22 };

mica_process_t mica_process(void) {
  mica_process_t process = {0};
  char text[4096];
  const pid_t pid = target_pid(census->target);
  const long per_second = sysconf(_SC_CLK_TCK);
  const uint64_t ticks = per_second > 0 ? (uint64_t)per_second : 100;
  if (!target_is_process(census->target) || read_proc(pid, "stat", text, sizeof text) == 0) return process;
  process.faults_soft = stat_field(text, FIELD_SOFT);
  process.faults_hard = stat_field(text, FIELD_HARD);
  process.user_ms = stat_field(text, FIELD_USER) * 1000 / ticks;
  process.system_ms = stat_field(text, FIELD_SYSTEM) * 1000 / ticks;
  process.elapsed_ms = elapsed(pid, stat_field(text, FIELD_START), ticks);
  if (read_proc(target_by(census->target), "status", text, sizeof text) == 0) return process;
  process.resident = line_number(text, "VmRSS:") * 1024;
  process.peak = line_number(text, "VmHWM:") * 1024;
  return process;
}

/* ---- what is called ---- */

static void ask(const census_t* of) {
  census = of;
  heaps_seen = 0;
  atomic_store_explicit(&mica_dirty_slices, of->counters.dirty_slices, memory_order_relaxed); /* relaxed: one thread */
}

void look_stats(const census_t* of, mi_stats_t* stats) {
  ask(of);
  mica_stats_process(stats);
}

mica_stats_system_t look_system(const census_t* of) {
  ask(of);
  return mica_stats_system();
}
