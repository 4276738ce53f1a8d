/* test_options.c -- options read from the environment. */
#include <criterion/criterion.h>
#include <errno.h>
#include <observe/options.h>
#include <observe/output.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char* const names[] = {"SHOW_STATS",    "SHOW_ERRORS",  "VERBOSE",      "DIRTY_LIMIT",
                                    "DIRTY_PERCENT", "DIRTY_CREDIT", "ARENA_RESERVE"};

static void clear_environment(void) {
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    char full[64];
    strcat(strcpy(full, "MICA_"), names[i]);
    unsetenv(full);
    strcat(strcpy(full, "MIMALLOC_"), names[i]);
    unsetenv(full);
  }
}

/* The option after the environment has been read with one variable set; what was written to stderr is left in warning. */
static char warning[512];
static long value_with(const char* variable, const char* text, mica_option_t option) {
  clear_environment();
  if (variable != NULL) setenv(variable, text, 1);
  int ends[2];
  cr_assert_eq(pipe(ends), 0);
  const int saved = dup(STDERR_FILENO);
  dup2(ends[1], STDERR_FILENO);
  mica_options_read();
  dup2(saved, STDERR_FILENO);
  close(saved);
  close(ends[1]);
  const ssize_t length = read(ends[0], warning, sizeof warning - 1);
  warning[length > 0 ? length : 0] = '\0';
  close(ends[0]);
  return mica_option(option);
}

static void accepted(const char* variable, const char* text, mica_option_t option, long expected) {
  const long value = value_with(variable, text, option);
  cr_assert_eq(value, expected, "%s=%s gives %ld instead of %ld", variable, text, value, expected);
  cr_assert_str_empty(warning, "%s=%s: %s", variable, text, warning);
}

static void refused(const char* variable, const char* text, mica_option_t option, long expected) {
  const long value = value_with(variable, text, option);
  cr_assert_eq(value, expected, "%s=%s gives %ld instead of %ld", variable, text, value, expected);
  cr_assert_eq(strncmp(warning, "mica: ", 6), 0, "%s=%s: no warning, but: %s", variable, text, warning);
  cr_assert_not_null(strstr(warning, variable), "%s=%s: %s", variable, text, warning);
  const char* const end = strchr(warning, '\n');
  cr_assert(end != NULL && end[1] == '\0', "%s=%s: one line was expected: %s", variable, text, warning);
}

/* Else a test that asked for statistics would get them when its process ends. */
static void back_to_defaults(void) {
  clear_environment();
  mica_options_read();
}

TestSuite(options, .fini = back_to_defaults);

Test(options, defaults) {
  value_with(NULL, NULL, MICA_OPTION_SHOW_STATS);
  cr_assert_eq(mica_option(MICA_OPTION_SHOW_STATS), 0);
  cr_assert_eq(mica_option(MICA_OPTION_SHOW_ERRORS), MICA_CHECKS);
  cr_assert_eq(mica_option(MICA_OPTION_VERBOSE), 0);
  cr_assert_eq(mica_option(MICA_OPTION_DIRTY_LIMIT), 8192);
  cr_assert_eq(mica_option(MICA_OPTION_DIRTY_PERCENT), 10);
  cr_assert_eq(mica_option(MICA_OPTION_DIRTY_CREDIT), 1);
  cr_assert_eq(mica_option(MICA_OPTION_ARENA_RESERVE), 262144);
  cr_assert_str_empty(warning);
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
}

Test(options, values_beyond_the_useful_are_cut) {
  accepted("MICA_ARENA_RESERVE", "4G", MICA_OPTION_ARENA_RESERVE, 262144);
  accepted("MICA_ARENA_RESERVE", "99999999999999999999999999G", MICA_OPTION_ARENA_RESERVE, 262144);
  accepted("MICA_DIRTY_PERCENT", "100000", MICA_OPTION_DIRTY_PERCENT, 1000);
  const long most = value_with("MICA_DIRTY_LIMIT", "99999999999999999999G", MICA_OPTION_DIRTY_LIMIT);
  cr_assert_gt(most, 1L << 40);
  cr_assert_leq(most, __LONG_MAX__ / 1024, "the value in bytes fits a long");
}

Test(options, what_is_not_understood_is_warned_about_and_ignored) {
  refused("MICA_SHOW_STATS", "maybe", MICA_OPTION_SHOW_STATS, 0);
  refused("MICA_SHOW_STATS", "", MICA_OPTION_SHOW_STATS, 0);
  refused("MICA_SHOW_STATS", "-1", MICA_OPTION_SHOW_STATS, 0);
  refused("MICA_SHOW_STATS", "1K", MICA_OPTION_SHOW_STATS, 0);
  refused("MICA_DIRTY_LIMIT", "much", MICA_OPTION_DIRTY_LIMIT, 8192);
  refused("MICA_DIRTY_LIMIT", "-5", MICA_OPTION_DIRTY_LIMIT, 8192);
  refused("MICA_DIRTY_LIMIT", "5X", MICA_OPTION_DIRTY_LIMIT, 8192);
  refused("MICA_DIRTY_LIMIT", "5Mx", MICA_OPTION_DIRTY_LIMIT, 8192);
  refused("MICA_DIRTY_LIMIT", "5 M", MICA_OPTION_DIRTY_LIMIT, 8192);
  refused("MICA_DIRTY_LIMIT", "yes", MICA_OPTION_DIRTY_LIMIT, 8192);
  refused("MICA_DIRTY_PERCENT", "10%", MICA_OPTION_DIRTY_PERCENT, 10);
}

Test(options, a_very_long_value_is_refused_in_one_line) {
  static char text[2000];
  memset(text, 'x', sizeof text - 1);
  refused("MICA_DIRTY_LIMIT", text, MICA_OPTION_DIRTY_LIMIT, 8192);
}

Test(options, mimalloc_names_count_where_they_mean_the_same) {
  accepted("MIMALLOC_SHOW_STATS", "1", MICA_OPTION_SHOW_STATS, 1);
  accepted("MIMALLOC_SHOW_ERRORS", "1", MICA_OPTION_SHOW_ERRORS, 1);
  accepted("MIMALLOC_VERBOSE", "1", MICA_OPTION_VERBOSE, 1);
  accepted("MIMALLOC_ARENA_RESERVE", "64M", MICA_OPTION_ARENA_RESERVE, 65536);
  accepted("MIMALLOC_ARENA_RESERVE", "67108864", MICA_OPTION_ARENA_RESERVE, 65536);
  accepted("MIMALLOC_ARENA_RESERVE", "67108865", MICA_OPTION_ARENA_RESERVE, 65537);
  accepted("MIMALLOC_DIRTY_LIMIT", "5", MICA_OPTION_DIRTY_LIMIT, 8192);
  accepted("MIMALLOC_DIRTY_PERCENT", "5", MICA_OPTION_DIRTY_PERCENT, 10);
}

Test(options, micas_name_wins) {
  clear_environment();
  setenv("MICA_SHOW_STATS", "0", 1);
  setenv("MIMALLOC_SHOW_STATS", "1", 1);
  mica_options_read();
  cr_assert_eq(mica_option(MICA_OPTION_SHOW_STATS), 0);
  unsetenv("MICA_SHOW_STATS");
  mica_options_read();
  cr_assert_eq(mica_option(MICA_OPTION_SHOW_STATS), 1);
}

Test(options, reading_keeps_errno) {
  clear_environment();
  errno = 4711;
  mica_options_read();
  cr_assert_eq(errno, 4711);
}

Test(options, print_lists_every_option) {
  clear_environment();
  mica_options_read();
  int ends[2];
  cr_assert_eq(pipe(ends), 0);
  const int saved = dup(STDERR_FILENO);
  dup2(ends[1], STDERR_FILENO);
  mica_options_print();
  dup2(saved, STDERR_FILENO);
  close(ends[1]);
  char text[2048];
  const ssize_t length = read(ends[0], text, sizeof text - 1);
  cr_assert_gt(length, (ssize_t)0);
  text[length] = '\0';
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    cr_assert_not_null(strstr(text, names[i]), "%s is missing in:\n%s", names[i], text);
  }
  cr_assert_not_null(strstr(text, "MICA_DIRTY_LIMIT=8192 KiB\n"), "%s", text);
}
