/* pool_use_after_destroy.c -- a piece is read after its pool was destroyed. */
#include "tests/bugs/pools.h"

int main(int argc, char** argv) {
  const bool bug = bug_begin(argc, argv);
  mi_pool_t* pool = pool_make();
  char* piece = pool_piece(pool, 100);
  bug_use(piece[50]);
  pool_destroy(pool);
  if (bug) bug_use(piece[50]);
  return 0;
}
