/* errno_mark.h -- what a call does to errno: a mark that no function sets; in a unit test, calls that leave it, calls that
 * fail. */
#ifndef MICA_TESTS_ERRNO_MARK_H
#define MICA_TESTS_ERRNO_MARK_H
#include <errno.h>

enum { ERRNO_MARK = 4711 };

/* The call must leave errno alone. */
#define KEEPS_ERRNO(call) \
  do { \
    errno = ERRNO_MARK; \
    call; \
    cr_assert_eq(errno, ERRNO_MARK, "%s changed errno to %d", #call, errno); \
  } while (0)

/* The call must return NULL and set errno to the expected value. */
#define FAILS_WITH(expected, call) \
  do { \
    errno = ERRNO_MARK; \
    cr_assert_null(call, "%s returned a block", #call); \
    cr_assert_eq(errno, expected, "%s set errno to %d instead of %s", #call, errno, #expected); \
  } while (0)

#endif
