/* override_glibc.c -- glibc's extras as exported symbols: malloc_trim, mallinfo, mallopt, malloc_info, malloc_stats.
 *
 * glibc's words for mica's things: blocks in single-block pages are its mmapped blocks, everything else is its arena. So, as
 * there, arena = uordblks + fordblks, and all blocks that the program has are uordblks + hblkhd. */
#include "base/config.h"
#include "heap/alloc.h"
#include "stats/report.h"
#include "stats/usage.h"
#include <errno.h>
#include <limits.h>
#include <malloc.h>
#include <pthread.h>
#include <stdio.h>

/* a - b; the parts of a usage are read one after the other, so a difference may come out negative: that is 0. */
static size_t less(size_t a, size_t b) { return a > b ? a - b : 0; }

/* Everything free goes back to the system, pad bytes or not, but for parts of other threads' pages. 1: some memory did. */
MICA_EXPORT int malloc_trim(size_t pad) {
  (void)pad;
  return mica_collect(true) > 0;
}

MICA_EXPORT struct mallinfo2 mallinfo2(void) {
  const mica_usage_t usage = mica_usage();
  struct mallinfo2 info = {0};
  info.uordblks = less(usage.used, usage.large);
  info.fordblks = less(usage.paged + usage.dirty, usage.large + info.uordblks);
  info.arena = info.uordblks + info.fordblks;
  info.hblks = usage.large_count;
  info.hblkhd = usage.large;
  info.keepcost = usage.dirty;
  return info;
}

static int clip(size_t n) { return n > INT_MAX ? INT_MAX : (int)n; }

/* As mallinfo2, in ints: a number that does not fit is INT_MAX. */
MICA_EXPORT struct mallinfo mallinfo(void) {
  const struct mallinfo2 info = mallinfo2();
  struct mallinfo small = {0};
  small.uordblks = clip(info.uordblks);
  small.fordblks = clip(info.fordblks);
  small.arena = clip(info.arena);
  small.hblks = clip(info.hblks);
  small.hblkhd = clip(info.hblkhd);
  small.keepcost = clip(info.keepcost);
  return small;
}

/* mallopt(3): the largest value of M_MXFAST. */
enum { MXFAST_MOST = 80 * sizeof(size_t) / 4 };

/* glibc's parameters are accepted and have no effect: 1. Unknown ones, and values outside of a range that is documented: 0. */
MICA_EXPORT int mallopt(int parameter, int value) {
  switch (parameter) {
  case M_MXFAST: return value >= 0 && value <= MXFAST_MOST;
  case M_TRIM_THRESHOLD:
  case M_TOP_PAD:
  case M_MMAP_THRESHOLD:
  case M_MMAP_MAX:
  case M_CHECK_ACTION:
  case M_PERTURB:
  case M_ARENA_TEST:
  case M_ARENA_MAX: return 1;
  default: return 0;
  }
}

/* XML in the form of glibc's version 1, with one heap. options must be 0, else -1 with EINVAL. */
MICA_EXPORT int malloc_info(int options, FILE* stream) {
  if (options != 0) {
    errno = EINVAL;
    return -1;
  }
  const mica_usage_t usage = mica_usage();
  const struct mallinfo2 info = mallinfo2();
  int state;
  pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state); /* the stream's writes are points of cancellation */
  const int written = fprintf(stream,
                              "<malloc version=\"1\">\n"
                              "<heap nr=\"0\">\n<sizes>\n</sizes>\n"
                              "<total type=\"fast\" count=\"0\" size=\"0\"/>\n"
                              "<total type=\"rest\" count=\"1\" size=\"%zu\"/>\n"
                              "<system type=\"current\" size=\"%zu\"/>\n<system type=\"max\" size=\"%zu\"/>\n"
                              "<aspace type=\"total\" size=\"%zu\"/>\n<aspace type=\"mprotect\" size=\"%zu\"/>\n"
                              "</heap>\n"
                              "<total type=\"fast\" count=\"0\" size=\"0\"/>\n"
                              "<total type=\"rest\" count=\"1\" size=\"%zu\"/>\n"
                              "<total type=\"mmap\" count=\"%zu\" size=\"%zu\"/>\n"
                              "<system type=\"current\" size=\"%zu\"/>\n<system type=\"max\" size=\"%zu\"/>\n"
                              "<aspace type=\"total\" size=\"%zu\"/>\n<aspace type=\"mprotect\" size=\"%zu\"/>\n"
                              "</malloc>\n",
                              info.fordblks, info.arena, info.arena, usage.mapped, usage.mapped, info.fordblks,
                              info.hblks, info.hblkhd, info.arena, info.arena, usage.mapped, usage.mapped);
  pthread_setcancelstate(state, &state);
  return written < 0 ? -1 : 0;
}

/* The statistics table on stderr. */
MICA_EXPORT void malloc_stats(void) { mica_stats_text(NULL, NULL); }
