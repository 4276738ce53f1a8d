/* test_failure_words.c -- the line for an allocation that fails says whose limit refused it, what is in use, and what was
 * asked. */
#include <mica.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "observe/options.h"
#include "segment/arena.h"
#include "segment/limit.h"
#include "segment/os.h"
#include "tests/support/capture.h"

static void capture_failure(void* (*act)(size_t size), size_t size) {
  mi_option_enable(mi_option_show_errors);
  capture_begin();
  void* p = act(size);
  errno = ERRNO_MARK;
  capture_end();
  cr_assert_null(p);
}

static void expect_line(const char* wanted) {
  cr_assert_str_eq(captured, wanted, "\"%s\", not \"%s\"", captured, wanted);
}

static volatile size_t too_many = SIZE_MAX - 100;
static void* plain(size_t size) { return mi_malloc(size); }

Test(failure_words, the_limit_of_the_process) {
  char wanted[400];
  mi_process_set_limit((size_t)64 << 20);
  cr_assert_null(plain((size_t)100 << 20)); /* whose purge gives back what it can */
  const size_t used = mica_limit_used();
  capture_failure(plain, (size_t)100 << 20);
  snprintf(wanted, sizeof wanted,
           "mica: cannot allocate 104857600 bytes: the process's limit (MICA_MEMORY_LIMIT, mi_process_set_limit) is "
           "67108864 "
           "bytes, %zu are in use, and this takes 104923136\n",
           used);
  expect_line(wanted);
}

static mi_heap_t* heap;
static void* in_heap(size_t size) { return mi_heap_malloc(heap, size); }

Test(failure_words, the_limit_of_a_heap) {
  char wanted[400];
  heap = mi_heap_new();
  cr_assert(mi_heap_set_limit(heap, (size_t)1 << 20));
  cr_assert_not_null(mi_heap_malloc(heap, 100));
  capture_failure(in_heap, (size_t)2 << 20);
  snprintf(wanted, sizeof wanted,
           "mica: cannot allocate 2097152 bytes: the limit of heap %p (mi_heap_set_limit) is 1048576 bytes, %zu are in "
           "use, and "
           "this takes 2162688\n",
           (void*)heap, mi_heap_get_used(heap));
  expect_line(wanted);
}

static mi_pool_t* pool;
static void* in_pool(size_t size) { return mi_pool_alloc(pool, size); }

Test(failure_words, the_limit_of_a_pool) {
  char wanted[400];
  pool = mi_pool_create(4096);
  mi_pool_set_limit(pool, 8192);
  capture_failure(in_pool, 100000);
  snprintf(
      wanted, sizeof wanted,
      "cannot allocate: the limit of pool %p (mi_pool_set_limit) is 8192 bytes, %zu are in use, and a chunk, or large "
      "memory with its record, takes ",
      (void*)pool, mi_pool_get_used(pool));
  const char* const found = strstr(captured, wanted); /* what the pool takes is not shown as what was asked for */
  cr_assert_not_null(found, "\"%s\" is not in \"%s\"", wanted, captured);
  cr_assert_gt(strtoul(found + strlen(wanted), NULL, 10), 100000ul);
  cr_assert_eq(captured_times("\n"), 1u);
}

/* A chunk that a smaller one can stand for is tried, and not spoken of. */
Test(failure_words, a_pool_that_still_gives_says_nothing) {
  pool = mi_pool_create(4096);
  mi_pool_set_limit(pool, (size_t)13 * 4096);
  mi_option_enable(mi_option_show_errors);
  capture_begin();
  int n = 0;
  for (; n < 12 * 4; n++)
    if (mi_pool_alloc(pool, 900) == NULL) break;
  errno = ERRNO_MARK;
  capture_end();
  cr_assert_eq(n, 12 * 4, "%d blocks", n);
  cr_assert_str_empty(captured, "%s", captured);
}

static bool no_memory(mica_os_call_t call) { return call == MICA_OS_MMAP; }

Test(failure_words, the_system) {
  char wanted[400];
  mi_free(mi_malloc(16));
  mica_os_set_fault(no_memory);
  capture_failure(plain, (size_t)1 << 30);
  mica_os_set_fault(NULL);
  struct rlimit addresses;
  getrlimit(RLIMIT_AS, &addresses);
  if (addresses.rlim_cur != RLIM_INFINITY) return;
  snprintf(wanted, sizeof wanted,
           "mica: cannot allocate 1073741824 bytes: the system gives no more memory; mica has %zu bytes in use and %zu "
           "mapped; "
           "RLIMIT_AS is unlimited, RLIMIT_DATA is unlimited\n",
           mica_limit_used(), mica_mapped_bytes());
  expect_line(wanted);
}

Test(failure_words, a_limit_of_the_systems) {
  mi_free(mi_malloc(16));
  struct rlimit limit = {(rlim_t)1 << 40, RLIM_INFINITY};
  cr_assert_eq(setrlimit(RLIMIT_AS, &limit), 0);
  limit.rlim_cur = (rlim_t)1 << 41;
  cr_assert_eq(setrlimit(RLIMIT_DATA, &limit), 0);
  capture_failure(plain, (size_t)1 << 42);
  cr_assert_not_null(strstr(captured, "RLIMIT_AS is 1099511627776 bytes, RLIMIT_DATA is 2199023255552 bytes\n"), "%s",
                     captured);
  cr_assert_not_null(strstr(captured, "the system gives no more memory"), "%s", captured);
}

static void* aligned(size_t align) { return mi_malloc_aligned(100, align); }

Test(failure_words, what_no_block_can_be) {
  capture_failure(plain, too_many);
  cr_assert_not_null(strstr(captured, "bytes: no block has so many\n"), "%s", captured);
  capture_failure(aligned, (size_t)1 << 40);
  expect_line("mica: cannot allocate 100 bytes aligned to 1099511627776: no block is aligned to so many\n");
}

Test(failure_words, none_unless_they_are_wanted) {
  if (mi_option_is_enabled(mi_option_show_errors)) mi_option_disable(mi_option_show_errors);
  capture_begin();
  void* p = plain(too_many);
  errno = ERRNO_MARK;
  capture_end();
  cr_assert_null(p);
  cr_assert_str_empty(captured, "%s", captured);
}
