/* heap_double_free.c -- a block of a heap is freed twice: once while the heap is the thread's default, once when it is not. */
#include "tests/bugs/heaps.h"

int main(int argc, char** argv) {
  const bool bug = bug_begin(argc, argv);
  mi_heap_t* heap = heap_make();
  heap_set_default(heap);
  char* block = heap_block(heap, 40);
  char* other = heap_block(heap, 40);
  free(block);
  heap_set_default(NULL);
  if (bug) free(block);
  free(other);
  heap_destroy(heap);
  return 0;
}
