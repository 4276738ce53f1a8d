/* clean_pool_threads.c -- threads allocate in one pool side by side, and free each other's pieces, which are used again. */
#include "tests/bugs/pools.h"

enum { PIECES = 300 };

static mi_pool_t* pool;
static char* pieces[2][PIECES];

static void* make(void* arg) {
  char** mine = arg;
  for (int i = 0; i < PIECES; i++) mine[i] = pool_piece(pool, i % 50 == 0 ? 9000 : (size_t)i * 7 % 400 + 1);
  return NULL;
}
static void* release(void* arg) {
  char** others = arg;
  for (int i = 0; i < PIECES; i++) {
    bug_use(others[i][0]);
    BUG_CHECK(pool_free(pool, others[i]));
  }
  return NULL;
}
static void* make_and_release(void* arg) {
  make(arg);
  return release(arg);
}

int main(int argc, char** argv) {
  bug_begin(argc, argv);
  pool = pool_make();
  for (int round = 0; round < 3; round++) {
    const pthread_t a = bug_start(make, pieces[0]), b = bug_start(make, pieces[1]);
    bug_join(a);
    bug_join(b);
    const pthread_t c = bug_start(release, pieces[1]), d = bug_start(release, pieces[0]);
    bug_join(c);
    bug_join(d);
    const pthread_t e = bug_start(make_and_release, pieces[0]), f = bug_start(make_and_release, pieces[1]);
    bug_join(e);
    bug_join(f);
    if (round == 1) pool_reset(pool);
  }
  pool_destroy(pool);
  return 0;
}
