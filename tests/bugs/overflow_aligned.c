/* overflow_aligned.c -- the byte behind a block of 100 bytes, aligned to 64, is read. */
#include "tests/bugs/bug.h"

int main(int argc, char** argv) {
  const bool bug = bug_begin(argc, argv);
  void* p = NULL;
  BUG_CHECK(posix_memalign(&p, 64, 100) == 0);
  memset(p, 7, 100);
  bug_use(bug_hide(p)[bug ? 100 : 99]);
  free(p);
  return 0;
}
