/* check.h -- for programs of their own: a check that ends the program with status 1 and a line that names it. C and C++.
 *
 * No allocation and no stdio, so that it works in resolvers, constructors and late destructors. */
#ifndef MICA_TESTS_CHECK_H
#define MICA_TESTS_CHECK_H
#include <string.h>
#include <unistd.h>

static inline void say(int fd, const char* text) {
  const ssize_t written = write(fd, text, strlen(text));
  (void)written;
}

#define CHECK_TEXT(x) #x
#define CHECK_LINE(x) CHECK_TEXT(x)
#define CHECK(condition) \
  do { \
    if (!(condition)) { \
      say(2, __FILE__ ":" CHECK_LINE(__LINE__) ": failed: " #condition "\n"); \
      _exit(1); \
    } \
  } while (0)

/* What the program has shown: its one line on stdout. */
#define SHOWN(text) say(1, text "\n")

#endif
