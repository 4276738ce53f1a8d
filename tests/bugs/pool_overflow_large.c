/* pool_overflow_large.c -- a byte is read behind large memory of a pool. */
#include "tests/bugs/pools.h"

int main(int argc, char** argv) {
  const bool bug = bug_begin(argc, argv);
  mi_pool_t* pool = pool_make();
  char* piece = pool_piece(pool, 100000);
  bug_use(piece[bug ? 100000 : 99999]);
  pool_destroy(pool);
  return 0;
}
