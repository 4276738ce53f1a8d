/* test_output.c -- messages: one line, cut where it is too long, errno untouched. */
#include <criterion/criterion.h>
#include <errno.h>
#include <observe/output.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

static char text[4096];
static int saved_stderr;
static int ends[2];

static void begin(void) {
  cr_assert_eq(pipe(ends), 0);
  saved_stderr = dup(STDERR_FILENO);
  dup2(ends[1], STDERR_FILENO);
  errno = 4711;
}

static void end(void) {
  const int after = errno;
  dup2(saved_stderr, STDERR_FILENO);
  close(saved_stderr);
  close(ends[1]);
  const ssize_t length = read(ends[0], text, sizeof text - 1);
  text[length > 0 ? length : 0] = '\0';
  close(ends[0]);
  cr_assert_eq(after, 4711, "errno became %d", after);
}

Test(output, message_has_a_prefix) {
  begin();
  mica_message("%s is %d\n", "six", 6);
  end();
  cr_assert_str_eq(text, "mica: six is 6\n");
}

Test(output, long_lines_are_cut_and_ended) {
  static char long_text[2000];
  memset(long_text, 'x', sizeof long_text - 1);
  begin();
  mica_message("%s\n", long_text);
  end();
  cr_assert_eq(strlen(text), (size_t)500);
  cr_assert_eq(text[498], 'x');
  cr_assert_eq(text[499], '\n');
}

Test(output, a_line_of_500_bytes_is_whole) {
  static char just[495];
  memset(just, 'y', sizeof just - 2);
  just[493] = '\n';
  begin();
  mica_message("%s", just);
  end();
  cr_assert_eq(strlen(text), (size_t)500);
  cr_assert_eq(strcmp(text + 6, just), 0);
}

Test(output, print_goes_to_stderr_without_a_prefix) {
  begin();
  mica_print(NULL, NULL, "%d%%\n", 5);
  end();
  cr_assert_str_eq(text, "5%\n");
}

static void take(const char* line, void* arg) {
  strcpy(arg, line);
  errno = EINTR;
}

Test(output, print_goes_to_a_function) {
  char got[64] = "";
  begin();
  mica_print(take, got, "a line with %s\n", "text");
  end();
  cr_assert_str_eq(got, "a line with text\n");
  cr_assert_str_empty(text);
}

Test(output, a_closed_stderr_is_no_error) {
  const int saved = dup(STDERR_FILENO);
  close(STDERR_FILENO);
  errno = 4711;
  mica_message("nobody reads this\n");
  const int after = errno;
  dup2(saved, STDERR_FILENO);
  cr_assert_eq(after, 4711);
}

Test(output, fatal_aborts, .signal = SIGABRT) { mica_fatal("%s\n", "the end"); }

Test(output, assert_fires_in_debug_only, .signal = MICA_CHECKS ? SIGABRT : 0) { mica_assert(1 + 1 == 3); }

Test(output, assert_passes_what_holds) { mica_assert(1 + 1 == 2); }
