/* capture.h -- what a test makes mica write to stderr, up to what a pipe holds (64 KiB); errno is checked to stay as it was. */
#ifndef MICA_TESTS_CAPTURE_H
#define MICA_TESTS_CAPTURE_H
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/errno_mark.h"

static char captured[1 << 16];
static int capture_ends[2];
static int capture_saved;

static inline void capture_begin(void) {
  cr_assert_eq(pipe(capture_ends), 0);
  capture_saved = dup(STDERR_FILENO);
  dup2(capture_ends[1], STDERR_FILENO);
  errno = ERRNO_MARK;
}

/* The text is left in captured. */
static inline void capture_end(void) {
  const int after = errno;
  dup2(capture_saved, STDERR_FILENO);
  close(capture_saved);
  close(capture_ends[1]);
  size_t length = 0;
  ssize_t got;
  while ((got = read(capture_ends[0], captured + length, sizeof captured - 1 - length)) > 0) length += (size_t)got;
  captured[length] = '\0';
  close(capture_ends[0]);
  cr_assert_eq(strlen(captured), length, "a zero is among the text");
  cr_assert_eq(after, ERRNO_MARK, "errno became %d", after);
}

/* How often a text is in what was captured. */
static inline unsigned captured_times(const char* text) {
  unsigned n = 0;
  for (const char* at = captured; (at = strstr(at, text)) != NULL; at++) n++;
  return n;
}

#endif
