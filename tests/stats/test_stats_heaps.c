/* test_stats_heaps.c -- the figures of one heap, of a subprocess, and what becomes of them when heaps end. */
#include <errno.h>
#include <mica.h>
#include <stdio.h>
#include <stdlib.h>

#include "heap/alloc.h"
#include "heap/tracked.h"
#include "stats/stats.h"
#include "tests/stats/figures.h"
#include "tests/support/pattern.h"
#include "tests/support/require.h"
#include "tests/support/threads.h"

enum { BLOCKS = 2000, SIZE = 2000, LARGE = 100000 };
static void* blocks[BLOCKS];

static void require_blocks(mi_heap_t* heap, const mi_stats_t* before, int64_t n, int64_t n_large, const char* when) {
  const mi_stats_t now = figures_of(heap);
  const int64_t bytes = now.malloc_normal.current - before->malloc_normal.current;
  const int64_t large_bytes = now.malloc_huge.current - before->malloc_huge.current;
  REQUIRE(shared(&now) - shared(before) == n, "%s: %ld blocks instead of %ld", when,
          (long)(shared(&now) - shared(before)), (long)n);
  REQUIRE(bytes >= n * SIZE && bytes <= n * SIZE * 5 / 4, "%s: %ld bytes", when, (long)bytes);
  REQUIRE(large(&now) - large(before) == n_large, "%s: %ld large blocks instead of %ld", when,
          (long)(large(&now) - large(before)), (long)n_large);
  REQUIRE(large_bytes >= n_large * LARGE && large_bytes <= n_large * (LARGE + 65536), "%s: %ld large bytes", when,
          (long)large_bytes);
}

/* ---- one heap ---- */

Test(figures_heap, a_heaps_blocks_are_its_own_and_exact) {
  const mi_stats_t nothing = {0};
  mi_heap_t* heap = mi_heap_new();
  const mi_stats_t main_before = figures_of(mi_heap_main());
  require_blocks(heap, &nothing, 0, 0, "new");
  for (int i = 0; i < BLOCKS; i++) blocks[i] = mi_heap_malloc(heap, i % 10 == 0 ? LARGE : SIZE);
  require_blocks(heap, &nothing, BLOCKS / 10 * 9, BLOCKS / 10, "full");
  require_blocks(NULL, &main_before, 0, 0, "the main heap");
  const mi_stats_t full = figures_of(heap);
  REQUIRE(full.pages.current ==
              full.page_bins[MI_BIN_HUGE].current + (full.page_committed.current - full.malloc_huge.current) / 65536,
          "%ld pages of a slice, and large ones", (long)full.pages.current);
  REQUIRE(full.page_committed.current == (int64_t)mi_heap_get_used(heap), "bytes under pages");
  REQUIRE(full.pages_abandoned.current == 0, "none is abandoned");
  for (int i = 0; i < BLOCKS; i += 2) mi_free(blocks[i]);
  require_blocks(heap, &nothing, BLOCKS / 2, 0, "every second freed");
  for (int i = 1; i < BLOCKS; i += 2) mi_free(blocks[i]);
  require_blocks(heap, &nothing, 0, 0, "all freed");
  require_blocks(NULL, &main_before, 0, 0, "the main heap at the end");
  mi_heap_destroy(heap);
}

Test(figures_heap, only_what_is_current_is_known_of_a_heap) {
  mi_heap_t* heap = mi_heap_new();
  for (int i = 0; i < 100; i++) blocks[i] = mi_heap_malloc(heap, SIZE);
  mi_stats_t stats = figures_of(heap);
  stats.pages.current = stats.page_committed.current = stats.malloc_normal.current = 0;
  for (int i = 0; i < MI_BIN_HUGE; i++) stats.malloc_bins[i].current = stats.page_bins[i].current = 0;
  REQUIRE(all_zero(&stats.pages, sizeof stats - offsetof(mi_stats_t, pages)), "something else is set");
  mi_heap_destroy(heap);
}

Test(figures_heap, wrong_sizes_and_versions_are_refused) {
  mi_stats_t stats, before;
  memset(&stats, 0x55, sizeof stats);
  before = stats;
  mi_heap_t* heap = mi_heap_new();
  cr_assert_not(mi_heap_stats_get(heap, &stats));
  cr_assert_not(mi_subproc_stats_get(mi_subproc_main(), &stats));
  cr_assert_not(mi_subproc_stats_get_exclusive(mi_subproc_main(), &stats));
  cr_assert_eq(memcmp(&stats, &before, sizeof stats), 0, "nothing is written");
  cr_assert_not(mi_heap_stats_get(heap, NULL));
  cr_assert_not(mi_subproc_stats_get(mi_subproc_main(), NULL));
  cr_assert_not(mi_subproc_stats_get_exclusive(mi_subproc_main(), NULL));
  mi_heap_destroy(heap);
}

Test(figures_heap, more_large_blocks_than_a_registry_holds) {
  enum { MANY = 1500 };
  const mi_stats_t nothing = {0};
  const mi_stats_t main_before = figures_of(NULL);
  mi_heap_t* heap = mi_heap_new();
  for (int i = 0; i < MANY; i++) blocks[i] = mi_heap_malloc(heap, LARGE);
  require_blocks(heap, &nothing, 0, MANY, "full");
  require_blocks(NULL, &main_before, 0, 0, "the main heap");
  for (int i = 0; i < MANY; i += 3) mi_free(blocks[i]);
  require_blocks(heap, &nothing, 0, MANY / 3 * 2, "a third freed");
  mi_heap_destroy(heap);
  require_blocks(NULL, &main_before, 0, 0, "destroyed");
}

/* ---- the end of a heap ---- */

Test(figures_heap, blocks_of_a_deleted_heap_are_the_main_heaps) {
  mica_collect(true);
  const mi_stats_t before = figures_of(NULL);
  mi_heap_t* heap = mi_heap_new();
  for (int i = 0; i < BLOCKS; i++) blocks[i] = mi_heap_malloc(heap, i % 10 == 0 ? LARGE : SIZE);
  mi_heap_delete(heap);
  require_blocks(NULL, &before, BLOCKS / 10 * 9, BLOCKS / 10, "deleted");
  for (int i = 0; i < BLOCKS; i++) mi_free(blocks[i]);
  require_blocks(NULL, &before, 0, 0, "freed");
  mica_collect(true);
  require_blocks(NULL, &before, 0, 0, "collected");
}

Test(figures_heap, blocks_of_a_destroyed_heap_are_gone) {
  mica_collect(true);
  const mi_stats_t before = figures();
  mi_heap_t* heap = mi_heap_new();
  for (int i = 0; i < BLOCKS; i++) blocks[i] = mi_heap_malloc(heap, i % 10 == 0 ? LARGE : SIZE);
  const mi_stats_t with = figures();
  REQUIRE(large(&with) - large(&before) == BLOCKS / 10, "large blocks");
  mi_heap_destroy(heap);
  const mi_stats_t after = figures();
  REQUIRE(shared(&after) == shared(&before) && large(&after) == large(&before), "blocks are left");
  REQUIRE(after.malloc_normal.current == before.malloc_normal.current, "bytes are left");
  REQUIRE(after.malloc_huge.current == before.malloc_huge.current, "large bytes are left");
  REQUIRE(after.pages.current == before.pages.current, "pages are left");
}

static void* leave(void* arg) {
  for (int i = 0; i < BLOCKS; i++) blocks[i] = mi_malloc(SIZE);
  return arg;
}

Test(figures_heap, abandoned_pages_are_the_main_heaps) {
  run_thread(leave, NULL);
  mi_heap_t* heap = mi_heap_new();
  const mi_stats_t one = figures_of(heap), rest = figures_of(NULL), all = figures();
  REQUIRE(rest.pages_abandoned.current * 65536 >= (int64_t)BLOCKS * SIZE, "%ld", (long)rest.pages_abandoned.current);
  REQUIRE(rest.pages_abandoned.current == all.pages_abandoned.current, "all of them");
  REQUIRE(one.pages_abandoned.current == 0 && one.pages.current == 0 && shared(&one) == 0, "the heap has none");
  for (int i = 0; i < BLOCKS; i++) mi_free(blocks[i]);
  mi_heap_destroy(heap);
}

/* ---- sums ---- */

/* What a heap holds ready for the calling thread is known to be free only where the heap is named. */
Test(figures_heap, the_process_has_what_all_heaps_have) {
  enum { HEAPS = 5 };
  mi_heap_t* heaps[HEAPS];
  const mi_stats_t before = figures(), main_before = figures_of(NULL);
  for (int h = 0; h < HEAPS; h++) {
    heaps[h] = mi_heap_new();
    for (int i = 0; i <= h * 100; i++) blocks[i] = mi_heap_malloc(heaps[h], i % 10 == 0 ? LARGE : SIZE);
  }
  int64_t sum = 0, sum_large = 0, pages = 0, large_bytes = 0;
  for (int h = 0; h < HEAPS; h++) {
    const mi_stats_t one = figures_of(heaps[h]);
    REQUIRE(shared(&one) + large(&one) == h * 100 + 1, "heap %d: %ld and %ld", h, (long)shared(&one),
            (long)large(&one));
    sum += shared(&one);
    sum_large += large(&one);
    pages += one.pages.current;
    large_bytes += one.malloc_huge.current;
  }
  require_blocks(NULL, &main_before, 0, 0, "the main heap");
  const mi_stats_t now = figures();
  REQUIRE(large(&now) - large(&before) == sum_large, "large blocks");
  REQUIRE(now.malloc_huge.current - before.malloc_huge.current == large_bytes, "large bytes");
  REQUIRE(now.pages.current - before.pages.current == pages, "pages");
  const int64_t ready = shared(&now) - shared(&before) - sum;
  REQUIRE(ready >= 0 && ready <= HEAPS * 64, "%ld blocks are ready", (long)ready);
  for (int h = 0; h < HEAPS; h++) mi_heap_destroy(heaps[h]);
}

Test(figures_heap, heaps_are_counted) {
  mi_heap_t* heaps[10];
  const mi_stats_t before = figures();
  REQUIRE(before.heaps.current >= 1, "the main heap");
  for (int i = 0; i < 10; i++) heaps[i] = mi_heap_new();
  const mi_stats_t with = figures();
  REQUIRE(with.heaps.current == before.heaps.current + 10, "%ld heaps", (long)with.heaps.current);
  for (int i = 0; i < 5; i++) mi_heap_delete(heaps[i]);
  for (int i = 5; i < 10; i++) mi_heap_destroy(heaps[i]);
  const mi_stats_t after = figures();
  REQUIRE(after.heaps.current == before.heaps.current, "%ld heaps are left", (long)after.heaps.current);
  REQUIRE(after.heaps.peak >= before.heaps.current + 10, "the peak");
}

static void* work_in(void* heap) {
  for (int i = 0; i < 500; i++) blocks[i] = mi_heap_malloc(heap, SIZE);
  for (int i = 0; i < 3; i++) blocks[500 + i] = mi_heap_malloc(heap, LARGE);
  return NULL;
}

Test(figures_heap, other_threads_blocks_in_a_heap) {
  const mi_stats_t nothing = {0};
  mi_heap_t* heap = mi_heap_new();
  run_thread(work_in, heap);
  const mi_stats_t with = figures_of(heap);
  REQUIRE(shared(&with) >= 500 && shared(&with) <= 564, "%ld blocks", (long)shared(&with));
  REQUIRE(large(&with) == 3, "%ld large blocks", (long)large(&with));
  for (int i = 0; i < 503; i++) mi_free(blocks[i]);
  const mi_stats_t after = figures_of(heap);
  REQUIRE(shared(&after) == shared(&with) - 500, "%ld blocks are freed", (long)(shared(&with) - shared(&after)));
  require_blocks(heap, &after, 0, 0, "nothing else happens");
  REQUIRE(large(&after) == large(&nothing), "%ld large blocks are left", (long)large(&after));
  mi_heap_destroy(heap);
}

/* ---- subprocesses ---- */

static mi_subproc_id_t other;
static void* work_in_subproc(void* arg) {
  mi_subproc_add_current_thread(other);
  for (int i = 0; i < 300; i++) blocks[i] = mi_malloc(SIZE);
  for (int i = 0; i < 7; i++) blocks[300 + i] = mi_malloc(LARGE);
  mi_heap_t* heap = mi_heap_new();
  for (int i = 0; i < 200; i++) blocks[400 + i] = mi_heap_malloc(heap, SIZE);
  for (int i = 0; i < 5; i++) blocks[700 + i] = mi_heap_malloc(heap, LARGE);
  return arg;
}

Test(figures_heap, a_subprocess_has_what_its_heaps_have) {
  other = mi_subproc_new();
  run_thread(work_in, mi_heap_main()); /* a first thread */
  for (int i = 0; i < 503; i++) mi_free(blocks[i]);
  const mi_stats_t before = figures_of_subproc(mi_subproc_main()), empty = figures_of_subproc(other);
  REQUIRE(shared(&empty) == 0 && large(&empty) == 0 && empty.pages.current == 0, "a new one");
  run_thread(work_in_subproc, NULL);
  const mi_stats_t with = figures_of_subproc(other), main_now = figures_of_subproc(mi_subproc_main());
  REQUIRE(large(&with) == 12, "%ld large blocks", (long)large(&with));
  REQUIRE(shared(&with) >= 500 && shared(&with) <= 500 + 128, "%ld blocks", (long)shared(&with));
  REQUIRE(large(&main_now) == large(&before), "large blocks of the main one");
  REQUIRE(shared(&main_now) == shared(&before), "%ld blocks more", (long)(shared(&main_now) - shared(&before)));
  REQUIRE(main_now.reserved.current > 0 && with.reserved.current == 0, "what is the process's is the main one's");
  mi_stats_t alone;
  mi_stats_header_init(&alone);
  REQUIRE(mi_subproc_stats_get_exclusive(other, &alone), "refused");
  REQUIRE(large(&alone) == 7, "%ld large blocks in its main heap", (long)large(&alone));
  REQUIRE(shared(&alone) >= 300 && shared(&alone) <= 364, "%ld blocks in its main heap", (long)shared(&alone));
  REQUIRE(mi_subproc_stats_get_exclusive(mi_subproc_main(), &alone), "refused");
  REQUIRE(large(&alone) == large(&before), "the main one's alone");
  char* json = mi_subproc_stats_get_json(other, 0, NULL);
  REQUIRE(json != NULL && strstr(json, "\"malloc_bins\"") != NULL, "no JSON");
  mi_free(json);
  mi_subproc_destroy(other);
  const mi_stats_t end = figures();
  REQUIRE(large(&end) == large(&before), "they are gone");
}

/* ---- text ---- */

typedef struct text_s {
  char bytes[20000];
  size_t length;
} text_t;

static void append(const char* line, void* arg) {
  text_t* to = arg;
  const size_t n = strlen(line);
  REQUIRE(to->length + n < sizeof to->bytes, "too much text");
  REQUIRE(n != 0 && line[n - 1] == '\n' && strchr(line, '\n') == line + n - 1, "not a line: %s", line);
  memcpy(to->bytes + to->length, line, n + 1);
  to->length += n;
}

/* Whether there is a line of that class with so many blocks. */
static bool says(const text_t* text, const char* class, long n) {
  for (const char* at = text->bytes; *at != '\0'; at = strchr(at, '\n') + 1) {
    char first[32];
    long blocks_in_use, pages;
    if (sscanf(at, "  %31s %ld %ld", first, &blocks_in_use, &pages) == 3 && strcmp(first, class) == 0)
      return blocks_in_use == n;
  }
  return false;
}

Test(figures_heap, text_tells_the_blocks_of_each_class) {
  static text_t text;
  mi_heap_t* heap = mi_heap_new();
  for (int i = 0; i < 77; i++) blocks[i] = mi_heap_malloc(heap, 8192 - MICA_PAD);
  for (int i = 0; i < 13; i++) blocks[100 + i] = mi_heap_malloc(heap, LARGE);
  mi_heap_stats_print_out(heap, append, &text);
  cr_assert(says(&text, "8192", 77), "%s", text.bytes);
  cr_assert(says(&text, "large", 13), "%s", text.bytes);
  cr_assert(says(&text, "all", 90), "%s", text.bytes);
  cr_assert_not_null(strstr(text.bytes, ", heap 0x"), "%s", text.bytes);
  text.length = 0;
  mi_subproc_heap_stats_print_out(mi_subproc_main(), append, &text);
  cr_assert_not_null(strstr(text.bytes, ", main heap\n"), "%s", text.bytes);
  cr_assert_not_null(strstr(text.bytes, ", heap 0x"), "%s", text.bytes);
  text.length = 0;
  mi_subproc_stats_print_out(mi_subproc_main(), append, &text);
  cr_assert_not_null(strstr(text.bytes, "bytes in use"), "%s", text.bytes);
  mi_heap_destroy(heap);
}

Test(figures_heap, a_threads_text_tells_its_own_pages) {
  static text_t text;
  mica_collect(true);
  for (int i = 0; i < 33; i++) blocks[i] = mi_malloc(60000);
  mi_thread_stats_print_out(append, &text);
  cr_assert(says(&text, "65536", 33), "%s", text.bytes);
  cr_assert_not_null(strstr(text.bytes, "calling thread"), "%s", text.bytes);
  for (int i = 0; i < 33; i++) mi_free(blocks[i]);
}

Test(figures_heap, a_heap_as_json) {
  static char text[65536];
  mi_heap_t* heap = mi_heap_new();
  for (int i = 0; i < 41; i++) blocks[i] = mi_heap_malloc(heap, LARGE);
  char* json = mi_heap_stats_get_json(heap, 0, NULL);
  REQUIRE(json != NULL && strstr(json, "\"current\": 41, \"block_size\": 0 }") != NULL, "not told");
  REQUIRE(mi_heap_stats_get_json(heap, sizeof text, text) == text, "64 KiB are enough");
  REQUIRE(strstr(text, "\"current\": 41, \"block_size\": 0 }") != NULL, "not told");
  REQUIRE(mi_heap_stats_get_json(heap, 100, text) == NULL && strlen(text) == 99, "cut");
  mi_free(json);
  mi_heap_destroy(heap);
}

Test(figures_heap, merging_a_heap_changes_nothing) {
  mi_heap_t* heap = mi_heap_new();
  blocks[0] = mi_heap_malloc(heap, SIZE);
  const mi_stats_t before = figures();
  mi_heap_stats_merge_to_subproc(heap);
  mi_heap_stats_merge_to_subproc(NULL);
  const mi_stats_t after = figures();
  REQUIRE(memcmp(&before, &after, sizeof before) == 0, "figures differ");
  mi_heap_destroy(heap);
}
