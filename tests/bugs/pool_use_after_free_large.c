/* pool_use_after_free_large.c -- large memory of a pool is written after it was freed. */
#include "tests/bugs/pools.h"

int main(int argc, char** argv) {
  const bool bug = bug_begin(argc, argv);
  mi_pool_t* pool = pool_make();
  char* piece = pool_piece(pool, 100000);
  BUG_CHECK(pool_free(pool, piece));
  if (bug) piece[50000] = 1;
  pool_destroy(pool);
  return 0;
}
