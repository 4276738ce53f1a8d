/* test_group.c -- groups in one thread: how many pools there are for how many tasks, and when each ends. */
#include "stats/usage.h"
#include "tests/pool/pools.h"
#include "tests/support/balance.h"
#include "tests/support/errno_mark.h"
#include "tests/support/random.h"
#include "tests/support/require.h"

static mi_pool_group_t* group_new(size_t k) {
  mi_pool_group_t* group = mi_pool_group_create(k);
  REQUIRE(group != NULL, "no group: errno %d", errno);
  return group;
}
static mi_pool_group_stat_t group_stat(const mi_pool_group_t* group) {
  mi_pool_group_stat_t stat;
  errno = ERRNO_MARK;
  mi_pool_group_stat(group, &stat);
  REQUIRE(errno == ERRNO_MARK, "errno is %d", errno);
  return stat;
}
static void group_is(const mi_pool_group_t* group, size_t pools, size_t tasks, size_t made) {
  const mi_pool_group_stat_t stat = group_stat(group);
  REQUIRE(stat.pools == pools && stat.tasks == tasks && stat.pools_made == made,
          "%zu pools, %zu tasks, %zu made; expected %zu, %zu, %zu", stat.pools, stat.tasks, stat.pools_made, pools,
          tasks, made);
}
static mi_pool_t* group_enter(mi_pool_group_t* group) {
  mi_pool_t* pool = mi_pool_group_enter(group);
  REQUIRE(pool != NULL, "no pool: errno %d", errno);
  return pool;
}

/* ---- made and ended ---- */

Test(pool_group, of_no_tasks_or_too_many) {
  static const size_t wrong[] = {0, 32768, 65536, (size_t)1 << 32, SIZE_MAX};
  const in_use_t before = in_use();
  for (unsigned i = 0; i < 5; i++) {
    errno = 0;
    REQUIRE(mi_pool_group_create(wrong[i]) == NULL && errno == EINVAL, "%zu tasks: errno %d", wrong[i], errno);
    errno = 0;
    REQUIRE(mi_pool_group_create_ex(wrong[i], 0, 0) == NULL && errno == EINVAL, "%zu tasks: errno %d", wrong[i], errno);
  }
  require_back(before);
}

Test(pool_group, that_nobody_enters) {
  mi_pool_group_destroy(group_new(1));
  const in_use_t before = in_use();
  for (int i = 0; i < 100; i++) {
    mi_pool_group_t* group = group_new(8);
    group_is(group, 0, 0, 0);
    mi_pool_group_destroy(group);
  }
  mi_pool_group_destroy(NULL);
  require_back(before);
}

/* ---- ten times k tasks ---- */

enum { MOST = 10 * 32767 };
static mi_pool_t* inside[MOST];

static void ten_pools(size_t k) {
  mi_pool_group_t* group = group_new(k);
  for (int round = 0; round < 3; round++) {
    for (size_t i = 0; i < 10 * k; i++) {
      inside[i] = group_enter(group);
      REQUIRE(i % k == 0 || inside[i] == inside[i - 1], "task %zu is in another pool than the one before", i);
      const mi_pool_group_stat_t stat = group_stat(group);
      REQUIRE(stat.pools == i / k + 1 && stat.tasks == i + 1, "%zu tasks: %zu pools, %zu tasks", i + 1, stat.pools,
              stat.tasks);
    }
    for (size_t i = 0; i < 10; i++)
      for (size_t other = 0; other < i; other++)
        REQUIRE(inside[i * k] != inside[other * k], "more than %zu tasks share a pool", k);
    group_is(group, 10, 10 * k, 10u * (unsigned)(round + 1));
    for (size_t i = 0; i < 10 * k; i++) mi_pool_group_leave(group, inside[round == 0 ? i : 10 * k - 1 - i]);
    group_is(group, 0, 0, 10u * (unsigned)(round + 1));
  }
  mi_pool_group_destroy(group);
}

Test(pool_group, ten_pools_for_ten_times_k_tasks) {
  mi_pool_group_destroy(group_new(1));
  const in_use_t before = in_use();
  static const size_t ks[] = {1, 2, 3, 8, 100};
  for (unsigned i = 0; i < 5; i++) ten_pools(ks[i]);
  require_back(before);
}

Test(pool_group, of_as_many_tasks_as_there_may_be) {
  mi_pool_group_t* group = group_new(32767);
  mi_pool_t* pool = group_enter(group);
  for (size_t i = 1; i < 32767; i++) REQUIRE(group_enter(group) == pool, "task %zu is in another pool", i);
  mi_pool_t* next = group_enter(group);
  REQUIRE(next != pool, "a task too many in a pool");
  group_is(group, 2, 32768, 2);
  for (size_t i = 0; i < 32767; i++) {
    REQUIRE(group_stat(group).pools == 2, "%zu pools after %zu have left", group_stat(group).pools, i);
    mi_pool_group_leave(group, pool);
  }
  group_is(group, 1, 1, 2);
  mi_pool_group_leave(group, next);
  group_is(group, 0, 0, 2);
  mi_pool_group_destroy(group);
}

/* A pool that all who entered have left is gone before k were there; the next task gets a new one. */
Test(pool_group, a_pool_ends_before_k_were_there) {
  mi_pool_group_t* group = group_new(8);
  size_t used = 0;
  for (unsigned i = 0; i < 1000; i++) {
    mi_pool_t* pool = group_enter(group);
    pools_verify(pools_piece(pool, 100 + i, i));
    group_is(group, 1, 1, i + 1);
    mi_pool_group_leave(group, pool);
    group_is(group, 0, 0, i + 1);
    if (i == 10) used = mica_usage().used;
  }
  REQUIRE(mica_usage().used == used, "%zu bytes in use, %zu after ten tasks", mica_usage().used, used);
  mi_pool_group_destroy(group);
}

/* ---- against a model ---- */

enum { TASKS = 300, STEPS = 15000 };

/* What the pools should be: those there are, how many entered each, and how many are still inside. */
typedef struct model_s {
  mi_pool_t* pool;
  size_t entered, inside;
  unsigned added; /* cleanups */
} model_t;

static model_t model[TASKS];
static size_t models;
static unsigned ran; /* cleanups */

static void count_it(void* data) {
  ran++;
  REQUIRE(*(unsigned*)data == 4711, "a cleanup's data are not as they were");
}

static model_t* model_of(const mi_pool_t* pool) {
  for (size_t i = 0; i < models; i++)
    if (model[i].pool == pool) return &model[i];
  return NULL;
}

/* A task enters: the pool is one that has room for it, or a new one if none that may still be entered has. */
static mi_pool_t* model_enter(mi_pool_group_t* group, size_t k) {
  mi_pool_t* pool = group_enter(group);
  model_t* m = model_of(pool);
  if (m == NULL) {
    REQUIRE(models < TASKS, "more pools than tasks");
    m = &model[models++];
    *m = (model_t){.pool = pool};
  }
  m->entered++;
  m->inside++;
  REQUIRE(m->entered <= k, "%zu tasks entered a pool for %zu", m->entered, k);
  mi_pool_cleanup_t* c = mi_pool_cleanup_add(pool, sizeof(unsigned));
  REQUIRE(c != NULL, "no cleanup");
  c->handler = count_it;
  *(unsigned*)c->data = 4711;
  m->added++;
  return pool;
}

/* The last one of a pool runs its cleanups, all of them. */
static void model_leave(mi_pool_group_t* group, mi_pool_t* pool) {
  model_t* m = model_of(pool);
  const unsigned before = ran;
  REQUIRE(m != NULL && m->inside != 0, "a pool that there is not");
  mi_pool_group_leave(group, pool);
  m->inside--;
  REQUIRE(ran - before == (m->inside == 0 ? m->added : 0), "%u cleanups ran, %zu tasks are inside", ran - before,
          m->inside);
  if (m->inside == 0) *m = model[--models];
}

static void against_model(size_t k, size_t most, uint64_t seed) {
  static piece_t piece[TASKS];
  static mi_pool_t* in[TASKS];
  mi_pool_group_t* group = group_new(k);
  size_t tasks = 0;
  for (unsigned step = 0; step < pools_times(STEPS); step++) {
    if (tasks < most && (tasks == 0 || random_below(&seed, 2) == 0)) {
      in[tasks] = model_enter(group, k);
      piece[tasks] = pools_piece(in[tasks], random_below(&seed, 500), step);
      tasks++;
    } else {
      const size_t i = random_below(&seed, tasks);
      pools_verify(piece[i]);
      model_leave(group, in[i]);
      in[i] = in[--tasks];
      piece[i] = piece[tasks];
    }
    const mi_pool_group_stat_t stat = group_stat(group);
    REQUIRE(stat.tasks == tasks && stat.pools == models, "%zu tasks in %zu pools, expected %zu in %zu", stat.tasks,
            stat.pools, tasks, models);
    REQUIRE(stat.pools <= stat.tasks, "%zu pools for %zu tasks", stat.pools, stat.tasks);
  }
  while (tasks != 0) {
    pools_verify(piece[tasks - 1]);
    model_leave(group, in[--tasks]);
  }
  group_is(group, 0, 0, group_stat(group).pools_made);
  mi_pool_group_destroy(group);
}

Test(pool_group, any_order_of_enter_and_leave) {
  mi_pool_group_destroy(group_new(1));
  const in_use_t before = in_use();
  against_model(1, TASKS, 11);
  against_model(8, TASKS, 12);
  against_model(8, 9, 13);
  against_model(3, 4, 14);
  require_back(before);
}

/* ---- what the pools are like ---- */

Test(pool_group, block_size_and_limit_are_those_of_its_pools) {
  mi_pool_group_t* group = mi_pool_group_create_ex(2, 20000, 100000);
  REQUIRE(group != NULL, "no group");
  for (int round = 0; round < 3; round++) {
    mi_pool_t *a = group_enter(group), *b = group_enter(group), *c = group_enter(group);
    REQUIRE(a == b && b != c, "not two tasks to a pool");
    REQUIRE(mi_pool_get_limit(a) == 100000 && mi_pool_get_limit(c) == 100000, "limits %zu and %zu",
            mi_pool_get_limit(a), mi_pool_get_limit(c));
    REQUIRE(mi_pool_get_used(a) >= 20000 && mi_pool_get_used(a) <= mi_good_size(20000), "%zu bytes",
            mi_pool_get_used(a));
    errno = 0;
    REQUIRE(mi_pool_alloc(a, 90000) == NULL && errno == ENOMEM, "beyond the limit");
    pools_piece(a, 50000, 1);
    mi_pool_set_data(a, &group);
    mi_pool_group_leave(group, a);
    mi_pool_group_leave(group, b);
    mi_pool_t* d = group_enter(group);
    REQUIRE(round != 0 || d == c, "the pool with room was not entered");
    REQUIRE(mi_pool_get_data(d) == NULL, "a new pool has data");
    mi_pool_group_leave(group, c);
    mi_pool_group_leave(group, d);
  }
  errno = 0;
  REQUIRE(mi_pool_group_create_ex(2, ((size_t)256 << 20) + 1, 0) == NULL && errno == EINVAL, "blocks: errno %d", errno);
  mi_pool_group_destroy(group);
}

/* The process may hold no more: nobody enters, and nothing is left. */
Test(pool_group, without_memory) {
  mi_pool_group_destroy(group_new(1));
  const in_use_t before = in_use();
  mi_pool_group_t* group = mi_pool_group_create_ex(8, 100 << 20, 0);
  REQUIRE(group != NULL, "no group");
  for (int round = 0; round < 3; round++) {
    const size_t made = group_stat(group).pools_made;
    mi_process_set_limit(50 << 20);
    errno = 0;
    REQUIRE(mi_pool_group_enter(group) == NULL && errno == ENOMEM, "no memory: errno %d", errno);
    mi_process_set_limit(0);
    group_is(group, 0, 0, made);
    mi_pool_t* pool = group_enter(group);
    group_is(group, 1, 1, made + 1);
    mi_pool_group_leave(group, pool);
  }
  mi_pool_group_destroy(group);
  require_back(before);
}

/* A thread's default does not matter: who leaves last may be another one's. */
Test(pool_group, pools_are_in_the_main_heap) {
  mi_pool_group_t* group = group_new(2);
  mi_heap_t* heap = mi_heap_new();
  mi_heap_set_default(heap);
  mi_pool_t *a = group_enter(group), *b = group_enter(group), *c = group_enter(group);
  const piece_t piece = pools_piece(a, 300, 1), large = pools_piece(c, 30000, 2);
  mi_heap_set_default(mi_heap_main());
  mi_heap_destroy(heap);
  pools_verify(piece);
  pools_verify(large);
  REQUIRE(mi_heap_of(a) == mi_heap_main() && mi_heap_of(large.p) == mi_heap_main(), "in another heap");
  mi_pool_group_leave(group, a);
  mi_pool_group_leave(group, b);
  mi_pool_group_leave(group, c);
  group_is(group, 0, 0, 2);
  mi_pool_group_destroy(group);
}
