/* prometheus.c -- mi_stats_t in Prometheus' text form (exposition format 0.0.4), into a buffer that may be too small.
 *
 * A sample for each figure, with its HELP and TYPE. No labels but the build's: the names stay few, and the same in every
 * process. Counters begin again at 0 by mi_stats_reset, as Prometheus expects of a counter that falls. */
#include "stats/prometheus.h"

#include <mica/base.h>

#include "base/config.h"
#include "observe/options.h"
#include "base/buffer.h"

mica_stats_bytes_t mica_stats_bytes(const mi_stats_t* stats) {
  return (mica_stats_bytes_t){
      .allocated = stats->malloc_normal.current + stats->malloc_huge.current,
      .active = stats->page_committed.current,
      .resident = stats->committed.current,
      .mapped = stats->reserved.current,
  };
}

static void put(mica_buffer_t* to, const char* type, const char* name, const char* help, int64_t value) {
  mica_buffer_text(to, "# HELP ");
  mica_buffer_text(to, name);
  mica_buffer_text(to, " ");
  mica_buffer_text(to, help);
  mica_buffer_text(to, "\n# TYPE ");
  mica_buffer_text(to, name);
  mica_buffer_text(to, " ");
  mica_buffer_text(to, type);
  mica_buffer_text(to, "\n");
  mica_buffer_text(to, name);
  mica_buffer_pair(to, " ", value);
  mica_buffer_text(to, "\n");
}

static void gauge(mica_buffer_t* to, const char* name, const char* help, int64_t value) {
  put(to, "gauge", name, help, value);
}

static void counter(mica_buffer_t* to, const char* name, const char* help, mi_stat_counter_t value) {
  put(to, "counter", name, help, value.total);
}

static void put_bytes(mica_buffer_t* to, const mi_stats_t* s, const mica_stats_system_t* system) {
  const mica_stats_bytes_t bytes = mica_stats_bytes(s);
  gauge(to, "mica_allocated_bytes", "Bytes of blocks in use.", bytes.allocated);
  gauge(to, "mica_active_bytes", "Bytes under the pages that blocks are cut from.", bytes.active);
  gauge(to, "mica_resident_bytes", "Active bytes, and free memory that has not gone back to the system.",
        bytes.resident);
  gauge(to, "mica_mapped_bytes", "Bytes of address space for blocks.", bytes.mapped);
  gauge(to, "mica_large_bytes", "Bytes of large blocks, which have pages of their own.", s->malloc_huge.current);
  gauge(to, "mica_process_resident_bytes", "Resident size of the whole process.", (int64_t)system->process.resident);
}

static void put_things(mica_buffer_t* to, const mi_stats_t* s) {
  gauge(to, "mica_pages", "Pages: runs of slices with blocks of one size, or a large block.", s->pages.current);
  gauge(to, "mica_pages_abandoned", "Pages that no thread owns.", s->pages_abandoned.current);
  gauge(to, "mica_large_blocks", "Large blocks in use.", s->malloc_bins[MI_BIN_HUGE].current);
  gauge(to, "mica_threads", "Threads that have allocated and have not ended.", s->threads.current);
  gauge(to, "mica_heaps", "The main heap and first-class heaps.", s->heaps.current);
}

static void put_counters(mica_buffer_t* to, const mi_stats_t* s) {
  counter(to, "mica_arenas_total", "Arenas made.", s->arena_count);
  counter(to, "mica_pages_total", "Pages made.", (mi_stat_counter_t){s->pages.total});
  counter(to, "mica_pages_abandoned_total", "Pages given up by their thread.",
          (mi_stat_counter_t){s->pages_abandoned.total});
  counter(to, "mica_pages_reclaimed_total", "Abandoned pages that a thread took over.", s->pages_reclaimed);
  counter(to, "mica_large_blocks_total", "Large blocks made.", s->malloc_huge_count);
  counter(to, "mica_purged_bytes_total", "Bytes given back to the system.", s->purged);
  counter(to, "mica_mmap_calls_total", "Calls of mmap.", s->mmap_calls);
  counter(to, "mica_munmap_calls_total", "Calls of munmap.", s->munmap_calls);
  counter(to, "mica_mremap_calls_total", "Calls of mremap.", s->mremap_calls);
  counter(to, "mica_madvise_calls_total", "Calls of madvise.", s->purge_calls);
}

size_t mica_stats_prometheus(const mi_stats_t* stats, const mica_stats_system_t* system, char* buf, size_t size) {
  mica_buffer_t to = {buf, size, 0};
  mica_buffer_text(&to, "# HELP mica_info The allocator's version.\n# TYPE mica_info gauge\n"
                        "mica_info{version=\"" MICA_VERSION_STRING "\",variant=\"");
  mica_buffer_text(&to, MICA_CHECKS ? "debug" : MICA_EXAMINES ? "secure" : "release");
  mica_buffer_text(&to, "\"} 1\n");
  put_bytes(&to, stats, system);
  put_things(&to, stats);
  put_counters(&to, stats);
  return to.length + 1;
}
