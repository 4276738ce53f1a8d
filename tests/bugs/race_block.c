/* race_block.c -- two threads add to a number in a block; the lock is left out. */
#include "tests/bugs/bug.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static bool bug;

static void* run(void* block) {
  int* number = (int*)block;
  if (!bug) pthread_mutex_lock(&lock);
  ++*number;
  if (!bug) pthread_mutex_unlock(&lock);
  return NULL;
}

int main(int argc, char** argv) {
  bug = bug_begin(argc, argv);
  char* p = bug_block(40);
  bug_twice(run, p);
  free(p);
  return 0;
}
