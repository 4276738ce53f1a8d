/* test_heaps_misuse.c -- debug only: a block that was destroyed with its heap must not be freed. One line, and the program
 * ends. */
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/heap/heaps.h"

/* A child frees p; it must die by SIGABRT after one line that names p. */
static void expect_one_line(void* p, const char* what) {
  int ends[2];
  cr_assert_eq(pipe(ends), 0);
  const pid_t pid = fork();
  cr_assert_geq(pid, 0);
  if (pid == 0) {
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
    signal(SIGABRT, SIG_DFL);
    dup2(ends[1], 2);
    mica_free(p);
    _exit(0);
  }
  close(ends[1]);
  char words[1000], named[40];
  size_t have = 0;
  for (ssize_t n; have + 1 < sizeof words && (n = read(ends[0], words + have, sizeof words - 1 - have)) > 0;)
    have += (size_t)n;
  words[have] = '\0';
  close(ends[0]);
  int status = 0;
  cr_assert_eq(waitpid(pid, &status, 0), pid);
  cr_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT, "status %d, \"%s\"", status, words);
  snprintf(named, sizeof named, "free(%p)", p);
  const char* end = strchr(words, '\n');
  cr_assert(end != NULL && end[1] == '\0', "not one line: \"%s\"", words);
  cr_assert(strstr(words, named) != NULL && strstr(words, what) != NULL, "\"%s\" says neither %s nor %s", words, named,
            what);
}

Test(heaps_misuse, free_after_destroy) {
  if (!MICA_CHECKS) return;
  mi_heap_t* heap = heaps_new();
  char* blocks[HEAPS_SIZES];
  for (unsigned i = 0; i < HEAPS_SIZES; i++) blocks[i] = heaps_block(heap, heaps_sizes[i], i);
  mi_heap_destroy(heap);
  for (unsigned i = 0; i + 1 < HEAPS_SIZES; i++) expect_one_line(blocks[i], "not the start of a block");
  expect_one_line(blocks[HEAPS_SIZES - 1], "not a pointer of mica's");
}

Test(heaps_misuse, a_pointer_into_a_block_of_a_heap) {
  if (!MICA_CHECKS) return;
  mi_heap_t* heap = heaps_new();
  for (unsigned i = 2; i < HEAPS_SIZES; i++)
    expect_one_line(heaps_block(heap, heaps_sizes[i], i) + 32, "not the start of a block");
  mi_heap_destroy(heap);
}

/* What one thread freed while the heap was its default. */
Test(heaps_misuse, a_block_of_a_heap_that_was_freed_before) {
  if (!MICA_CHECKS) return;
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
  if (!MICA_CHECKS) return;
  mi_heap_t* heap = heaps_new();
  void* p = mi_heap_malloc(heap, 100);
  heaps_block(heap, 100, 1); /* the page stays */
  mi_free(p);
  expect_one_line(p, "freed before");
  mi_heap_destroy(heap);
}
