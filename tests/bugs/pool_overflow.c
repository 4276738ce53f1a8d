/* pool_overflow.c -- a byte is written behind a piece of a pool, between two of them. */
#include "tests/bugs/pools.h"

int main(int argc, char** argv) {
  const bool bug = bug_begin(argc, argv);
  mi_pool_t* pool = pool_make();
  char *piece = pool_piece(pool, 100), *behind = pool_piece(pool, 100);
  piece[bug ? 100 : 99] = 1;
  bug_use(behind[0]);
  pool_destroy(pool);
  return 0;
}
