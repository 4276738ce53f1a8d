/* pool_leak_in_pool.c -- blocks of malloc that only a piece pointed to are lost when the pool is destroyed. */
#include "tests/bugs/pools.h"

int main(int argc, char** argv) {
  const bool bug = bug_begin(argc, argv);
  mi_pool_t* pool = pool_make();
  for (int i = 0; i < 10; i++) {
    char** piece = (char**)(void*)pool_zero(pool, 2 * sizeof(char*));
    piece[1] = bug_block(40);
    if (!bug) free(piece[1]);
  }
  pool_destroy(pool);
  return 0;
}
