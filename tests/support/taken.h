/* taken.h -- a registered function that takes text, and what it was given. */
#ifndef MICA_TESTS_TAKEN_H
#define MICA_TESTS_TAKEN_H
#include "tests/support/capture.h"

static char taken[1 << 15];
static unsigned calls;
static void* last_arg;

static void take(const char* text, void* arg) {
  last_arg = arg;
  calls++;
  strncat(taken, text, sizeof taken - 1 - strlen(taken));
  errno = EINTR;
}

static void forget(void) {
  taken[0] = '\0';
  calls = 0;
  last_arg = NULL;
}

#endif
