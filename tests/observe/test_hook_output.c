/* test_hook_output.c -- the program's function for output: what it gets, and what the first gets that was said before. */

#include "observe/options.h"
#include "observe/output.h"
#include <mica.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "tests/support/taken.h"

Test(hook_output, output_gets_messages_options_and_statistics) {
  mi_register_output(take, &calls);
  forget();
  capture_begin();
  mica_message("one %d\n", 1);
  cr_assert_str_eq(taken, "mica: one 1\n");
  cr_assert_eq(last_arg, (void*)&calls);
  mica_print(NULL, NULL, "two\n");
  cr_assert_str_eq(taken, "mica: one 1\ntwo\n");
  mi_options_print();
  cr_assert_eq(calls, 3U + _mi_option_last);
  cr_assert_not_null(strstr(taken, "mica: MICA_DIRTY_LIMIT=8192 KiB\n"));
  forget();
  mi_stats_print(NULL);
  cr_assert_not_null(strstr(taken, "mica " MICA_VERSION_STRING ", process "), "%s", taken);
  cr_assert_not_null(strstr(taken, "page faults"), "%s", taken);
  forget();
  mica_print(take, taken, "three\n");
  cr_assert_eq(last_arg, (void*)taken, "an explicit function has its own argument");
  cr_assert_eq(calls, 1U);
  capture_end();
  cr_assert_str_empty(captured, "stderr, too: %s", captured);
}

Test(hook_output, output_back_to_stderr) {
  mi_register_output(take, NULL);
  mi_register_output(NULL, NULL);
  forget();
  capture_begin();
  mica_message("hello\n");
  capture_end();
  cr_assert_str_eq(captured, "mica: hello\n");
  cr_assert_eq(calls, 0U);
}

Test(hook_output, the_first_function_gets_what_was_said_before) {
  capture_begin();
  mica_message("early %d\n", 1);
  mica_print(NULL, NULL, "early 2\n");
  mica_print(take, NULL, "not to stderr\n");
  forget();
  mi_register_output(take, &calls);
  capture_end();
  cr_assert_str_eq(captured, "mica: early 1\nearly 2\n", "stderr has it all the same");
  cr_assert_str_eq(taken, "mica: early 1\nearly 2\n");
  cr_assert_eq(calls, 2U);
  cr_assert_eq(last_arg, (void*)&calls);
  forget();
  mi_register_output(take, taken);
  cr_assert_eq(calls, 0U, "the second function gets nothing again: %s", taken);
}

Test(hook_output, a_function_that_is_registered_late_gets_what_fitted) {
  enum { MANY = 200, DEDICATED = 8192 };
  static char long_text[200], all[DEDICATED + 512];
  memset(long_text, 'x', sizeof long_text - 1);
  size_t end = 0, room = DEDICATED;
  unsigned fitting = 0;
  for (int i = 0; i < MANY; i++) {
    capture_begin();
    mica_message("%d %s\n", i, long_text);
    capture_end();
    const size_t needed = sizeof(int) + (strlen(captured) + 1 + sizeof(int) - 1) / sizeof(int) * sizeof(int);
    if (needed > room) continue;
    room -= needed;
    fitting++;
    strcpy(all + end, captured);
    end += strlen(captured);
  }
  mi_register_output(take, NULL);
  cr_assert_eq(calls, fitting);
  cr_assert_gt(fitting, 30U);
  cr_assert_str_eq(taken, all);
  mi_register_output(NULL, NULL);
  capture_begin();
  mica_message("after the first\n");
  capture_end();
  mi_register_output(take, NULL);
  cr_assert_eq(calls, fitting, "what was said after the first function is not kept");
}

static void* say_many(void* arg) {
  for (unsigned i = 0; i < 200; i++)
    mica_message("thread %c says %u: %.*s\n", *(char*)arg, i, (int)(i % 60), (const char*)arg + 1);
  return NULL;
}

/* Each thread's lines are whole and in order; none is twice. */
Test(hook_output, what_threads_say_at_once_is_kept_whole) {
  enum { THREADS = 4 };
  static char names[THREADS][70];
  pthread_t threads[THREADS];
  unsigned seen[THREADS] = {0}, whole = 0;
  const int saved = dup(STDERR_FILENO);
  cr_assert_not_null(freopen("/dev/null", "w", stderr));
  for (int i = 0; i < THREADS; i++) {
    memset(names[i], 'a' + i, sizeof names[i] - 1);
    cr_assert_eq(pthread_create(&threads[i], NULL, say_many, names[i]), 0);
  }
  for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
  dup2(saved, STDERR_FILENO);
  mi_register_output(take, NULL);
  for (const char* at = taken; *at != '\0'; at = strchr(at, '\n') + 1) {
    char name;
    unsigned number;
    cr_assert_eq(sscanf(at, "mica: thread %c says %u: ", &name, &number), 2, "%.80s", at);
    const unsigned t = (unsigned)(name - 'a');
    cr_assert(t < THREADS && number >= seen[t], "%.80s", at);
    char expected[128];
    snprintf(expected, sizeof expected, "mica: thread %c says %u: %.*s\n", name, number, (int)(number % 60),
             names[t] + 1);
    cr_assert_eq(strncmp(at, expected, strlen(expected)), 0, "%.80s", at);
    seen[t] = number + 1;
    whole++;
  }
  cr_assert_eq(whole, calls);
  cr_assert_gt(whole, 80U);
}

static void talk(const char* text, void* arg) {
  take(text, arg);
  free(malloc(100));
  mica_message("from within: %s", text);
  mi_options_print();
}

Test(hook_output, output_within_output_goes_to_stderr) {
  mi_register_output(talk, NULL);
  forget();
  capture_begin();
  mica_message("outer\n");
  capture_end();
  cr_assert_str_eq(taken, "mica: outer\n");
  cr_assert_eq(captured_times("mica: from within: mica: outer\n"), 1U);
  cr_assert_eq(captured_times("mica: MICA_DIRTY_LIMIT="), 1U);
}

static void register_another(const char* text, void* arg) {
  take(text, arg);
  mi_register_output(take, taken);
}

Test(hook_output, a_function_may_register_another) {
  mi_register_output(register_another, &calls);
  forget();
  mica_message("a\n");
  cr_assert_eq(last_arg, (void*)&calls);
  mica_message("b\n");
  cr_assert_eq(last_arg, (void*)taken);
  cr_assert_str_eq(taken, "mica: a\nmica: b\n");
}

Test(hook_output, a_forks_child_has_them) {
  mi_register_output(take, &calls);
  const pid_t child = fork();
  if (child == 0) {
    forget();
    mica_message("child\n");
    mi_register_output(take, taken);
    mica_message("child\n");
    _exit(calls == 2 && last_arg == taken ? 0 : 1);
  }
  int status = -1;
  cr_assert_eq(waitpid(child, &status, 0), child);
  cr_assert_eq(status, 0);
}
