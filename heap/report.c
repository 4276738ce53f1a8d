/* report.c -- the statistics table, and its printing at exit.
 *
 * Holds: one function a group of lines. Figures come from the counters (observe/stats.h), the segments' words (mica_usage) and
 * the kernel (observe/process.h); nothing is kept here. Who prints: mi_stats_print*, malloc_stats, and the destructor below
 * when MICA_SHOW_STATS is set. */
#include <heap/report.h>

#include <errno.h>
#include <heap/alloc.h>
#include <inttypes.h>
#include <mica.h>
#include <mica/geometry.h>
#include <observe/options.h>
#include <observe/process.h>
#include <observe/stats.h>
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

/* A counter pair: made, given back, and the difference. */
static void print_pair(sink_t to, const char* name, mica_stat_t born, mica_stat_t gone) {
  /* Gone first: an event is never seen as gone but not as born. */
  const uint64_t back = mica_counted(gone);
  const uint64_t made = mica_counted(born);
  mica_print(to.out, to.arg, "  %-18s %14" PRIu64 " %14" PRIu64 " %14" PRIu64 "\n", name, made, back, made - back);
}

static void print_pair_sizes(sink_t to, const char* name, uint64_t made, uint64_t back) {
  char a[SIZE_TEXT];
  char b[SIZE_TEXT];
  char c[SIZE_TEXT];
  mica_print(to.out, to.arg, "  %-18s %14s %14s %14s\n", name, size_text(made, a), size_text(back, b),
             size_text(made - back, c));
}

static void print_kept(sink_t to, const char* name, mica_stat_t made) {
  const uint64_t n = mica_counted(made);
  mica_print(to.out, to.arg, "  %-18s %14" PRIu64 " %14s %14" PRIu64 "\n", name, n, "never", n);
}

static void print_counters(sink_t to) {
  mica_print(to.out, to.arg, "  %-18s %14s %14s %14s\n", "", "made", "given back", "in use");
  print_pair(to, "pages", MICA_STAT_PAGES_BORN, MICA_STAT_PAGES_GONE);
  print_pair(to, "large blocks", MICA_STAT_LARGE_BORN, MICA_STAT_LARGE_GONE);
  const uint64_t large_back = mica_counted(MICA_STAT_LARGE_BYTES_GONE);
  print_pair_sizes(to, "large bytes", mica_counted(MICA_STAT_LARGE_BYTES_BORN), large_back);
  print_pair(to, "slices", MICA_STAT_SLICES_CLAIMED, MICA_STAT_SLICES_RETURNED);
  print_pair(to, "own mappings", MICA_STAT_WINDOWS_BORN, MICA_STAT_WINDOWS_GONE);
  print_kept(to, "arenas", MICA_STAT_ARENAS);
  print_kept(to, "heaps", MICA_STAT_HEAPS);
  print_pair(to, "threads", MICA_STAT_THREADS_BORN, MICA_STAT_THREADS_GONE);
}

static void print_memory(sink_t to) {
  const mica_usage_t usage = mica_usage();
  char a[SIZE_TEXT];
  char b[SIZE_TEXT];
  mica_print(to.out, to.arg, "  %-18s %14" PRIu64 " detached %14" PRIu64 " taken again\n", "pages moved",
             mica_counted(MICA_STAT_PAGES_DETACHED), mica_counted(MICA_STAT_PAGES_TAKEN));
  mica_print(to.out, to.arg, "  %-18s %14s in blocks, %s under pages\n", "memory in use", size_text(usage.used, a),
             size_text(usage.paged, b));
  mica_print(to.out, to.arg, "  %-18s %14s resident, of %s of address space\n", "free memory",
             size_text(usage.dirty, a), size_text(usage.mapped, b));
  mica_print(to.out, to.arg, "  %-18s %14s gone back to the system\n", "purged",
             size_text(mica_counted(MICA_STAT_SLICES_PURGED) * MICA_SLICE, a));
}

static void print_system(sink_t to) {
  const mica_process_t process = mica_process();
  char a[SIZE_TEXT];
  char b[SIZE_TEXT];
  mica_print(to.out, to.arg,
             "  %-18s %14" PRIu64 " mmap, %" PRIu64 " munmap, %" PRIu64 " madvise, %" PRIu64 " mremap\n",
             "system calls", mica_counted(MICA_STAT_MMAP), mica_counted(MICA_STAT_MUNMAP),
             mica_counted(MICA_STAT_MADVISE), mica_counted(MICA_STAT_MREMAP));
  mica_print(to.out, to.arg, "  %-18s %14s now, %s at the peak\n", "resident", size_text(process.resident, a),
             size_text(process.peak, b));
  mica_print(to.out, to.arg, "  %-18s %14zu soft, %zu hard\n", "page faults", process.faults_soft, process.faults_hard);
  mica_print(to.out, to.arg,
             "  %-18s %10" PRIu64 ".%03" PRIu64 " s elapsed, %" PRIu64 ".%03" PRIu64 " s user, %" PRIu64 ".%03" PRIu64
             " s system\n",
             "time", process.elapsed_ms / 1000, process.elapsed_ms % 1000, process.user_ms / 1000,
             process.user_ms % 1000, process.system_ms / 1000, process.system_ms % 1000);
}

void mica_stats_text(mica_output_t* out, void* arg) {
  const int saved = errno;
  const sink_t to = {out, arg};
  mica_print(out, arg, "mica %s, process %ld\n", MICA_VERSION_STRING, (long)getpid());
  print_counters(to);
  print_memory(to);
  print_system(to);
  errno = saved;
}

/* The process that loaded mica. Written before the program's first thread, read at its end. */
static long loaded_in;

MICA_CONSTRUCTOR static void note_process(void) { loaded_in = (long)getpid(); }

/* At exit of a program; a fork that never became a program of its own says nothing, or every subshell would. What this thread
 * still holds empty goes back before, so that pages "in use" are those with live blocks, and those of running threads. */
MICA_DESTRUCTOR static void print_at_exit(void) {
  if (mica_option(MICA_OPTION_SHOW_STATS) == 0 || (long)getpid() != loaded_in) return;
  mica_collect(false);
  mica_stats_text(NULL, NULL);
}
