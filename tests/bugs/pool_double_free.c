/* pool_double_free.c -- a piece of a pool is freed twice, once by another thread. */
#include "tests/bugs/pools.h"

static mi_pool_t* pool;

static void* release(void* piece) {
  pool_free(pool, piece);
  return NULL;
}

int main(int argc, char** argv) {
  const bool bug = bug_begin(argc, argv);
  pool = pool_make();
  char *other = pool_piece(pool, 40), *piece = pool_piece(pool, 40);
  bug_join(bug_start(release, piece));
  if (bug) pool_free(pool, piece);
  bug_use(other[0]);
  pool_destroy(pool);
  return 0;
}
