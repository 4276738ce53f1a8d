/* stress_pool_group.c -- eight threads enter and leave pools of a group; a task goes from thread to thread before it
 * leaves: never more pools than tasks, each pool ends once, when its last task has left, and its cleanups see what every
 * task did.
 *
 * A task is a piece of its pool, with the pool's address and its number in it, and travels through slots. Each task adds a
 * cleanup which must find the task done. */
#include "tests/stress/stress.h"

enum { THREADS = 8, SLOTS = 64, TASKS = 2000000, GENERATIONS = 4, DONE = 4711 };

typedef struct task_s {
  mi_pool_t* pool;
  uint64_t number;
  uint64_t check; /* ~number */
  uint32_t state; /* DONE, when it has left */
  uint32_t pieces;
  uintptr_t piece[6];
} task_t;

static mi_pool_group_t* group;
static stress_slot_t slots[SLOTS];
/* relaxed, all: figures, looked at when all are joined */
static _Atomic(size_t) tasks_begun, tasks_done, cleanups_run;

static void count(_Atomic(size_t)* figure) { atomic_fetch_add_explicit(figure, 1, memory_order_relaxed); }
static size_t counted(_Atomic(size_t)* figure) { return atomic_load_explicit(figure, memory_order_relaxed); }

/* data: the task's address. The last one who leaves sees what the others did. */
static void ended(void* data) {
  task_t* task;
  memcpy(&task, data, sizeof task);
  ORDER_RECEIVED(task->pool);
  WALK_IS(task->check == ~task->number && task->state == DONE, "task %p has state %u", (void*)task, task->state);
  for (uint32_t i = 0; i < task->pieces; i++) stress_verify(task->piece[i]);
  task->state = 0;
  count(&cleanups_run);
}

static void work(task_t* task, stress_rng_t* rng) {
  WALK_IS(task->check == ~task->number && task->state == 0, "task %p has state %u", (void*)task, task->state);
  for (uint32_t i = 0; i < task->pieces; i++) stress_verify(task->piece[i]);
  if (task->pieces == 6) {
    WALK_IS(mi_pool_free(task->pool, stress_block(task->piece[--task->pieces])), "a piece of task %p was not freed",
            (void*)task);
    return;
  }
  const size_t size = stress_fit(stress_size(rng, stress_one_in(rng, 50) ? 20000 : 300));
  task->piece[task->pieces++] = stress_word(mi_pool_alloc(task->pool, size), size, stress_next(rng));
}

static task_t* enter(stress_rng_t* rng) {
  mi_pool_t* pool = mi_pool_group_enter(group);
  WALK_IS(pool != NULL, "no pool for task %zu", counted(&tasks_begun));
  task_t* task = mi_pool_alloc(pool, sizeof *task);
  mi_pool_cleanup_t* c = mi_pool_cleanup_add(pool, sizeof task);
  WALK_IS(task != NULL && c != NULL, "no memory in pool %p", (void*)pool);
  *task = (task_t){.pool = pool, .number = stress_next(rng)};
  task->check = ~task->number;
  memcpy(c->data, &task, sizeof task);
  c->handler = ended;
  count(&tasks_begun);
  return task;
}

/* Nothing is used any more. */
static void leave(task_t* task) {
  mi_pool_t* pool = task->pool;
  task->state = DONE;
  count(&tasks_done);
  ORDER_SENT(pool);
  mi_pool_group_leave(group, pool);
}

static void pass(task_t* task) {
  task_t* other = (task_t*)stress_swap(&slots[stress_mix(task->number) % SLOTS], (uintptr_t)task);
  if (other != NULL) leave(other);
}

static void run(stress_thread_t* t) {
  stress_rng_t* rng = &t->rng;
  for (size_t i = stress_scaled(t->stress, TASKS) / THREADS / GENERATIONS; i != 0; i--) {
    task_t* task = enter(rng);
    for (size_t n = stress_below(rng, 4); n != 0; n--) work(task, rng);
    if (stress_one_in(rng, 2)) {
      leave(task);
    } else {
      pass(task);
      task = (task_t*)stress_swap(&slots[stress_below(rng, SLOTS)], 0);
      if (task == NULL) continue;
      work(task, rng);
      pass(task);
    }
    mi_pool_group_stat_t s;
    mi_pool_group_stat(group, &s);
    WALK_IS(s.tasks <= 2 * (SLOTS + 3 * THREADS) && s.pools <= 2 * (SLOTS + 3 * THREADS), "%zu pools, %zu tasks",
            s.pools, s.tasks);
  }
}

/* All threads are joined: a pool for each task at most, and no task but those in the slots. */
static void compare(size_t k) {
  size_t waiting = 0;
  mi_pool_group_stat_t s;
  for (size_t i = 0; i < SLOTS; i++) waiting += atomic_load_explicit(&slots[i], memory_order_relaxed) != 0;
  mi_pool_group_stat(group, &s);
  WALK_IS(s.tasks == waiting, "%zu tasks, %zu are in slots", s.tasks, waiting);
  WALK_IS(s.pools <= s.tasks && s.pools * k >= s.tasks, "%zu pools for %zu tasks", s.pools, s.tasks);
  WALK_IS(counted(&tasks_begun) == counted(&tasks_done) + waiting, "%zu tasks are lost",
          counted(&tasks_begun) - counted(&tasks_done) - waiting);
}

int main(int argc, char** argv) {
  const stress_t s = stress_begin(argc, argv, "stress_pool_group");
  static const size_t ks[GENERATIONS] = {8, 1, 3, 1000};
  for (size_t g = 0; g < GENERATIONS; g++) {
    group = mi_pool_group_create_ex(ks[g], g == 1 ? 512 : 0, 0);
    CHECK(group != NULL);
    stress_threads(&s, THREADS, run);
    compare(ks[g]);
    for (size_t i = 0; i < SLOTS; i++) {
      task_t* task = (task_t*)stress_swap(&slots[i], 0);
      if (task != NULL) leave(task);
    }
    compare(ks[g]);
    WALK_IS(counted(&cleanups_run) == counted(&tasks_begun), "%zu cleanups ran for %zu tasks", counted(&cleanups_run),
            counted(&tasks_begun));
    mi_pool_group_destroy(group);
    walk();
  }
  stress_quiet(&s);
  SHOWN("stress_pool_group: tasks of eight threads share pools; each pool ends once, when its last task has left");
  return 0;
}
