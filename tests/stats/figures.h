/* figures.h -- what the tests of statistics share: asking, which must succeed and leave errno alone, and sums over the bins. */
#ifndef MICA_TESTS_HEAP_FIGURES_H
#define MICA_TESTS_HEAP_FIGURES_H
#include <errno.h>
#include <mica.h>

#include "tests/support/errno_mark.h"
#include "tests/support/require.h"

static inline mi_stats_t figures(void) {
  mi_stats_t stats;
  mi_stats_header_init(&stats);
  errno = ERRNO_MARK;
  REQUIRE(mi_stats_get(&stats), "figures refused");
  REQUIRE(errno == ERRNO_MARK, "errno is %d", errno);
  return stats;
}

/* NULL: the main heap. */
static inline mi_stats_t figures_of(mi_heap_t* heap) {
  mi_stats_t stats;
  mi_stats_header_init(&stats);
  errno = ERRNO_MARK;
  REQUIRE(mi_heap_stats_get(heap, &stats), "figures refused");
  REQUIRE(errno == ERRNO_MARK, "errno is %d", errno);
  return stats;
}

static inline mi_stats_t figures_of_subproc(mi_subproc_id_t subproc) {
  mi_stats_t stats;
  mi_stats_header_init(&stats);
  REQUIRE(mi_subproc_stats_get(subproc, &stats), "figures refused");
  return stats;
}

/* Blocks in use that share pages; that have one of their own; both. */
static inline int64_t shared(const mi_stats_t* stats) {
  int64_t sum = 0;
  for (int i = 0; i < MI_BIN_HUGE; i++) sum += stats->malloc_bins[i].current;
  return sum;
}
static inline int64_t large(const mi_stats_t* stats) { return stats->malloc_bins[MI_BIN_HUGE].current; }
static inline int64_t all_blocks(const mi_stats_t* stats) { return shared(stats) + large(stats); }

static inline int64_t all_pages(const mi_stats_t* stats) {
  int64_t sum = 0;
  for (int i = 0; i <= MI_BIN_HUGE; i++) sum += stats->page_bins[i].current;
  return sum;
}

#endif
