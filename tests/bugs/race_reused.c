/* race_reused.c -- as race_block, in a block that many threads had before: its history hides nothing. */
#include "tests/bugs/bug.h"

enum { BLOCKS = 200 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static bool bug;

static void* warm(void* unused) {
  char* blocks[BLOCKS];
  for (int i = 0; i < BLOCKS; i++) blocks[i] = bug_block(40);
  for (int i = 0; i < BLOCKS; i++) free(blocks[i]);
  return unused;
}

static void* run(void* block) {
  int* number = (int*)block;
  if (!bug) pthread_mutex_lock(&lock);
  ++*number;
  if (!bug) pthread_mutex_unlock(&lock);
  return NULL;
}

int main(int argc, char** argv) {
  bug = bug_begin(argc, argv);
  for (int i = 0; i < 3; i++) bug_twice(warm, NULL);
  char* p = bug_block(40);
  bug_twice(run, p);
  free(p);
  return 0;
}
