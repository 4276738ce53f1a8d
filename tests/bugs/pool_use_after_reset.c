/* pool_use_after_reset.c -- a piece is written after its pool was reset; another one has been given out since. */
#include "tests/bugs/pools.h"

int main(int argc, char** argv) {
  const bool bug = bug_begin(argc, argv);
  mi_pool_t* pool = pool_make();
  pool_piece(pool, 40);
  char* piece = pool_piece(pool, 100);
  pool_reset(pool);
  bug_use(pool_piece(pool, 40)[0]);
  if (bug) piece[50] = 1;
  pool_destroy(pool);
  return 0;
}
