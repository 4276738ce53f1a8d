/* clean_heap_destroy.c -- heaps are destroyed with all their blocks: none is a leak, and their memory is used again. */
#include "tests/bugs/heaps.h"

int main(int argc, char** argv) {
  bug_begin(argc, argv);
  char* kept = bug_block(100);
  for (int round = 0; round < 5; round++) {
    mi_heap_t* heap = heap_make();
    for (int i = 0; i < 300; i++) {
      char* block = heap_block(heap, i % 50 == 0 ? 100000 : (size_t)i * 11 % 3000 + 1);
      if (heap == NULL || i % 3 == 0) free(block);
    }
    heap_destroy(heap);
    char* again[300];
    for (int i = 0; i < 300; i++) again[i] = bug_block((size_t)i * 11 % 3000 + 1);
    for (int i = 0; i < 300; i++) free(again[i]);
  }
  free(kept);
  return 0;
}
