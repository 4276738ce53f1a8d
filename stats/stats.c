/* stats.c -- where each figure of mi_stats_t comes from: the counters (observe/counters.h), the slices' and arenas' sums, and a
 * tally of blocks and pages (usage.h).
 *
 * A current figure below zero, which other threads can make for a moment, is shown as 0. */
#include "stats/stats.h"

#include <stddef.h>

#include "heap/first_class/heap.h"
#include "segment/limit.h"
#include "stats/usage.h"

static_assert(MI_BIN_HUGE == MICA_CLASSES, "a bin is a class, and the last one is for large blocks");

/* A row of the table. */
#define FIELD(name) \
  { #name, offsetof(mi_stats_t, name), sizeof(((const mi_stats_t*)0)->name) == sizeof(mi_stat_counter_t) }
const mica_stats_field_t mica_stats_fields[MICA_STATS_FIELDS] = {
    FIELD(pages),
    FIELD(reserved),
    FIELD(committed),
    FIELD(reset),
    FIELD(purged),
    FIELD(page_committed),
    FIELD(pages_abandoned),
    FIELD(threads),
    FIELD(malloc_normal),
    FIELD(malloc_huge),
    FIELD(malloc_requested),
    FIELD(mmap_calls),
    FIELD(commit_calls),
    FIELD(reset_calls),
    FIELD(purge_calls),
    FIELD(arena_count),
    FIELD(malloc_normal_count),
    FIELD(malloc_huge_count),
    FIELD(malloc_guarded_count),
    FIELD(cached),
    FIELD(heaps),
    FIELD(pages_reclaimed),
    FIELD(munmap_calls),
    FIELD(mremap_calls),
};

static int64_t since(mica_counter_t stat) { return (int64_t)mica_counted_since(stat); }

static int64_t slices_bytes(int64_t slices) { return slices > 0 ? slices * (int64_t)MICA_SLICE : 0; }

static mi_stat_count_t count(mica_peak_t peak, int64_t total, int64_t current) {
  const int64_t now = current > 0 ? current : 0, most = mica_peak(peak, now);
  return (mi_stat_count_t){total, most > now ? most : now, now};
}

static mica_peak_t nth(mica_peak_t first, unsigned n) { return (mica_peak_t)((unsigned)first + n); }

/* Memory: mapped, under pages, and free but not given back. */
static void fill_memory(mi_stats_t* s) {
  const int64_t paged = (int64_t)mica_limit_used(), cached = slices_bytes(mica_slices_dirty());
  s->reserved = count(MICA_PEAK_RESERVED, 0, (int64_t)mica_mapped_bytes());
  s->committed = count(MICA_PEAK_COMMITTED, 0, paged + cached);
  s->page_committed = count(MICA_PEAK_PAGE_COMMITTED, slices_bytes(since(MICA_COUNTER_SLICES_CLAIMED)), paged);
  s->cached = count(MICA_PEAK_DIRTY, 0, cached);
  s->purged.total = slices_bytes(since(MICA_COUNTER_SLICES_PURGED));
  s->arena_count.total = since(MICA_COUNTER_ARENAS);
}

static void fill_calls(mi_stats_t* s) {
  s->mmap_calls.total = since(MICA_COUNTER_MMAP);
  s->munmap_calls.total = since(MICA_COUNTER_MUNMAP);
  s->mremap_calls.total = since(MICA_COUNTER_MREMAP);
  s->purge_calls.total = since(MICA_COUNTER_MADVISE);
}

/* The main heap and all that were made and have not ended. */
static int64_t heaps_alive(void) {
  int64_t n = 1;
  mica_theap_t* at = mica_theap_first();
  while (mica_heap_next(&at) != NULL) n++;
  return n;
}

/* Of whole pages, threads and heaps. */
static void fill_counted(mi_stats_t* s) {
  const int64_t large = mica_remaining(MICA_COUNTER_LARGE_BORN, MICA_COUNTER_LARGE_GONE),
                larges = since(MICA_COUNTER_LARGE_BORN);
  s->pages = count(MICA_PEAK_PAGES, since(MICA_COUNTER_PAGES_BORN) + larges,
                   mica_remaining(MICA_COUNTER_PAGES_BORN, MICA_COUNTER_PAGES_GONE) + large);
  s->pages_reclaimed.total = since(MICA_COUNTER_PAGES_RECLAIMED);
  s->malloc_huge = count(MICA_PEAK_LARGE, since(MICA_COUNTER_LARGE_BYTES_BORN),
                         mica_remaining(MICA_COUNTER_LARGE_BYTES_BORN, MICA_COUNTER_LARGE_BYTES_GONE));
  s->malloc_huge_count.total = larges;
  s->malloc_bins[MI_BIN_HUGE] = count(nth(MICA_PEAK_BLOCKS, MI_BIN_HUGE), larges, large);
  s->page_bins[MI_BIN_HUGE] = count(nth(MICA_PEAK_CLASS_PAGES, MI_BIN_HUGE), larges, large);
  s->threads = count(MICA_PEAK_THREADS, since(MICA_COUNTER_THREADS_BORN),
                     mica_remaining(MICA_COUNTER_THREADS_BORN, MICA_COUNTER_THREADS_GONE));
  s->heaps = count(MICA_PEAK_HEAPS, 0, heaps_alive());
}

/* Of blocks that share pages. */
static void fill_tallied(mi_stats_t* s) {
  mica_tally_t tally;
  mica_tally_process(&tally);
  s->pages_abandoned = count(MICA_PEAK_ABANDONED, since(MICA_COUNTER_PAGES_ABANDONED), tally.abandoned);
  s->malloc_normal = count(MICA_PEAK_NORMAL, 0, mica_tally_bytes(&tally));
  for (unsigned c = 0; c < MICA_CLASSES; c++) {
    s->malloc_bins[c] = count(nth(MICA_PEAK_BLOCKS, c), 0, tally.blocks[c]);
    s->page_bins[c] = count(nth(MICA_PEAK_CLASS_PAGES, c), 0, tally.pages[c]);
  }
}

void mica_stats_process(mi_stats_t* stats) {
  mi_stats_init(stats);
  fill_memory(stats);
  fill_calls(stats);
  fill_counted(stats);
  fill_tallied(stats);
}

/* ---- heaps ---- */

static void add(mi_stat_count_t* to, int64_t n) { to->current += n > 0 ? n : 0; }

static void add_tally(mi_stats_t* s, const mica_tally_t* tally) {
  const int64_t bytes = mica_tally_page_bytes(tally);
  for (unsigned c = 0; c < MICA_CLASSES; c++) {
    add(&s->malloc_bins[c], tally->blocks[c]);
    add(&s->page_bins[c], tally->pages[c]);
    add(&s->pages, tally->pages[c]);
  }
  add(&s->malloc_bins[MI_BIN_HUGE], tally->large);
  add(&s->page_bins[MI_BIN_HUGE], tally->large);
  add(&s->pages, tally->large);
  add(&s->pages_abandoned, tally->abandoned);
  add(&s->malloc_normal, mica_tally_bytes(tally));
  add(&s->malloc_huge, tally->large_bytes);
  add(&s->page_committed, bytes + tally->large_bytes);
}

void mica_stats_heap(mi_stats_t* stats, mi_heap_t* heap, bool named) {
  mica_tally_t tally;
  mi_stats_init(stats);
  mica_tally_heap(&tally, heap, named);
  add_tally(stats, &tally);
}

void mica_stats_thread(mi_stats_t* stats) {
  mica_tally_t tally;
  mi_stats_init(stats);
  mica_tally_thread(&tally);
  add_tally(stats, &tally);
}

/* All heaps of that subprocess, its main heap too; NULL: of all subprocesses but the main one. relaxed: constant while the heap
 * lives [U8] */
static void add_heaps(mi_stats_t* s, const mi_heap_t* subproc) {
  mica_theap_t* at = mica_theap_first();
  for (mi_heap_t* heap; (heap = mica_heap_next(&at)) != NULL;) {
    const mi_heap_t* of = atomic_load_explicit(&heap->subproc, memory_order_relaxed);
    if (subproc == NULL ? mica_heap_is_main(of) : of != subproc) continue;
    mica_tally_t tally;
    mica_tally_heap(&tally, heap, false);
    add_tally(s, &tally);
  }
}

static void less(mi_stat_count_t* from, int64_t n) { from->current = from->current > n ? from->current - n : 0; }

static void take_off(mi_stats_t* from, const mi_stats_t* s) {
  less(&from->pages, s->pages.current);
  less(&from->page_committed, s->page_committed.current);
  less(&from->malloc_normal, s->malloc_normal.current);
  less(&from->malloc_huge, s->malloc_huge.current);
  for (unsigned i = 0; i <= MI_BIN_HUGE; i++) {
    less(&from->malloc_bins[i], s->malloc_bins[i].current);
    less(&from->page_bins[i], s->page_bins[i].current);
  }
}

void mica_stats_subproc(mi_stats_t* stats, mi_subproc_id_t subproc) {
  mi_stats_t others;
  if (mica_heap_is_main(subproc._mi_subproc_id)) {
    mica_stats_process(stats);
    mi_stats_init(&others);
    add_heaps(&others, NULL);
    take_off(stats, &others);
  } else {
    mi_stats_init(stats);
    add_heaps(stats, subproc._mi_subproc_id);
  }
}

/* ---- from now on, and from the kernel ---- */

void mica_stats_restart(void) {
  mi_stats_t now;
  mica_counters_restart();
  mica_stats_process(&now); /* its figures are the first peaks */
}

mica_stats_system_t mica_stats_system(void) {
  mica_stats_system_t s = {mica_process(), 0, 0};
  const int64_t commit = (int64_t)mica_limit_used() + slices_bytes(mica_slices_dirty());
  const int64_t most = mica_peak(MICA_PEAK_COMMITTED, commit);
  s.commit = (size_t)commit;
  s.commit_peak = (size_t)(most > commit ? most : commit);
  return s;
}
