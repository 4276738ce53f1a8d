/* race_global.c -- two threads add to a global number between allocations of their own; the lock is left out. */
#include "tests/bugs/bug.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static bool bug;
static int number;

static void* run(void* unused) {
  for (int i = 0; i < 20; i++) {
    char* p = bug_block(40);
    if (!bug) pthread_mutex_lock(&lock);
    number++;
    if (!bug) pthread_mutex_unlock(&lock);
    free(p);
  }
  return unused;
}

int main(int argc, char** argv) {
  bug = bug_begin(argc, argv);
  bug_twice(run, NULL);
  return 0;
}
