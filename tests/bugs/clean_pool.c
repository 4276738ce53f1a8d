/* clean_pool.c -- a pool in one thread: pieces and large memory are written, freed in any order, reset and used again. */
#include "tests/bugs/pools.h"

int main(int argc, char** argv) {
  bug_begin(argc, argv);
  mi_pool_t* pool = pool_make();
  static char* pieces[300];
  for (int round = 0; round < 5; round++) {
    for (int i = 0; i < 300; i++) {
      const size_t size = i % 40 == 0 ? 9000 : (size_t)i * 7 % 500 + 1;
      pieces[i] = i % 3 == 0 ? pool_zero(pool, size) : pool_piece(pool, size);
      bug_use(pieces[i][0] + pieces[i][size - 1]);
    }
    for (int i = 0; i < 300; i++)
      if ((i + round) % 2 == 0) BUG_CHECK(pool_free(pool, pieces[i * 7 % 300]));
    pool_reset(pool);
  }
  pool_destroy(pool);
  return 0;
}
