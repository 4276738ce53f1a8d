/* clean_ignored.c -- no bug: a thread tells the tool to look away from its accesses, and allocates meanwhile. */
#include "tests/bugs/bug.h"

#include <valgrind/drd.h>

static int number;

static void* add(void* unused) {
  ANNOTATE_IGNORE_READS_AND_WRITES_BEGIN();
  free(bug_block(10));
  ++number;
  ANNOTATE_IGNORE_READS_AND_WRITES_END();
  return unused;
}

int main(int argc, char** argv) {
  bug_begin(argc, argv);
  bug_twice(add, NULL);
  return 0;
}
