/* heap_use_after_destroy.c -- a block is read after its heap was destroyed; the heap's other blocks were free by then. */
#include "tests/bugs/heaps.h"

int main(int argc, char** argv) {
  const bool bug = bug_begin(argc, argv);
  mi_heap_t* heap = heap_make();
  char* blocks[20];
  for (int i = 0; i < 20; i++) blocks[i] = heap_block(heap, 40);
  for (int i = 1; i < 20; i++) free(blocks[i]);
  if (!bug) bug_use(blocks[0][9]);
  heap_destroy(heap);
  if (bug) bug_use(blocks[0][9]);
  return 0;
}
