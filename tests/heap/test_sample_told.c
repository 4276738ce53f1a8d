/* test_sample_told.c -- samples that are asked about, told of, moved, and what is left where one was. */
#include "tests/heap/samples.h"

/* As the program's function sees it. */
static size_t asked;
static bool asked_twice;
static void ask(mi_profile_event_t event, const void* p, size_t size, double weight, void* arg) {
  if (event != mi_profile_taken) return;
  asked_twice = asked != 0;
  asked = usable(p);
  REQUIRE(asked >= size && weight >= 1 && arg == &asked, "what it is told");
}

Test(sample, may_be_asked_about_once_it_was_taken) {
  mi_profile_register(ask, &asked);
  if (!begin_all()) return;
  for (size_t i = 0; i < SIZES; i++)
    for (size_t align = 16; align <= 4096; align *= 256) {
      asked = 0;
      void* const p = mica_malloc_aligned(sizes[i], align, 0, false);
      REQUIRE(asked == usable(p) && !asked_twice, "%zu bytes were usable, %zu are", asked, usable(p));
      mica_free(p);
    }
  require_live(0, "freed");
  mi_profile_register(NULL, NULL);
  mi_profile_stop();
}

/* An ordinary block that begins where one began, in the same block, has what the block has. */
Test(sample, is_none_where_one_was) {
  if (!begin_all()) return;
  char *const sample = mica_malloc_aligned(100, 64, 8, false), *const stays = mica_malloc_aligned(100, 64, 8, false);
  const mica_page_t* const page = mica_page_of(sample);
  require_live(2, "aligned");
  mica_free(sample);
  mi_profile_stop();
  mica_free(mica_malloc(100000));
  char *p, *others[256];
  unsigned n = 0;
  while ((p = mica_malloc_aligned(mica_page_remote(page)->size - 63, 64, 8, false)) != sample && n < 256)
    others[n++] = p;
  REQUIRE(p == sample, "it is not given out again");
  REQUIRE(usable(p) == mica_page_usable(page, p), "%zu bytes are usable of %zu", usable(p), mica_page_usable(page, p));
  mica_free(p);
  while (n != 0) mica_free(others[--n]);
  mica_free(stays);
}

/* Of blocks whose memory goes to another page by page tables. */
Test(sample, is_one_where_its_page_has_moved) {
  if (!begin_all()) return;
  char *p = mica_malloc((size_t)9 << 20), *between[4];
  for (size_t i = 0; i < 4; i++) {
    between[i] = mica_malloc((size_t)5 << 20);
    p = mica_realloc(p, ((size_t)9 << 20) * (i + 2));
    REQUIRE(p != NULL, "no memory");
    require_live(i + 2, "grown");
  }
  for (size_t i = 0; i < 4; i++) mica_free(between[i]);
  require_live(1, "the others are freed");
  mica_free(p);
  require_live(0, "freed");
  mi_profile_stop();
}

static void* told_block;
static void allocate_when_told(mi_profile_event_t event, const void* p, size_t size, double weight, void* arg) {
  REQUIRE(p != NULL && size != 0 && weight >= 1 && arg == &asked && event <= mi_profile_freed, "what it is told");
  mica_free(told_block);
  told_block = mica_malloc(500);
  REQUIRE(mi_heap_of(told_block) == mi_heap_main(), "event %d in another heap", (int)event);
}

/* What the program's function allocates is the thread's, whatever heap the sample is of. */
Test(sample, is_told_of_in_the_default_heap) {
  mi_heap_t* const heap = mi_heap_new();
  mi_profile_register(allocate_when_told, &asked);
  if (!begin_all()) return;
  for (size_t i = 1; i < SIZES; i++) {
    told_block = NULL;
    void* p = mi_heap_malloc(heap, sizes[i]);
    REQUIRE(mi_heap_of(p) == heap && told_block != NULL, "taken");
    p = mi_heap_realloc(heap, p, sizes[i] * 3);
    REQUIRE(mi_heap_of(p) == heap, "resized");
    told_block = NULL;
    mica_free(p);
    REQUIRE(told_block != NULL, "freed");
  }
  REQUIRE(mi_heap_malloc(heap, 100) != NULL, "no memory");
  told_block = NULL;
  mi_heap_destroy(heap);
  REQUIRE(told_block != NULL, "destroyed");
  mi_profile_register(NULL, NULL);
  mi_profile_stop();
}
