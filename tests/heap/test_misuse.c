/* test_misuse.c -- debug only: a pointer that must not be freed ends the program with one line that names it. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/heap/thread.h"

/* What a child writes to stderr that frees p (and, if again, p once more before that). It must die by SIGABRT. */
static void dying_words(void* p, bool again, char* words, size_t size) {
  int ends[2];
  cr_assert_eq(pipe(ends), 0);
  const pid_t pid = fork();
  cr_assert_geq(pid, 0);
  if (pid == 0) {
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
    signal(SIGABRT, SIG_DFL);
    dup2(ends[1], 2);
    if (again) mica_free(p);
    mica_free(p);
    _exit(0);
  }
  close(ends[1]);
  size_t have = 0;
  for (ssize_t n; have + 1 < size && (n = read(ends[0], words + have, size - 1 - have)) > 0;) have += (size_t)n;
  words[have] = '\0';
  close(ends[0]);
  int status = 0;
  cr_assert_eq(waitpid(pid, &status, 0), pid);
  cr_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT, "free(%p) did not abort: status %d, \"%s\"", p, status,
            words);
}

static void expect_one_line(void* p, bool again, const char* what) {
  char words[1000], named[40];
  if (!MICA_CHECKS) return;
  dying_words(p, again, words, sizeof words);
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
