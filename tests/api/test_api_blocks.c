/* test_api_blocks.c -- the functions of mica/blocks.h and mica/process.h that share their form with no others: expand,
 * reallocarr, frees, sizes told, and what has no effect. */
#define _GNU_SOURCE 1
#include "base/config.h"
#include <criterion/criterion.h>
#include <mica.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/api/sizes.h"
#include "tests/support/errno_mark.h"
#include "tests/support/pattern.h"
#include "tests/support/pointers.h"

typedef void* expand_t(void* p, size_t size);

Test(api_blocks, expand_stays_or_fails) {
  static expand_t* const forms[] = {mi_expand, mi__expand};
  for (size_t f = 0; f < 2; f++) {
    for (size_t i = 0; i < ORDINARY_SIZES; i++) {
      const size_t size = ordinary_sizes[i];
      unsigned char* const p = opaque(mi_malloc(size));
      pattern_fill(p, size, 1);
      const size_t usable = mi_usable_size(p);
      KEEPS_ERRNO(cr_assert_eq(forms[f](p, usable), p, "%zu bytes, %zu usable", size, usable));
      KEEPS_ERRNO(cr_assert_eq(forms[f](p, size), p));
      cr_assert(pattern_filled(p, size, 1));
      errno = ERRNO_MARK;
      unsigned char* const q = forms[f](p, usable + 1);
      cr_assert(q == NULL ? errno == ENOMEM : q == p && errno == ERRNO_MARK && mi_usable_size(p) > usable, "%zu bytes",
                size);
      if (q != NULL) p[usable] = 1;
      cr_assert(pattern_filled(p, size, 1));
      for (size_t j = 0; j < IMPOSSIBLE_SIZES; j++) FAILS_WITH(ENOMEM, forms[f](opaque(p), impossible_sizes[j]));
      mi_free(p);
    }
    FAILS_WITH(ENOMEM, forms[f](opaque(NULL), 10));
  }
}

Test(api_blocks, reallocarr_follows_netbsd) {
  volatile size_t half = (size_t)1 << 63;
  volatile size_t most = PTRDIFF_MAX;
  unsigned char* p = NULL;
  KEEPS_ERRNO(cr_assert_eq(mi_reallocarr(&p, 10, 10), 0));
  cr_assert_not_null(p);
  pattern_fill(p, 100, 1);
  KEEPS_ERRNO(cr_assert_eq(mi_reallocarr(&p, 1000, 10), 0));
  cr_assert(pattern_filled(p, 100, 1));
  cr_assert_geq(mi_usable_size(p), (size_t)10000);
  unsigned char* const before = p;
  KEEPS_ERRNO(cr_assert_eq(mi_reallocarr(&p, half, 2), EOVERFLOW));
  KEEPS_ERRNO(cr_assert_eq(mi_reallocarr(&p, most, 1), ENOMEM));
  cr_assert_eq(p, before);
  cr_assert(pattern_filled(p, 100, 1));
  KEEPS_ERRNO(cr_assert_eq(mi_reallocarr(&p, 0, 10), 0));
  cr_assert_null(p, "a total of 0 frees and stores NULL");
  KEEPS_ERRNO(cr_assert_eq(mi_reallocarr(&p, 10, 0), 0));
  cr_assert_null(p, "nothing becomes nothing");
  void* volatile nowhere = NULL;
  KEEPS_ERRNO(cr_assert_eq(mi_reallocarr(nowhere, 10, 10), EINVAL));
}

static size_t in_use(void) {
  size_t bytes = 0;
  mi_collect(true);
  mi_process_info(NULL, NULL, NULL, NULL, NULL, &bytes, NULL, NULL);
  return bytes;
}

static void free_plain(void* p) { mi_free(p); }
static void free_size(void* p) { mi_free_size(p, 300000); }
static void free_size_aligned(void* p) { mi_free_size_aligned(p, 300000, 4096); }
static void free_aligned(void* p) { mi_free_aligned(p, 4096); }
static void free_cfree(void* p) { mi_cfree(p); }
static void free_ufree(void* p) { mi_ufree(p, NULL); }

Test(api_blocks, every_free_frees) {
  static void (*const frees[])(void*) = {free_plain,   free_size,  free_size_aligned,
                                         free_aligned, free_cfree, free_ufree};
  for (size_t f = 0; f < sizeof frees / sizeof frees[0]; f++) {
    const size_t before = in_use();
    for (int i = 0; i < 100; i++) {
      void* const p = opaque(mi_malloc_aligned(300000, 4096));
      memset(p, 1, 300000);
      KEEPS_ERRNO(frees[f](p));
    }
    cr_assert_lt(in_use(), before + (10 << 20), "form %zu", f);
    KEEPS_ERRNO(frees[f](NULL));
  }
  const size_t before = in_use();
  for (int i = 0; i < 100000; i++) mi_free_small(opaque(mi_malloc_small(1000)));
  cr_assert_lt(in_use(), before + (10 << 20), "mi_free_small");
  KEEPS_ERRNO(mi_free_small(NULL));
}

Test(api_blocks, cfree_leaves_foreign_pointers_alone) {
  static uint64_t in_data[64];
  uint64_t on_stack[64];
  pattern_fill(in_data, sizeof in_data, 1);
  pattern_fill(on_stack, sizeof on_stack, 2);
  KEEPS_ERRNO(mi_cfree(in_data + 2));
  KEEPS_ERRNO(mi_cfree(on_stack + 2));
  KEEPS_ERRNO(mi_cfree((void*)(uintptr_t)16));
  KEEPS_ERRNO(mi_cfree((void*)(UINTPTR_MAX - 15)));
  cr_assert(pattern_filled(in_data, sizeof in_data, 1) && pattern_filled(on_stack, sizeof on_stack, 2));
}

/* Whether a child that calls this ends by SIGABRT. */
static bool aborts(void (*f)(void*), void* p) {
  const pid_t pid = fork();
  cr_assert_geq(pid, 0);
  if (pid == 0) {
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
    signal(SIGABRT, SIG_DFL);
    f(p);
    _exit(0);
  }
  int status = 0;
  cr_assert_eq(waitpid(pid, &status, 0), pid);
  return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

Test(api_blocks, debug_looks_at_what_free_is_told) {
  void* const p = opaque(mi_malloc_aligned(300000, 4096));
  void* const small = opaque(mi_malloc(100));
  void* const between = opaque(mi_malloc_aligned_at(100, 4096, 16));
  cr_assert_not(aborts(free_size, p) || aborts(free_aligned, p) || aborts(free_size_aligned, p));
  cr_assert_eq(aborts(free_size, small), MICA_EXAMINES, "100 bytes are not 300000");
  cr_assert_eq(aborts(free_aligned, between), MICA_EXAMINES, "%p is not aligned to 4096", between);
  cr_assert_eq(aborts(free_size_aligned, between), MICA_EXAMINES);
  mi_free(p);
  mi_free(small);
  mi_free(between);
}

Test(api_blocks, sizes_are_told) {
  volatile size_t half = (size_t)1 << 63;
  for (size_t i = 0; i < ORDINARY_SIZES; i++) {
    const size_t size = ordinary_sizes[i];
    size_t notified[4] = {1, 2, 3, 4}, freed = 5;
    void* const blocks[4] = {opaque(mi_umalloc(size, &notified[0])), opaque(mi_ucalloc(size, 2, &notified[1])),
                             opaque(mi_umalloc_small(size, &notified[2])),
                             opaque(mi_uzalloc_small(size, &notified[3]))};
    for (size_t b = 0; b < 4; b++) {
      cr_assert(notified[b] == mi_usable_size(blocks[b]) && notified[b] >= size * (b == 1 ? 2 : 1), "form %zu: %zu", b,
                notified[b]);
      memset(blocks[b], 1, notified[b]);
      KEEPS_ERRNO(mi_ufree(blocks[b], &freed));
      cr_assert_eq(freed, notified[b], "form %zu", b);
    }
  }
  size_t notified = 1;
  KEEPS_ERRNO(mi_ufree(NULL, &notified));
  cr_assert_eq(notified, (size_t)0);
  notified = 1;
  FAILS_WITH(ENOMEM, opaque(mi_umalloc(impossible_sizes[0], &notified)));
  cr_assert_eq(notified, (size_t)0);
  notified = 1;
  FAILS_WITH(ENOMEM, opaque(mi_ucalloc(half, 2, &notified)));
  cr_assert_eq(notified, (size_t)0);
}

Test(api_blocks, urealloc_tells_before_and_after) {
  size_t before = 1, after = 2;
  unsigned char* p = opaque(mi_urealloc(NULL, 100, &before, &after));
  cr_assert(before == 0 && after == mi_usable_size(p) && after >= 100, "%zu, %zu", before, after);
  pattern_fill(p, 100, 4);
  const size_t first = after;
  p = opaque(mi_urealloc(p, 50000, &before, &after));
  cr_assert(before == first && after == mi_usable_size(p) && after >= 50000, "%zu, %zu", before, after);
  cr_assert(pattern_filled(p, 100, 4));
  FAILS_WITH(ENOMEM, opaque(mi_urealloc(opaque(p), impossible_sizes[0], &before, &after)));
  cr_assert(before == mi_usable_size(p) && after == 0, "%zu, %zu", before, after);
  cr_assert(pattern_filled(p, 100, 4));
  mi_free(p);
}

Test(api_blocks, sizes_by_all_names) {
  for (size_t i = 0; i < ORDINARY_SIZES; i++) {
    const size_t size = ordinary_sizes[i];
    void* const p = opaque(mi_malloc(size));
    size_t usable = 0, good = 0;
    KEEPS_ERRNO(usable = mi_usable_size(p));
    KEEPS_ERRNO(good = mi_good_size(size));
    cr_assert_geq(usable, size);
    cr_assert(mi_malloc_size(p) == usable && mi_malloc_usable_size(p) == usable, "%zu bytes", size);
    cr_assert(good >= size && good <= usable && mi_malloc_good_size(size) == good, "%zu bytes: %zu, %zu", size, good,
              usable);
    memset(p, 1, usable);
    mi_free(p);
  }
  cr_assert(mi_usable_size(NULL) == 0 && mi_malloc_size(NULL) == 0 && mi_malloc_usable_size(NULL) == 0);
  for (size_t i = 0; i < IMPOSSIBLE_SIZES; i++)
    cr_assert_eq(mi_malloc_good_size(impossible_sizes[i]), impossible_sizes[i]);
}

Test(api_blocks, the_process_needs_no_start_and_no_end) {
  void* const p = opaque(mi_malloc(100));
  pattern_fill(p, 100, 6);
  for (int i = 0; i < 2; i++) {
    KEEPS_ERRNO(mi_process_init());
    KEEPS_ERRNO(mi_process_done());
    KEEPS_ERRNO(mi_thread_set_in_threadpool());
  }
  cr_assert(pattern_filled(p, 100, 6));
  void* const q = opaque(mi_malloc(100));
  cr_assert_not_null(q, "allocation after mi_process_done");
  mi_free(p);
  mi_free(q);
  cr_assert_not(mi_is_redirected());
}

Test(api_blocks, process_done_gives_memory_back) {
  enum { SIZE = 4 << 20 };
  void* const p = opaque(mi_malloc(SIZE));
  memset(p, 1, SIZE);
  mi_free(p);
  size_t before = 0, after = 0;
  mi_process_info(NULL, NULL, NULL, NULL, NULL, &before, NULL, NULL);
  mi_process_done();
  mi_process_info(NULL, NULL, NULL, NULL, NULL, &after, NULL, NULL);
  cr_assert_leq(after + SIZE, before, "%zu bytes before, %zu after", before, after);
}
