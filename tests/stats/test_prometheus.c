/* test_prometheus.c -- figures for Prometheus: the four gauges, and what becomes of buffers that are too small.
 * tests/house/check_examples.py reads the whole text by the rules of its form. */
#include <criterion/criterion.h>
#include <mica.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Test(prometheus, four_gauges_each_no_smaller_than_the_one_before) {
  char small[100], buf[8192];
  void* const some = mi_malloc(1000);
  cr_assert_null(mi_stats_get_prometheus(sizeof small, small));
  cr_assert_eq(strlen(small), sizeof small - 1);
  cr_assert_eq(mi_stats_get_prometheus(sizeof buf, buf), buf);
  char* const own = mi_stats_get_prometheus(0, NULL);
  cr_assert_not_null(own);
  cr_assert_eq(strncmp(own, buf, 200), 0);
  const char* const names[] = {"allocated", "active", "resident", "mapped"};
  int64_t least = 1;
  for (size_t i = 0; i < 4; i++) {
    char name[64];
    snprintf(name, sizeof name, "# TYPE mica_%s_bytes gauge\nmica_%s_bytes ", names[i], names[i]);
    const char* const at = strstr(buf, name);
    cr_assert_not_null(at, "no %s", name);
    const int64_t value = strtoll(at + strlen(name), NULL, 10);
    cr_assert(value >= least, "%s: %ld after %ld", names[i], (long)value, (long)least);
    least = value;
  }
  mi_free(own);
  mi_free(some);
}
