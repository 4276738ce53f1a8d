/* clean_aligned.c -- no bug: blocks of all alignments are written to their last byte, resized and freed, by two threads. */
#include "tests/bugs/bug.h"

#include <malloc.h>

static void* run(void* unused) {
  for (size_t align = 16; align <= 1 << 21; align *= 2)
    for (size_t size = 1; size < 20000; size = size * 5 + 3) {
      void* p = NULL;
      BUG_CHECK(posix_memalign(&p, align, size) == 0 && (uintptr_t)p % align == 0);
      char* q = bug_hide(memalign(align, size));
      BUG_CHECK(q != NULL && (uintptr_t)q % align == 0);
      memset(p, 1, size);
      memset(q, 2, malloc_usable_size(q));
      q = bug_hide(realloc(q, size + 1));
      BUG_CHECK(q != NULL && q[0] == 2 && q[size - 1] == 2);
      q[size] = 3;
      free(p);
      free(q);
    }
  return unused;
}

int main(int argc, char** argv) {
  bug_begin(argc, argv);
  bug_twice(run, NULL);
  return 0;
}
