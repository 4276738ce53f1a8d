/* override.c -- every macro of mimalloc-override.h does what the function does whose name it takes. C and C++; the object file
 * must not refer to any of those names (check_cxx.sh). */
#include "../support/check.h"

#include <stdint.h>
#include <stdio.h>

#include <mimalloc-override.h>

static int is_aligned(const void* p, size_t alignment, size_t offset) {
  return mi_is_in_heap_region(p) && ((uintptr_t)p + offset) % alignment == 0;
}

static int is_zero(const void* p, size_t size) {
  const char* bytes = (const char*)p;
  while (size > 0 && bytes[size - 1] == 0) size--;
  return size == 0;
}

static void c_names(void) {
  void* p = malloc(100);
  CHECK(is_aligned(p, 16, 0));
  memset(p, 1, 100);
  p = realloc(p, 5000);
  CHECK(((char*)p)[99] == 1 && malloc_usable_size(p) >= 5000 && malloc_size(p) == malloc_usable_size(p));
  free_sized(p, 5000);
  p = calloc(10, 100);
  CHECK(is_zero(p, 1000) && malloc_usable_size(p) == malloc_good_size(1000));
  cfree(p);
  p = aligned_alloc(256, 40);
  CHECK(is_aligned(p, 256, 0));
  free_aligned_sized(p, 256, 40);
}

static void unix_names(void) {
  char* text = strdup("abc");
  char* part = strndup("abcdef", 2);
  char* path = realpath("/", NULL);
  void* p = NULL;
  CHECK(strcmp(text, "abc") == 0 && mi_is_in_heap_region(text) && strcmp(part, "ab") == 0 &&
        mi_is_in_heap_region(part));
  CHECK(strcmp(path, "/") == 0 && mi_is_in_heap_region(path));
  free(text);
  free(part);
  free(path);
  CHECK(posix_memalign(&p, 1024, 10) == 0 && is_aligned(p, 1024, 0));
  free(p);
  CHECK(is_aligned(p = memalign(64, 10), 64, 0));
  p = reallocarray(p, 10, 100);
  CHECK(malloc_usable_size(p) >= 1000 && reallocarr(&p, 20, 100) == 0 && malloc_usable_size(p) >= 2000);
  p = reallocf(p, 3000);
  CHECK(malloc_usable_size(p) >= 3000);
  free(p);
  CHECK(is_aligned(p = valloc(1), 4096, 0));
  free(p);
  CHECK(is_aligned(p = pvalloc(1), 4096, 0) && malloc_usable_size(p) >= 4096);
  free(p);
}

static void windows_names(void) {
  void* p = _recalloc(NULL, 10, 10);
  char* text = _strdup("abc");
  char* part = _strndup("abc", 1);
  wchar_t* wide = _wcsdup(L"abc");
  unsigned char* bytes = _mbsdup((const unsigned char*)"abc");
  CHECK(is_zero(p, 100) && _msize(p) >= 100 && _expand(p, 100) == p);
  CHECK(strcmp(text, "abc") == 0 && strcmp(part, "a") == 0 && wcscmp(wide, L"abc") == 0 && bytes[2] == 'c');
  free(p);
  free(text);
  free(part);
  free(wide);
  free(bytes);
  CHECK(_posix_memalign(&p, 128, 10) == 0 && is_aligned(p, 128, 0));
  free(p);
  text = NULL;
  CHECK(setenv("MICA_TEST_TEXT", "abc", 1) == 0 && _dupenv_s(&text, NULL, "MICA_TEST_TEXT") == 0 &&
        strcmp(text, "abc") == 0);
  free(text);
  wide = NULL;
  CHECK(_wdupenv_s(&wide, NULL, L"MICA_TEST_TEXT") != 0 || wide != NULL);
  free(wide);
}

static void windows_aligned_names(void) {
  void* p = _aligned_malloc(100, 256);
  CHECK(is_aligned(p, 256, 0) && _aligned_msize(p, 256, 0) >= 100);
  p = _aligned_realloc(p, 1000, 512);
  CHECK(is_aligned(p, 512, 0));
  p = _aligned_recalloc(p, 100, 100, 512);
  CHECK(is_aligned(p, 512, 0) && _aligned_msize(p, 512, 0) >= 10000);
  _aligned_free(p);
  p = _aligned_offset_malloc(100, 256, 8);
  CHECK(is_aligned(p, 256, 8));
  p = _aligned_offset_realloc(p, 1000, 256, 8);
  CHECK(is_aligned(p, 256, 8));
  p = _aligned_offset_recalloc(p, 10, 200, 256, 8);
  CHECK(is_aligned(p, 256, 8));
  _aligned_free(p);
}

int main(void) {
  c_names();
  unix_names();
  windows_names();
  windows_aligned_names();
  SHOWN("override: ok");
  return 0;
}
