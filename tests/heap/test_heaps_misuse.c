/* test_heaps_misuse.c -- debug only: a block that was destroyed with its heap must not be freed. One line, and the program
 * ends. */
#include "base/config.h"
#include <stdio.h>

#include "heap/fast.h"
#include "tests/support/dying.h"
#include "tests/support/heaps.h"

static void free_it(void* p) { mica_free(p); }

/* A child frees p; it must die after one line that names p. */
static void expect_one_line(void* p, const char* what) {
  char words[1000], named[40];
  dying_words(free_it, p, words, sizeof words);
  snprintf(named, sizeof named, "free(%p)", p);
  const char* end = strchr(words, '\n');
  cr_assert(end != NULL && end[1] == '\0', "not one line: \"%s\"", words);
  cr_assert(strstr(words, named) != NULL && strstr(words, what) != NULL, "\"%s\" says neither %s nor %s", words, named,
            what);
}

Test(heaps_misuse, free_after_destroy) {
  if (!MICA_EXAMINES) return;
  mi_heap_t* heap = heaps_new();
  char* blocks[HEAPS_SIZES];
  for (unsigned i = 0; i < HEAPS_SIZES; i++) blocks[i] = heaps_block(heap, heaps_sizes[i], i);
  mi_heap_destroy(heap);
  for (unsigned i = 0; i + 1 < HEAPS_SIZES; i++) expect_one_line(blocks[i], "not the start of a block");
  expect_one_line(blocks[HEAPS_SIZES - 1], "not a pointer of mica's");
}

Test(heaps_misuse, a_pointer_into_a_block_of_a_heap) {
  if (!MICA_EXAMINES) return;
  mi_heap_t* heap = heaps_new();
  for (unsigned i = 2; i < HEAPS_SIZES; i++)
    expect_one_line(heaps_block(heap, heaps_sizes[i], i) + 32, "not the start of a block");
  mi_heap_destroy(heap);
}

/* What one thread freed while the heap was its default. */
Test(heaps_misuse, a_block_of_a_heap_that_was_freed_before) {
  if (!MICA_EXAMINES) return;
  mi_heap_t* heap = heaps_new();
  mi_heap_set_default(heap);
  char *p = heaps_block(heap, 100, 1), *q = heaps_block(heap, 200000, 2);
  heaps_block(heap, 100, 1); /* the page stays */
  mi_free(p);
  mi_free(q);
  expect_one_line(p, "freed before");
  expect_one_line(q, "not the start of a block");
  mi_heap_set_default(mi_heap_main());
  mi_heap_destroy(heap);
}

Test(heaps_misuse, a_block_freed_twice_into_a_heap_that_is_no_default) {
  if (!MICA_EXAMINES) return;
  mi_heap_t* heap = heaps_new();
  void* p = mi_heap_malloc(heap, 100);
  heaps_block(heap, 100, 1); /* the page stays */
  mi_free(p);
  expect_one_line(p, "freed before");
  mi_heap_destroy(heap);
}
