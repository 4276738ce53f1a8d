/* cleanup.c -- what a program wants done when its pool ends or is reset: the list of the pool's cleanups. */
#include "pool/alloc.h"
#include "pool/check.h"

typedef mi_pool_cleanup_t list_item_t;
#define LIST_NEXT(cleanup) ((cleanup)->next)
#include "base/push_list.h"

mi_pool_cleanup_t* mica_pool_cleanup_add(mi_pool_t* pool, size_t size) {
  void* const data = size == 0 ? NULL : mica_pool_alloc(pool, size, MICA_POOL_ALIGN);
  if (size != 0 && data == NULL) return NULL;
  mi_pool_cleanup_t* const cleanup = mica_pool_alloc(pool, sizeof *cleanup, MICA_POOL_ALIGN);
  if (cleanup == NULL) {
    mica_pool_free(pool, data);
    return NULL;
  }
  cleanup->handler = NULL;
  cleanup->data = data;
  list_push(&pool->cleanups, cleanup);
  return cleanup;
}

mi_pool_cleanup_t* mica_pool_cleanup_first(const mi_pool_t* pool) {
  return list_first(&((mi_pool_t*)(uintptr_t)pool)->cleanups);
}

/* One by one: a handler may add others, which come next. One that was run leads to itself, and is not met again. relaxed: there
 * is no other thread [N9] */
static MICA_NOINLINE void run_cleanups(mi_pool_t* pool) {
  for (mi_pool_cleanup_t* c; (c = list_first(&pool->cleanups)) != NULL;) {
    if (c->next == c) mica_pool_damaged(pool, c);
    atomic_store_explicit(&pool->cleanups, c->next, memory_order_relaxed);
    c->next = c;
    mica_pool_call_begin(pool, "mica_pool_clean"); /* a handler must not end its pool */
    if (c->handler != NULL) c->handler(c->data);
    mica_pool_call_end(pool);
  }
}

void mica_pool_clean(mi_pool_t* pool) {
  if (list_first(&pool->cleanups) != NULL) run_cleanups(pool);
}
