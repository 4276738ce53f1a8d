/* clean_heap_threads.c -- threads allocate in one heap and free each other's blocks while it is deleted; those that are left
 * are freed in the end. */
#include "tests/bugs/heaps.h"

enum { BLOCKS = 400 };

static mi_heap_t* heap;
static char* blocks[2][BLOCKS];

static void* make(void* arg) {
  char** mine = arg;
  for (int i = 0; i < BLOCKS; i++) mine[i] = heap_block(heap, i % 50 == 0 ? 90000 : (size_t)i * 7 % 2000 + 1);
  return NULL;
}
static void* release(void* arg) {
  char** mine = arg;
  for (int i = 0; i < BLOCKS; i += 2) {
    bug_use(mine[i][0]);
    free(mine[i]);
  }
  return NULL;
}

int main(int argc, char** argv) {
  bug_begin(argc, argv);
  heap = heap_make();
  const pthread_t a = bug_start(make, blocks[0]), b = bug_start(make, blocks[1]);
  bug_join(a);
  bug_join(b);
  const pthread_t c = bug_start(release, blocks[0]), d = bug_start(release, blocks[1]);
  heap_delete(heap);
  bug_join(c);
  bug_join(d);
  for (int k = 0; k < 2; k++)
    for (int i = 1; i < BLOCKS; i += 2) free(blocks[k][i]);
  return 0;
}
