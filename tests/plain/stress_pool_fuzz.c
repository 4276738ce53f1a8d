/* stress_pool_fuzz.c -- random sequences of all calls of pools and of a group, against a reference model
 * (pool_model.h): several pools at once, sizes at the edges, limits, cleanups, in first-class heaps and not. 10 million
 * steps, and no difference. One thread; many at once are in stress_pool_threads. */
#include "tests/stress/pool_model.h"

enum {
  STEPS = 10000000,
  OWN = 6,
  LONG_LIVED = 2, /* of them */
  TASKS = 24,
  K = 3,
  POOLS = OWN + TASKS,
  GROUP_BLOCK = 700,
  GROUP_LIMIT = 500000
};

static pm_pool_t pools[POOLS]; /* those from OWN on are the group's */
static mi_pool_group_t* group;
static pm_pool_t* task[TASKS];
static size_t tasks, group_pools;
static pm_pool_t* open; /* the one that was made last */
static mi_heap_t* heap;

/* ---- numbers ---- */

static size_t any_size(stress_rng_t* rng, const pm_pool_t* m) {
  const size_t edges[] = {0, 1, 2, 8, 15, 16, 17, 32, m->max - 1, m->max, m->max + 1, 4095, 4096, 65536};
  switch (stress_below(rng, 16)) {
  case 0:
  case 1:
  case 2:
  case 3: return edges[stress_below(rng, stress_one_in(rng, 4) ? 14 : 8)];
  case 4: return stress_size(rng, stress_one_in(rng, 8) ? 70000 : 6000);
  case 5: return stress_below(rng, m->max + 2);
  default: return stress_below(rng, 300);
  }
}

/* Up to 4 KiB; now and then more. */
static size_t any_align(stress_rng_t* rng) { return (size_t)1 << stress_below(rng, stress_one_in(rng, 50) ? 22 : 13); }

static size_t any_target(stress_rng_t* rng) { return 1 + stress_size(rng, PM_PIECES - 1); }

static size_t any_limit(stress_rng_t* rng, const pm_pool_t* m) {
  switch (stress_below(rng, 5)) {
  case 0:
  case 1: return 0;
  case 2: return 1 + stress_below(rng, 100000);
  case 3: return mi_pool_get_used(m->pool) + stress_below(rng, 2);
  default: return mi_pool_get_used(m->pool) + stress_below(rng, 50000);
  }
}

/* ---- own pools ---- */

static void create(pm_pool_t* m, stress_rng_t* rng) {
  static const size_t sizes[] = {0, 0, 1, 512, 600, 1000, 4096, 4097, 20000, 40000, 300000};
  const size_t size = sizes[stress_below(rng, stress_one_in(rng, 10) ? 11 : 9)];
  errno = PM_FAILS;
  switch (stress_below(rng, 3)) {
  case 0: pm_init(m, mi_pool_create_in(heap, size), size, 0); break;
  case 1: pm_init(m, mi_pool_create_in(NULL, size), size, 0); break;
  default: pm_init(m, mi_pool_create(size), size, 0);
  }
  PM_IS(errno == PM_FAILS, "errno became %d", errno);
  m->target = any_target(rng);
}

/* Some live long, so that what is lost slowly is seen. */
static bool ends(const pm_pool_t* m, stress_rng_t* rng) {
  return m < pools + LONG_LIVED ? stress_one_in(rng, 100) : m < pools + OWN;
}

/* ---- the group ---- */

static pm_pool_t* of_group(const mi_pool_t* pool) {
  for (size_t i = OWN; i < POOLS; i++)
    if (pools[i].pool == pool) return &pools[i];
  return NULL;
}

/* A pool with room is entered before a new one is made. */
static void enter(stress_rng_t* rng) {
  const bool room = open != NULL && open->entered < K;
  mi_pool_t* pool = mi_pool_group_enter(group);
  PM_IS(pool != NULL, "no pool for a task: errno %d", errno);
  pm_pool_t* m = of_group(pool);
  PM_IS((m != NULL) == room && (!room || m == open), "a task entered %s", room ? "another pool" : "one without room");
  if (m == NULL) {
    m = of_group(NULL);
    PM_IS(m != NULL, "more pools than %d tasks", TASKS);
    pm_init(m, pool, GROUP_BLOCK, GROUP_LIMIT);
    m->target = any_target(rng);
    open = m;
    group_pools++;
  }
  m->entered++;
  m->inside++;
  task[tasks++] = m;
}

static void leave(size_t which) {
  pm_pool_t* m = task[which];
  task[which] = task[--tasks];
  if (m->inside-- == 1) {
    pm_before_end(m);
    mi_pool_group_leave(group, m->pool);
    pm_after_end(m);
    m->pool = NULL;
    group_pools--;
    if (open == m) open = NULL;
  } else {
    const size_t before = m->cleanups;
    mi_pool_group_leave(group, m->pool);
    PM_IS(m->cleanups == before, "%zu cleanups ran early", before - m->cleanups);
  }
}

static void group_figures(void) {
  mi_pool_group_stat_t s;
  mi_pool_group_stat(group, &s);
  PM_IS(s.tasks == tasks && s.pools == group_pools, "%zu tasks in %zu pools, not %zu in %zu", s.tasks, s.pools, tasks,
        group_pools);
}

static void group_begin(void) {
  group = mi_pool_group_create_ex(K, GROUP_BLOCK, GROUP_LIMIT);
  PM_IS(group != NULL, "no group: errno %d", errno);
}

/* ---- steps ---- */

/* What can never be; nothing changes. */
static void absurd(pm_pool_t* m, stress_rng_t* rng) {
  static const size_t sizes[] = {PTRDIFF_MAX,   (size_t)PTRDIFF_MAX + 1, SIZE_MAX,
                                 SIZE_MAX - 15, SIZE_MAX - 4096,         (size_t)1 << 47};
  const size_t size = sizes[stress_below(rng, 6)], used = mi_pool_get_used(m->pool);
  const void* p = NULL;
  int expected = ENOMEM;
  errno = 0;
  switch (stress_below(rng, 6)) {
  case 0: p = mi_pool_alloc(m->pool, size); break;
  case 1: p = mi_pool_alloc_unaligned(m->pool, size); break;
  case 2: p = mi_pool_calloc(m->pool, size, 2 + stress_below(rng, 100)); break;
  case 3: p = mi_pool_memalign(m->pool, size, (size_t)1 << stress_below(rng, 31)); break;
  case 4: p = mi_pool_cleanup_add(m->pool, size); break;
  default:
    p = mi_pool_memalign(m->pool, stress_below(rng, 5000),
                         stress_one_in(rng, 4) ? 0 : 3 * ((size_t)1 << stress_below(rng, 40)));
    expected = EINVAL;
  }
  PM_IS(p == NULL && errno == expected, "%zu bytes at %p: errno %d", size, p, errno);
  errno = PM_FAILS;
  PM_IS(!mi_pool_free(m->pool, NULL) && !mi_pool_free_large(m->pool, NULL), "NULL was freed, size %zu", size);
  PM_IS(errno == PM_FAILS && mi_pool_get_used(m->pool) == used, "%zu bytes held, %zu before", mi_pool_get_used(m->pool),
        used);
}

static void allocate(pm_pool_t* m, stress_rng_t* rng) {
  const pm_form_t form = (pm_form_t)stress_below(rng, PM_FORMS);
  pm_alloc(m, form, any_size(rng, m), any_align(rng), stress_next(rng));
}
static void release(pm_pool_t* m, stress_rng_t* rng) {
  if (m->pieces != 0) pm_free(m, stress_below(rng, m->pieces), stress_one_in(rng, 4));
}
static void release_all(pm_pool_t* m, stress_rng_t* rng) {
  while (m->pieces != 0) release(m, rng);
  pm_figures(m);
}

static void seldom(pm_pool_t* m, stress_rng_t* rng) {
  switch (stress_below(rng, 16)) {
  case 0:
    if (ends(m, rng)) pm_reset(m);
    break;
  case 1:
    if (!ends(m, rng)) break;
    pm_destroy(m);
    create(m, rng);
    break;
  case 2: pm_set_limit(m, any_limit(rng, m)); break;
  case 3: release_all(m, rng); break;
  case 4: m->target = any_target(rng); break;
  case 5:
    m->data = stress_one_in(rng, 2) ? (void*)m : NULL;
    mi_pool_set_data(m->pool, m->data);
    PM_IS(*(void**)m->pool == m->data, "the first member is %p", *(void**)m->pool);
    break;
  case 6: absurd(m, rng); break;
  case 7: pm_chain(m); break;
  case 8:
    if (tasks != 0) break;
    mi_pool_group_destroy(group);
    group_begin();
    break;
  default:
    pm_cleanup(m, stress_one_in(rng, 3) ? stress_below(rng, 5000) : stress_below(rng, 100),
               stress_below(rng, 3) * stress_below(rng, 3), stress_next(rng));
  }
}

static void step(stress_rng_t* rng) {
  pm_pool_t* m = &pools[stress_below(rng, OWN)];
  if (tasks != 0 && stress_one_in(rng, 3)) m = task[stress_below(rng, tasks)];
  switch (stress_below(rng, 100)) {
  case 0: pm_figures(m); break;
  case 1: seldom(m, rng); break;
  case 2:
    if (m->pieces != 0) pm_verify(&m->piece[stress_below(rng, m->pieces)]);
    break;
  case 3:
    if (tasks < TASKS) enter(rng);
    break;
  case 4:
    if (tasks != 0) leave(stress_below(rng, tasks));
    break;
  case 5: group_figures(); break;
  default:
    if (m->pieces == 0 || (m->pieces < m->target && stress_below(rng, 100) < 55))
      allocate(m, rng);
    else
      release(m, rng);
  }
}

int main(int argc, char** argv) {
  const stress_t s = stress_begin(argc, argv, "stress_pool_fuzz");
  stress_rng_t rng = stress_rng(&s, 0);
  pm_seed = s.seed;
  mi_option_disable(mi_option_show_errors); /* of what is refused there is a lot */
  heap = mi_heap_new();
  CHECK(heap != NULL);
  group_begin();
  for (size_t i = 0; i < OWN; i++) create(&pools[i], &rng);
  const uint64_t n = stress_scaled(&s, STEPS);
  while (pm_step < n) step(&rng), pm_step++;
  CHECK(pm_done.given + pm_done.refused + pm_done.freed > n / 2 && pm_done.given > n / 4);
  CHECK(n < 10000 || (pm_done.given_large > n / 100 && pm_done.refused > n / 1000));
  CHECK(n < 10000 || (pm_done.ended > n / 1000 && pm_done.cleanups > n / 1000));
  while (tasks != 0) leave(tasks - 1);
  group_figures();
  mi_pool_group_destroy(group);
  for (size_t i = 0; i < OWN; i++) pm_destroy(&pools[i]);
  mi_heap_collect(heap, true);
  CHECK(mi_heap_get_used(heap) == 0);
  mi_heap_destroy(heap);
  stress_quiet(&s);
  SHOWN("stress_pool_fuzz: random calls of pools and a group do what the model does; nothing is overwritten or lost");
  return 0;
}
