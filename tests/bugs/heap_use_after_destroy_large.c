/* heap_use_after_destroy_large.c -- a block with a page of its own is written to after its heap was destroyed. */
#include "tests/bugs/heaps.h"

int main(int argc, char** argv) {
  const bool bug = bug_begin(argc, argv);
  mi_heap_t* heap = heap_make();
  char* large = heap_block(heap, 300000);
  if (!bug) large[250000] = 1;
  heap_destroy(heap);
  if (bug) large[250000] = 1;
  return 0;
}
