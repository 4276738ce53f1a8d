/* mi_stats.c -- the mi_* functions of mica/stats.h, each a few lines over stats/.
 *
 * No state, no invariant of its own; the contract of each function stands in mica/stats.h. Exported. */
#include "base/config.h"
#include "block/class.h"
#include "heap/fast.h"
#include "heap/first_class/enter.h"
#include "stats/json.h"
#include "stats/prometheus.h"
#include "stats/report.h"
#include "stats/stats.h"
#include <mica.h>
#include <stdio.h>

/* ---- the process ---- */

MICA_EXPORT bool mi_stats_get(mi_stats_t* stats) {
  if (!mica_stats_fit(stats)) return false;
  mica_stats_process(stats);
  return true;
}

MICA_EXPORT size_t mi_stats_get_bin_size(size_t bin) { return bin < MI_BIN_HUGE ? mica_classes[bin].size : 0; }

MICA_EXPORT void mi_stats_reset(void) { mica_stats_restart(); }

MICA_EXPORT void mi_stats_merge(void) {}

/* ---- JSON ---- */

/* Twice over the same figures: the first time for the length. */
MICA_EXPORT char* mi_stats_as_json(mi_stats_t* stats, size_t buf_size, char* buf) {
  if (!mica_stats_fit(stats)) return NULL;
  const mica_stats_system_t system = mica_stats_system();
  if (buf == NULL) {
    buf_size = mica_stats_json(stats, &system, NULL, 0);
    buf = mica_malloc(buf_size);
    if (buf == NULL) return NULL;
  }
  return mica_stats_json(stats, &system, buf, buf_size) <= buf_size ? buf : NULL;
}

MICA_EXPORT char* mi_stats_get_json(size_t buf_size, char* buf) {
  mi_stats_t stats;
  mica_stats_process(&stats);
  return mi_stats_as_json(&stats, buf_size, buf);
}

/* ---- Prometheus ---- */

MICA_EXPORT char* mi_stats_get_prometheus(size_t buf_size, char* buf) {
  mi_stats_t stats;
  mica_stats_process(&stats);
  const mica_stats_system_t system = mica_stats_system();
  if (buf == NULL) {
    buf_size = mica_stats_prometheus(&stats, &system, NULL, 0);
    buf = mica_malloc(buf_size);
    if (buf == NULL) return NULL;
  }
  return mica_stats_prometheus(&stats, &system, buf, buf_size) <= buf_size ? buf : NULL;
}

/* ---- text ---- */

MICA_EXPORT void mi_stats_print_out(mi_output_fun* out, void* arg) {
  mi_stats_t stats;
  mica_stats_process(&stats);
  mica_stats_text(out, arg);
  mica_blocks_text(&stats, "all heaps", out, arg);
}

MICA_EXPORT void mi_stats_print(void* out) {
  const bool is_stream = out == (void*)stdout || out == (void*)stderr;
  mi_stats_print_out(is_stream ? NULL : (mi_output_fun*)out, NULL);
}

MICA_EXPORT void mi_thread_stats_print_out(mi_output_fun* out, void* arg) {
  mi_stats_t stats;
  mica_stats_thread(&stats);
  mica_blocks_text(&stats, "pages of the calling thread", out, arg);
}

MICA_EXPORT void mi_process_info_print_out(mi_output_fun* out, void* arg) { mica_process_text(out, arg); }

MICA_EXPORT void mi_process_info_print(void) { mica_process_text(NULL, NULL); }

MICA_EXPORT void mi_arenas_print(void) { mica_arenas_text(NULL, NULL); }

MICA_EXPORT void mi_debug_show_arenas(void) { mica_arenas_text(NULL, NULL); }

/* ---- heaps ---- */

MICA_EXPORT bool mi_heap_stats_get(mi_heap_t* heap, mi_stats_t* stats) {
  if (!mica_stats_fit(stats)) return false;
  mica_stats_heap(stats, heap, true);
  return true;
}

MICA_EXPORT char* mi_heap_stats_get_json(mi_heap_t* heap, size_t buf_size, char* buf) {
  mi_stats_t stats;
  mica_stats_heap(&stats, heap, true);
  return mi_stats_as_json(&stats, buf_size, buf);
}

static void print_heap(mi_heap_t* heap, bool named, mi_output_fun* out, void* arg) {
  char of[40];
  mi_stats_t stats;
  mica_stats_heap(&stats, heap, named);
  snprintf(of, sizeof of, "heap %p", (void*)heap);
  mica_blocks_text(&stats, mica_heap_is_main(heap) ? "main heap" : of, out, arg);
}

MICA_EXPORT void mi_heap_stats_print_out(mi_heap_t* heap, mi_output_fun* out, void* arg) {
  print_heap(heap, true, out, arg);
}

MICA_EXPORT void mi_heap_stats_merge_to_subproc(mi_heap_t* heap) { (void)heap; }

/* ---- subprocesses ---- */

static mi_heap_t* main_of(mi_subproc_id_t subproc) { return subproc._mi_subproc_id; }

MICA_EXPORT bool mi_subproc_stats_get(mi_subproc_id_t subproc, mi_stats_t* stats) {
  if (!mica_stats_fit(stats)) return false;
  mica_stats_subproc(stats, subproc);
  return true;
}

MICA_EXPORT bool mi_subproc_stats_get_exclusive(mi_subproc_id_t subproc, mi_stats_t* stats) {
  if (!mica_stats_fit(stats)) return false;
  mica_stats_heap(stats, main_of(subproc), false);
  return true;
}

MICA_EXPORT char* mi_subproc_stats_get_json(mi_subproc_id_t subproc, size_t buf_size, char* buf) {
  mi_stats_t stats;
  mica_stats_subproc(&stats, subproc);
  return mi_stats_as_json(&stats, buf_size, buf);
}

MICA_EXPORT void mi_subproc_stats_print_out(mi_subproc_id_t subproc, mi_output_fun* out, void* arg) {
  mi_stats_t stats;
  mica_stats_subproc(&stats, subproc);
  mica_blocks_text(&stats, "heaps of a subprocess", out, arg);
}

/* Where the text of each heap goes. */
typedef struct sink_s {
  mi_output_fun* out;
  void* arg;
} sink_t;

static bool print_each(mi_heap_t* heap, void* arg) {
  const sink_t* to = arg;
  print_heap(heap, false, to->out, to->arg);
  return true;
}

MICA_EXPORT void mi_subproc_heap_stats_print_out(mi_subproc_id_t subproc, mi_output_fun* out, void* arg) {
  sink_t to = {out, arg};
  mi_subproc_visit_heaps(subproc, print_each, &to);
}

/* ---- from the kernel ---- */

static void give(size_t* where, size_t value) {
  if (where != NULL) *where = value;
}

MICA_EXPORT void mi_process_info(size_t* elapsed_msecs, size_t* user_msecs, size_t* system_msecs, size_t* current_rss,
                                 size_t* peak_rss, size_t* current_commit, size_t* peak_commit, size_t* page_faults) {
  const mica_stats_system_t s = mica_stats_system();
  give(elapsed_msecs, (size_t)s.process.elapsed_ms);
  give(user_msecs, (size_t)s.process.user_ms);
  give(system_msecs, (size_t)s.process.system_ms);
  give(current_rss, s.process.resident);
  give(peak_rss, s.process.peak);
  give(current_commit, s.commit);
  give(peak_commit, s.commit_peak);
  give(page_faults, s.process.faults_hard);
}
