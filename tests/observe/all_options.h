/* all_options.h -- what the tests expect of each option, in the order of their numbers: the facts of tests/house/options.txt
 * for those of mimalloc, and mica's own. */
#ifndef MICA_TESTS_OBSERVE_ALL_OPTIONS_H
#define MICA_TESTS_OBSERVE_ALL_OPTIONS_H
#include "base/config.h"
#include <mica/options.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

typedef struct expected_s {
  mi_option_t option;
  const char* name;
  const char* older; /* another name behind MIMALLOC_, or NULL */
  long fallback;
  bool in_kib;
  bool effect;
} expected_t;

enum { FIRST_OWN = 54 }; /* those before have a MIMALLOC_ name */

static const expected_t all_options[] = {
    {mi_option_show_errors, "SHOW_ERRORS", NULL, MICA_CHECKS, false, true},
    {mi_option_show_stats, "SHOW_STATS", NULL, 0, false, true},
    {mi_option_verbose, "VERBOSE", NULL, 0, false, true},
    {mi_option_deprecated_eager_commit, "DEPRECATED_EAGER_COMMIT", NULL, 1, false, false},
    {mi_option_arena_eager_commit, "ARENA_EAGER_COMMIT", "EAGER_REGION_COMMIT", 2, false, false},
    {mi_option_purge_decommits, "PURGE_DECOMMITS", "RESET_DECOMMITS", 1, false, false},
    {mi_option_allow_large_os_pages, "ALLOW_LARGE_OS_PAGES", "LARGE_OS_PAGES", 0, false, true},
    {mi_option_reserve_huge_os_pages, "RESERVE_HUGE_OS_PAGES", NULL, 0, false, true},
    {mi_option_reserve_huge_os_pages_at, "RESERVE_HUGE_OS_PAGES_AT", NULL, -1, false, false},
    {mi_option_reserve_os_memory, "RESERVE_OS_MEMORY", NULL, 0, true, true},
    {mi_option_deprecated_segment_cache, "DEPRECATED_SEGMENT_CACHE", NULL, 0, false, false},
    {mi_option_deprecated_page_reset, "DEPRECATED_PAGE_RESET", NULL, 0, false, false},
    {mi_option_deprecated_abandoned_page_purge, "DEPRECATED_ABANDONED_PAGE_PURGE", NULL, 0, false, false},
    {mi_option_deprecated_segment_reset, "DEPRECATED_SEGMENT_RESET", NULL, 0, false, false},
    {mi_option_deprecated_eager_commit_delay, "DEPRECATED_EAGER_COMMIT_DELAY", NULL, 1, false, false},
    {mi_option_purge_delay, "PURGE_DELAY", "RESET_DELAY", 1000, false, true},
    {mi_option_use_numa_nodes, "USE_NUMA_NODES", NULL, 0, false, false},
    {mi_option_disallow_os_alloc, "DISALLOW_OS_ALLOC", "LIMIT_OS_ALLOC", 0, false, true},
    {mi_option_os_tag, "OS_TAG", NULL, 100, false, false},
    {mi_option_max_errors, "MAX_ERRORS", NULL, 32, false, true},
    {mi_option_max_warnings, "MAX_WARNINGS", NULL, 32, false, true},
    {mi_option_deprecated_max_segment_reclaim, "DEPRECATED_MAX_SEGMENT_RECLAIM", NULL, 10, false, false},
    {mi_option_destroy_on_exit, "DESTROY_ON_EXIT", NULL, 0, false, false},
    {mi_option_arena_reserve, "ARENA_RESERVE", NULL, 4096, true, true},
    {mi_option_arena_purge_mult, "ARENA_PURGE_MULT", NULL, 1, false, false},
    {mi_option_deprecated_purge_extend_delay, "DEPRECATED_PURGE_EXTEND_DELAY", "DECOMMIT_EXTEND_DELAY", 1, false,
     false},
    {mi_option_disallow_arena_alloc, "DISALLOW_ARENA_ALLOC", NULL, 0, false, false},
    {mi_option_retry_on_oom, "RETRY_ON_OOM", NULL, 400, false, false},
    {mi_option_visit_abandoned, "VISIT_ABANDONED", NULL, 0, false, false},
    {mi_option_guarded_min, "GUARDED_MIN", NULL, 0, false, false},
    {mi_option_guarded_max, "GUARDED_MAX", NULL, 1073741824, false, false},
    {mi_option_guarded_precise, "GUARDED_PRECISE", NULL, 0, false, false},
    {mi_option_guarded_sample_rate, "GUARDED_SAMPLE_RATE", NULL, 0, false, false},
    {mi_option_guarded_sample_seed, "GUARDED_SAMPLE_SEED", NULL, 0, false, false},
    {mi_option_generic_collect, "GENERIC_COLLECT", NULL, 10000, false, false},
    {mi_option_page_reclaim_on_free, "PAGE_RECLAIM_ON_FREE", "ABANDONED_RECLAIM_ON_FREE", 0, false, false},
    {mi_option_page_full_retain, "PAGE_FULL_RETAIN", NULL, 2, false, false},
    {mi_option_page_max_candidates, "PAGE_MAX_CANDIDATES", NULL, 4, false, false},
    {mi_option_max_vabits, "MAX_VABITS", NULL, 0, false, false},
    {mi_option_pagemap_commit, "PAGEMAP_COMMIT", NULL, 0, false, false},
    {mi_option_page_commit_on_demand, "PAGE_COMMIT_ON_DEMAND", NULL, 0, false, false},
    {mi_option_page_max_reclaim, "PAGE_MAX_RECLAIM", NULL, -1, false, false},
    {mi_option_page_cross_thread_max_reclaim, "PAGE_CROSS_THREAD_MAX_RECLAIM", NULL, 32, false, false},
    {mi_option_allow_thp, "ALLOW_THP", NULL, 1, false, false},
    {mi_option_minimal_purge_size, "MINIMAL_PURGE_SIZE", NULL, 0, true, false},
    {mi_option_arena_max_object_size, "ARENA_MAX_OBJECT_SIZE", NULL, 2097152, true, false},
    {mi_option_arena_is_numa_local, "ARENA_IS_NUMA_LOCAL", NULL, 0, false, false},
    {mi_option_eager_commit, "EAGER_COMMIT", NULL, 1, false, false},
    {mi_option_abandoned_page_purge, "ABANDONED_PAGE_PURGE", "ABANDONED_PAGE_RESET", 0, false, false},
    {mi_option_eager_commit_delay, "EAGER_COMMIT_DELAY", NULL, 1, false, false},
    {mi_option_max_segment_reclaim, "MAX_SEGMENT_RECLAIM", NULL, 10, false, false},
    {mi_option_purge_extend_delay, "PURGE_EXTEND_DELAY", "DECOMMIT_EXTEND_DELAY", 1, false, false},
    {mi_option_abandoned_reclaim_on_free, "ABANDONED_RECLAIM_ON_FREE", NULL, 0, false, false},
    {mi_option_target_segments_per_thread, "TARGET_SEGMENTS_PER_THREAD", NULL, 0, false, false},
    {mi_option_dirty_limit, "DIRTY_LIMIT", NULL, 8192, true, true},
    {mi_option_dirty_percent, "DIRTY_PERCENT", NULL, 10, false, true},
    {mi_option_dirty_credit, "DIRTY_CREDIT", NULL, 1, false, true},
    {mi_option_memory_limit, "MEMORY_LIMIT", NULL, 0, true, true},
    {mi_option_show_version, "SHOW_VERSION", NULL, 0, false, true},
};

enum { OPTIONS = sizeof all_options / sizeof all_options[0] };

/* Every variable that could be an option's, whatever else the tests were started with. */
static inline void clear_environment(void) {
  for (char** variable = environ; *variable != NULL;) {
    static char name[1 << 13];
    snprintf(name, sizeof name, "%.*s", (int)strcspn(*variable, "="), *variable);
    if (strncasecmp(name, "MICA_", 5) != 0 && strncasecmp(name, "MIMALLOC_", 9) != 0) {
      variable++;
      continue;
    }
    unsetenv(name);
    variable = environ;
  }
}

#endif
