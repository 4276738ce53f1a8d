/* test_hooks.c -- the program's functions for errors, limits and deferred frees: what they get, and that none is called
 * within itself. */

#include "observe/hooks.h"
#include "observe/options.h"
#include "observe/output.h"
#include <mica.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "tests/support/errno_mark.h"
#include "tests/support/taken.h"

static int codes[64];

static void note_code(int code, void* arg) {
  last_arg = arg;
  if (calls < 64) codes[calls] = code;
  calls++;
  errno = EINTR;
}

Test(hooks, an_error_is_told_and_shown) {
  mi_option_enable(mi_option_show_errors);
  mi_register_error(note_code, codes);
  capture_begin();
  mica_error(EAGAIN, "twice: %p\n", (void*)16);
  capture_end();
  cr_assert_str_eq(captured, "mica: twice: 0x10\n");
  cr_assert_eq(calls, 1U);
  cr_assert_eq(codes[0], EAGAIN);
  cr_assert_eq(last_arg, (void*)codes);
  mi_option_disable(mi_option_show_errors);
  capture_begin();
  mica_error(EFAULT, "not shown\n");
  capture_end();
  cr_assert_str_empty(captured);
  cr_assert_eq(calls, 2U, "it is told all the same");
  cr_assert_eq(codes[1], EFAULT);
  mi_register_error(NULL, NULL);
  mica_error(EINVAL, "not told\n");
  cr_assert_eq(calls, 2U);
}

static void last_call(int code, void* arg) {
  mica_message("told of %d\n", code);
  cr_assert_eq(write(*(int*)arg, "told", 4), 4);
}

Test(hooks, a_misuse_is_said_and_told_before_the_end) {
  int ends[2], status = 0;
  cr_assert_eq(pipe(ends), 0);
  mi_option_disable(mi_option_show_errors);
  mi_register_error(last_call, &ends[1]);
  capture_begin();
  const pid_t child = fork();
  if (child == 0) mica_misuse(EAGAIN, "freed %s\n", "twice");
  const pid_t ended = waitpid(child, &status, 0);
  errno = ERRNO_MARK;
  capture_end();
  cr_assert_eq(ended, child);
  cr_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT, "status %d", status);
  char expected[64];
  snprintf(expected, sizeof expected, "mica: freed twice\nmica: told of %d\n", EAGAIN);
  cr_assert_str_eq(captured, expected);
  char notified[8] = "";
  cr_assert_eq(read(ends[0], notified, 4), 4);
  cr_assert_str_eq(notified, "told");
}

Test(hooks, so_many_errors_are_shown_and_no_more) {
  mi_option_enable(mi_option_show_errors);
  mi_register_error(note_code, NULL);
  capture_begin();
  for (int i = 0; i < 40; i++) mica_error(ENOMEM, "error %d\n", i);
  capture_end();
  cr_assert_eq(captured_times("mica: error"), 32U);
  cr_assert_eq(captured_times("mica: error 31\n"), 1U);
  cr_assert_eq(calls, 40U);
  mi_option_set(mi_option_max_errors, 35);
  capture_begin();
  for (int i = 0; i < 40; i++) mica_error(ENOMEM, "error %d\n", i);
  capture_end();
  cr_assert_eq(captured_times("mica: error"), 3U, "%s", captured);
  mi_option_set(mi_option_max_errors, -1);
  capture_begin();
  for (int i = 0; i < 40; i++) mica_error(ENOMEM, "error %d\n", i);
  capture_end();
  cr_assert_eq(captured_times("mica: error"), 40U);
}

Test(hooks, warnings) {
  mi_option_disable(mi_option_show_errors);
  mi_register_error(note_code, NULL);
  capture_begin();
  mica_warn("silent\n");
  capture_end();
  cr_assert_str_empty(captured);
  mi_option_enable(mi_option_verbose);
  capture_begin();
  mica_warn("about %s\n", "this");
  capture_end();
  cr_assert_str_eq(captured, "mica: about this\n");
  mi_option_disable(mi_option_verbose);
  mi_option_enable(mi_option_show_errors);
  mi_option_set(mi_option_max_warnings, 5);
  capture_begin();
  for (int i = 0; i < 40; i++) mica_warn("warning\n");
  capture_end();
  cr_assert_eq(captured_times("mica: warning\n"), 4U);
  cr_assert_eq(calls, 0U, "a warning is no error");
}

static void expect_told(int code) {
  cr_assert_eq(calls, 1U);
  cr_assert_eq(codes[0], code);
  cr_assert_eq(last_arg, (void*)codes);
  calls = 0;
}

/* As a program meets it. A compiler that knew the sizes would warn of them. */
Test(hooks, an_allocation_that_fails_is_told) {
  void* (*volatile allocate)(size_t) = mi_malloc;
  void* (*volatile allocate_many)(size_t, size_t) = mi_calloc;
  void* (*volatile allocate_aligned)(size_t, size_t) = mi_malloc_aligned;
  mi_option_disable(mi_option_show_errors);
  mi_register_error(note_code, codes);
  cr_assert_null(allocate((size_t)PTRDIFF_MAX - 4096));
  cr_assert_eq(errno, ENOMEM);
  expect_told(ENOMEM);
  cr_assert_null(allocate_many((size_t)PTRDIFF_MAX / 1000, 999));
  expect_told(ENOMEM);
  cr_assert_null(allocate_aligned((size_t)PTRDIFF_MAX / 2, 4096));
  expect_told(ENOMEM);
  cr_assert_null(allocate((size_t)PTRDIFF_MAX + 1));
  cr_assert_eq(errno, ENOMEM);
  expect_told(EOVERFLOW);
  cr_assert_null(allocate_many(SIZE_MAX / 2, 3));
  expect_told(EOVERFLOW);
  mi_free(allocate(100));
  cr_assert_eq(calls, 0U, "nothing has failed");
}

static void err_again(int code, void* arg) {
  note_code(code, arg);
  free(malloc(100));
  mica_error(EINVAL, "another\n");
}

Test(hooks, an_error_within_an_errors_function_is_not_told) {
  mi_option_enable(mi_option_show_errors);
  mi_register_error(err_again, NULL);
  capture_begin();
  mica_error(ENOMEM, "one\n");
  capture_end();
  cr_assert_eq(calls, 1U);
  cr_assert_str_eq(captured, "mica: one\nmica: another\n");
  mica_error(ENOMEM, "one\n");
  cr_assert_eq(calls, 2U, "the next one is");
}

static void err_in_output(const char* text, void* arg) {
  take(text, arg);
  mica_error(ENOMEM, "in the output's function\n");
}

/* Output's function makes errors, errors' function makes output: each is called once. */
Test(hooks, the_kinds_do_not_call_each_other_for_ever) {
  mi_option_enable(mi_option_show_errors);
  mi_register_error(err_again, NULL);
  mi_register_output(err_in_output, NULL);
  forget();
  capture_begin();
  mica_message("start\n");
  capture_end();
  cr_assert_str_eq(taken, "mica: start\n");
  cr_assert_eq(calls, 2U);
  cr_assert_str_eq(captured, "mica: in the output's function\nmica: another\n");
}

/* ---- limits and deferred frees ---- */

typedef struct limit_call_s {
  mi_heap_t* heap;
  size_t wanted, used, limit;
} limit_call_t;

static void note_limit(mi_heap_t* heap, size_t wanted, size_t used, size_t limit, void* arg) {
  *(limit_call_t*)arg = (limit_call_t){heap, wanted, used, limit};
  calls++;
  errno = EINTR;
  mica_limit_reached(heap, wanted + 1, used, limit);
}

Test(hooks, a_limits_function_gets_its_figures) {
  limit_call_t got = {0};
  mi_heap_t* const heap = (mi_heap_t*)(void*)&calls;
  mica_limit_reached(NULL, 1, 2, 3);
  mi_register_limit(note_limit, &got);
  errno = ERRNO_MARK;
  mica_limit_reached(heap, 100, 200, 300);
  cr_assert_eq(errno, ERRNO_MARK);
  cr_assert(got.heap == heap && got.wanted == 100 && got.used == 200 && got.limit == 300);
  cr_assert_eq(calls, 1U, "not within itself");
  mica_limit_reached(NULL, 7, 8, 9);
  cr_assert(got.heap == NULL && got.wanted == 7);
  cr_assert_eq(calls, 2U);
  mi_register_limit(NULL, NULL);
  mica_limit_reached(heap, 1, 2, 3);
  cr_assert_eq(calls, 2U);
}

static void defer(bool force, unsigned long long heartbeat, void* arg) {
  *(unsigned long long*)arg = heartbeat + force;
}

Test(hooks, the_deferred_function_and_its_argument) {
  void* arg = &calls;
  cr_assert(mica_deferred_hook(&arg) == NULL);
  cr_assert_null(arg);
  unsigned long long notified = 0;
  mi_register_deferred_free(defer, &notified);
  mi_deferred_free_fun* const fun = mica_deferred_hook(&arg);
  cr_assert(fun == defer);
  cr_assert_eq(arg, (void*)&notified);
  fun(true, 5, arg);
  cr_assert_eq(notified, 6ULL);
  mi_register_deferred_free(NULL, NULL);
  cr_assert(mica_deferred_hook(&arg) == NULL);
}

static void* guards_of_another(void* arg) {
  *(bool*)arg = mica_hook_enter(MICA_HOOK_DEFERRED);
  return NULL;
}

Test(hooks, guards_are_the_threads_and_the_kinds) {
  cr_assert(mica_hook_enter(MICA_HOOK_DEFERRED));
  cr_assert_not(mica_hook_enter(MICA_HOOK_DEFERRED));
  cr_assert(mica_hook_enter(MICA_HOOK_LIMIT));
  bool other = false;
  pthread_t thread;
  cr_assert_eq(pthread_create(&thread, NULL, guards_of_another, &other), 0);
  pthread_join(thread, NULL);
  cr_assert(other);
  mica_hook_leave(MICA_HOOK_DEFERRED);
  cr_assert(mica_hook_enter(MICA_HOOK_DEFERRED));
  cr_assert_not(mica_hook_enter(MICA_HOOK_LIMIT));
}
