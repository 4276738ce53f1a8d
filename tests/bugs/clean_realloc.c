/* clean_realloc.c -- no bug: two threads resize blocks, from nothing to megabytes, and look at what is kept. */
#include "tests/bugs/bug.h"

static void resize(size_t from, size_t to) {
  char* p = bug_block(from);
  char* q = bug_hide(realloc(p, to));
  BUG_CHECK(q != NULL);
  for (size_t i = 0; i < from && i < to; i++) BUG_CHECK(q[i] == 7);
  memset(q, 9, to);
  free(q);
}

static void* run(void* unused) {
  static const size_t sizes[] = {1, 15, 16, 17, 100, 1000, 5000, 40000, 300000, 5000000};
  const size_t n = sizeof sizes / sizeof sizes[0];
  for (size_t i = 0; i < n; i++) {
    resize(sizes[i], sizes[n - 1 - i]);
    resize(sizes[i], sizes[(i + 1) % n]);
    resize(sizes[i], sizes[i]);
  }
  char* p = NULL;
  for (size_t size = 1; size < 20000; size += size / 3 + 1) {
    p = bug_hide(realloc(p, size));
    BUG_CHECK(p != NULL);
    memset(p, 5, size);
  }
  free(realloc(p, 0)); /* frees p; mi_realloc gives the smallest block for it */
  return unused;
}

int main(int argc, char** argv) {
  bug_begin(argc, argv);
  bug_twice(run, NULL);
  return 0;
}
