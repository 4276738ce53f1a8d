/* clean_pool_group.c -- threads enter and leave pools of a group, and write into them. */
#include "tests/bugs/pools.h"

static mi_pool_group_t* group;

static void* tasks(void* unused) {
  for (int i = 0; i < 100; i++) {
    mi_pool_t *a = pool_enter(group), *b = pool_enter(group);
    char *p = pool_piece(a, 100), *q = pool_piece(b, 10000);
    bug_use(p[50] + q[5000]);
    BUG_CHECK(pool_free(b, q));
    pool_leave(group, b);
    pool_leave(group, a);
  }
  return unused;
}

int main(int argc, char** argv) {
  bug_begin(argc, argv);
  group = pool_group_make(3);
  bug_twice(tasks, NULL);
  pool_group_end(group);
  return 0;
}
