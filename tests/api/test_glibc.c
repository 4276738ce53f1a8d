/* test_glibc.c -- glibc's extras: figures, trimming, parameters. */
#define _GNU_SOURCE 1
#include <criterion/criterion.h>
#include <malloc.h>
#include <mica.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/support/errno_mark.h"
#include "tests/support/pointers.h"

static size_t in_use(void) {
  const struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

Test(glibc, mallinfo2_grows_by_what_was_allocated) {
  enum { BLOCKS = 20000, SIZE = 1000, LARGE = 10 << 20 };
  static void* blocks[BLOCKS];
  const size_t before = in_use();
  for (size_t i = 0; i < BLOCKS; i++) blocks[i] = opaque(malloc(SIZE));
  const size_t small = in_use();
  cr_assert_geq(small, before + (size_t)BLOCKS * SIZE, "%zu, then %zu", before, small);
  cr_assert_leq(small, before + (size_t)BLOCKS * SIZE * 3 / 2, "%zu, then %zu", before, small);
  void* const large = opaque(malloc(LARGE));
  const size_t both = in_use();
  cr_assert_geq(both, small + LARGE, "%zu, then %zu", small, both);
  cr_assert_leq(both, small + LARGE * 3 / 2, "%zu, then %zu", small, both);
  free(large);
  for (size_t i = 0; i < BLOCKS; i++) free(blocks[i]);
  const size_t after = in_use();
  cr_assert_lt(after, before + (2 << 20), "all freed: %zu, then %zu", before, after);
}

Test(glibc, mallinfo2_adds_up) {
  void* const p = opaque(malloc(100000));
  const struct mallinfo2 info = mallinfo2();
  cr_assert_eq(info.arena, info.uordblks + info.fordblks);
  cr_assert_gt(info.uordblks + info.hblkhd, (size_t)100000);
  free(p);
}

#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
Test(glibc, mallinfo_is_mallinfo2_in_ints) {
  void* const p = opaque(malloc(5 << 20));
  const struct mallinfo small = mallinfo();
  const struct mallinfo2 full = mallinfo2();
  cr_assert_eq((size_t)small.uordblks, full.uordblks);
  cr_assert_eq((size_t)small.hblkhd, full.hblkhd);
  cr_assert_eq((size_t)small.arena, full.arena);
  free(p);
}

Test(glibc, mallinfo_stops_at_int_max) {
  void* const p = opaque(malloc((size_t)3 << 30));
  cr_assert_not_null(p);
  const struct mallinfo small = mallinfo();
  cr_assert_geq(small.uordblks, 0);
  cr_assert_geq(small.hblkhd, 0);
  cr_assert(small.uordblks == INT32_MAX || small.hblkhd == INT32_MAX);
  free(p);
}

Test(glibc, malloc_trim_gives_memory_back) {
  enum { BLOCKS = 3000, SIZE = 1024 };
  static void* blocks[BLOCKS];
  for (size_t i = 0; i < BLOCKS; i++) {
    blocks[i] = opaque(malloc(SIZE));
    memset(blocks[i], 1, SIZE);
  }
  for (size_t i = 0; i < BLOCKS; i++) free(blocks[i]);
  int trimmed = -1;
  KEEPS_ERRNO(trimmed = malloc_trim(0));
  cr_assert_eq(trimmed, 1, "3 MiB were free, and nothing went back");
  KEEPS_ERRNO(trimmed = malloc_trim(0));
  cr_assert_eq(trimmed, 0, "nothing was left that could go back");
}

Test(glibc, mallopt_knows_glibcs_parameters) {
  static const int known[] = {M_MXFAST,       M_TRIM_THRESHOLD, M_TOP_PAD,    M_MMAP_THRESHOLD, M_MMAP_MAX,
                              M_CHECK_ACTION, M_PERTURB,        M_ARENA_TEST, M_ARENA_MAX};
  for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
    KEEPS_ERRNO(cr_assert_eq(mallopt(known[i], 1), 1, "parameter %d", known[i]));
  }
  KEEPS_ERRNO(cr_assert_eq(mallopt(12345, 1), 0));
  KEEPS_ERRNO(cr_assert_eq(mallopt(-12345, 1), 0));
}

Test(glibc, malloc_info_writes_xml) {
  static char text[4096];
  FILE* const stream = fmemopen(text, sizeof text, "w");
  cr_assert_not_null(stream);
  cr_assert_eq(malloc_info(0, stream), 0);
  fclose(stream);
  cr_assert_eq(strncmp(text, "<malloc version=\"1\">\n", 21), 0, "%s", text);
  cr_assert_not_null(strstr(text, "<system type=\"current\" size=\""));
  const size_t length = strlen(text);
  cr_assert_str_eq(text + length - 10, "</malloc>\n");
}

Test(glibc, malloc_info_refuses_options) {
  errno = ERRNO_MARK;
  cr_assert_eq(malloc_info(1, stdout), -1);
  cr_assert_eq(errno, EINVAL);
}

Test(glibc, malloc_stats_writes_to_stderr) {
  int ends[2];
  cr_assert_eq(pipe(ends), 0);
  const int saved = dup(STDERR_FILENO);
  dup2(ends[1], STDERR_FILENO);
  KEEPS_ERRNO(malloc_stats());
  dup2(saved, STDERR_FILENO);
  close(ends[1]);
  char text[64] = {0};
  cr_assert_gt(read(ends[0], text, sizeof text - 1), (ssize_t)0);
  cr_assert_eq(
      strncmp(text, "mica " MICA_VERSION_STRING ", process ", strlen("mica " MICA_VERSION_STRING ", process ")), 0,
      "%s", text);
}
