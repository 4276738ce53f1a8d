/* test_output.c -- messages: one line, cut where it is too long, errno untouched. */

#include "observe/output.h"
#include <signal.h>

#include "tests/support/capture.h"
#include "tests/support/errno_mark.h"

Test(output, message_has_a_prefix) {
  capture_begin();
  mica_message("%s is %d\n", "six", 6);
  capture_end();
  cr_assert_str_eq(captured, "mica: six is 6\n");
}

Test(output, long_lines_are_cut_and_ended) {
  static char long_text[2000];
  memset(long_text, 'x', sizeof long_text - 1);
  capture_begin();
  mica_message("%s\n", long_text);
  capture_end();
  cr_assert_eq(strlen(captured), (size_t)500);
  cr_assert_eq(captured[498], 'x');
  cr_assert_eq(captured[499], '\n');
}

Test(output, a_line_of_500_bytes_is_whole) {
  static char just[495];
  memset(just, 'y', sizeof just - 2);
  just[493] = '\n';
  capture_begin();
  mica_message("%s", just);
  capture_end();
  cr_assert_eq(strlen(captured), (size_t)500);
  cr_assert_eq(strcmp(captured + 6, just), 0);
}

Test(output, print_goes_to_stderr_without_a_prefix) {
  capture_begin();
  mica_print(NULL, NULL, "%d%%\n", 5);
  capture_end();
  cr_assert_str_eq(captured, "5%\n");
}

static void take(const char* line, void* arg) {
  strcpy(arg, line);
  errno = EINTR;
}

Test(output, print_goes_to_a_function) {
  char got[64] = "";
  capture_begin();
  mica_print(take, got, "a line with %s\n", "text");
  capture_end();
  cr_assert_str_eq(got, "a line with text\n");
  cr_assert_str_empty(captured);
}

Test(output, a_closed_stderr_is_no_error) {
  const int saved = dup(STDERR_FILENO);
  close(STDERR_FILENO);
  errno = ERRNO_MARK;
  mica_message("nobody reads this\n");
  const int after = errno;
  dup2(saved, STDERR_FILENO);
  cr_assert_eq(after, ERRNO_MARK);
}

Test(output, fatal_aborts, .signal = SIGABRT) { mica_fatal("%s\n", "the end"); }

Test(output, assert_fires_in_debug_only, .signal = MICA_CHECKS ? SIGABRT : 0) { mica_assert(1 + 1 == 3); }

Test(output, assert_passes_what_holds) { mica_assert(1 + 1 == 2); }
