/* test_options.c -- options by the environment. */
#include "all_options.h"

#include "observe/environment.h"
#include "observe/options.h"
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/support/capture.h"
#include "tests/support/hang.h"

/* The environment is read; what was written to stderr is left in captured. */
static void read_environment(void) {
  capture_begin();
  mica_options_read();
  capture_end();
}

static long value_with(const char* variable, const char* text, mica_option_t option) {
  clear_environment();
  if (variable != NULL) setenv(variable, text, 1);
  read_environment();
  return mica_option(option);
}

static void accepted(const char* variable, const char* text, mica_option_t option, long expected) {
  const long value = value_with(variable, text, option);
  cr_assert_eq(value, expected, "%s=%s gives %ld instead of %ld", variable, text, value, expected);
  cr_assert_str_empty(captured, "%s=%s: %s", variable, text, captured);
}

static void one_line_with(const char* part) {
  cr_assert_eq(strncmp(captured, "mica: ", 6), 0, "no warning, but: %s", captured);
  cr_assert_not_null(strstr(captured, part), "no \"%s\" in: %s", part, captured);
  const char* const end = strchr(captured, '\n');
  cr_assert(end != NULL && end[1] == '\0', "one line was expected: %s", captured);
}

static void refused(const char* variable, const char* text, mica_option_t option, long expected) {
  const long value = value_with(variable, text, option);
  cr_assert_eq(value, expected, "%s=%s gives %ld instead of %ld", variable, text, value, expected);
  char part[160];
  snprintf(part, sizeof part, "%s=%.40s", variable, text);
  one_line_with(part);
  snprintf(part, sizeof part, "; %ld%s is used\n", expected, mica_option_is_size(option) ? " KiB" : "");
  one_line_with(part);
}

/* Else a test that asked for statistics would get them when its process ends. */
static void back_to_defaults(void) {
  clear_environment();
  mica_options_read();
  mi_option_set(mi_option_show_stats, 0);
}

TestSuite(options, .fini = back_to_defaults);

Test(options, defaults) {
  value_with(NULL, NULL, MICA_OPTION_SHOW_STATS);
  cr_assert_str_empty(captured);
  cr_assert_eq((int)OPTIONS, (int)_mi_option_last);
  for (unsigned i = 0; i < OPTIONS; i++) {
    const expected_t* const e = &all_options[i];
    cr_assert_eq((unsigned)e->option, i, "%s has the number %u", e->name, (unsigned)e->option);
    cr_assert_eq(mica_option(e->option), e->fallback, "%s is %ld", e->name, mica_option(e->option));
    cr_assert_eq(mi_option_get(e->option), e->fallback);
    cr_assert_eq(mi_option_is_enabled(e->option), e->fallback != 0);
    const size_t bytes = e->fallback < 0 ? 0 : (size_t)e->fallback * (e->in_kib ? 1024 : 1);
    cr_assert_eq(mi_option_get_size(e->option), bytes, "%s: %zu", e->name, mi_option_get_size(e->option));
  }
}

Test(options, older_constants_are_the_same_options) {
  cr_assert_eq((int)mi_option_large_os_pages, (int)mi_option_allow_large_os_pages);
  cr_assert_eq((int)mi_option_eager_region_commit, (int)mi_option_arena_eager_commit);
  cr_assert_eq((int)mi_option_reset_decommits, (int)mi_option_purge_decommits);
  cr_assert_eq((int)mi_option_reset_delay, (int)mi_option_purge_delay);
  cr_assert_eq((int)mi_option_limit_os_alloc, (int)mi_option_disallow_os_alloc);
  cr_assert_eq((int)mi_option_abandoned_page_reset, (int)mi_option_abandoned_page_purge);
}

Test(options, every_one_by_every_name) {
  for (unsigned i = 0; i < OPTIONS; i++) {
    const expected_t* const e = &all_options[i];
    const long other = e->fallback == 3 ? 4 : 3;
    char name[64], text[16];
    snprintf(text, sizeof text, "%ld%s", other, e->in_kib ? "K" : "");
    snprintf(name, sizeof name, "MICA_%s", e->name);
    accepted(name, text, e->option, other);
    snprintf(name, sizeof name, "MIMALLOC_%s", e->name);
    accepted(name, text, e->option, i < FIRST_OWN ? other : e->fallback);
    if (e->older == NULL) continue;
    snprintf(name, sizeof name, "MIMALLOC_%s", e->older);
    accepted(name, text, e->option, other);
    snprintf(name, sizeof name, "MICA_%s", e->older);
    if (strcmp(e->older, "ABANDONED_RECLAIM_ON_FREE") == 0) continue; /* an option's own name, too */
    cr_assert_eq(value_with(name, text, e->option), e->fallback);     /* no name of it */
    one_line_with(e->name);                                           /* but the nearest */
  }
}

Test(options, one_variable_may_be_two_options) {
  accepted("MIMALLOC_DECOMMIT_EXTEND_DELAY", "7", mi_option_deprecated_purge_extend_delay, 7);
  cr_assert_eq(mica_option(mi_option_purge_extend_delay), 7);
  accepted("MIMALLOC_ABANDONED_RECLAIM_ON_FREE", "1", mi_option_abandoned_reclaim_on_free, 1);
  cr_assert_eq(mica_option(mi_option_page_reclaim_on_free), 1);
}

Test(options, case_does_not_matter) {
  accepted("mica_show_stats", "1", MICA_OPTION_SHOW_STATS, 1);
  accepted("Mica_Dirty_Limit", "5m", MICA_OPTION_DIRTY_LIMIT, 5120);
  accepted("mimalloc_verbose", "YES", MICA_OPTION_VERBOSE, 1);
  accepted("MIMALLOC_limit_os_alloc", "True", MICA_OPTION_DISALLOW_OS_ALLOC, 1);
  accepted("MICA_DIRTY_CREDIT", "oFF", MICA_OPTION_DIRTY_CREDIT, 0);
}

Test(options, switches) {
  accepted("MICA_SHOW_STATS", "1", MICA_OPTION_SHOW_STATS, 1);
  accepted("MICA_SHOW_STATS", "0", MICA_OPTION_SHOW_STATS, 0);
  accepted("MICA_SHOW_STATS", "2", MICA_OPTION_SHOW_STATS, 2);
  accepted("MICA_SHOW_STATS", "yes", MICA_OPTION_SHOW_STATS, 1);
  accepted("MICA_SHOW_STATS", "on", MICA_OPTION_SHOW_STATS, 1);
  accepted("MICA_SHOW_STATS", "true", MICA_OPTION_SHOW_STATS, 1);
  accepted("MICA_DIRTY_CREDIT", "no", MICA_OPTION_DIRTY_CREDIT, 0);
  accepted("MICA_DIRTY_CREDIT", "off", MICA_OPTION_DIRTY_CREDIT, 0);
  accepted("MICA_DIRTY_CREDIT", "false", MICA_OPTION_DIRTY_CREDIT, 0);
}

Test(options, sizes_are_in_kib_and_take_suffixes) {
  accepted("MICA_DIRTY_LIMIT", "100", MICA_OPTION_DIRTY_LIMIT, 100);
  accepted("MICA_DIRTY_LIMIT", "0", MICA_OPTION_DIRTY_LIMIT, 0);
  accepted("MICA_DIRTY_LIMIT", "100K", MICA_OPTION_DIRTY_LIMIT, 100);
  accepted("MICA_DIRTY_LIMIT", "100KiB", MICA_OPTION_DIRTY_LIMIT, 100);
  accepted("MICA_DIRTY_LIMIT", "100k", MICA_OPTION_DIRTY_LIMIT, 100);
  accepted("MICA_DIRTY_LIMIT", "3M", MICA_OPTION_DIRTY_LIMIT, 3072);
  accepted("MICA_DIRTY_LIMIT", "3MB", MICA_OPTION_DIRTY_LIMIT, 3072);
  accepted("MICA_DIRTY_LIMIT", "2G", MICA_OPTION_DIRTY_LIMIT, 2097152);
  accepted("MICA_DIRTY_PERCENT", "25", MICA_OPTION_DIRTY_PERCENT, 25);
  accepted("MICA_MEMORY_LIMIT", "64G", MICA_OPTION_MEMORY_LIMIT, 67108864);
}

Test(options, mimallocs_sizes_are_in_bytes) {
  accepted("MIMALLOC_ARENA_RESERVE", "64M", MICA_OPTION_ARENA_RESERVE, 65536);
  accepted("MIMALLOC_ARENA_RESERVE", "67108864", MICA_OPTION_ARENA_RESERVE, 65536);
  accepted("MIMALLOC_ARENA_RESERVE", "67108865", MICA_OPTION_ARENA_RESERVE, 65537);
  accepted("MIMALLOC_RESERVE_OS_MEMORY", "2GiB", MICA_OPTION_RESERVE_OS_MEMORY, 2097152);
}

Test(options, some_numbers_may_be_negative) {
  accepted("MICA_PURGE_DELAY", "-1", MICA_OPTION_PURGE_DELAY, -1);
  accepted("MIMALLOC_RESERVE_HUGE_OS_PAGES_AT", "-1", MICA_OPTION_RESERVE_HUGE_OS_PAGES_AT, -1);
  accepted("MIMALLOC_MAX_ERRORS", "-20", MICA_OPTION_MAX_ERRORS, -20);
  cr_assert_eq(mi_option_get_size(mi_option_max_errors), (size_t)0);
}

Test(options, values_beyond_the_useful_are_cut) {
  accepted("MICA_ARENA_RESERVE", "4G", MICA_OPTION_ARENA_RESERVE, 262144);
  accepted("MICA_ARENA_RESERVE", "99999999999999999999999999G", MICA_OPTION_ARENA_RESERVE, 262144);
  accepted("MICA_DIRTY_PERCENT", "100000", MICA_OPTION_DIRTY_PERCENT, 1000);
  accepted("MICA_MAX_ERRORS", "-99999999999999999999999999", MICA_OPTION_MAX_ERRORS, -(LONG_MAX / 1024));
  const long most = value_with("MICA_DIRTY_LIMIT", "99999999999999999999G", MICA_OPTION_DIRTY_LIMIT);
  cr_assert_gt(most, 1L << 40);
  cr_assert_leq(most, LONG_MAX / 1024, "the value in bytes fits a long");
}

Test(options, what_is_not_understood_is_warned_about_and_ignored) {
  refused("MICA_SHOW_STATS", "maybe", MICA_OPTION_SHOW_STATS, 0);
  refused("MICA_SHOW_STATS", "", MICA_OPTION_SHOW_STATS, 0);
  refused("MICA_SHOW_STATS", "-1", MICA_OPTION_SHOW_STATS, 0);
  refused("MICA_SHOW_STATS", "1K", MICA_OPTION_SHOW_STATS, 0);
  refused("MICA_SHOW_STATS", "onn", MICA_OPTION_SHOW_STATS, 0);
  refused("MICA_SHOW_STATS", "o", MICA_OPTION_SHOW_STATS, 0);
  refused("MICA_DIRTY_LIMIT", "much", MICA_OPTION_DIRTY_LIMIT, 8192);
  refused("MICA_DIRTY_LIMIT", "-5", MICA_OPTION_DIRTY_LIMIT, 8192);
  refused("MICA_DIRTY_LIMIT", "5X", MICA_OPTION_DIRTY_LIMIT, 8192);
  refused("MICA_DIRTY_LIMIT", "5Mx", MICA_OPTION_DIRTY_LIMIT, 8192);
  refused("MICA_DIRTY_LIMIT", "5 M", MICA_OPTION_DIRTY_LIMIT, 8192);
  refused("MICA_DIRTY_LIMIT", "yes", MICA_OPTION_DIRTY_LIMIT, 8192);
  refused("MICA_DIRTY_PERCENT", "10%", MICA_OPTION_DIRTY_PERCENT, 10);
  refused("MICA_MAX_ERRORS", "-", MICA_OPTION_MAX_ERRORS, 32);
  refused("MICA_MAX_ERRORS", "--1", MICA_OPTION_MAX_ERRORS, 32);
  refused("MIMALLOC_MAX_ERRORS", "0x10", MICA_OPTION_MAX_ERRORS, 32);
  refused("mimalloc_reset_delay", "soon", MICA_OPTION_PURGE_DELAY, 1000);
}

Test(options, a_very_long_value_is_refused_in_one_line) {
  static char text[2000];
  memset(text, 'x', sizeof text - 1);
  refused("MICA_DIRTY_LIMIT", text, MICA_OPTION_DIRTY_LIMIT, 8192);
}

static void told_of(const char* name, const char* part) {
  clear_environment();
  setenv(name, "1", 1);
  read_environment();
  one_line_with(part);
}

/* The name gets a line with what is meant. */
static void leads_to(const char* name, const char* meant) {
  char line[160];
  snprintf(line, sizeof line, "mica: %s is no option of mica's; the nearest is MICA_%s\n", name, meant);
  told_of(name, line);
}

/* The name gets none, but for MICA_VERBOSE. */
static void nobodys(const char* name) {
  clear_environment();
  setenv(name, "1", 1);
  read_environment();
  cr_assert_str_empty(captured, "%s: %s", name, captured);
  setenv("MICA_VERBOSE", "1", 1);
  read_environment();
  one_line_with(" is no option of mica's\n");
}

Test(options, no_name_of_micas) {
  accepted("MIMALLOC_DIRTY_LIMITS", "1", MICA_OPTION_DIRTY_LIMIT, 8192);
  accepted("MICAH_DIRTY_LIMIT", "1", MICA_OPTION_DIRTY_LIMIT, 8192);
  accepted("MICA", "1", MICA_OPTION_DIRTY_LIMIT, 8192);
}

Test(options, a_misspelled_name_gets_one_line_with_the_nearest) {
  leads_to("MICA_DIRTY_LIMITS", "DIRTY_LIMIT");
  leads_to("MICA_SHOW_STAT", "SHOW_STATS");
  leads_to("MICA_SHOWSTATS", "SHOW_STATS");
  leads_to("MICA_SHWO_STATS", "SHOW_STATS");
  leads_to("mica_memory_limt", "MEMORY_LIMIT");
  leads_to("MICA_RESERVEHUGEOSPAGES", "RESERVE_HUGE_OS_PAGES");
  leads_to("MICA_VERBSOE", "VERBOSE");
  leads_to("MICA_OS_TAGS", "OS_TAG");
  leads_to("MICA_DEEP_BIND", "DEEPBIND");
  leads_to("mica_deepbnd", "DEEPBIND");
}

Test(options, a_name_with_a_word_more_or_less_gets_one_line_with_the_nearest) {
  leads_to("MICA_STATS", "SHOW_STATS");
  leads_to("MICA_VERSION", "SHOW_VERSION");
  leads_to("MICA_LIMIT", "MEMORY_LIMIT");
  leads_to("MICA_PURGE", "PURGE_DELAY"); /* and not PURGE_DECOMMITS, which has no effect */
  leads_to("MICA_MAX_MEMORY_LIMIT", "MEMORY_LIMIT");
  leads_to("MICA_LIMIT_MEMORY", "MEMORY_LIMIT");
  leads_to("MICA_RESERVE_HUGE_OS_PAGES_A", "RESERVE_HUGE_OS_PAGES"); /* not ..._AT, which has none */
}

Test(options, a_name_that_is_near_none_gets_a_line_where_all_is_wanted) {
  nobodys("MICA_HOME");
  nobodys("MICA_BUILD");
  nobodys("MICA_LIBRARY");
  nobodys("MICA_CONFIG");
  nobodys("MICA_LOG_VERBOSE"); /* all of the option's words, but it has one only */
  nobodys("MICA_COMMIT");      /* one word of options without effect */
  nobodys("MICA_LIST");        /* two letters of LIMIT's five */
  nobodys("mica_");
  nobodys("MICA__");
  char name[3000] = "MICA_";
  for (size_t i = 5; i + 1 < sizeof name; i++) name[i] = i % 2 == 0 ? 'x' : 'y';
  nobodys(name);
  cr_assert_lt(strlen(captured), (size_t)140);
}

Test(options, of_several_unknown_names_each_gets_its_line) {
  clear_environment();
  setenv("MICA_DIRTY_LIMITS", "1", 1);
  setenv("MICA_SHOW_STAT", "1", 1);
  read_environment();
  cr_assert(captured_times("\n") == 2 && captured_times("mica: MICA_SHOW_STAT is no option") == 1, "%s", captured);
}

Test(options, lines_about_the_environment_count_among_the_warnings) {
  clear_environment();
  setenv("MICA_MAX_WARNINGS", "2", 1);
  setenv("MICA_DIRTY_LIMIT", "much", 1);
  for (char name[] = "MICA_SHOW_STAT_A"; name[15] <= 'Z'; name[15]++) setenv(name, "1", 1);
  read_environment();
  cr_assert_eq(captured_times("\n"), 2U, "%s", captured);
  cr_assert_eq(captured_times("MICA_DIRTY_LIMIT=much is not understood"), 1U, "%s", captured);
}

Test(options, an_unknown_name_gets_none_where_errors_are_not_to_be_shown) {
  clear_environment();
  setenv("MICA_DIRTY_LIMITS", "1", 1);
  setenv("MICA_SHOW_ERRORS", "0", 1);
  read_environment();
  cr_assert_str_empty(captured, "%s", captured);
  setenv("MICA_VERBOSE", "1", 1);
  read_environment();
  one_line_with("MICA_DIRTY_LIMITS is no option");
}

Test(options, deepbind_is_a_word_of_its_own) {
  accepted("MICA_DEEPBIND", "ignore", MICA_OPTION_DIRTY_LIMIT, 8192);
  accepted("mica_deepbind", "Ignore", MICA_OPTION_DIRTY_LIMIT, 8192);
  accepted("MICA_DEEPBIND", "", MICA_OPTION_DIRTY_LIMIT, 8192);
  clear_environment();
  setenv("Mica_DeepBind", "ignored", 1);
  read_environment();
  one_line_with("mica: Mica_DeepBind=ignored is not understood; nothing but ignore is\n");
}

/* ---- a stderr that takes nothing ---- */

/* The environment, which gives lines of all kinds, is read with stderr being that file: to stay alive and to get here again. */
static void read_with_stderr(int file) {
  clear_environment();
  setenv("MICA_SHOW_STAT", "1", 1);
  setenv("MICA_DIRTY_LIMIT", "much", 1);
  setenv("MICA_DEEPBIND", "1", 1);
  const int saved = dup(STDERR_FILENO);
  if (file >= 0)
    dup2(file, STDERR_FILENO);
  else
    close(STDERR_FILENO);
  errno = ERRNO_MARK;
  mica_options_read();
  const int after = errno;
  dup2(saved, STDERR_FILENO);
  close(saved);
  cr_assert_eq(after, ERRNO_MARK, "errno became %d", after);
}

Test(options, a_pipe_without_a_reader_ends_nothing) {
  int ends[2];
  cr_assert_eq(pipe(ends), 0);
  close(ends[0]);
  signal(SIGPIPE, SIG_DFL);
  read_with_stderr(ends[1]);
  close(ends[1]);
}

Test(options, a_full_pipe_blocks_nothing) {
  int ends[2];
  hang_limit();
  static const char piece[4096];
  cr_assert_eq(pipe2(ends, O_NONBLOCK), 0);
  while (write(ends[1], piece, sizeof piece) > 0) {
  }
  cr_assert_eq(fcntl(ends[1], F_SETFL, 0), 0);
  read_with_stderr(ends[1]);
  close(ends[0]);
  close(ends[1]);
}

Test(options, no_stderr_at_all) { read_with_stderr(-1); }

Test(options, micas_name_wins_then_mimallocs_then_an_older_one) {
  clear_environment();
  setenv("MIMALLOC_LIMIT_OS_ALLOC", "4", 1);
  setenv("MICA_DISALLOW_OS_ALLOC", "2", 1);
  setenv("MIMALLOC_DISALLOW_OS_ALLOC", "3", 1);
  mica_options_read();
  cr_assert_eq(mica_option(MICA_OPTION_DISALLOW_OS_ALLOC), 2);
  unsetenv("MICA_DISALLOW_OS_ALLOC");
  mica_options_read();
  cr_assert_eq(mica_option(MICA_OPTION_DISALLOW_OS_ALLOC), 3);
  unsetenv("MIMALLOC_DISALLOW_OS_ALLOC");
  mica_options_read();
  cr_assert_eq(mica_option(MICA_OPTION_DISALLOW_OS_ALLOC), 4);
  unsetenv("MIMALLOC_LIMIT_OS_ALLOC");
  mica_options_read();
  cr_assert_eq(mica_option(MICA_OPTION_DISALLOW_OS_ALLOC), 0);
}

Test(options, of_equal_names_the_first_counts) {
  clear_environment();
  static char first[] = "mica_verbose=5", second[] = "MICA_VERBOSE=6", odd[] = "NO_EQUALS_SIGN";
  char* variables[] = {odd, first, second, NULL};
  char** const before = environ;
  environ = variables;
  mica_options_read();
  environ = before;
  cr_assert_eq(mica_option(MICA_OPTION_VERBOSE), 5);
}

Test(options, no_environment_at_all) {
  char** const before = environ;
  environ = NULL;
  mica_options_read();
  environ = before;
  cr_assert_eq(mica_option(MICA_OPTION_DIRTY_LIMIT), 8192);
}

Test(options, a_default_is_kept_where_the_environment_says_nothing) {
  clear_environment();
  mi_option_set_default(mi_option_purge_delay, 0);
  mica_options_read();
  cr_assert_eq(mi_option_get(mi_option_purge_delay), 0);
  setenv("MICA_PURGE_DELAY", "soon", 1);
  read_environment();
  one_line_with("MICA_PURGE_DELAY=soon is not understood; 0 is used\n");
}
