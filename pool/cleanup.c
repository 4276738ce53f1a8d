/* cleanup.c -- what is done when a pool ends: its cleanups, and the handlers for files. Functions of mica/pool.h. Exported. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "observe/hooks.h"
#include "pool/check.h"
#include "pool/pool.h"

typedef mi_pool_cleanup_t list_item_t;
#define LIST_NEXT(cleanup) ((cleanup)->next)
#include "base/push_list.h"

MICA_EXPORT mi_pool_cleanup_t* mi_pool_cleanup_add(mi_pool_t* pool, size_t size) {
  void* data = NULL;
  mica_pool_known(pool, __func__);
  if (size != 0 && (data = mi_pool_alloc(pool, size)) == NULL) return NULL;
  mi_pool_cleanup_t* const cleanup = mi_pool_alloc(pool, sizeof *cleanup);
  if (cleanup == NULL) {
    mi_pool_free(pool, data);
    return NULL;
  }
  cleanup->handler = NULL;
  cleanup->data = data;
  list_push(&pool->cleanups, cleanup);
  return cleanup;
}

MICA_EXPORT mi_pool_cleanup_t* mi_pool_cleanup_first(const mi_pool_t* pool) {
  mica_pool_known(pool, __func__);
  return list_first(&((mi_pool_t*)(uintptr_t)pool)->cleanups);
}

/* One by one: a handler may add others, which come next. relaxed: there is nobody else [N9] */
void mica_pool_clean(mi_pool_t* pool) {
  for (mi_pool_cleanup_t* c; (c = list_first(&pool->cleanups)) != NULL;) {
    atomic_store_explicit(&pool->cleanups, c->next, memory_order_relaxed);
    mica_pool_enter(pool, __func__); /* a handler must not end its pool */
    if (c->handler != NULL) c->handler(c->data);
    mica_pool_leave(pool);
  }
}

/* ---- files ---- */

MICA_EXPORT void mi_pool_file_close(void* data) {
  const mi_pool_file_t* const file = data;
  const int saved = errno;
  /* Linux closes the file also where it says EINTR. */
  if (close(file->fd) != 0 && errno != EINTR) mica_warn("mi_pool_file_close: file %d: %s\n", file->fd, strerror(errno));
  errno = saved;
}

MICA_EXPORT void mi_pool_file_delete(void* data) {
  const mi_pool_file_t* const file = data;
  const char* const path = (const char*)file->name;
  const int saved = errno;
  if (unlink(path) != 0 && errno != ENOENT) mica_warn("mi_pool_file_delete: %s: %s\n", path, strerror(errno));
  errno = saved;
  mi_pool_file_close(data);
}
