/* pool_uninitialised.c -- a byte of a piece is read that was never written; the memory had been another piece's, and was. */
#include "tests/bugs/pools.h"

int main(int argc, char** argv) {
  const bool bug = bug_begin(argc, argv);
  mi_pool_t* pool = pool_make();
  for (int i = 0; i < 20; i++) pool_piece(pool, 100);
  pool_reset(pool);
  char* piece = bug ? pool_unset(pool, 100) : pool_zero(pool, 100);
  if (piece[50] == 1) bug_use(1);
  pool_destroy(pool);
  return 0;
}
