/* report.h -- how a resident-size check reports: one line, and the program's exit status (0 passed, 1 failed, 2 broken).
 *
 * Used by the programs of tests/memory/ only. They call malloc and free and are run under a preloaded library. */
#ifndef MICA_TESTS_MEMORY_REPORT_H
#define MICA_TESTS_MEMORY_REPORT_H
#include "../../bench/measure.h"

/* Prints "PASS name measured allowed" (or FAIL) in MiB; returns 1 if it failed. */
static inline int check_mib(const char* name, size_t measured_kib, size_t allowed_mib) {
  int failed = measured_kib > allowed_mib * 1024;
  say("%s %s measured %.1f MiB, allowed %zu MiB\n", failed ? "FAIL" : "PASS", name, (double)measured_kib / 1024,
      allowed_mib);
  return failed;
}

/* Before anything is measured the program must have been as large as it believes: else the check shows nothing. */
static inline void expect_at_least_mib(size_t measured_kib, size_t mib) {
  if (measured_kib < mib * 1024) give_up("the blocks were never resident");
}

#endif
