/* options.h -- options: settings, from the environment and by call. The rules common to all functions of mica stand in mica.h.
 *
 * Each option holds a number. It comes from, in this order: mi_option_set and its kin; the environment's MICA_<NAME>, then
 * MIMALLOC_<NAME>, then an older MIMALLOC_ name, read once when the library is loaded (NAME: the constant's, in any mixture of
 * cases; mica's own have no MIMALLOC_ name); mi_option_set_default; the default named here. Names and numbers are mimalloc
 * 3's, then those that only 2.x has, then mica's own.
 *
 * Kinds. A switch: 0 off, anything above on; in the environment also on, yes, true and off, no, false. A number: 0 or more; it
 * may be negative where that is said. A size: KiB; in the environment also with K, M, G, KiB, MB and so on behind it, and in
 * bytes where mimalloc's name is used and nothing stands behind it. A value beyond an option's range counts as the nearest
 * in it. A value in the environment that is not understood gets one warning on stderr, and the default; a name that begins
 * with MICA_ and is nearly an option's gets a line, too, with the nearest name, unless the environment says MICA_SHOW_ERRORS=0.
 * They count among the warnings, and are dropped where stderr does not take them at once. A program that runs with more rights
 * than its caller ignores the environment.
 *
 * "No effect": the option is accepted, kept and read back, and changes nothing in mica. */
#ifndef MICA_PUBLIC_OPTIONS_H
#define MICA_PUBLIC_OPTIONS_H
#include <mica/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The options. */
typedef enum mi_option_e {
  mi_option_show_errors,              /* switch: a line for each error and warning. Default 0 (1 in debug) */
  mi_option_show_stats,               /* switch: statistics on stderr at exit. Default 0 */
  mi_option_verbose,                  /* switch: version and options at start; warnings, too. Default 0 */
  mi_option_deprecated_eager_commit,  /* switch. No effect: memory is never committed by hand. Default 1 */
  mi_option_arena_eager_commit,       /* switch. No effect: as above. Default 2 */
  mi_option_purge_decommits,          /* switch. No effect: what is purged is always given back. Default 1 */
  mi_option_allow_large_os_pages,     /* switch: ask the system for huge pages of 2 MiB under all memory. Default 0 */
  mi_option_reserve_huge_os_pages,    /* number: pages of 1 GiB reserved at start. Default 0 */
  mi_option_reserve_huge_os_pages_at, /* number. No effect: NUMA nodes are not told apart. Default -1 */
  mi_option_reserve_os_memory,        /* size: memory reserved at start. Default 0 */
  mi_option_deprecated_segment_cache, /* number. No effect: freed memory stays under one limit. Default 0 */
  mi_option_deprecated_page_reset,    /* switch. No effect: there is no resetting of pages. Default 0 */
  mi_option_deprecated_abandoned_page_purge, /* switch. No effect: an empty page goes back at once. Default 0 */
  mi_option_deprecated_segment_reset,        /* switch. No effect: there is no resetting of segments. Default 0 */
  mi_option_deprecated_eager_commit_delay,   /* number. No effect: nothing is committed by hand. Default 1 */
  /* number, may be negative, milliseconds in mimalloc. 0: all freed memory that can go back to the system does so at once;
   * negative: none does unless mi_collect or its like is called; above 0: mica goes by volume instead of time, see
   * mi_option_dirty_limit, and the figure itself means nothing. Default 1000 */
  mi_option_purge_delay,
  mi_option_use_numa_nodes,                 /* number. No effect: NUMA nodes are not told apart. Default 0 */
  mi_option_disallow_os_alloc,              /* switch: no memory beyond what was reserved or brought along. Default 0 */
  mi_option_os_tag,                         /* number. No effect: Linux has no tags for memory. Default 100 */
  mi_option_max_errors,                     /* number of lines for errors at most; negative: no bound. Default 32 */
  mi_option_max_warnings,                   /* number of lines for warnings at most; negative: no bound. Default 32 */
  mi_option_deprecated_max_segment_reclaim, /* number. No effect: segments have no owner. Default 10 */
  mi_option_destroy_on_exit,                /* switch. No effect: memory goes with the process. Default 0 */
  mi_option_arena_reserve,                  /* size: memory asked of the system at a time, at least. Default 4096 */
  mi_option_arena_purge_mult,               /* number. No effect: there is one limit for all freed memory. Default 1 */
  mi_option_deprecated_purge_extend_delay,  /* number. No effect: purging goes by volume. Default 1 */
  mi_option_disallow_arena_alloc, /* switch. No effect: every block but the largest is in an arena. Default 0 */
  mi_option_retry_on_oom,    /* number. No effect: nothing waits; what can be given back is, before NULL. Default 400 */
  mi_option_visit_abandoned, /* switch. No effect: blocks of threads that have ended may be visited always. Default 0 */
  mi_option_guarded_min,     /* size in bytes. No effect: there are no guarded blocks. Default 0 */
  mi_option_guarded_max,     /* size in bytes. No effect: as above. Default 1073741824 */
  mi_option_guarded_precise, /* switch. No effect: as above. Default 0 */
  mi_option_guarded_sample_rate,   /* number. No effect: as above. Default 0 */
  mi_option_guarded_sample_seed,   /* number. No effect: as above. Default 0 */
  mi_option_generic_collect,       /* number. No effect: what is free is found without looking for it. Default 10000 */
  mi_option_page_reclaim_on_free,  /* number. No effect: a thread takes a page when it needs one. Default 0 */
  mi_option_page_full_retain,      /* number. No effect: full pages are retained up to a bound in bytes. Default 2 */
  mi_option_page_max_candidates,   /* number. No effect: pages are not searched for the fullest. Default 4 */
  mi_option_max_vabits,            /* number. No effect: addresses of 47 bits are managed. Default 0 */
  mi_option_pagemap_commit,        /* switch. No effect: there is no page map. Default 0 */
  mi_option_page_commit_on_demand, /* switch. No effect: pages are never committed by hand. Default 0 */
  mi_option_page_max_reclaim,      /* number. No effect: a heap takes what it needs. Default -1 */
  mi_option_page_cross_thread_max_reclaim, /* number. No effect: as above. Default 32 */
  mi_option_allow_thp,             /* switch. No effect: transparent huge pages are the system's affair. Default 1 */
  mi_option_minimal_purge_size,    /* size. No effect: what is purged is a slice of 64 KiB at least. Default 0 */
  mi_option_arena_max_object_size, /* size. No effect: the largest that an arena holds is given. Default 2097152 */
  mi_option_arena_is_numa_local,   /* switch. No effect: NUMA nodes are not told apart. Default 0 */

  /* those that only mimalloc 2.x has */
  mi_option_eager_commit,               /* switch. No effect: memory is never committed by hand. Default 1 */
  mi_option_abandoned_page_purge,       /* switch. No effect: an empty page goes back at once. Default 0 */
  mi_option_eager_commit_delay,         /* number. No effect: nothing is committed by hand. Default 1 */
  mi_option_max_segment_reclaim,        /* number. No effect: segments have no owner. Default 10 */
  mi_option_purge_extend_delay,         /* number. No effect: purging goes by volume. Default 1 */
  mi_option_abandoned_reclaim_on_free,  /* switch. No effect: a thread takes a page when it needs one. Default 0 */
  mi_option_target_segments_per_thread, /* number. No effect: segments have no owner. Default 0 */

  /* mica's own */
  mi_option_dirty_limit, /* size: freed memory that is kept for reuse, whatever is in use. Default 8192 */
  mi_option_dirty_percent, /* number: what may be kept on top, in per cent of the memory in use, at most 1000. Default 10 */
  mi_option_dirty_credit, /* switch: keep more while memory that was just given back is asked for again. Default 1 */
  mi_option_memory_limit, /* size: the hard limit of the process's blocks; 0: none. Default 0 */
  mi_option_show_version, /* switch: one line at start, with the version and the process. Default 0 */

  _mi_option_last, /* how many there are */

  /* older names */
  mi_option_large_os_pages = mi_option_allow_large_os_pages,
  mi_option_eager_region_commit = mi_option_arena_eager_commit,
  mi_option_reset_decommits = mi_option_purge_decommits,
  mi_option_reset_delay = mi_option_purge_delay,
  mi_option_limit_os_alloc = mi_option_disallow_os_alloc,
  mi_option_abandoned_page_reset = mi_option_abandoned_page_purge
} mi_option_t;

/* A number that is no option's: reading gives 0, false or what a range makes of 0; setting does nothing. Any thread may read
 * and set any option at any time; what is set counts from the next time that mica looks at it. Options that are looked at once,
 * at start, say so. errno is untouched. All of them are mimalloc's. */

/* The option's value. */
long mi_option_get(mi_option_t option) mi_attr_noexcept;

/* The same; min if it is below, max if it is above. */
long mi_option_get_clamp(mi_option_t option, long min, long max) mi_attr_noexcept;

/* The same; a size in bytes. 0 for a negative value. */
size_t mi_option_get_size(mi_option_t option) mi_attr_noexcept;

/* Sets the value: from now on neither the environment nor mi_option_set_default count. */
void mi_option_set(mi_option_t option, long value) mi_attr_noexcept;

/* Sets the value that holds as long as neither the environment nor one of the calls without _default has given one. */
void mi_option_set_default(mi_option_t option, long value) mi_attr_noexcept;

/* Whether the value is not 0. */
bool mi_option_is_enabled(mi_option_t option) mi_attr_noexcept;

/* As mi_option_set with 1, with 0, and with enable. */
void mi_option_enable(mi_option_t option) mi_attr_noexcept;
void mi_option_disable(mi_option_t option) mi_attr_noexcept;
void mi_option_set_enabled(mi_option_t option, bool enable) mi_attr_noexcept;

/* As mi_option_set_default with enable. */
void mi_option_set_enabled_default(mi_option_t option, bool enable) mi_attr_noexcept;

/* The version and all options with their values, one a line, to out(line, arg); where out is NULL, to the function of
 * mi_register_output, else to stderr. Those without effect are marked, and where a value is from is said if it was given. */
void mi_options_print_out(mi_output_fun* out, void* arg) mi_attr_noexcept;

/* The same without an argument. */
void mi_options_print(void) mi_attr_noexcept;

#ifdef __cplusplus
}
#endif
#endif
