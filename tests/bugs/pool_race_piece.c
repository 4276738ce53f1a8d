/* pool_race_piece.c -- two threads count in one piece of a pool without a lock. */
#include "tests/bugs/pools.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static bool bug;

static void* run(void* piece) {
  for (int i = 0; i < 100; i++) {
    if (!bug) pthread_mutex_lock(&lock);
    (*(int*)piece)++;
    if (!bug) pthread_mutex_unlock(&lock);
  }
  return NULL;
}

int main(int argc, char** argv) {
  bug = bug_begin(argc, argv);
  mi_pool_t* pool = pool_make();
  pool_zero(pool, 100);
  bug_twice(run, pool_zero(pool, sizeof(int)));
  pool_destroy(pool);
  return 0;
}
