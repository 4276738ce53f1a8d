/* test_stats_json.c -- figures as JSON: well formed, equal to the structure, and what becomes of buffers that are too small. */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <mica.h>
#include <stdio.h>
#include <stdlib.h>

#include "stats/stats.h"
#include "tests/support/errno_mark.h"
#include "tests/support/require.h"

/* ---- a reader of objects, arrays, integers and strings without escapes ---- */

typedef struct reader_s {
  const char* at;
  const char* key; /* looked for, below the top: "name.inner" or "name[7].inner" */
  char path[80];   /* of what is being read */
  int64_t found;
  int times;
} reader_t;

static void value(reader_t* r, size_t depth);

static void blank(reader_t* r) {
  while (isspace((unsigned char)*r->at)) r->at++;
}
static void expect(reader_t* r, char c) {
  blank(r);
  REQUIRE(*r->at == c, "%c expected: %.40s", c, r->at);
  r->at++;
}
static bool more(reader_t* r) {
  blank(r);
  if (*r->at != ',') return false;
  r->at++;
  return true;
}

static void object(reader_t* r, size_t depth) {
  expect(r, '{');
  do {
    expect(r, '"');
    const size_t n = strcspn(r->at, "\"\\");
    REQUIRE(r->at[n] == '"' && n != 0, "no name: %.40s", r->at);
    const int wrote = snprintf(r->path + depth, sizeof r->path - depth, "%s%.*s", depth == 0 ? "" : ".", (int)n, r->at);
    r->at += n + 1;
    expect(r, ':');
    value(r, depth + (size_t)wrote);
  } while (more(r));
  expect(r, '}');
}

static void array(reader_t* r, size_t depth) {
  int i = 0;
  expect(r, '[');
  do {
    const int wrote = snprintf(r->path + depth, sizeof r->path - depth, "[%d]", i++);
    value(r, depth + (size_t)wrote);
  } while (more(r));
  expect(r, ']');
}

static void value(reader_t* r, size_t depth) {
  blank(r);
  r->path[depth] = '\0';
  if (*r->at == '{') {
    object(r, depth);
    return;
  }
  if (*r->at == '[') {
    array(r, depth);
    return;
  }
  char* end;
  const int64_t n = strtoll(r->at, &end, 10);
  REQUIRE(end != r->at && (r->at[0] != '0' || end == r->at + 1), "no number: %.40s", r->at);
  r->at = end;
  if (r->key == NULL || strcmp(r->path, r->key) != 0) return;
  r->found = n;
  r->times++;
}

/* The number of that name, which is there once. key NULL: reads all of it. */
static int64_t number(const char* json, const char* key) {
  reader_t r = {json, key, "", 0, 0};
  object(&r, 0);
  blank(&r);
  REQUIRE(*r.at == '\0' && r.at[-1] == '\n', "not the end: %.40s", r.at);
  REQUIRE(key == NULL || r.times == 1, "%s is there %d times", key, r.times);
  return r.found;
}

static void require_count(const char* json, const char* name, const mi_stat_count_t* count) {
  char key[80];
  snprintf(key, sizeof key, "%s.total", name);
  REQUIRE(number(json, key) == count->total, "%s", key);
  snprintf(key, sizeof key, "%s.peak", name);
  REQUIRE(number(json, key) == count->peak, "%s", key);
  snprintf(key, sizeof key, "%s.current", name);
  REQUIRE(number(json, key) == count->current, "%s", key);
}

/* ---- contents ---- */

/* Every figure another number, large and below zero ones among them. */
static void fill_up(mi_stats_t* stats) {
  mi_stats_init(stats);
  int64_t* at = (int64_t*)(void*)((char*)stats + offsetof(mi_stats_t, pages));
  const size_t n = (sizeof *stats - offsetof(mi_stats_t, pages)) / sizeof *at;
  for (size_t i = 0; i < n; i++) at[i] = (int64_t)(i * i * 7919) - 100;
  stats->pages.peak = INT64_MAX;
  stats->threads.total = INT64_MIN;
}

Test(figures_json, every_number_of_the_structure_is_in_the_text) {
  mi_stats_t stats;
  fill_up(&stats);
  const mi_stats_t before = stats;
  char* json = mi_stats_as_json(&stats, 0, NULL);
  REQUIRE(json != NULL, "no text");
  REQUIRE(memcmp(&stats, &before, sizeof stats) == 0, "the structure was written to");
  REQUIRE(number(json, "version") == MI_STAT_VERSION, "version");
  REQUIRE(number(json, "mica_version") == MI_MALLOC_VERSION, "version of mica");
  for (int i = 0; i < MICA_STATS_FIELDS; i++) {
    const char* at = (const char*)&stats + mica_stats_fields[i].at;
    if (mica_stats_fields[i].counter)
      REQUIRE(number(json, mica_stats_fields[i].name) == ((const mi_stat_counter_t*)(const void*)at)->total, "%s",
              mica_stats_fields[i].name);
    else
      require_count(json, mica_stats_fields[i].name, (const mi_stat_count_t*)(const void*)at);
  }
  for (int i = 0; i <= MI_BIN_HUGE; i++) {
    char name[40];
    snprintf(name, sizeof name, "malloc_bins[%d]", i);
    require_count(json, name, &stats.malloc_bins[i]);
    strcat(name, ".block_size");
    REQUIRE(number(json, name) == (int64_t)mi_stats_get_bin_size((size_t)i), "%s", name);
    snprintf(name, sizeof name, "page_bins[%d]", i);
    require_count(json, name, &stats.page_bins[i]);
  }
  mi_free(json);
}

Test(figures_json, the_process_is_in_the_text) {
  enum { SIZE = 40 << 20 };
  char* p = mi_malloc(SIZE);
  memset(p, 1, SIZE);
  char* json = mi_stats_get_json(0, NULL);
  REQUIRE(json != NULL, "no text");
  REQUIRE(number(json, "process.current_rss") >= SIZE, "resident");
  REQUIRE(number(json, "process.peak_rss") >= number(json, "process.current_rss"), "its peak");
  REQUIRE(number(json, "process.current_commit") == number(json, "committed.current"), "committed");
  REQUIRE(number(json, "process.peak_commit") >= number(json, "process.current_commit"), "its peak");
  static const char* const rest[] = {"process.elapsed_msecs", "process.user_msecs", "process.system_msecs",
                                     "process.page_faults"};
  for (int i = 0; i < 4; i++) REQUIRE(number(json, rest[i]) >= 0, "%s", rest[i]);
  REQUIRE(number(json, "malloc_huge.current") >= SIZE, "the block");
  mi_free(json);
  mi_free(p);
}

Test(figures_json, the_text_says_what_the_structure_says) {
  static char text[65536];
  mi_stats_t stats;
  mi_stats_header_init(&stats);
  REQUIRE(mi_stats_get(&stats), "refused");
  errno = ERRNO_MARK;
  REQUIRE(mi_stats_get_json(sizeof text, text) == text, "64 KiB are enough");
  REQUIRE(errno == ERRNO_MARK, "errno");
  require_count(text, "malloc_normal", &stats.malloc_normal);
  require_count(text, "pages", &stats.pages);
  REQUIRE(number(text, "malloc_huge_count") == stats.malloc_huge_count.total, "large blocks");
  for (int i = 0; i <= MI_BIN_HUGE; i++) {
    char name[40];
    snprintf(name, sizeof name, "malloc_bins[%d]", i);
    require_count(text, name, &stats.malloc_bins[i]);
  }
}

/* ---- buffers ---- */

Test(figures_json, text_that_does_not_fit_is_cut_and_not_returned) {
  static char text[65536];
  mi_stats_t stats;
  fill_up(&stats);
  for (size_t size = 0; size < 60000;) {
    memset(text, 0x55, sizeof text);
    char* got = mi_stats_as_json(&stats, size, text);
    for (size_t i = size; i < size + 100; i++) REQUIRE(text[i] == 0x55, "%zu bytes: written behind", size);
    if (got != NULL) {
      REQUIRE(got == text && size > 1000, "%zu bytes", size);
      number(text, NULL);
      REQUIRE(strlen(text) + 1 <= size, "%zu bytes are said to be enough", size);
      return;
    }
    REQUIRE(size == 0 || strlen(text) == size - 1, "%zu bytes: %zu are used", size, strlen(text));
    REQUIRE(size < 2 || text[0] == '{', "%zu bytes: not the beginning", size);
    size += size < 3000 ? 1 : 37;
  }
  cr_assert_fail("it never fits");
}

Test(figures_json, one_byte_decides) {
  static char text[65536];
  mi_stats_t stats;
  fill_up(&stats);
  for (int tries = 0; tries < 100; tries++) { /* the process's times have more digits now and then */
    char* whole = mi_stats_as_json(&stats, 0, NULL);
    REQUIRE(whole != NULL, "no text");
    const size_t need = strlen(whole) + 1;
    const bool fits = mi_stats_as_json(&stats, need, text) != NULL,
               cut = mi_stats_as_json(&stats, need - 1, text) == NULL;
    mi_free(whole);
    if (fits && cut) return;
  }
  cr_assert_fail("never");
}
