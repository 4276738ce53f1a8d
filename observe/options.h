/* options.h -- settings: each one atomic word, read by one load. The names, what they mean and where a value comes from stand
 * in mica/options.h.
 *
 * Before the library's constructor has run the defaults hold, or what was set by call. Any thread may read or set any option
 * at any time; a value counts from the next read on. */
#ifndef MICA_OPTIONS_H
#define MICA_OPTIONS_H
#include "base/config.h"
#include "observe/output.h"
#include <mica/options.h>
#include <stdatomic.h>

typedef mi_option_t mica_option_t;

#define MICA_OPTION_SHOW_STATS mi_option_show_stats
#define MICA_OPTION_SHOW_ERRORS mi_option_show_errors
#define MICA_OPTION_VERBOSE mi_option_verbose
#define MICA_OPTION_DIRTY_LIMIT mi_option_dirty_limit
#define MICA_OPTION_DIRTY_PERCENT mi_option_dirty_percent
#define MICA_OPTION_DIRTY_CREDIT mi_option_dirty_credit
#define MICA_OPTION_MEMORY_LIMIT mi_option_memory_limit
#define MICA_OPTION_SHOW_VERSION mi_option_show_version
#define MICA_OPTION_ARENA_RESERVE mi_option_arena_reserve
#define MICA_OPTION_RESERVE_HUGE_OS_PAGES mi_option_reserve_huge_os_pages
#define MICA_OPTION_RESERVE_HUGE_OS_PAGES_AT mi_option_reserve_huge_os_pages_at
#define MICA_OPTION_RESERVE_OS_MEMORY mi_option_reserve_os_memory
#define MICA_OPTION_DISALLOW_OS_ALLOC mi_option_disallow_os_alloc
#define MICA_OPTION_ALLOW_LARGE_OS_PAGES mi_option_allow_large_os_pages
#define MICA_OPTION_PURGE_DELAY mi_option_purge_delay
#define MICA_OPTION_MAX_ERRORS mi_option_max_errors
#define MICA_OPTION_MAX_WARNINGS mi_option_max_warnings
#define MICA_OPTION_COUNT _mi_option_last

/* The option's present value; 0 for a number that is no option's. */
long mica_option(mica_option_t option);

/* As mi_option_set and mi_option_set_default. */
void mica_option_set(mica_option_t option, long value);
void mica_option_set_default(mica_option_t option, long value);

/* The values with where they are from, as options.c keeps them. For options.c and api/roots.h. */
extern MICA_HIDDEN _Atomic(long) mica_option_words[MICA_OPTION_COUNT];

/* Whether the value is in KiB. */
bool mica_option_is_size(mica_option_t option);

/* The environment's value (environment.c): it is set, forgotten, or the present one. For an option's number only. */
void mica_option_set_environment(mica_option_t option, long value);
void mica_option_forget(mica_option_t option);
bool mica_option_is_from_environment(mica_option_t option);

/* Behind the version, wherever that is printed. */
#define MICA_VARIANT_TEXT (MICA_CHECKS ? ", debug" : MICA_EXAMINES ? ", secure" : "")

/* Every option with its value and where that is from, one a line. */
void mica_options_print(mica_output_t* out, void* arg);

#endif
