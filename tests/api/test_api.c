/* test_api.c -- the mi_* functions that are not about one block: questions, control, figures. */
#define _GNU_SOURCE 1
#include <criterion/criterion.h>
#include <mimalloc.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "tests/api/sizes.h"
#include "tests/support/errno_mark.h"
#include "tests/support/pattern.h"
#include "tests/support/pointers.h"

Test(api, version) {
  cr_assert_eq(mi_version(), MI_MALLOC_VERSION);
  cr_assert_eq(MI_MALLOC_VERSION, 200);
  cr_assert_str_eq(MICA_VERSION_STRING, "0.2.0");
}

Test(api, small_size_max_is_that_of_mimalloc) { cr_assert_eq(MI_SMALL_SIZE_MAX, (size_t)1024); }

Test(api, region_knows_its_own_and_nobody_elses) {
  static char in_data;
  char on_stack;
  for (size_t i = 0; i < ORDINARY_SIZES; i++) {
    char* const p = opaque(malloc(ordinary_sizes[i]));
    cr_assert(mi_is_in_heap_region(p), "a block of %zu bytes", ordinary_sizes[i]);
    if (ordinary_sizes[i] > 0) cr_assert(mi_is_in_heap_region(p + ordinary_sizes[i] - 1), "its last byte");
    free(p);
  }
  cr_assert_not(mi_is_in_heap_region(NULL));
  cr_assert_not(mi_is_in_heap_region(&in_data));
  cr_assert_not(mi_is_in_heap_region(&on_stack));
  cr_assert_not(mi_is_in_heap_region((void*)(uintptr_t)1));
  cr_assert_not(mi_is_in_heap_region((void*)UINTPTR_MAX));
  cr_assert_not(mi_is_in_heap_region((void*)((uintptr_t)1 << 63)));
}

Test(api, good_size_of_impossible_sizes_is_themselves) {
  for (size_t i = 0; i < IMPOSSIBLE_SIZES; i++) cr_assert_eq(mi_good_size(impossible_sizes[i]), impossible_sizes[i]);
}

Test(api, collect_and_thread_calls_may_come_at_any_time) {
  void* const p = opaque(mi_malloc(100));
  pattern_fill(p, 100, 6);
  KEEPS_ERRNO(mi_collect(false));
  KEEPS_ERRNO(mi_collect(true));
  KEEPS_ERRNO(mi_thread_init());
  KEEPS_ERRNO(mi_thread_init());
  KEEPS_ERRNO(mi_thread_done());
  KEEPS_ERRNO(mi_thread_done());
  cr_assert(pattern_filled(p, 100, 6), "a block outlives its thread's heap");
  void* const q = opaque(mi_malloc(100));
  cr_assert_not_null(q, "allocation after mi_thread_done");
  mi_free(p);
  mi_free(q);
  KEEPS_ERRNO(mi_collect(true));
}

static void* thread_calls(void* arg) {
  mi_thread_init();
  void* const p = opaque(mi_malloc(500));
  mi_thread_done();
  mi_free(p);
  return arg;
}

Test(api, thread_calls_in_other_threads) {
  for (int i = 0; i < 100; i++) {
    pthread_t thread;
    cr_assert_eq(pthread_create(&thread, NULL, thread_calls, NULL), 0);
    cr_assert_eq(pthread_join(thread, NULL), 0);
  }
}

static size_t ms_of(struct timeval time) { return (size_t)time.tv_sec * 1000 + (size_t)time.tv_usec / 1000; }

Test(api, process_info_is_plausible) {
  enum { SIZE = 40 << 20 };
  void* const p = opaque(malloc(SIZE));
  memset(p, 1, SIZE);
  size_t elapsed = 0, user = SIZE_MAX, system = SIZE_MAX, rss = 0, peak_rss = 0, commit = 0, peak_commit = 0;
  size_t faults = SIZE_MAX;
  struct rusage before, after;
  getrusage(RUSAGE_SELF, &before);
  KEEPS_ERRNO(mi_process_info(&elapsed, &user, &system, &rss, &peak_rss, &commit, &peak_commit, &faults));
  getrusage(RUSAGE_SELF, &after);
  cr_assert(user >= ms_of(before.ru_utime) && user <= ms_of(after.ru_utime), "%zu ms", user);
  cr_assert(system >= ms_of(before.ru_stime) && system <= ms_of(after.ru_stime), "%zu ms", system);
  cr_assert_geq(rss, (size_t)SIZE);
  cr_assert_geq(peak_rss, rss);
  cr_assert_geq(commit, (size_t)SIZE);
  cr_assert_geq(peak_commit, commit);
  cr_assert_lt(faults, (size_t)1000000);
  free(p);
}

static size_t elapsed_ms(void) {
  size_t elapsed = 0;
  mi_process_info(&elapsed, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
  return elapsed;
}
static size_t clock_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (size_t)now.tv_sec * 1000 + (size_t)now.tv_nsec / 1000000;
}

/* Between two questions as much time passes as by the clock, read before and after each of them. */
Test(api, process_info_tells_the_time_that_passes) {
  const size_t first_from = clock_ms(), first = elapsed_ms(), first_to = clock_ms();
  usleep(20000);
  const size_t from = clock_ms(), elapsed = elapsed_ms() - first, to = clock_ms();
  cr_assert_geq(elapsed, (size_t)20);
  cr_assert(elapsed >= from - first_to && elapsed <= to - first_from, "%zu ms", elapsed);
}

Test(api, process_info_takes_null) { KEEPS_ERRNO(mi_process_info(NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)); }

typedef struct text_s {
  char bytes[8192];
  size_t length;
  int calls;
} text_t;

/* Allocates, as the interface allows. */
static void append(const char* text, void* arg) {
  text_t* const to = arg;
  char* const copy = opaque(mi_strdup(text));
  const size_t length = strlen(copy);
  cr_assert_lt(to->length + length, sizeof to->bytes);
  memcpy(to->bytes + to->length, copy, length + 1);
  to->length += length;
  to->calls++;
  free(copy);
}

Test(api, statistics_name_every_figure) {
  static const char* const expected[] = {"pages",       "slices", "large blocks", "arenas",       "theaps",
                                         "threads",     "purged", "in use",       "system calls", "resident",
                                         "page faults", "time",   "peak"};
  static text_t text;
  KEEPS_ERRNO(mi_stats_print_out(append, &text));
  for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
    cr_assert_not_null(strstr(text.bytes, expected[i]), "no \"%s\" in:\n%s", expected[i], text.bytes);
  }
  cr_assert_gt(text.calls, 10, "the text comes line by line");
  cr_assert_eq(text.bytes[text.length - 1], '\n');
}

/* What f(arg) writes to stderr: its first bytes. */
static void captured(void (*f)(void*), void* arg, char* text, size_t capacity) {
  int ends[2];
  cr_assert_eq(pipe(ends), 0);
  const int saved = dup(STDERR_FILENO);
  dup2(ends[1], STDERR_FILENO);
  f(arg);
  dup2(saved, STDERR_FILENO);
  close(ends[1]);
  const ssize_t length = read(ends[0], text, capacity - 1);
  text[length > 0 ? length : 0] = '\0';
  close(ends[0]);
}

Test(api, stats_print_goes_to_stderr) {
  void* const streams[] = {NULL, stdout, stderr};
  for (size_t i = 0; i < 3; i++) {
    char text[256];
    captured(mi_stats_print, streams[i], text, sizeof text);
    cr_assert_eq(strncmp(text, "mica ", 5), 0, "stream %zu: %s", i, text);
  }
}

static int lines;
static void count_lines(const char* text, void* arg) {
  cr_assert_null(arg);
  cr_assert_not_null(text);
  lines++;
}

Test(api, stats_print_takes_an_output_function) {
  mi_stats_print((void*)count_lines);
  cr_assert_gt(lines, 10);
}
