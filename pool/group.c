/* group.c -- groups: tasks that share pools, k of them each. Functions of mica/pool.h; the protocol is in task_word.h.
 *
 *   group   open ----> shell, whose pool tasks enter now       parked ---> shells without a pool
 *           shells --> every shell ever made, for figures and the group's end
 *
 *   shell:  parked --taken by who finds no room, with a pool--> entered by up to k --last one leaves--> parked */
#include <errno.h>
#include <mica/blocks.h>
#include <mica/heap_alloc.h>
#include <string.h>

#include "heap/enter.h"
#include "heap/visit.h"
#include "observe/hooks.h"
#include "pool/check.h"
#include "pool/pool.h"

/* Shells are aligned, so that a shell is a number of 42 bits. */
enum { SHELL_ALIGN = 64 };

typedef struct mica_shell_s {
  _Atomic(uint64_t) word;
  mi_pool_t* pool;
  mi_pool_group_t* group;
  _Atomic(struct mica_shell_s*) parked;
  struct mica_shell_s* next; /* of all */
} mica_shell_t;

typedef mica_shell_t pk_heap_t;
#define PK_HEAP_BITS 42
#define PK_NUMBER(shell) ((uint64_t)((uintptr_t)(shell) / SHELL_ALIGN))
#define PK_HEAP(number) ((pk_heap_t*)(uintptr_t)((number)*SHELL_ALIGN))
#include "heap/parked.h"

typedef mica_shell_t tw_shell_t;
#define TW_NUMBER(shell) PK_NUMBER(shell)
#define TW_SHELL(number) PK_HEAP(number)
#include "pool/task_word.h"

typedef mica_shell_t list_item_t;
#define LIST_NEXT(shell) ((shell)->next)
#include "block/list.h"

struct mi_pool_group_s {
  uintptr_t magic; /* as long as it is a group */
  _Atomic(uint64_t) open;
  _Atomic(uint64_t) parked;
  _Atomic(mica_shell_t*) shells;
  size_t block_size;
  size_t limit;
  uint32_t k;
};

/* A task's count has 16 bits, of which misuse may spill some. */
enum { MOST_TASKS = 32767 };

static uintptr_t magic_of(const mi_pool_group_t* group) { return ~(uintptr_t)group ^ (uintptr_t)0x67726F757000; }

/* Debug and secure: it is a group. */
static void examine(const mi_pool_group_t* group, const char* function) {
  if (!MICA_EXAMINES) return;
  const mica_page_t* page = (uintptr_t)group % MICA_POOL_ALIGN == 0 ? mica_visit_page_at(group) : NULL;
  if (page == NULL || (const void*)mica_page_block(page, group) != group || group->magic != magic_of(group))
    mica_misuse(EINVAL, "%s(%p): not a group of pools, or destroyed before\n", function, (const void*)group);
}

/* ---- made and ended ---- */

MICA_EXPORT mi_pool_group_t* mi_pool_group_create_ex(size_t k, size_t block_size, size_t limit) {
  if (k == 0 || k > MOST_TASKS || block_size > MICA_POOL_MOST) {
    errno = EINVAL;
    return NULL;
  }
  mi_pool_group_t* const group = mi_heap_zalloc(&mica_main, sizeof *group);
  if (group == NULL) return NULL;
  mica_watch_lines(group, sizeof *group);
  group->magic = magic_of(group);
  group->k = (uint32_t)k;
  group->block_size = block_size;
  group->limit = limit;
  return group;
}

MICA_EXPORT mi_pool_group_t* mi_pool_group_create(size_t k) { return mi_pool_group_create_ex(k, 0, 0); }

MICA_EXPORT void mi_pool_group_destroy(mi_pool_group_t* group) {
  if (group == NULL) return;
  examine(group, __func__);
  mica_shell_t* shell = list_take(&group->shells);
  while (shell != NULL) {
    mica_shell_t* const next = shell->next;
    const uint32_t inside = tw_inside(tw_figure(&shell->word));
    if (inside != 0) {
      if (MICA_EXAMINES)
        mica_misuse(EBUSY, "%s(%p): %u tasks are in its pool %p\n", __func__, (void*)group, inside, (void*)shell->pool);
      mica_pool_end(shell->pool);
    }
    mi_free(shell);
    shell = next;
  }
  group->magic = 0;
  mi_free(group);
}

/* ---- tasks ---- */

static mica_shell_t* make_shell(mi_pool_group_t* group) {
  mica_shell_t* shell = mi_heap_zalloc_aligned(&mica_main, SHELL_ALIGN, SHELL_ALIGN);
  if (shell == NULL) return NULL;
  static_assert(sizeof *shell <= SHELL_ALIGN, "one line");
  mica_watch_lines(shell, sizeof *shell);
  shell->group = group;
  list_push(&group->shells, shell);
  return shell;
}

/* The shell, the caller's alone, has no pool any more. */
static void park(mica_shell_t* shell) {
  mica_pool_end(shell->pool);
  pk_park(&shell->group->parked, shell);
}

/* A shell with a pool that the caller has entered; NULL: no memory. */
static mica_shell_t* open_shell(mi_pool_group_t* group) {
  mica_shell_t* shell = pk_unpark(&group->parked);
  if (shell == NULL) shell = make_shell(group);
  if (shell == NULL) return NULL;
  shell->pool = mi_pool_create_in(&mica_main, group->block_size);
  if (shell->pool == NULL) {
    pk_park(&group->parked, shell);
    return NULL;
  }
  mi_pool_set_limit(shell->pool, group->limit);
  shell->pool->shell = shell;
  tw_open(&shell->word);
  return shell;
}

MICA_EXPORT mi_pool_t* mi_pool_group_enter(mi_pool_group_t* group) {
  examine(group, __func__);
  for (;;) {
    mica_shell_t* shell;
    const uint64_t looked = tw_look(&group->open, &shell);
    if (shell != NULL && tw_enter(&shell->word, group->k, looked)) return shell->pool;
    shell = open_shell(group);
    if (shell == NULL) return NULL;
    if (tw_show(&group->open, looked, shell)) return shell->pool;
    if (tw_leave(&shell->word)) park(shell); /* somebody else has shown one: that is to be filled */
  }
}

MICA_EXPORT void mi_pool_group_leave(mi_pool_group_t* group, mi_pool_t* pool) {
  examine(group, __func__);
  if (MICA_EXAMINES) {
    mica_pool_examine(pool, __func__);
    if (pool->shell == NULL || pool->shell->group != group || tw_inside(tw_figure(&pool->shell->word)) == 0)
      mica_misuse(EINVAL, "%s(%p, %p): no task is in this pool of the group\n", __func__, (void*)group, (void*)pool);
  }
  mica_shell_t* const shell = pool->shell;
  mica_watch_passed(shell);
  if (!tw_leave(&shell->word)) return;
  mica_watch_got(shell);
  park(shell);
}

MICA_EXPORT void mi_pool_group_stat(const mi_pool_group_t* group, mi_pool_group_stat_t* stat) {
  examine(group, __func__);
  memset(stat, 0, sizeof *stat);
  for (mica_shell_t* shell = list_first(&((mi_pool_group_t*)(uintptr_t)group)->shells); shell != NULL;
       shell = shell->next) {
    const uint64_t word = tw_figure(&shell->word);
    stat->pools += tw_inside(word) != 0;
    stat->tasks += tw_inside(word);
    stat->pools_made += tw_turn(word);
  }
}

void mica_pool_group_examine(const mi_pool_t* pool, const char* function) {
  mica_misuse(EINVAL, "%s(%p): the pool is a group's, and ends when its last task leaves\n", function,
              (const void*)pool);
}
