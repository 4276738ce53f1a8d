/* test_misuse.c -- debug only: a pointer that must not be freed ends the program with one line that names it. */
#include <malloc.h>
#include <mica.h>
#include <stdio.h>
#include <stdlib.h>

#include "api/family.h"
#include "heap/alloc.h"
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

/* The line begins so: the function that was called, the pointer, what is wrong, and what lies there. */
static void expect_words(void (*act)(void* arg), void* p, const char* wanted) {
  char words[1000];
  if (!MICA_EXAMINES) return;
  dying_words(act, p, words, sizeof words);
  cr_assert_eq(strncmp(words, wanted, strlen(wanted)), 0, "\"%s\", not \"%s\"", words, wanted);
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

static void free_vacant(void* p) {
  mica_collect(true);
  mica_free(p);
}

Test(heap_misuse, a_block_whose_memory_went_back) {
  char words[1000];
  void* p[50];
  for (int i = 0; i < 50; i++) p[i] = mica_malloc(1000);
  for (int i = 1; i < 49; i++) mica_free(p[i]);
  if (MICA_EXAMINES) {
    dying_words(free_vacant, p[25], words, sizeof words);
    cr_assert_not_null(strstr(words, "freed before"), "\"%s\"", words);
    cr_assert_not_null(strstr(words, "memory given back"), "\"%s\"", words);
  }
  mica_free(p[0]);
  mica_free(p[49]);
}

Test(heap_misuse, a_block_that_was_never_given_out) {
  char* p = mica_malloc(16);
  const mica_page_t* page = mica_page_of(p);
  cr_assert_lt(page->capacity, (unsigned)page->total, "all are carved: nothing to test");
  expect_one_line(mica_remote_first(mica_page_remote(page)) + (size_t)page->capacity * 16, false, "never given out");
  mica_free(p);
}

static void overwrite_link_and_free(void* p) {
  mica_free(p);
  memset(p, 43, 16);
  mica_free(mica_malloc(5000)); /* another class */
  mica_free(p);
}

Test(heap_misuse, a_link_that_was_overwritten) {
  char words[1000];
  void *stays = mica_malloc(16), *p = mica_malloc(16), *next = mica_malloc(16);
  if (!MICA_EXAMINES) return;
  dying_words(overwrite_link_and_free, p, words, sizeof words);
  cr_assert_eq(strncmp(words, "mica: ", 6), 0, "\"%s\"", words);
  mica_free(next);
  mica_free(stays);
}

static void resize_it(void* p) { cr_assert_null(mica_realloc(p, 5000)); }
static void resize_in_place(void* p) { cr_assert_null(mica_realloc(p, 100)); }
static void resize_aligned(void* p) { cr_assert_null(mica_realloc_aligned(p, 5000, 64, 0)); }
static void free_mi(void* p) { mi_free(p); }
static void free_of_size(void* p) { mi_free_size(p, 1 << 20); }
static void free_of_alignment(void* p) { mi_free_aligned(p, 4096); }
static void free_of_both(void* p) { mi_free_size_aligned(p, 8, 32); }
static void free_c23(void* p) { free_sized(p, 1 << 20); }
static void free_c23_aligned(void* p) { free_aligned_sized(p, 4096, 8); }

static void resize_c(void* p) { cr_assert_null(realloc(p, 90)); }
static void resize_mi(void* p) { cr_assert_null(mi_realloc(p, 90)); }
static void ask_glibc(void* p) { cr_assert_eq(malloc_usable_size(p), 0); }
static void ask_macos(void* p) { cr_assert_eq(malloc_size(p), 0); }
static void ask_mi(void* p) { cr_assert_eq(mi_usable_size(p), 0); }
static void ask_mi_macos(void* p) { cr_assert_eq(mi_malloc_size(p), 0); }
static void ask_mi_glibc(void* p) { cr_assert_eq(mi_malloc_usable_size(p), 0); }

/* Whatever is done with a pointer that is no block in use: what was freed, what is not mica's, what is inside a block. */
Test(heap_misuse, realloc_and_usable_size_look_at_the_pointer) {
  const struct {
    void (*act)(void* arg);
    const char* name;
  } calls[] = {{resize_c, "realloc"},
               {resize_mi, "realloc"},
               {ask_glibc, "malloc_usable_size"},
               {ask_macos, "malloc_usable_size"},
               {ask_mi, "mi_usable_size"},
               {ask_mi_macos, "mi_malloc_size"},
               {ask_mi_glibc, "mi_malloc_usable_size"}};
  char *in_use = malloc(100), *freed = malloc(100), wanted[100];
  free(freed);
  for (unsigned i = 0; i < sizeof calls / sizeof calls[0]; i++) {
    snprintf(wanted, sizeof wanted, "mica: %s(%p): this block was freed before: ", calls[i].name, (void*)freed);
    expect_words(calls[i].act, freed, wanted);
    snprintf(wanted, sizeof wanted, "mica: %s(0x1): not a pointer of mica's: nothing is mapped there\n", calls[i].name);
    expect_words(calls[i].act, (void*)(uintptr_t)1, wanted);
    snprintf(wanted, sizeof wanted, "mica: %s(%p): not the start of a block in use: 16 bytes into the block of ",
             calls[i].name, (void*)(in_use + 16));
    expect_words(calls[i].act, in_use + 16, wanted);
  }
  free(in_use);
}

Test(heap_misuse, the_line_names_the_function_and_what_lies_there) {
  char *p = mica_malloc(32), *stays = mica_malloc(32), wanted[300];
  const unsigned size = mica_page_remote(mica_page_of(p))->size;
  char* inside = p + 8;
  const struct {
    void (*act)(void* arg);
    const char* name;
  } calls[] = {{free_it, "free"},
               {resize_it, "realloc"},
               {resize_in_place, "realloc"},
               {resize_aligned, "realloc"},
               {free_mi, "mi_free"},
               {free_of_size, "mi_free_size"},
               {free_of_alignment, "mi_free_aligned"},
               {free_of_both, "mi_free_size_aligned"},
               {free_c23, "free_sized"},
               {free_c23_aligned, "free_aligned_sized"}};
  for (unsigned i = 0; i < sizeof calls / sizeof calls[0]; i++) {
    snprintf(wanted, sizeof wanted,
             "mica: %s(%p): not the start of a block in use: 8 bytes into the block of %u bytes at %p, in use; page ",
             calls[i].name, (void*)inside, size, (void*)p);
    expect_words(calls[i].act, inside, wanted);
  }
  snprintf(wanted, sizeof wanted, "mica: mi_free_size(%p): not of 1048576 bytes: a block of %u bytes, in use; page ",
           (void*)p, size);
  expect_words(free_of_size, p, wanted);
  snprintf(wanted, sizeof wanted, "mica: free_sized(%p): not of 1048576 bytes: a block of %u bytes, in use; page ",
           (void*)p, size);
  expect_words(free_c23, p, wanted);
  char* off = (uintptr_t)p % 4096 != 0 ? p : stays; /* one of two is no multiple */
  snprintf(wanted, sizeof wanted,
           "mica: free_aligned_sized(%p): not aligned to 4096 bytes: a block of %u bytes, in use; ", (void*)off, size);
  expect_words(free_c23_aligned, off, wanted);
  snprintf(wanted, sizeof wanted,
           "mica: free(%p): this block was freed before: a block of %u bytes, free in the cache of ", (void*)p, size);
  expect_words(free_twice, p, wanted);
  expect_words(free_it, (void*)(uintptr_t)16, "mica: free(0x10): not a pointer of mica's: nothing is mapped there\n");
  mica_free(p);
  mica_free(stays);
}
