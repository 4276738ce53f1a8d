/* test_misuse.c -- debug only: a pointer that must not be freed ends the program with one line that names it. */
#include "base/config.h"
#include "base/geometry.h"
#include <stdio.h>
#include <stdlib.h>

#include "heap/fast.h"
#include "tests/support/dying.h"

static void free_it(void* p) { mica_free(p); }
static void free_twice(void* p) {
  mica_free(p);
  mica_free(p);
}

static void expect_one_line(void* p, bool again, const char* what) {
  char words[1000], named[40];
  if (!MICA_EXAMINES) return;
  dying_words(again ? free_twice : free_it, p, words, sizeof words);
  snprintf(named, sizeof named, "free(%p)", p);
  const char* end = strchr(words, '\n');
  cr_assert(strncmp(words, "mica: ", 6) == 0 && end != NULL && end[1] == '\0', "not one line of mica's: \"%s\"", words);
  cr_assert_not_null(strstr(words, named), "does not name %s: \"%s\"", named, words);
  cr_assert_not_null(strstr(words, what), "does not say \"%s\": \"%s\"", what, words);
}

Test(heap_misuse, a_foreign_pointer) {
  int local = 0;
  static int global;
  expect_one_line(&local, false, "not a pointer of mica's");
  expect_one_line(&global, false, "not a pointer of mica's");
  expect_one_line((void*)(uintptr_t)16, false, "not a pointer of mica's");
  expect_one_line((void*)(UINTPTR_MAX - 15), false, "not a pointer of mica's");
}

Test(heap_misuse, a_pointer_into_a_block) {
  char *small = mica_malloc(100), *medium = mica_malloc(20000), *large = mica_malloc(1 << 20);
  expect_one_line(small + 16, false, "not the start of a block");
  expect_one_line(medium + 10000, false, "not the start of a block");
  expect_one_line(large + 16, false, "not the start of a block");
  mica_free(small);
  mica_free(medium);
  mica_free(large);
}

/* Deep in a huge block, where an arena would have its lines, are the program's bytes. */
Test(heap_misuse, a_pointer_deep_into_a_huge_block) {
  char* huge = mica_malloc((size_t)600 << 20);
  char* window = (char*)(((uintptr_t)huge + 2 * MICA_ARENA - 1) & ~(MICA_ARENA - 1));
  for (int byte = 0; byte <= 0xff; byte += 0xff / 3) {
    memset(window, byte, MICA_HEAD);
    expect_one_line(window + (100 << 20), false, "not the start of a block");
  }
  mica_free(huge);
}

Test(heap_misuse, a_block_that_was_freed_before) {
  void* neighbours[] = {mica_malloc(100), mica_malloc(20000)}; /* the page stays */
  expect_one_line(mica_malloc(100), true, "freed before");
  expect_one_line(mica_malloc(20000), true, "freed before");
  expect_one_line(mica_malloc(1 << 20), true, "not the start of a block");
  for (int i = 0; i < 2; i++) mica_free(neighbours[i]);
}
