/* criterion.h -- Criterion's macros, as far as the unit tests use them, for where Criterion is not: on a machine without it, in
 * a cross build, and in the variants whose sanitizer owns malloc.
 *
 * Criterion maps memory at an address that it draws by lot, and gives up if that is in a sanitizer's shadow: under
 * ThreadSanitizer that is most of the time. Here each test runs in a child of the program itself, so that a crash or
 * a report is one failed test, and nothing is mapped. What the macros mean is Criterion's; tests/runner/runner.c runs them
 * and prints Criterion's last line. This directory comes first in the include path if MICA_TESTS_CRITERION is off. */
#ifndef MICA_TESTS_RUNNER_CRITERION_H
#define MICA_TESTS_RUNNER_CRITERION_H
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

typedef struct criterion_options_s {
  int line; /* of the record */
  void (*init)(void);
  void (*fini)(void);
  int signal; /* that the test must end by; 0: it returns */
} criterion_options_t;

typedef struct criterion_test_s {
  const char* suite;
  const char* name;
  void (*run)(void); /* NULL: this record gives the options of the whole suite */
  criterion_options_t options;
  struct criterion_test_s* next;
} criterion_test_t;

/* Called before main, once for each record. */
void criterion_add(criterion_test_t* test);

/* Prints what does not hold and ends the test. */
_Noreturn void criterion_fail(const char* file, int line, const char* expression, const char* format, ...)
    __attribute__((format(printf, 4, 5)));

#define CRITERION_RECORD(id, suite_text, name_text, function, ...) \
  static criterion_test_t id##_record = {suite_text, name_text, function, {.line = __LINE__, __VA_ARGS__}, NULL}; \
  __attribute__((constructor)) static void id##_add(void) { criterion_add(&id##_record); }

#define Test(suite, name, ...) \
  static void suite##_##name##_test(void); \
  CRITERION_RECORD(suite##_##name##_test, #suite, #name, suite##_##name##_test, __VA_ARGS__) \
  static void suite##_##name##_test(void)
#define TestSuite(suite, ...) CRITERION_RECORD(suite##_suite, #suite, "", NULL, __VA_ARGS__) struct criterion_test_s

#define CRITERION_IS(condition, expression, ...) \
  do { \
    if (!(condition)) criterion_fail(__FILE__, __LINE__, expression, " " __VA_ARGS__); \
  } while (0)

#define cr_assert_fail(...) criterion_fail(__FILE__, __LINE__, "", " " __VA_ARGS__)
#define cr_assert(condition, ...) CRITERION_IS(condition, #condition, __VA_ARGS__)
#define cr_assert_not(condition, ...) CRITERION_IS(!(condition), "not " #condition, __VA_ARGS__)
#define cr_assert_eq(a, b, ...) CRITERION_IS((a) == (b), #a " == " #b, __VA_ARGS__)
#define cr_assert_neq(a, b, ...) CRITERION_IS((a) != (b), #a " != " #b, __VA_ARGS__)
#define cr_assert_lt(a, b, ...) CRITERION_IS((a) < (b), #a " < " #b, __VA_ARGS__)
#define cr_assert_leq(a, b, ...) CRITERION_IS((a) <= (b), #a " <= " #b, __VA_ARGS__)
#define cr_assert_gt(a, b, ...) CRITERION_IS((a) > (b), #a " > " #b, __VA_ARGS__)
#define cr_assert_geq(a, b, ...) CRITERION_IS((a) >= (b), #a " >= " #b, __VA_ARGS__)
#define cr_assert_null(p, ...) CRITERION_IS((p) == NULL, #p " is null", __VA_ARGS__)
#define cr_assert_not_null(p, ...) CRITERION_IS((p) != NULL, #p " is not null", __VA_ARGS__)
#define cr_assert_str_eq(a, b, ...) CRITERION_IS(strcmp((a), (b)) == 0, #a " is the text " #b, __VA_ARGS__)
#define cr_assert_str_empty(s, ...) CRITERION_IS((s)[0] == '\0', #s " is empty", __VA_ARGS__)

#endif
