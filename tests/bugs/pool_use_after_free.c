/* pool_use_after_free.c -- a piece is read after it was freed; its neighbours are in use. */
#include "tests/bugs/pools.h"

int main(int argc, char** argv) {
  const bool bug = bug_begin(argc, argv);
  mi_pool_t* pool = pool_make();
  char *before = pool_piece(pool, 100), *piece = pool_piece(pool, 100), *behind = pool_piece(pool, 100);
  BUG_CHECK(pool_free(pool, piece));
  if (bug) bug_use(piece[50]);
  bug_use(before[99] + behind[0]);
  pool_destroy(pool);
  return 0;
}
