/* test_api_strings.c -- the functions of mica/strings.h, and those of them in a heap. */
#define _GNU_SOURCE 1
#include <criterion/criterion.h>
#include <limits.h>
#include <locale.h>
#include <mica.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <wchar.h>

#include "tests/support/errno_mark.h"
#include "tests/support/pointers.h"

static const char* const texts[] = {"", "a", "fifteen letters", "sixteen letters.", "a somewhat longer text than that"};
enum { TEXTS = sizeof texts / sizeof texts[0] };

Test(api_strings, copies) {
  mi_heap_t* const heap = mi_heap_new();
  for (size_t i = 0; i < TEXTS; i++) {
    char *plain = NULL, *in_heap = NULL;
    unsigned char* bytes = NULL;
    KEEPS_ERRNO(plain = opaque(mi_strdup(texts[i])));
    KEEPS_ERRNO(in_heap = opaque(mi_heap_strdup(heap, texts[i])));
    KEEPS_ERRNO(bytes = opaque(mi_mbsdup((const unsigned char*)texts[i])));
    cr_assert_str_eq(plain, texts[i]);
    cr_assert_str_eq(in_heap, texts[i]);
    cr_assert_str_eq((char*)bytes, texts[i]);
    cr_assert(mi_is_in_heap_region(plain) && mi_is_in_heap_region(bytes) && mi_heap_contains(heap, in_heap));
    mi_free(plain);
    mi_free(in_heap);
    mi_free(bytes);
  }
  mi_heap_destroy(heap);
}

Test(api_strings, a_long_text) {
  enum { LENGTH = 300000 };
  char* const text = opaque(mi_malloc(LENGTH + 1));
  memset(text, 'x', LENGTH);
  text[LENGTH] = '\0';
  char* const copy = opaque(mi_strdup(text));
  cr_assert_str_eq(copy, text);
  cr_assert_geq(mi_usable_size(copy), (size_t)LENGTH + 1);
  mi_free(text);
  mi_free(copy);
}

Test(api_strings, limits) {
  mi_heap_t* const heap = mi_heap_new();
  static const char four[4] = {'a', 'b', 'c', 'd'};
  static const struct {
    const char* text;
    size_t limit;
    const char* copy;
  } cases[] = {
      {"hello", 3, "hel"}, {"hello", SIZE_MAX, "hello"}, {"hello", 5, "hello"}, {"hello", 0, ""}, {four, 4, "abcd"}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    char *plain = NULL, *in_heap = NULL;
    KEEPS_ERRNO(plain = opaque(mi_strndup(cases[i].text, cases[i].limit)));
    KEEPS_ERRNO(in_heap = opaque(mi_heap_strndup(heap, cases[i].text, cases[i].limit)));
    cr_assert_str_eq(plain, cases[i].copy);
    cr_assert_str_eq(in_heap, cases[i].copy);
    cr_assert(mi_heap_contains(heap, in_heap) && !mi_heap_contains(heap, plain));
    mi_free(plain);
    mi_free(in_heap);
  }
  mi_heap_destroy(heap);
}

Test(api_strings, wide_characters) {
  static const wchar_t text[] = {L'a', 0x20ac, 0x1f600, L'z', 0};
  wchar_t* copy = NULL;
  KEEPS_ERRNO(copy = opaque(mi_wcsdup(text)));
  cr_assert_eq(memcmp(copy, text, sizeof text), 0);
  mi_free(copy);
  KEEPS_ERRNO(copy = opaque(mi_wcsdup(L"")));
  cr_assert_eq(copy[0], 0);
  mi_free(copy);
}

Test(api_strings, nothing_is_copied_to_nothing) {
  const char* volatile none = NULL;
  const unsigned char* volatile no_bytes = NULL;
  const wchar_t* volatile no_wide = NULL;
  KEEPS_ERRNO(cr_assert_null(mi_strdup(none)));
  KEEPS_ERRNO(cr_assert_null(mi_strndup(none, 3)));
  KEEPS_ERRNO(cr_assert_null(mi_heap_strdup(NULL, none)));
  KEEPS_ERRNO(cr_assert_null(mi_heap_strndup(NULL, none, 3)));
  KEEPS_ERRNO(cr_assert_null(mi_mbsdup(no_bytes)));
  KEEPS_ERRNO(cr_assert_null(mi_wcsdup(no_wide)));
}

typedef char* path_t(const char* path, char* resolved);
static mi_heap_t* heap_of_paths;
static char* path_in_heap(const char* path, char* resolved) { return mi_heap_realpath(heap_of_paths, path, resolved); }

Test(api_strings, paths) {
  static path_t* const forms[] = {mi_realpath, path_in_heap};
  char directory[] = "/tmp/mica-paths-XXXXXX", link[64], file[64], buffer[PATH_MAX];
  cr_assert_not_null(mkdtemp(directory));
  snprintf(file, sizeof file, "%s/file", directory);
  snprintf(link, sizeof link, "%s/./link", directory);
  fclose(fopen(file, "w"));
  cr_assert_eq(symlink("file", link), 0);
  heap_of_paths = mi_heap_new();
  for (size_t f = 0; f < 2; f++) {
    char* p = NULL;
    KEEPS_ERRNO(p = forms[f](link, NULL));
    cr_assert_str_eq(p, file);
    cr_assert(mi_is_in_heap_region(p));
    if (f == 1) cr_assert(mi_heap_contains(heap_of_paths, p));
    mi_free(p);
    KEEPS_ERRNO(p = forms[f](link, buffer));
    cr_assert_eq(p, buffer);
    cr_assert_str_eq(buffer, file);
    char missing[80], through[80];
    snprintf(missing, sizeof missing, "%s/missing", directory);
    snprintf(through, sizeof through, "%s/more", file);
    const char* volatile none = NULL;
    FAILS_WITH(ENOENT, forms[f](missing, NULL));
    FAILS_WITH(ENOENT, forms[f](missing, buffer));
    FAILS_WITH(ENOENT, forms[f]("", NULL));
    FAILS_WITH(ENOTDIR, forms[f](through, NULL));
    FAILS_WITH(EINVAL, forms[f](none, NULL));
  }
  mi_heap_destroy(heap_of_paths);
  unlink(link);
  unlink(file);
  rmdir(directory);
}

Test(api_strings, environment) {
  char* value = NULL;
  size_t size = 99;
  setenv("MICA_TEST_VALUE", "some value", 1);
  KEEPS_ERRNO(cr_assert_eq(mi_dupenv_s(&value, &size, "MICA_TEST_VALUE"), 0));
  cr_assert_str_eq(value, "some value");
  cr_assert_eq(size, sizeof "some value", "the null is counted");
  cr_assert_neq(value, getenv("MICA_TEST_VALUE"));
  cr_assert(mi_is_in_heap_region(value));
  mi_free(value);
  KEEPS_ERRNO(cr_assert_eq(mi_dupenv_s(&value, NULL, "MICA_TEST_VALUE"), 0));
  cr_assert_str_eq(value, "some value");
  mi_free(value);
  KEEPS_ERRNO(cr_assert_eq(mi_dupenv_s(&value, &size, "MICA_TEST_NOT_SET"), 0));
  cr_assert(value == NULL && size == 0);
  char** volatile nowhere = NULL;
  const char* volatile nameless = NULL;
  size = 99;
  KEEPS_ERRNO(cr_assert_eq(mi_dupenv_s(nowhere, &size, "MICA_TEST_VALUE"), EINVAL));
  cr_assert_eq(size, (size_t)0);
  value = (char*)1;
  KEEPS_ERRNO(cr_assert_eq(mi_dupenv_s(&value, &size, nameless), EINVAL));
  cr_assert(value == NULL && size == 0);
}

Test(api_strings, wide_environment) {
  wchar_t* value = NULL;
  size_t size = 99;
  cr_assert_not_null(setlocale(LC_CTYPE, "C.UTF-8"));
  setenv("MICA_TEST_\xe2\x82\xac", "a\xe2\x82\xacz", 1);
  setenv("MICA_TEST_BROKEN", "a\xff\xfez", 1);
  static const wchar_t name[] = {L'M', L'I', L'C', L'A', L'_', L'T', L'E', L'S', L'T', L'_', 0x20ac, 0};
  static const wchar_t expected[] = {L'a', 0x20ac, L'z', 0};
  KEEPS_ERRNO(cr_assert_eq(mi_wdupenv_s(&value, &size, name), 0));
  cr_assert_eq(size, (size_t)4);
  cr_assert_eq(memcmp(value, expected, sizeof expected), 0);
  mi_free(value);
  KEEPS_ERRNO(cr_assert_eq(mi_wdupenv_s(&value, NULL, name), 0));
  mi_free(value);
  KEEPS_ERRNO(cr_assert_eq(mi_wdupenv_s(&value, &size, L"MICA_TEST_NOT_SET"), 0));
  cr_assert(value == NULL && size == 0);
  KEEPS_ERRNO(cr_assert_eq(mi_wdupenv_s(&value, &size, L"MICA_TEST_BROKEN"), EILSEQ));
  cr_assert(value == NULL && size == 0);
  static const wchar_t no_character[] = {0xd800, 0};
  KEEPS_ERRNO(cr_assert_eq(mi_wdupenv_s(&value, &size, no_character), EILSEQ));
  wchar_t** volatile nowhere = NULL;
  const wchar_t* volatile nameless = NULL;
  KEEPS_ERRNO(cr_assert_eq(mi_wdupenv_s(nowhere, &size, name), EINVAL));
  KEEPS_ERRNO(cr_assert_eq(mi_wdupenv_s(&value, &size, nameless), EINVAL));
}
