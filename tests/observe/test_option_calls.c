/* test_option_calls.c -- options by call, by several threads, and their printing. */
#include "all_options.h"

#include "observe/environment.h"
#include "observe/options.h"
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>

#include "tests/support/capture.h"
#include "tests/support/errno_mark.h"

/* Else a test that asked for statistics would get them when its process ends. */
static void quiet(void) { mi_option_set(mi_option_show_stats, 0); }

TestSuite(option_calls, .fini = quiet);

Test(option_calls, every_one_by_call) {
  clear_environment();
  for (unsigned i = 0; i < OPTIONS; i++) {
    const expected_t* const e = &all_options[i];
    errno = ERRNO_MARK;
    mi_option_set(e->option, e->fallback + 1 > 262144 ? 77 : e->fallback + 1);
    const long expected = e->fallback + 1 > 262144 ? 77 : e->fallback + 1;
    if (e->option != mi_option_arena_reserve)
      cr_assert_eq(mi_option_get(e->option), expected, "%s is %ld", e->name, mi_option_get(e->option));
    mi_option_disable(e->option);
    cr_assert_not(mi_option_is_enabled(e->option), "%s", e->name);
    cr_assert_eq(mica_option(e->option), 0);
    mi_option_enable(e->option);
    cr_assert(mi_option_is_enabled(e->option), "%s", e->name);
    cr_assert_eq(mica_option(e->option), 1);
    mi_option_set_enabled(e->option, false);
    cr_assert_eq(mica_option(e->option), 0);
    mi_option_set_enabled(e->option, true);
    cr_assert_eq(mica_option(e->option), 1);
    mi_option_set_default(e->option, 9);
    mi_option_set_enabled_default(e->option, false);
    cr_assert_eq(mica_option(e->option), 1, "%s: a default replaced what was set", e->name);
    cr_assert_eq(errno, ERRNO_MARK);
  }
  for (unsigned i = 0; i < OPTIONS; i++) cr_assert_eq(mica_option(all_options[i].option), 1, "option %u", i);
}

Test(option_calls, a_default_gives_way) {
  clear_environment();
  mica_options_read();
  mi_option_set_default(mi_option_dirty_limit, 5);
  cr_assert_eq(mi_option_get(mi_option_dirty_limit), 5);
  mi_option_set_default(mi_option_dirty_limit, 6);
  cr_assert_eq(mi_option_get(mi_option_dirty_limit), 6, "to a later one");
  setenv("MICA_DIRTY_LIMIT", "7", 1);
  mica_options_read();
  cr_assert_eq(mi_option_get(mi_option_dirty_limit), 7, "to the environment");
  mi_option_set_default(mi_option_dirty_limit, 8);
  cr_assert_eq(mi_option_get(mi_option_dirty_limit), 7, "and does not replace it");
  mi_option_set(mi_option_dirty_limit, 9);
  cr_assert_eq(mi_option_get(mi_option_dirty_limit), 9, "to a call");
  mica_options_read();
  cr_assert_eq(mi_option_get(mi_option_dirty_limit), 9, "which the environment does not replace");
  mi_option_set_enabled_default(mi_option_allow_thp, false);
  cr_assert_not(mi_option_is_enabled(mi_option_allow_thp));
  mi_option_set_enabled_default(mi_option_allow_thp, true);
  cr_assert(mi_option_is_enabled(mi_option_allow_thp));
}

Test(option_calls, values_by_call_are_cut_to_the_range) {
  mi_option_set(mi_option_arena_reserve, 1 << 20);
  cr_assert_eq(mi_option_get(mi_option_arena_reserve), 262144);
  mi_option_set(mi_option_dirty_percent, -1);
  cr_assert_eq(mi_option_get(mi_option_dirty_percent), 0);
  mi_option_set(mi_option_dirty_percent, 1001);
  cr_assert_eq(mi_option_get(mi_option_dirty_percent), 1000);
  mi_option_set(mi_option_purge_delay, LONG_MIN);
  cr_assert_eq(mi_option_get(mi_option_purge_delay), -(LONG_MAX / 1024));
  mi_option_set(mi_option_memory_limit, LONG_MAX);
  cr_assert_eq(mi_option_get(mi_option_memory_limit), LONG_MAX / 1024);
  cr_assert_eq(mi_option_get_size(mi_option_memory_limit), (size_t)(LONG_MAX / 1024) * 1024);
}

Test(option_calls, clamped) {
  mi_option_set(mi_option_max_errors, 20);
  cr_assert_eq(mi_option_get_clamp(mi_option_max_errors, 1, 30), 20);
  cr_assert_eq(mi_option_get_clamp(mi_option_max_errors, 25, 30), 25);
  cr_assert_eq(mi_option_get_clamp(mi_option_max_errors, 1, 15), 15);
  cr_assert_eq(mi_option_get_clamp(_mi_option_last, 3, 5), 3);
  cr_assert_eq(mi_option_get_clamp(_mi_option_last, -3, -1), -1);
}

Test(option_calls, a_number_that_is_no_options) {
  const mi_option_t wrong[] = {_mi_option_last, (mi_option_t)1000, (mi_option_t)INT_MAX, (mi_option_t)-1};
  for (unsigned i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
    mi_option_set(wrong[i], 5);
    mi_option_set_default(wrong[i], 5);
    mi_option_enable(wrong[i]);
    cr_assert_eq(mi_option_get(wrong[i]), 0);
    cr_assert_eq(mi_option_get_size(wrong[i]), (size_t)0);
    cr_assert_not(mi_option_is_enabled(wrong[i]));
  }
  for (unsigned i = 0; i < OPTIONS; i++) cr_assert_eq(mica_option(all_options[i].option), all_options[i].fallback);
}

/* ---- by many threads ---- */

enum { ROUNDS = 20000, SETTERS = 4 };
static atomic_int left; /* relaxed: a count; the threads are joined before anything else is looked at */

static void* set_defaults(void* arg) {
  const long mine = *(const long*)arg;
  for (int i = 0; i < ROUNDS; i++) {
    mi_option_set_default(mi_option_purge_delay, mine);
    const long value = mi_option_get(mi_option_purge_delay);
    if (value < -SETTERS || value > SETTERS || value == 0) atomic_fetch_add_explicit(&left, 1000, memory_order_relaxed);
  }
  atomic_fetch_sub_explicit(&left, 1, memory_order_relaxed);
  return NULL;
}

/* Whatever the moment, none of the defaults replaces it, and nobody ever reads half of two values. */
Test(option_calls, a_call_wins_against_defaults_of_other_threads) {
  static long values[SETTERS];
  pthread_t threads[SETTERS];
  mi_option_set_default(mi_option_purge_delay, 1);
  atomic_store_explicit(&left, SETTERS, memory_order_relaxed);
  for (int i = 0; i < SETTERS; i++) {
    values[i] = i % 2 == 0 ? i + 1 : -(i + 1);
    cr_assert_eq(pthread_create(&threads[i], NULL, set_defaults, &values[i]), 0);
  }
  mi_option_set(mi_option_purge_delay, 3);
  for (int i = 0; atomic_load_explicit(&left, memory_order_relaxed) > 0 && i < 1 << 28; i++) {
    const long value = mi_option_get(mi_option_purge_delay);
    if (value != 3) cr_assert_fail("%ld replaced 3", value);
  }
  for (int i = 0; i < SETTERS; i++) pthread_join(threads[i], NULL);
  /* relaxed: the threads have been joined */
  cr_assert_eq(atomic_load_explicit(&left, memory_order_relaxed), 0, "a value that nobody set was read");
  cr_assert_eq(mi_option_get(mi_option_purge_delay), 3);
}

/* ---- printing ---- */

static char taken[1 << 14];
static unsigned lines;

static void take(const char* text, void* arg) {
  cr_assert_eq(arg, (void*)&lines);
  const size_t length = strlen(text);
  cr_assert(length > 0 && strchr(text, '\n') == text + length - 1, "not one line: %s", text);
  cr_assert_lt(strlen(taken) + length, sizeof taken);
  strcat(taken, text);
  lines++;
}

static void expect_line(const char* line) { cr_assert_not_null(strstr(taken, line), "no %s in:\n%s", line, taken); }

Test(option_calls, print_lists_every_option_and_says_what_has_no_effect) {
  clear_environment();
  mica_options_read();
  errno = ERRNO_MARK;
  mi_options_print_out(take, &lines);
  cr_assert_eq(errno, ERRNO_MARK);
  cr_assert_eq(lines, 1U + OPTIONS);
  expect_line("mica: version " MICA_VERSION_STRING);
  for (unsigned i = 0; i < OPTIONS; i++) {
    const expected_t* const e = &all_options[i];
    char line[128];
    snprintf(line, sizeof line, "mica: MICA_%s=%ld%s%s\n", e->name, e->fallback, e->in_kib ? " KiB" : "",
             e->effect ? "" : "  (no effect in mica)");
    expect_line(line);
  }
}

Test(option_calls, print_says_where_a_value_is_from) {
  clear_environment();
  setenv("MICA_DIRTY_LIMIT", "5M", 1);
  setenv("MIMALLOC_OS_TAG", "0", 1);
  mica_options_read();
  mi_option_set(mi_option_max_errors, 7);
  mi_option_set_default(mi_option_max_warnings, 8);
  mi_options_print_out(take, &lines);
  expect_line("mica: MICA_DIRTY_LIMIT=5120 KiB  (environment)\n");
  expect_line("mica: MICA_OS_TAG=0  (environment)  (no effect in mica)\n");
  expect_line("mica: MICA_MAX_ERRORS=7  (call)\n");
  expect_line("mica: MICA_MAX_WARNINGS=8  (default by call)\n");
}

Test(option_calls, print_goes_to_stderr) {
  clear_environment();
  mica_options_read();
  capture_begin();
  mi_options_print();
  capture_end();
  cr_assert_eq(captured_times("mica: MICA_"), (unsigned)OPTIONS);
  capture_begin();
  mi_options_print_out(NULL, NULL);
  capture_end();
  cr_assert_eq(captured_times("mica: MICA_"), (unsigned)OPTIONS);
}
