/* api.c -- the mi_* functions of mica.h, each a few lines over the heap's face (alloc.h) and its fast paths (fast.h).
 *
 * No state, no invariant of its own; the contract of each function stands in mica.h. Exported. */
#include <errno.h>
#include <heap/alloc.h>
#include <heap/fast.h>
#include <heap/report.h>
#include <mica.h>
#include <mica/config.h>
#include <observe/process.h>
#include <stdint.h>
#include <stdio.h>

/* count * size, or a size that no allocation can meet. */
static size_t product(size_t count, size_t size) {
  size_t total;
  return MICA_MUL_OVERFLOWS(count, size, &total) ? SIZE_MAX : total;
}

MICA_EXPORT void* mi_malloc(size_t size) { return mica_malloc(size); }

MICA_EXPORT void mi_free(void* p) { mica_free(p); }

MICA_EXPORT void* mi_calloc(size_t count, size_t size) { return mica_zalloc(product(count, size)); }

MICA_EXPORT void* mi_zalloc(size_t size) { return mica_zalloc(size); }

MICA_EXPORT void* mi_realloc(void* p, size_t size) { return mica_realloc(p, size); }

MICA_EXPORT void* mi_reallocf(void* p, size_t size) {
  void* const q = mica_realloc(p, size);
  if (q == NULL) mica_free(p);
  return q;
}

MICA_EXPORT void* mi_malloc_small(size_t size) { return mica_malloc(size); }

MICA_EXPORT void* mi_zalloc_small(size_t size) { return mica_zalloc(size); }

MICA_EXPORT void mi_free_small(void* p) { mica_free(p); }

MICA_EXPORT void* mi_malloc_aligned(size_t size, size_t alignment) {
  return mica_malloc_aligned(size, alignment, 0, false);
}

MICA_EXPORT void* mi_malloc_aligned_at(size_t size, size_t alignment, size_t offset) {
  return mica_malloc_aligned(size, alignment, offset, false);
}

MICA_EXPORT void* mi_zalloc_aligned(size_t size, size_t alignment) {
  return mica_malloc_aligned(size, alignment, 0, true);
}

MICA_EXPORT void* mi_zalloc_aligned_at(size_t size, size_t alignment, size_t offset) {
  return mica_malloc_aligned(size, alignment, offset, true);
}

MICA_EXPORT void* mi_calloc_aligned(size_t count, size_t size, size_t alignment) {
  return mica_malloc_aligned(product(count, size), alignment, 0, true);
}

MICA_EXPORT void* mi_calloc_aligned_at(size_t count, size_t size, size_t alignment, size_t offset) {
  return mica_malloc_aligned(product(count, size), alignment, offset, true);
}

MICA_EXPORT void* mi_realloc_aligned(void* p, size_t size, size_t alignment) {
  return mica_realloc_aligned(p, size, alignment, 0);
}

MICA_EXPORT void* mi_realloc_aligned_at(void* p, size_t size, size_t alignment, size_t offset) {
  return mica_realloc_aligned(p, size, alignment, offset);
}

MICA_EXPORT size_t mi_usable_size(const void* p) { return mica_usable_size(p); }

MICA_EXPORT size_t mi_good_size(size_t size) { return mica_good_size(size); }

MICA_EXPORT bool mi_is_in_heap_region(const void* p) { return mica_is_ours(p); }

MICA_EXPORT int mi_version(void) { return MI_MALLOC_VERSION; }

MICA_EXPORT void mi_collect(bool force) { mica_collect(force); }

MICA_EXPORT void mi_thread_init(void) { mica_thread_init(); }

MICA_EXPORT void mi_thread_done(void) { mica_thread_done(); }

static void give(size_t* where, size_t value) {
  if (where != NULL) *where = value;
}

MICA_EXPORT void mi_process_info(size_t* elapsed_msecs, size_t* user_msecs, size_t* system_msecs, size_t* current_rss,
                                 size_t* peak_rss, size_t* current_commit, size_t* peak_commit, size_t* page_faults) {
  const mica_process_t process = mica_process();
  const mica_usage_t usage = mica_usage();
  const size_t commit = usage.paged + usage.dirty;
  give(elapsed_msecs, (size_t)process.elapsed_ms);
  give(user_msecs, (size_t)process.user_ms);
  give(system_msecs, (size_t)process.system_ms);
  give(current_rss, process.resident);
  give(peak_rss, process.peak);
  give(current_commit, commit);
  give(peak_commit, commit > process.peak ? commit : process.peak);
  give(page_faults, process.faults_hard);
}

MICA_EXPORT void mi_stats_print_out(mi_output_fun* out, void* arg) { mica_stats_text(out, arg); }

MICA_EXPORT void mi_stats_print(void* out) {
  const bool is_stream = out == (void*)stdout || out == (void*)stderr;
  mica_stats_text(is_stream ? NULL : (mi_output_fun*)out, NULL);
}
