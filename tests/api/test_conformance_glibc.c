/* test_conformance_glibc.c -- mallopt(3), mallinfo(3), malloc_info(3), malloc_trim(3), malloc_stats(3): a test for each
 * thing that their manuals promise and that has a meaning here. */
#define _GNU_SOURCE 1
#include <criterion/criterion.h>
#include <ctype.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/support/errno_mark.h"
#include "tests/support/pattern.h"
#include "tests/support/pointers.h"

/* ---- mallopt(3) ---- */

typedef struct parameter_s {
  int number;
  int least, most; /* of its documented range */
  bool has_range;
} parameter_t;

static const parameter_t parameters[] = {
    {M_ARENA_MAX, 0, 1000, false}, {M_ARENA_TEST, 1, 1000, false},         {M_CHECK_ACTION, 0, 7, false},
    {M_MMAP_MAX, 0, 65536, false}, {M_MMAP_THRESHOLD, 0, 32 << 20, false}, {M_MXFAST, 0, 160, true},
    {M_PERTURB, 0, 255, false},    {M_TOP_PAD, 0, 1 << 20, false},         {M_TRIM_THRESHOLD, -1, 1 << 30, false},
};
enum { PARAMETERS = sizeof parameters / sizeof parameters[0] };

Test(conformance_glibc, mallopt_takes_every_documented_parameter_within_its_range) {
  for (size_t i = 0; i < PARAMETERS; i++) {
    int said = -1;
    KEEPS_ERRNO(said = mallopt(parameters[i].number, parameters[i].most));
    cr_assert_eq(said, 1, "parameter %d at its most", parameters[i].number);
    KEEPS_ERRNO(said = mallopt(parameters[i].number, parameters[i].least));
    cr_assert_eq(said, 1, "parameter %d at its least", parameters[i].number);
    void* const p = opaque(malloc(10000));
    pattern_fill(p, 10000, 1);
    free(p);
  }
}

Test(conformance_glibc, mallopt_says_0_of_a_value_outside_of_a_documented_range) {
  for (size_t i = 0; i < PARAMETERS; i++) {
    if (!parameters[i].has_range) continue;
    int said = -1;
    KEEPS_ERRNO(said = mallopt(parameters[i].number, parameters[i].most + 1));
    cr_assert_eq(said, 0, "parameter %d above its most", parameters[i].number);
    KEEPS_ERRNO(said = mallopt(parameters[i].number, -1));
    cr_assert_eq(said, 0, "parameter %d below its least", parameters[i].number);
  }
}

Test(conformance_glibc, mallopt_says_0_of_an_unknown_parameter) {
  static const int unknown[] = {0, 2, 3, 1000, -1000, INT32_MAX, INT32_MIN};
  for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++)
    KEEPS_ERRNO(cr_assert_eq(mallopt(unknown[i], 1), 0, "parameter %d", unknown[i]));
}

/* ---- mallinfo(3) ---- */

static void require_sound(const struct mallinfo2* info) {
  cr_assert_eq(info->arena, info->uordblks + info->fordblks, "in use and free are all there is");
  cr_assert_eq(info->usmblks, (size_t)0, "unused");
  cr_assert_eq(info->smblks, (size_t)0, "there are no fastbins");
  cr_assert_eq(info->fsmblks, (size_t)0);
  cr_assert((info->hblks == 0) == (info->hblkhd == 0), "%zu mapped blocks of %zu bytes", info->hblks, info->hblkhd);
  cr_assert_leq(info->keepcost, info->fordblks, "what can be trimmed is free");
}

/* The example of the manual, with more blocks: blocks of one size, then every second one is freed. */
Test(conformance_glibc, mallinfo2_follows_what_is_allocated_and_freed) {
  enum { BLOCKS = 20000, SIZE = 100 };
  static void* blocks[BLOCKS];
  const struct mallinfo2 before = mallinfo2();
  require_sound(&before);
  for (size_t i = 0; i < BLOCKS; i++) blocks[i] = opaque(malloc(SIZE));
  const struct mallinfo2 full = mallinfo2();
  require_sound(&full);
  cr_assert_geq(full.uordblks - before.uordblks, (size_t)BLOCKS * SIZE);
  cr_assert_leq(full.uordblks - before.uordblks, (size_t)BLOCKS * SIZE * 2);
  for (size_t i = 0; i < BLOCKS; i += 2) free(blocks[i]);
  const struct mallinfo2 half = mallinfo2();
  require_sound(&half);
  cr_assert_leq(half.uordblks, full.uordblks - (size_t)BLOCKS / 2 * SIZE * 9 / 10);
  cr_assert_geq(half.fordblks, full.fordblks + (size_t)BLOCKS / 2 * SIZE * 9 / 10);
  for (size_t i = 1; i < BLOCKS; i += 2) free(blocks[i]);
}

Test(conformance_glibc, mallinfo2_counts_large_blocks_apart) {
  enum { BLOCKS = 5, SIZE = 10 << 20 };
  void* blocks[BLOCKS];
  const struct mallinfo2 before = mallinfo2();
  for (size_t i = 0; i < BLOCKS; i++) blocks[i] = opaque(malloc(SIZE));
  const struct mallinfo2 with = mallinfo2();
  require_sound(&with);
  cr_assert_eq(with.hblks - before.hblks, (size_t)BLOCKS);
  cr_assert_geq(with.hblkhd - before.hblkhd, (size_t)BLOCKS * SIZE);
  cr_assert_leq(with.hblkhd - before.hblkhd, (size_t)BLOCKS * SIZE * 11 / 10);
  for (size_t i = 0; i < BLOCKS; i++) free(blocks[i]);
  const struct mallinfo2 after = mallinfo2();
  cr_assert_eq(after.hblks, before.hblks);
  cr_assert_eq(after.hblkhd, before.hblkhd);
}

#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
Test(conformance_glibc, mallinfo_has_the_same_fields_in_ints) {
  void* const p = opaque(malloc(10 << 20));
  const struct mallinfo s = mallinfo();
  const struct mallinfo2 l = mallinfo2();
  const int small[] = {s.arena, s.ordblks, s.smblks, s.hblks, s.hblkhd, s.usmblks, s.fsmblks, s.uordblks, s.fordblks};
  const size_t large[] = {l.arena,   l.ordblks, l.smblks,   l.hblks,   l.hblkhd,
                          l.usmblks, l.fsmblks, l.uordblks, l.fordblks};
  for (size_t i = 0; i < sizeof small / sizeof small[0]; i++) cr_assert_eq((size_t)small[i], large[i], "field %zu", i);
  cr_assert_eq((size_t)s.keepcost, l.keepcost);
  free(p);
}

/* ---- malloc_info(3) ---- */

/* Reads one tag from *text on, and the white space before it, and checks its form. kind: 'o'pens, 'c'loses, 'e'mpty. */
static const char* tag(const char* text, char name[32], char* kind) {
  while (isspace((unsigned char)*text)) text++;
  cr_assert_eq(*text, '<', "no tag: %.40s", text);
  *kind = text[1] == '/' ? 'c' : 'o';
  text += *kind == 'c' ? 2 : 1;
  size_t n = 0;
  while (isalpha((unsigned char)*text) && n < 31) name[n++] = *text++;
  name[n] = '\0';
  cr_assert_gt(n, (size_t)0, "a tag without a name: %.40s", text);
  while (*text == ' ') { /* attribute="value" */
    while (isalpha((unsigned char)*++text)) continue;
    cr_assert(text[0] == '=' && text[1] == '"', "an attribute without a value: %.40s", text);
    text = strchr(text + 2, '"');
    cr_assert_not_null(text, "a value that does not end");
    text++;
  }
  if (*text == '/') {
    *kind = 'e';
    text++;
  }
  cr_assert_eq(*text, '>', "a tag that does not end: %.40s", text);
  return text + 1;
}

/* Every tag is closed by its like, and one holds all. */
static void require_well_formed(const char* text) {
  char names[8][32], name[32], kind = '\0';
  size_t depth = 0, tags = 0;
  for (; *text != '\0'; tags++) {
    text = tag(text, name, &kind);
    if (kind == 'o') {
      cr_assert_lt(depth, (size_t)8);
      strcpy(names[depth++], name);
    } else if (kind == 'c') {
      cr_assert_gt(depth, (size_t)0, "</%s> closes nothing", name);
      cr_assert_str_eq(names[--depth], name);
    }
    cr_assert(depth > 0 || kind == 'c', "<%s> stands outside", name);
    while (isspace((unsigned char)*text)) text++;
    if (depth == 0) cr_assert_eq(*text, '\0', "something follows the end: %.40s", text);
  }
  cr_assert_eq(depth, (size_t)0);
  cr_assert_gt(tags, (size_t)10);
}

/* The number in attribute of the last tag that begins so. */
static size_t last(const char* text, const char* begins) {
  const char* found = NULL;
  for (const char* p = text; (p = strstr(p, begins)) != NULL; p++) found = p;
  cr_assert_not_null(found, "no %s in:\n%s", begins, text);
  const char* number = strstr(found, "size=\"");
  cr_assert_not_null(number);
  return (size_t)strtoull(number + 6, NULL, 10);
}

Test(conformance_glibc, malloc_info_writes_well_formed_xml_with_a_version) {
  static char text[8192]; /* a stream's own buffer would be the C library's where mica is not malloc */
  void *const large = opaque(malloc(20 << 20)), *const small = opaque(malloc(100));
  FILE* const stream = fmemopen(text, sizeof text, "w");
  cr_assert_not_null(stream);
  KEEPS_ERRNO(cr_assert_eq(malloc_info(0, stream), 0));
  cr_assert_eq(fclose(stream), 0);
  cr_assert_eq(strncmp(text, "<malloc version=\"", 17), 0, "%s", text);
  require_well_formed(text);
  const size_t current = last(text, "<system type=\"current\""), most = last(text, "<system type=\"max\"");
  cr_assert_gt(current, (size_t)0);
  cr_assert_geq(most, current);
  cr_assert_geq(last(text, "<total type=\"mmap\""), (size_t)20 << 20, "%s", text);
  free(large);
  free(small);
}

Test(conformance_glibc, malloc_info_refuses_options) {
  static const int options[] = {1, -1, 2};
  for (size_t i = 0; i < 3; i++) {
    errno = ERRNO_MARK;
    cr_assert_eq(malloc_info(options[i], stderr), -1);
    cr_assert_eq(errno, EINVAL);
  }
}

Test(conformance_glibc, malloc_info_says_when_it_could_not_write) {
  FILE* const full = fopen("/dev/full", "w");
  cr_assert_not_null(full);
  setvbuf(full, NULL, _IONBF, 0);
  errno = ERRNO_MARK;
  cr_assert_eq(malloc_info(0, full), -1);
  cr_assert_eq(errno, ENOSPC);
  fclose(full);
}

/* ---- malloc_trim(3) ---- */

static size_t resident(void) {
  char text[128] = {0};
  const int fd = open("/proc/self/statm", O_RDONLY);
  cr_assert_gt(read(fd, text, sizeof text - 1), (ssize_t)0);
  close(fd);
  return (size_t)strtoull(strchr(text, ' '), NULL, 10) * (size_t)sysconf(_SC_PAGESIZE);
}

Test(conformance_glibc, malloc_trim_says_whether_memory_went_back) {
  enum { BLOCKS = 6000, SIZE = 1024 };
  static void* blocks[BLOCKS];
  for (size_t i = 0; i < BLOCKS; i++) memset(blocks[i] = opaque(malloc(SIZE)), 1, SIZE);
  for (size_t i = 0; i < BLOCKS; i++) free(blocks[i]);
  const size_t before = resident();
  int said = -1;
  KEEPS_ERRNO(said = malloc_trim(0));
  const size_t after = resident();
  cr_assert_eq(said, 1);
  cr_assert_leq(after, before - (size_t)BLOCKS * SIZE * 3 / 4, "resident: %zu, then %zu", before, after);
  KEEPS_ERRNO(said = malloc_trim(0));
  cr_assert_eq(said, 0, "there was no more");
  KEEPS_ERRNO(said = malloc_trim(1 << 20));
  cr_assert_eq(said, 0, "nor with something to be left");
}

/* ---- malloc_stats(3) ---- */

Test(conformance_glibc, malloc_stats_prints_on_standard_error_what_is_had_and_what_is_in_use) {
  char text[16384] = {0};
  FILE* const file = tmpfile();
  cr_assert_not_null(file);
  const int saved = dup(STDERR_FILENO);
  dup2(fileno(file), STDERR_FILENO);
  KEEPS_ERRNO(malloc_stats());
  dup2(saved, STDERR_FILENO);
  rewind(file);
  cr_assert_gt(fread(text, 1, sizeof text - 1, file), (size_t)0);
  cr_assert_not_null(strstr(text, "in use"), "%s", text);
  cr_assert_not_null(strstr(text, "arenas"), "%s", text);
  fclose(file);
}
