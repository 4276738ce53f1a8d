/* test_stats_text.c -- the tables: their figures are those of the structure, and each goes where it should. */
#include <errno.h>
#include <mica.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "heap/alloc.h"
#include "tests/stats/figures.h"
#include "tests/support/errno_mark.h"
#include "tests/support/require.h"

typedef struct text_s {
  char bytes[20000];
  size_t length;
  int lines;
} text_t;

static void append(const char* line, void* arg) {
  text_t* to = arg;
  const size_t n = strlen(line);
  REQUIRE(to->length + n < sizeof to->bytes, "too much text");
  memcpy(to->bytes + to->length, line, n + 1);
  to->length += n;
  to->lines++;
}

/* What follows the name of a row. */
static const char* row(const text_t* text, const char* name) {
  for (const char* at = text->bytes; *at != '\0'; at = strchr(at, '\n') + 1)
    if (strncmp(at, "  ", 2) == 0 && strncmp(at + 2, name, strlen(name)) == 0 &&
        strncmp(at + 2 + strlen(name), "  ", 2) == 0)
      return at + 2 + strlen(name);
  cr_assert_fail("no row %s in %s", name, text->bytes);
  return NULL;
}

static void require_row(const text_t* text, const char* name, int64_t made, int64_t current) {
  long a = -1, b = -1, c = -1;
  const int n = sscanf(row(text, name), " %ld %ld %ld", &a, &b, &c);
  REQUIRE(n == 3 && a == made && c == current, "%s: %ld, %ld, %ld instead of %ld, ..., %ld", name, a, b, c, (long)made,
          (long)current);
}

Test(figures_text, the_table_has_the_figures_of_the_structure) {
  static text_t text;
  void* p[3];
  for (int i = 0; i < 3; i++) p[i] = mi_malloc((size_t)(i + 1) << 20);
  const mi_stats_t stats = figures();
  errno = ERRNO_MARK;
  mi_stats_print_out(append, &text);
  REQUIRE(errno == ERRNO_MARK, "errno");
  require_row(&text, "large blocks", stats.malloc_huge_count.total, stats.malloc_bins[MI_BIN_HUGE].current);
  require_row(&text, "threads", stats.threads.total, stats.threads.current);
  long blocks = -1, pages = -1;
  REQUIRE(sscanf(row(&text, "large"), " %ld %ld", &blocks, &pages) == 2, "by class");
  REQUIRE(blocks == stats.malloc_bins[MI_BIN_HUGE].current && pages == blocks, "%ld and %ld", blocks, pages);
  for (int i = 0; i < 3; i++) mi_free(p[i]);
}

Test(figures_text, the_table_begins_again_with_reset) {
  static text_t text;
  void* kept = mi_malloc(1 << 20);
  mi_stats_reset();
  void* p = mi_malloc(1 << 20);
  const mi_stats_t stats = figures();
  mi_stats_print_out(append, &text);
  require_row(&text, "large blocks", 1, stats.malloc_bins[MI_BIN_HUGE].current);
  REQUIRE(stats.malloc_bins[MI_BIN_HUGE].current >= 2, "the one from before is there");
  mi_free(p);
  mi_free(kept);
}

Test(figures_text, the_process_s_times_and_memory) {
  static text_t text;
  errno = ERRNO_MARK;
  mi_process_info_print_out(append, &text);
  REQUIRE(errno == ERRNO_MARK, "errno");
  row(&text, "resident");
  row(&text, "page faults");
  row(&text, "time");
  REQUIRE(text.lines == 4, "%d lines", text.lines);
}

/* What f() writes to stderr. */
static void captured(void (*f)(void), text_t* text) {
  int ends[2];
  REQUIRE(pipe(ends) == 0, "no pipe");
  const int saved = dup(STDERR_FILENO);
  dup2(ends[1], STDERR_FILENO);
  f();
  dup2(saved, STDERR_FILENO);
  close(ends[1]);
  close(saved);
  const ssize_t n = read(ends[0], text->bytes, sizeof text->bytes - 1);
  text->bytes[n > 0 ? n : 0] = '\0';
  close(ends[0]);
}

static void arenas(void) { mi_arenas_print(); }
static void arenas_again(void) { mi_debug_show_arenas(); }
static void process(void) { mi_process_info_print(); }

Test(figures_text, arenas_are_told_one_a_line) {
  static text_t text, same, info;
  mi_free(mi_malloc(100));
  mica_collect(true);
  captured(arenas, &text);
  captured(arenas_again, &same);
  cr_assert_str_eq(text.bytes, same.bytes);
  const mi_stats_t stats = figures();
  int lines = 0;
  for (const char* at = text.bytes; (at = strstr(at, "\n  arena ")) != NULL; at++) lines++;
  cr_assert_eq(lines, (int)stats.arena_count.total, "%s", text.bytes);
  cr_assert_not_null(strstr(text.bytes, "mapped"), "%s", text.bytes);
  captured(process, &info);
  cr_assert_not_null(strstr(info.bytes, "resident"), "%s", info.bytes);
}

Test(figures_text, a_thread_without_a_heap_has_nothing) {
  static text_t text;
  mi_thread_done();
  mi_thread_stats_print_out(append, &text);
  long a = -1, b = -1;
  REQUIRE(strstr(text.bytes, "\n  all ") == NULL ||
              (sscanf(row(&text, "all"), " %ld %ld", &a, &b) == 2 && a == 0 && b == 0),
          "%s", text.bytes);
}
