/* stat_text.c -- a census as text, for people: totals, then a table each of classes, heaps, threads and arenas.
 *
 * Each table says when it was read, and marks with a ~ what was seen to change meanwhile. */
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "tool/look_stats.h"
#include "tool/stat.h"

enum { SIZE_TEXT = 24, NAMES = 8192 };

/* "12.3 MiB" */
static const char* size_text(int64_t bytes, char text[SIZE_TEXT]) {
  static const char* const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
  double n = bytes < 0 ? 0 : (double)bytes;
  unsigned unit = 0;
  for (; n >= 1024 && unit < 4; unit++) n /= 1024;
  snprintf(text, SIZE_TEXT, unit == 0 ? "%.0f %s" : "%.1f %s", n, units[unit]);
  return text;
}

static void put_size(const char* name, int64_t bytes, const char* what) {
  char text[SIZE_TEXT];
  printf("  %-22s %12s   %s\n", name, size_text(bytes, text), what);
}

static void put_title(const char* what, uint32_t from, uint32_t to) {
  printf("\n%s   (read %.1f to %.1f ms after the beginning)\n", what, from / 1000.0, to / 1000.0);
}

static void put_head(const census_t* census) {
  const target_t* target = census->target;
  const time_t seconds = (time_t)(census->began / 1000000);
  struct tm local;
  char when[64] = "";
  if (localtime_r(&seconds, &local) != NULL) strftime(when, sizeof when, "%Y-%m-%d %H:%M:%S", &local);
  char names[NAMES];
  const char* const program = target_program(target);
  snprintf(names, sizeof names, "%s%s%s%s", target_name(target), program[0] != '\0' ? " (" : "", program,
           program[0] != '\0' ? ")" : "");
  target_make_plain(names);
  printf("%s: mica %s, %s\n", names, target_version(target), target_variant(target));
  printf("read at %s, in %.1f ms; ", when, census->time.end / 1000.0);
  if (census->unsure == 0)
    printf("nothing changed meanwhile: all figures are sure\n");
  else
    printf("%" PRIu32 " of %" PRIu32 " records changed meanwhile: about so, marked with ~\n", census->unsure,
           census->records);
}

static void put_memory(const census_t* census, const mi_stats_t* stats) {
  const census_sums_t* sums = &census->sums;
  const mica_stats_system_t system = look_system(census);
  put_title("MEMORY", 0, census->time.end);
  put_size("allocated", stats->malloc_normal.current + stats->malloc_huge.current, "in blocks that the program has");
  put_size("  large blocks", stats->malloc_huge.current, "of these, in pages of their own");
  put_size("ready", sums->held_bytes, "free, in the caches of threads");
  put_size("in outboxes", sums->outbox_bytes, "freed by other threads, not sent home yet");
  put_size("pushed", sums->pushed_bytes, "freed by other threads, not collected by the owner yet");
  put_size("active", stats->page_committed.current, "under pages");
  put_size("dirty", stats->cached.current, "free, and not given back to the system");
  put_size("resident", stats->committed.current, "active and dirty");
  put_size("mapped", stats->reserved.current, "address space for blocks");
  if (!target_is_process(census->target)) return;
  put_size("process resident", (int64_t)system.process.resident, "of the whole process, as the kernel says");
  put_size("process peak", (int64_t)system.process.peak, "the most that it was");
}

static void put_counters(const census_t* census, const mi_stats_t* stats) {
  put_title("COUNTERS", 0, census->time.counters);
  printf("  pages %" PRId64 " (%" PRId64 " made, %" PRId64 " abandoned, %" PRId64 " reclaimed)   threads %" PRId64
         "   heaps %" PRId64 "   arenas %" PRId64 "\n",
         stats->pages.current, stats->pages.total, stats->pages_abandoned.total, stats->pages_reclaimed.total,
         stats->threads.current, stats->heaps.current, stats->arena_count.total);
  printf("  calls: %" PRId64 " mmap, %" PRId64 " munmap, %" PRId64 " madvise, %" PRId64 " mremap\n",
         stats->mmap_calls.total, stats->munmap_calls.total, stats->purge_calls.total, stats->mremap_calls.total);
}

static void put_classes(const census_t* census) {
  const census_sums_t* sums = &census->sums;
  char text[SIZE_TEXT];
  put_title("CLASSES", census->time.counters, census->time.arenas_to);
  printf("  %10s %10s %12s %12s %10s %10s %10s\n", "block size", "pages", "blocks", "bytes", "ready", "outbox",
         "pushed");
  for (unsigned c = 0; c < MICA_CLASSES; c++) {
    if (sums->pages[c] == 0 && sums->blocks[c] == 0) continue;
    printf("  %9" PRIu32 "%c %10" PRId64 " %12" PRId64 " %12s %10" PRId64 " %10" PRId64 " %10" PRId64 "\n",
           mica_classes[c].size, mica_classes[c].inner ? '*' : ' ', sums->pages[c], sums->blocks[c],
           size_text(sums->blocks[c] * (int64_t)mica_classes[c].size, text), sums->held[c], sums->outbox[c],
           sums->pushed[c]);
  }
  if (sums->single != 0)
    printf("  %9s  %10" PRId64 " %12" PRId64 " %12s\n", "large", sums->single, sums->single,
           size_text(sums->single_bytes, text));
  printf("  (* for pointers into a block's middle)\n");
}

static void put_heaps(const census_t* census) {
  char blocks[SIZE_TEXT], quota[SIZE_TEXT], limit[SIZE_TEXT];
  if (census->heap_count == 0) return;
  put_title("HEAPS", census->time.counters, census->time.arenas_to);
  printf("  %18s %10s %10s %10s %12s %12s %12s\n", "address", "number", "sub-heaps", "pages", "in blocks",
         "under pages", "limit");
  for (uint32_t i = 0; i < census->heap_count; i++) {
    const census_heap_t* heap = &census->heaps[i];
    printf("  %#18" PRIxPTR " %10" PRIu64 " %10" PRIu32 " %10" PRIu32 " %12s %12s %12s\n", heap->at, heap->serial,
           heap->theaps, heap->pages, size_text((int64_t)heap->block_bytes, blocks),
           size_text((int64_t)heap->quota, quota), heap->limit == 0 ? "none" : size_text((int64_t)heap->limit, limit));
  }
}

/* A thread with all that it runs. */
static void put_thread(const census_t* census, const census_thread_t* thread) {
  char owned[SIZE_TEXT], held[SIZE_TEXT], outbox[SIZE_TEXT], pushed[SIZE_TEXT];
  uint64_t sums[4] = {0};
  uint32_t subs = 0;
  bool sure = true;
  for (uint32_t i = 0; i < census->theap_count; i++) {
    const census_theap_t* theap = &census->theaps[i];
    if (theap->base != thread->base) continue;
    sums[0] += theap->owned_bytes;
    sums[1] += theap->held_bytes;
    sums[2] += theap->outbox_bytes;
    sums[3] += theap->pushed_bytes;
    subs += theap->kind == CENSUS_SUB;
    sure = sure && theap->sure;
  }
  printf("  %#18" PRIxPTR " %8ld %-16s %9" PRIu32 " %12s %12s %12s %12s %s\n", thread->thread, (long)thread->tid,
         thread->name, subs, size_text((int64_t)sums[0], owned), size_text((int64_t)sums[1], held),
         size_text((int64_t)sums[2], outbox), size_text((int64_t)sums[3], pushed), sure ? "" : "~");
}

static void put_threads(const census_t* census) {
  put_title("THREADS", census->time.counters, census->time.theaps);
  printf("  %18s %8s %-16s %9s %12s %12s %12s %12s\n", "pthread_t", "tid", "name", "sub-heaps", "under pages", "ready",
         "in outbox", "pushed");
  for (uint32_t i = 0; i < census->thread_count; i++) put_thread(census, &census->threads[i]);
}

static void put_arenas(const census_t* census) {
  put_title("ARENAS, in slices of 64 KiB", census->time.arenas_from, census->time.arenas_to);
  printf("  %6s %18s %7s %7s %7s %7s %7s %7s %7s %7s\n", "number", "address", "pages", "slices", "dirty", "clean",
         "gone", "theaps", "taken", "absent");
  for (uint32_t i = 0; i < census->arena_count; i++) {
    const census_arena_t* a = &census->arenas[i];
    printf("  %6u %#18" PRIxPTR " %7" PRIu32 " %7" PRIu32 " %7" PRIu32 " %7" PRIu32 " %7" PRIu32 " %7" PRIu32
           " %7" PRIu32 " %7" PRIu32 " %s\n",
           a->number, a->base, a->page_count, a->slices[CENSUS_PAGE], a->slices[CENSUS_DIRTY], a->slices[CENSUS_CLEAN],
           a->slices[CENSUS_GONE], a->slices[CENSUS_THEAPS], a->slices[CENSUS_TAKEN], a->slices[CENSUS_ABSENT],
           a->sure ? "" : "~");
  }
  char text[SIZE_TEXT];
  if (census->sums.mappings != 0)
    printf("  and %" PRId64 " large blocks in mappings of their own, %s\n", census->sums.mappings,
           size_text(census->sums.mapping_bytes, text));
}

void stat_text(const census_t* census) {
  mi_stats_t stats;
  look_stats(census, &stats);
  put_head(census);
  put_memory(census, &stats);
  put_counters(census, &stats);
  put_classes(census);
  put_heaps(census);
  put_threads(census);
  put_arenas(census);
}
