/* group.c -- groups: tasks that share pools, k of them each. Functions of mica/pool.h; the protocol is in task_word.h.
 *
 *   group   open ----> shell, whose pool tasks enter now       parked ---> slots without a pool
 *           slots --> every shell ever made, for figures and the group's end
 *
 *   shell:  parked --taken by who finds no room, with a pool--> entered by up to k --last one leaves--> parked */
#include <errno.h>
#include <mica/blocks.h>
#include <mica/heap_alloc.h>
#include <string.h>

#include "heap/first_class/enter.h"
#include "observe/hooks.h"
#include "pool/check.h"
#include "pool/pool.h"
#include "stats/visit.h"

/* Slots are aligned, so that a shell is a number of 42 bits. */
enum { SLOT_ALIGN = 64 };

typedef struct mica_group_slot_s {
  _Atomic(uint64_t) word;
  mi_pool_t* pool;
  mi_pool_group_t* group;
  _Atomic(struct mica_group_slot_s*) idle_next;
  struct mica_group_slot_s* next; /* of all */
} mica_group_slot_t;

typedef mica_group_slot_t stack_item_t;
#define STACK_ITEM_BITS 42
#define STACK_NUMBER(slot) ((uint64_t)((uintptr_t)(slot) / SLOT_ALIGN))
#define STACK_ITEM(number) ((stack_item_t*)(uintptr_t)((number)*SLOT_ALIGN))
#include "base/tagged_stack.h"

typedef mica_group_slot_t tw_slot_t;
#define TW_NUMBER(slot) STACK_NUMBER(slot)
#define TW_SLOT(number) STACK_ITEM(number)
#include "pool/task_word.h"

typedef mica_group_slot_t list_item_t;
#define LIST_NEXT(slot) ((slot)->next)
#include "base/push_list.h"

struct mi_pool_group_s {
  uintptr_t magic; /* as long as it is a group */
  _Atomic(uint64_t) open;
  _Atomic(uint64_t) idle_next;
  _Atomic(mica_group_slot_t*) slots;
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
  mica_track_lines(group, sizeof *group);
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
  mica_group_slot_t* slot = list_take(&group->slots);
  while (slot != NULL) {
    mica_group_slot_t* const next = slot->next;
    const uint32_t inside = tw_inside(tw_figure(&slot->word));
    if (inside != 0) {
      if (MICA_EXAMINES)
        mica_misuse(EBUSY, "%s(%p): %u tasks are in its pool %p\n", __func__, (void*)group, inside, (void*)slot->pool);
      mica_pool_end(slot->pool);
    }
    mi_free(slot);
    slot = next;
  }
  group->magic = 0;
  mi_free(group);
}

/* ---- tasks ---- */

static mica_group_slot_t* make_slot(mi_pool_group_t* group) {
  mica_group_slot_t* slot = mi_heap_zalloc_aligned(&mica_main, SLOT_ALIGN, SLOT_ALIGN);
  if (slot == NULL) return NULL;
  static_assert(sizeof *slot <= SLOT_ALIGN, "one line");
  mica_track_lines(slot, sizeof *slot);
  slot->group = group;
  list_push(&group->slots, slot);
  return slot;
}

/* The shell, the caller's alone, has no pool any more. */
static void park(mica_group_slot_t* slot) {
  mica_pool_end(slot->pool);
  stack_push(&slot->group->idle_next, slot);
}

/* A shell with a pool that the caller has entered; NULL: no memory. */
static mica_group_slot_t* open_slot(mi_pool_group_t* group) {
  mica_group_slot_t* slot = stack_pop(&group->idle_next);
  if (slot == NULL) slot = make_slot(group);
  if (slot == NULL) return NULL;
  slot->pool = mi_pool_create_in(&mica_main, group->block_size);
  if (slot->pool == NULL) {
    stack_push(&group->idle_next, slot);
    return NULL;
  }
  mi_pool_set_limit(slot->pool, group->limit);
  slot->pool->slot = slot;
  tw_open(&slot->word);
  return slot;
}

MICA_EXPORT mi_pool_t* mi_pool_group_enter(mi_pool_group_t* group) {
  examine(group, __func__);
  for (;;) {
    mica_group_slot_t* slot;
    const uint64_t looked = tw_look(&group->open, &slot);
    if (slot != NULL && tw_enter(&slot->word, group->k, looked)) return slot->pool;
    slot = open_slot(group);
    if (slot == NULL) return NULL;
    if (tw_show(&group->open, looked, slot)) return slot->pool;
    if (tw_leave(&slot->word)) park(slot); /* somebody else has shown one: that is to be filled */
  }
}

MICA_EXPORT void mi_pool_group_leave(mi_pool_group_t* group, mi_pool_t* pool) {
  examine(group, __func__);
  if (MICA_EXAMINES) {
    mica_pool_examine(pool, __func__);
    if (pool->slot == NULL || pool->slot->group != group || tw_inside(tw_figure(&pool->slot->word)) == 0)
      mica_misuse(EINVAL, "%s(%p, %p): no task is in this pool of the group\n", __func__, (void*)group, (void*)pool);
  }
  mica_group_slot_t* const slot = pool->slot;
  mica_track_passed(slot);
  if (!tw_leave(&slot->word)) return;
  mica_track_got(slot);
  park(slot);
}

MICA_EXPORT void mi_pool_group_stat(const mi_pool_group_t* group, mi_pool_group_stat_t* stat) {
  examine(group, __func__);
  memset(stat, 0, sizeof *stat);
  for (mica_group_slot_t* slot = list_first(&((mi_pool_group_t*)(uintptr_t)group)->slots); slot != NULL;
       slot = slot->next) {
    const uint64_t word = tw_figure(&slot->word);
    stat->pools += tw_inside(word) != 0;
    stat->tasks += tw_inside(word);
    stat->pools_made += tw_generation(word);
  }
}

void mica_pool_group_examine(const mi_pool_t* pool, const char* function) {
  mica_misuse(EINVAL, "%s(%p): the pool is a group's, and ends when its last task leaves\n", function,
              (const void*)pool);
}
