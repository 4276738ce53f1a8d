/* heap_overflow.c -- a byte behind a block of a heap is written. */
#include "tests/bugs/heaps.h"

int main(int argc, char** argv) {
  const bool bug = bug_begin(argc, argv);
  mi_heap_t* heap = heap_make();
  char* block = heap_block(heap, 41);
  block[bug ? 41 : 40] = 1;
  free(block);
  heap_destroy(heap);
  return 0;
}
