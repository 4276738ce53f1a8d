/* require.h -- a check for inner loops.
 *
 * cr_assert tells Criterion of every success, which allocates; REQUIRE is silent until it fails, so that counts of slices
 * taken before and after it can be compared, and so that it can stand where it is reached a million times. */
#ifndef MICA_TESTS_REQUIRE_H
#define MICA_TESTS_REQUIRE_H
#include <criterion/criterion.h>

#define REQUIRE(condition, ...) \
  do { \
    if (!(condition)) cr_assert_fail(__VA_ARGS__); \
  } while (0)

#endif
