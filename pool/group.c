/* group.c -- groups: tasks that share pools, k of them each (group.h). The protocol is in task_word.h.
 *
 *   group   open ---> the slot whose pool tasks enter now       idle ---> slots without a pool
 *           slots --> every slot ever made, for figures and the group's end
 *
 *   slot:   idle --gets a pool: the task that found no open one enters--> entered by up to k --the last one leaves--> idle */
#include "pool/group.h"

#include <errno.h>
#include <string.h>

#include "heap/first_class/heap_alloc.h"
#include "heap/sample.h"
#include "observe/hooks.h"
#include "pool/check.h"
#include "pool/hold.h"
#include "stats/visit.h"

/* Slots are aligned, so that a slot is a number of 42 bits. */
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
  _Atomic(uint64_t) idle;
  _Atomic(mica_group_slot_t*) slots;
  size_t block_size;
  size_t limit;
  uint32_t k;
};

/* A count of tasks has 16 bits, and misuse may count a few beyond. */
enum { MOST_TASKS = 32767 };

static uintptr_t magic_of(const mi_pool_group_t* group) { return ~(uintptr_t)group ^ (uintptr_t)0x67726F757000; }

void mica_group_examine(const mi_pool_group_t* group, const char* function) {
  const mica_page_t* page = (uintptr_t)group % MICA_POOL_ALIGN == 0 ? mica_visit_page_at(group) : NULL;
  if (page == NULL || (const void*)mica_sample_start(page, mica_page_block(page, group)) != group ||
      group->magic != magic_of(group))
    mica_misuse(EINVAL, "%s(%p): not a group of pools, or destroyed before\n", function, (const void*)group);
}

void mica_group_examine_task(const mi_pool_group_t* group, const mi_pool_t* pool, const char* function) {
  mica_group_examine(group, function);
  mica_pool_examine(pool, function);
  mica_group_slot_t* const slot = pool->group_slot;
  if (slot == NULL || slot->group != group || tw_inside(tw_figure(&slot->word)) == 0)
    mica_misuse(EINVAL, "%s(%p, %p): no task is in this pool of the group\n", function, (const void*)group,
                (const void*)pool);
}

/* ---- made and ended ---- */

mi_pool_group_t* mica_group_make(size_t k, size_t block_size, size_t limit) {
  if (k == 0 || k > MOST_TASKS || block_size > MICA_POOL_MOST) {
    errno = EINVAL;
    return NULL;
  }
  mi_pool_group_t* const group = mica_heap_malloc_aligned(&mica_main, sizeof *group, MICA_POOL_ALIGN, 0, true);
  if (group == NULL) return NULL;
  mica_track_lines(group, sizeof *group);
  group->magic = magic_of(group);
  group->k = (uint32_t)k;
  group->block_size = block_size;
  group->limit = limit;
  return group;
}

void mica_group_end(mi_pool_group_t* group, const char* function) {
  mica_group_slot_t* slot = list_take(&group->slots);
  while (slot != NULL) {
    if (slot->group != group) mica_pool_damaged(group, slot); /* it was freed before */
    slot->group = NULL;
    mica_group_slot_t* const next = slot->next;
    const uint32_t inside = tw_inside(tw_figure(&slot->word));
    if (inside != 0) {
      if (MICA_EXAMINES)
        mica_misuse(EBUSY, "%s(%p): %u tasks are in its pool %p\n", function, (void*)group, inside, (void*)slot->pool);
      mica_pool_end(slot->pool);
    }
    mica_free(slot);
    slot = next;
  }
  group->magic = 0;
  mica_free(group);
}

/* ---- tasks ---- */

static mica_group_slot_t* make_slot(mi_pool_group_t* group) {
  mica_group_slot_t* slot = mica_heap_malloc_aligned(&mica_main, SLOT_ALIGN, SLOT_ALIGN, 0, true);
  if (slot == NULL) return NULL;
  static_assert(sizeof *slot <= SLOT_ALIGN, "one line");
  mica_track_lines(slot, sizeof *slot);
  slot->group = group;
  list_push(&group->slots, slot);
  return slot;
}

/* The slot is the caller's alone: its pool ends. */
static void put_idle(mica_group_slot_t* slot) {
  mica_pool_end(slot->pool);
  stack_push(&slot->group->idle, slot);
}

/* A slot with a pool that the caller has entered; NULL: no memory. */
static mica_group_slot_t* open_slot(mi_pool_group_t* group) {
  mica_group_slot_t* slot = stack_pop(&group->idle);
  if (slot == NULL) slot = make_slot(group);
  if (slot == NULL) return NULL;
  slot->pool = mica_pool_make(&mica_main, group->block_size);
  if (slot->pool == NULL) {
    stack_push(&group->idle, slot);
    return NULL;
  }
  mica_pool_set_limit(slot->pool, group->limit);
  slot->pool->group_slot = slot;
  tw_open(&slot->word);
  return slot;
}

mi_pool_t* mica_group_enter(mi_pool_group_t* group) {
  for (;;) {
    mica_group_slot_t* slot;
    const uint64_t looked = tw_look(&group->open, &slot);
    if (slot != NULL && tw_enter(&slot->word, group->k, looked)) return slot->pool;
    slot = open_slot(group);
    if (slot == NULL) return NULL;
    if (tw_show(&group->open, looked, slot)) return slot->pool;
    if (tw_leave(&slot->word)) put_idle(slot); /* another thread has shown one: that is to be filled */
  }
}

void mica_group_leave(mi_pool_t* pool) {
  mica_group_slot_t* const slot = pool->group_slot;
  mica_track_passed(slot);
  if (!tw_leave(&slot->word)) return;
  mica_track_got(slot);
  put_idle(slot);
}

void mica_group_stat(const mi_pool_group_t* group, mi_pool_group_stat_t* stat) {
  memset(stat, 0, sizeof *stat);
  mica_ring_t ring = {0};
  for (mica_group_slot_t* slot = list_first(&((mi_pool_group_t*)(uintptr_t)group)->slots); slot != NULL;
       slot = slot->next) {
    if (mica_ring_closes(&ring, slot)) mica_pool_damaged(group, slot);
    const uint64_t word = tw_figure(&slot->word);
    stat->pools += tw_inside(word) != 0;
    stat->tasks += tw_inside(word);
    stat->pools_made += tw_generation(word);
  }
}
