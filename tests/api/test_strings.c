/* test_strings.c -- what the C library makes of its malloc: its functions that return a block call malloc by name. */
#define _GNU_SOURCE 1
#include <criterion/criterion.h>
#include <mica.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/support/pointers.h"

#define IS_OURS(p, text) \
  do { \
    char* const block_ = opaque(p); \
    cr_assert_str_eq(block_, text); \
    cr_assert(mi_is_in_heap_region(block_), "not mica's: %s", #p); \
    free(block_); \
  } while (0)

static char* printed(int number) {
  char* text = NULL;
  cr_assert_gt(asprintf(&text, "number %d", number), 0);
  return text;
}

static char* line_of(const char* text) {
  FILE* const file = fmemopen((void*)(uintptr_t)text, strlen(text), "r");
  char* line = NULL;
  size_t size = 0;
  cr_assert_gt(getline(&line, &size, file), 0);
  fclose(file);
  return line;
}

Test(strings, of_the_c_library_are_in_blocks_of_ours) {
  IS_OURS(strdup("a somewhat longer text than that"), "a somewhat longer text than that");
  IS_OURS(strndup("hello", 3), "hel");
  IS_OURS(realpath("/usr/..", NULL), "/");
  IS_OURS(printed(7), "number 7");
  IS_OURS(line_of("one\ntwo\n"), "one\n");
}
