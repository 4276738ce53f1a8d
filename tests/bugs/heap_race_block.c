/* heap_race_block.c -- two threads write to a block of a heap at the same time. */
#include "tests/bugs/heaps.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static bool bug;

static void* run(void* arg) {
  int* block = arg;
  for (int i = 0; i < 100; i++) {
    if (!bug) pthread_mutex_lock(&lock);
    block[3]++;
    if (!bug) pthread_mutex_unlock(&lock);
  }
  return NULL;
}

int main(int argc, char** argv) {
  bug = bug_begin(argc, argv);
  mi_heap_t* heap = heap_make();
  char* block = heap_block(heap, 40);
  bug_twice(run, block);
  free(block);
  heap_destroy(heap);
  return 0;
}
