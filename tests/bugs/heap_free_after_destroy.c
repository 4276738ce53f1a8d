/* heap_free_after_destroy.c -- a block is freed after its heap was destroyed. */
#include "tests/bugs/heaps.h"

int main(int argc, char** argv) {
  const bool bug = bug_begin(argc, argv);
  mi_heap_t* heap = heap_make();
  char* block = heap_block(heap, 100);
  char* other = heap_block(heap, 100);
  if (!bug) free(block);
  heap_destroy(heap);
  if (bug) free(block);
  bug_use(other != NULL);
  return 0;
}
