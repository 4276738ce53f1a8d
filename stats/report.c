/* report.c -- the statistics tables, and the printing at exit.
 *
 * One function for each group of lines. Figures come from the counters (observe/counters.h), sums and tallies (usage.h) and
 * the kernel (observe/process.h); no figure is stored here. Called by mi_*_print*, by malloc_stats, and by the destructor below
 * when MICA_SHOW_STATS is set. */
#include "stats/report.h"

#include "base/geometry.h"
#include "heap/alloc.h"
#include "observe/options.h"
#include "observe/process.h"
#include "stats/stats.h"
#include "stats/usage.h"
#include <errno.h>
#include <inttypes.h>
#include <mica.h>
#include <stdio.h>
#include <unistd.h>

/* Where the text goes. */
typedef struct sink_s {
  mica_output_t* out;
  void* arg;
} sink_t;

enum { SIZE_TEXT = 40 };

/* "12.3 MiB": one digit behind the point, in the largest unit of which there is one. */
static const char* size_text(uint64_t bytes, char text[SIZE_TEXT]) {
  static const char* const units[] = {"KiB", "MiB", "GiB", "TiB"};
  unsigned unit = 0;
  uint64_t scale = 1024;
  while (unit < 3 && bytes / scale >= 1024) {
    scale *= 1024;
    unit++;
  }
  const uint64_t tenths = bytes % scale * 10 / scale;
  snprintf(text, SIZE_TEXT, "%" PRIu64 ".%" PRIu64 " %s", bytes / scale, tenths, units[unit]);
  return text;
}

/* A counter pair: made and given back since the last mi_stats_reset, and there now. */
static void print_pair(sink_t to, const char* name, mica_counter_t born, mica_counter_t gone) {
  const uint64_t back = mica_counted_since(gone), made = mica_counted_since(born);
  mica_print(to.out, to.arg, "  %-18s %14" PRIu64 " %14" PRIu64 " %14" PRId64 "\n", name, made, back,
             mica_remaining(born, gone));
}

static void print_pair_sizes(sink_t to, const char* name, mica_counter_t born, mica_counter_t gone) {
  char a[SIZE_TEXT];
  char b[SIZE_TEXT];
  char c[SIZE_TEXT];
  const uint64_t back = mica_counted_since(gone), made = mica_counted_since(born);
  mica_print(to.out, to.arg, "  %-18s %14s %14s %14s\n", name, size_text(made, a), size_text(back, b),
             size_text((uint64_t)mica_remaining(born, gone), c));
}

static void print_made(sink_t to, const char* name, mica_counter_t made) {
  mica_print(to.out, to.arg, "  %-18s %14" PRIu64 " %14s %14" PRIu64 "\n", name, mica_counted_since(made), "never",
             mica_counted(made));
}

static void print_counters(sink_t to) {
  mica_print(to.out, to.arg, "  %-18s %14s %14s %14s\n", "", "made", "given back", "in use");
  print_pair(to, "pages", MICA_COUNTER_PAGES_BORN, MICA_COUNTER_PAGES_GONE);
  print_pair(to, "large blocks", MICA_COUNTER_LARGE_BORN, MICA_COUNTER_LARGE_GONE);
  print_pair_sizes(to, "large bytes", MICA_COUNTER_LARGE_BYTES_BORN, MICA_COUNTER_LARGE_BYTES_GONE);
  print_pair(to, "slices", MICA_COUNTER_SLICES_CLAIMED, MICA_COUNTER_SLICES_RETURNED);
  print_pair(to, "own mappings", MICA_COUNTER_WINDOWS_BORN, MICA_COUNTER_WINDOWS_GONE);
  print_made(to, "arenas", MICA_COUNTER_ARENAS);
  print_made(to, "theaps", MICA_COUNTER_THEAPS);
  print_pair(to, "threads", MICA_COUNTER_THREADS_BORN, MICA_COUNTER_THREADS_GONE);
}

static void print_memory(sink_t to) {
  const mica_usage_t usage = mica_usage();
  char a[SIZE_TEXT];
  char b[SIZE_TEXT];
  mica_print(to.out, to.arg, "  %-18s %14" PRIu64 " abandoned %13" PRIu64 " reclaimed\n", "pages moved",
             mica_counted_since(MICA_COUNTER_PAGES_ABANDONED), mica_counted_since(MICA_COUNTER_PAGES_RECLAIMED));
  mica_print(to.out, to.arg, "  %-18s %14s in blocks, %s under pages\n", "memory in use", size_text(usage.used, a),
             size_text(usage.paged, b));
  mica_print(to.out, to.arg, "  %-18s %14s resident, of %s of address space\n", "free memory",
             size_text(usage.dirty, a), size_text(usage.mapped, b));
  mica_print(to.out, to.arg, "  %-18s %14s gone back to the system\n", "purged",
             size_text(mica_counted_since(MICA_COUNTER_SLICES_PURGED) * MICA_SLICE, a));
}

static void print_calls(sink_t to) {
  mica_print(to.out, to.arg,
             "  %-18s %14" PRIu64 " mmap, %" PRIu64 " munmap, %" PRIu64 " madvise, %" PRIu64 " mremap\n",
             "system calls", mica_counted_since(MICA_COUNTER_MMAP), mica_counted_since(MICA_COUNTER_MUNMAP),
             mica_counted_since(MICA_COUNTER_MADVISE), mica_counted_since(MICA_COUNTER_MREMAP));
}

static void print_process(sink_t to) {
  const mica_process_t process = mica_process();
  char a[SIZE_TEXT];
  char b[SIZE_TEXT];
  mica_print(to.out, to.arg, "  %-18s %14s now, %s at the peak\n", "resident", size_text(process.resident, a),
             size_text(process.peak, b));
  mica_print(to.out, to.arg, "  %-18s %14zu soft, %zu hard\n", "page faults", process.faults_soft, process.faults_hard);
  mica_print(to.out, to.arg,
             "  %-18s %10" PRIu64 ".%03" PRIu64 " s elapsed, %" PRIu64 ".%03" PRIu64 " s user, %" PRIu64 ".%03" PRIu64
             " s system\n",
             "time", process.elapsed_ms / 1000, process.elapsed_ms % 1000, process.user_ms / 1000,
             process.user_ms % 1000, process.system_ms / 1000, process.system_ms % 1000);
}

static void print_title(sink_t to, const char* of) {
  mica_print(to.out, to.arg, "mica %s, process %ld%s%s\n", MICA_VERSION_STRING, (long)getpid(),
             of[0] == '\0' ? "" : ", ", of);
}

void mica_stats_text(mica_output_t* out, void* arg) {
  const int saved = errno;
  const sink_t to = {out, arg};
  print_title(to, "");
  print_counters(to);
  print_memory(to);
  print_calls(to);
  print_process(to);
  errno = saved;
}

void mica_process_text(mica_output_t* out, void* arg) {
  const int saved = errno;
  const sink_t to = {out, arg};
  print_title(to, "");
  print_process(to);
  errno = saved;
}

/* ---- by class: where the memory is ---- */

/* A row of the table. */
typedef struct row_s {
  int64_t blocks, pages;
  int64_t bytes; /* of the blocks */
  int64_t paged; /* under the pages */
} row_t;

static uint64_t not_below_zero(int64_t n) { return n > 0 ? (uint64_t)n : 0; }

/* all: bytes under all pages, of which the row has a share. */
static void print_row(sink_t to, const char* size, const char* class, row_t row, int64_t all) {
  char a[SIZE_TEXT];
  char b[SIZE_TEXT];
  const uint64_t mille = all > 0 ? not_below_zero(row.paged) * 1000 / (uint64_t)all : 0;
  mica_print(to.out, to.arg, "  %-18s %14" PRId64 " %14" PRId64 " %14s %14s %5" PRIu64 ".%" PRIu64 " %% %7s\n", size,
             row.blocks, row.pages, size_text(not_below_zero(row.bytes), a), size_text(not_below_zero(row.paged), b),
             mille / 10, mille % 10, class);
}

static void print_row_in_use(sink_t to, const char* size, const char* class, row_t row, int64_t all) {
  if (row.blocks != 0 || row.pages != 0) print_row(to, size, class, row, all);
}

static row_t row_of(const mi_stats_t* stats, unsigned class) {
  const int64_t blocks = stats->malloc_bins[class].current, pages = stats->page_bins[class].current;
  return (row_t){blocks, pages, blocks * (int64_t)mica_classes[class].size, pages * (int64_t)mica_class_extent(class)};
}

static row_t sum_of(const mi_stats_t* stats) {
  const int64_t large = stats->malloc_huge.current;
  row_t sum = {stats->malloc_bins[MI_BIN_HUGE].current, stats->pages.current, stats->malloc_normal.current + large,
               large};
  for (unsigned c = 0; c < MICA_CLASSES; c++) {
    sum.blocks += row_of(stats, c).blocks;
    sum.paged += row_of(stats, c).paged;
  }
  return sum;
}

void mica_blocks_text(const mi_stats_t* stats, const char* of, mica_output_t* out, void* arg) {
  const int saved = errno;
  const sink_t to = {out, arg};
  char size[SIZE_TEXT];
  char class[SIZE_TEXT];
  const row_t all = sum_of(stats);
  const row_t large = {stats->malloc_bins[MI_BIN_HUGE].current, stats->page_bins[MI_BIN_HUGE].current,
                       stats->malloc_huge.current, stats->malloc_huge.current};
  print_title(to, of);
  mica_print(out, arg, "  %-18s %14s %14s %14s %14s %9s %7s\n", "block size", "blocks in use", "pages", "bytes in use",
             "under pages", "share", "class");
  for (unsigned c = 0; c < MICA_CLASSES; c++) {
    snprintf(size, sizeof size, "%u%s", mica_classes[c].size, mica_classes[c].inner ? " (aligned)" : "");
    snprintf(class, sizeof class, "%u", c);
    print_row_in_use(to, size, class, row_of(stats, c), all.paged);
  }
  print_row_in_use(to, "large", "-", large, all.paged);
  print_row(to, "all", "-", all, all.paged);
  errno = saved;
}

/* ---- arenas ---- */

/* relaxed loads: figures [F1] [S1] [S4] [S10] */
static void print_arena(sink_t to, const mica_arena_t* arena) {
  char a[SIZE_TEXT];
  char b[SIZE_TEXT];
  char c[SIZE_TEXT];
  const uint64_t absent = atomic_load_explicit(&arena->absent, memory_order_relaxed);
  const uint64_t whole = atomic_load_explicit(&arena->whole, memory_order_relaxed);
  const int64_t dirty = atomic_load_explicit(&arena->dirty, memory_order_relaxed);
  const unsigned mapped = MICA_ARENA_SEGMENTS - (unsigned)__builtin_popcountll(absent);
  uint64_t free = (uint64_t)__builtin_popcountll(whole) * MICA_SEGMENT_SLICES;
  for (unsigned i = 0; i < MICA_ARENA_SEGMENTS; i++)
    free += (unsigned)__builtin_popcountll(atomic_load_explicit(&arena->slices_free[i], memory_order_relaxed));
  mica_print(to.out, to.arg, "  arena %-4u at %p: %10s mapped, %10s free, %10s of that not given back\n", arena->number,
             (void*)mica_arena_base(arena), size_text(mapped * MICA_SEGMENT, a), size_text(free * MICA_SLICE, b),
             size_text(dirty > 0 ? (uint64_t)dirty * MICA_SLICE : 0, c));
}

void mica_arenas_text(mica_output_t* out, void* arg) {
  const int saved = errno;
  const sink_t to = {out, arg};
  print_title(to, "arenas");
  for (unsigned i = 0; i < mica_arena_count(); i++)
    if (mica_arena(i) != NULL) print_arena(to, mica_arena(i));
  errno = saved;
}

/* ---- at exit ---- */

/* The process that loaded mica. Written before the program's first thread, read at its end. */
static long loaded_in;

MICA_CONSTRUCTOR static void note_process(void) { loaded_in = (long)getpid(); }

/* At exit of a program; a fork that never became a program of its own prints nothing, or every subshell would. The empty pages
 * of this thread go back before, so that pages "in use" are those with live blocks, and those of running threads. */
MICA_DESTRUCTOR static void print_at_exit(void) {
  if (mica_option(MICA_OPTION_SHOW_STATS) == 0 || (long)getpid() != loaded_in) return;
  mica_collect(false);
  mi_stats_t stats;
  mica_stats_process(&stats);
  mica_stats_text(NULL, NULL);
  mica_blocks_text(&stats, "by class", NULL, NULL);
}
