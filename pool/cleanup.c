/* cleanup.c -- what a program wants done when its pool ends or is reset: the list of the pool's cleanups. */
#include "pool/alloc.h"
#include "pool/check.h"

/* A cleanup as the pool has it: `next` is the program's to follow, in a handler, too. */
typedef struct record_s {
  mi_pool_cleanup_t shown;
  bool was_run;
} record_t;
static_assert(sizeof(record_t) <= 2 * (size_t)MICA_POOL_ALIGN, "no larger than what is shown, rounded up");

typedef mi_pool_cleanup_t list_item_t;
#define LIST_NEXT(cleanup) ((cleanup)->next)
#include "base/push_list.h"

mi_pool_cleanup_t* mica_pool_cleanup_add(mi_pool_t* pool, size_t size) {
  void* const data = size == 0 ? NULL : mica_pool_alloc(pool, size, MICA_POOL_ALIGN);
  if (size != 0 && data == NULL) return NULL;
  record_t* const record = mica_pool_alloc(pool, sizeof *record, MICA_POOL_ALIGN);
  if (record == NULL) {
    mica_pool_free(pool, data);
    return NULL;
  }
  *record = (record_t){.shown = {.handler = NULL, .data = data}, .was_run = false};
  list_push(&pool->cleanups, &record->shown);
  return &record->shown;
}

mi_pool_cleanup_t* mica_pool_cleanup_first(const mi_pool_t* pool) {
  return list_first(&((mi_pool_t*)(uintptr_t)pool)->cleanups);
}

/* One by one: a handler may add others, which come next. One that was run is marked, and not met again. relaxed: there is no
 * other thread [N9] */
static MICA_NOINLINE void run_cleanups(mi_pool_t* pool) {
  for (mi_pool_cleanup_t* c; (c = list_first(&pool->cleanups)) != NULL;) {
    record_t* const record = (record_t*)c;
    if (record->was_run) mica_pool_damaged(pool, c);
    record->was_run = true;
    atomic_store_explicit(&pool->cleanups, c->next, memory_order_relaxed);
    mica_pool_call_begin(pool, "mica_pool_clean"); /* a handler must not end its pool */
    if (c->handler != NULL) c->handler(c->data);
    mica_pool_call_end(pool);
  }
}

void mica_pool_clean(mi_pool_t* pool) {
  if (list_first(&pool->cleanups) != NULL) run_cleanups(pool);
}
