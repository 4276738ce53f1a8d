/* clean_heap_default.c -- a heap is the thread's default, its blocks are resized into another heap and back, both end. */
#include "tests/bugs/heaps.h"

int main(int argc, char** argv) {
  bug_begin(argc, argv);
  mi_heap_t *a = heap_make(), *b = heap_make();
  heap_set_default(a);
  char* block = bug_block(100);
  heap_set_default(b);
  block = realloc(block, 5000);
  BUG_CHECK(block != NULL && block[99] == 7);
  memset(block, 7, 5000);
  heap_set_default(NULL);
  heap_destroy(a);
  block = realloc(block, 200000);
  BUG_CHECK(block != NULL && block[4999] == 7);
  heap_destroy(b);
  free(block);
  return 0;
}
