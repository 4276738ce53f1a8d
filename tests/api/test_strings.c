/* test_strings.c -- strdup and strndup. */
#define _GNU_SOURCE 1
#include <criterion/criterion.h>
#include <mica.h>
#include <stdlib.h>

#include "tests/support/errno_mark.h"
#include "tests/support/pointers.h"

Test(strings, strdup_copies) {
  static const char* const texts[] = {"", "a", "fifteen letters", "sixteen letters.",
                                      "a somewhat longer text than that"};
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    char* copy = NULL;
    KEEPS_ERRNO(copy = opaque(strdup(texts[i])));
    cr_assert_str_eq(copy, texts[i]);
    cr_assert(mi_is_in_heap_region(copy), "the copy of \"%s\" is not mica's", texts[i]);
    free(copy);
  }
}

Test(strings, strdup_copies_a_long_text) {
  enum { LENGTH = 300000 };
  char* const text = opaque(malloc(LENGTH + 1));
  memset(text, 'x', LENGTH);
  text[LENGTH] = '\0';
  char* const copy = opaque(strdup(text));
  cr_assert_str_eq(copy, text);
  free(text);
  free(copy);
}

Test(strings, strndup_stops_at_the_limit) {
  char* copy = NULL;
  KEEPS_ERRNO(copy = opaque(strndup("hello", 3)));
  cr_assert_str_eq(copy, "hel");
  cr_assert(mi_is_in_heap_region(copy));
  free(copy);
  volatile size_t unlimited = SIZE_MAX;
  KEEPS_ERRNO(copy = opaque(strndup("hello", unlimited)));
  cr_assert_str_eq(copy, "hello");
  free(copy);
  KEEPS_ERRNO(copy = opaque(strndup("hello", 0)));
  cr_assert_str_eq(copy, "");
  free(copy);
}

Test(strings, strndup_copies_no_byte_behind_the_limit) {
  char bytes[] = "abcdefgh";
  char* const text = opaque(bytes);
  char* const copy = opaque(strndup(text, 4));
  memset(bytes, 'x', sizeof bytes);
  cr_assert_str_eq(copy, "abcd");
  free(copy);
}
