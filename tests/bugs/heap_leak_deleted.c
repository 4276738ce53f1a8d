/* heap_leak_deleted.c -- ten blocks of a heap are forgotten; the heap is deleted, so that they live on. */
#include "tests/bugs/heaps.h"

static void use(mi_heap_t* heap, bool bug) {
  for (int i = 0; i < 10; i++) {
    char* block = heap_block(heap, 40);
    if (!bug) free(block);
  }
}

int main(int argc, char** argv) {
  const bool bug = bug_begin(argc, argv);
  mi_heap_t* heap = heap_make();
  use(heap, bug);
  heap_delete(heap);
  return 0;
}
