/* mi_pools.c -- the functions of mica/pool.h, over the pools and groups of pool/, which they examine first where misuse is
 * looked for (pool/check.h).
 *
 * No state; the contract of each function stands in the header. Exported. */
#include <errno.h>
#include <mica/pool.h>
#include <string.h>
#include <unistd.h>

#include "base/calls.h"
#include "base/sizes.h"
#include "observe/hooks.h"
#include "pool/alloc.h"
#include "pool/group.h"
#include "pool/hold.h"

/* The body of a function that returns that value: of one that takes its time, and of one that is over at once. */
#define RETURN_IN_CALL(pool, type, value) \
  mica_pool_call_begin((pool), __func__); \
  type const result = (value); \
  mica_pool_call_end(pool); \
  return result
#define RETURN_OF(pool, value) \
  mica_pool_known((pool), __func__); \
  return (value)

/* ---- made and ended ---- */

MICA_EXPORT mi_pool_t* mi_pool_create_in(mi_heap_t* heap, size_t block_size) {
  return mica_pool_make(heap, block_size);
}

MICA_EXPORT mi_pool_t* mi_pool_create(size_t block_size) { return mica_pool_make(NULL, block_size); }

MICA_EXPORT void mi_pool_destroy(mi_pool_t* pool) {
  if (pool == NULL) return;
  mica_pool_alone(pool, __func__);
  mica_pool_end(pool);
}

MICA_EXPORT void mi_pool_reset(mi_pool_t* pool) {
  mica_pool_alone(pool, __func__);
  mica_pool_reset(pool);
}

/* ---- giving out and taking back ---- */

MICA_EXPORT void* mi_pool_alloc(mi_pool_t* pool, size_t size) {
  RETURN_IN_CALL(pool, void*, mica_pool_alloc(pool, size, MICA_POOL_ALIGN));
}

MICA_EXPORT void* mi_pool_alloc_unaligned(mi_pool_t* pool, size_t size) {
  RETURN_IN_CALL(pool, void*, mica_pool_alloc(pool, size, 1));
}

static void* zeroed(mi_pool_t* pool, size_t size) {
  void* const p = mica_pool_alloc(pool, size, MICA_POOL_ALIGN);
  return p == NULL ? NULL : memset(p, 0, size);
}

/* A product that overflows is a size that cannot be had. */
MICA_EXPORT void* mi_pool_calloc(mi_pool_t* pool, size_t count, size_t size) {
  RETURN_IN_CALL(pool, void*, zeroed(pool, mica_product(count, size)));
}

static void* aligned(mi_pool_t* pool, size_t size, size_t alignment) {
  if (mica_is_alignment(alignment))
    return mica_pool_alloc_slow(pool, size, alignment > MICA_POOL_ALIGN ? alignment : MICA_POOL_ALIGN);
  errno = EINVAL;
  return NULL;
}

MICA_EXPORT void* mi_pool_memalign(mi_pool_t* pool, size_t size, size_t alignment) {
  RETURN_IN_CALL(pool, void*, aligned(pool, size, alignment));
}

MICA_EXPORT bool mi_pool_free(mi_pool_t* pool, void* p) { RETURN_IN_CALL(pool, bool, mica_pool_free(pool, p)); }

MICA_EXPORT bool mi_pool_free_large(mi_pool_t* pool, void* p) {
  RETURN_IN_CALL(pool, bool, mica_pool_free_slow(pool, p, false));
}

/* ---- limit, data and figures ---- */

MICA_EXPORT size_t mi_pool_max(const mi_pool_t* pool) { RETURN_OF(pool, pool->max); }

MICA_EXPORT void mi_pool_set_limit(mi_pool_t* pool, size_t bytes) {
  mica_pool_known(pool, __func__);
  mica_pool_set_limit(pool, bytes);
}

MICA_EXPORT size_t mi_pool_get_limit(const mi_pool_t* pool) { RETURN_OF(pool, mica_pool_get_limit(pool)); }

MICA_EXPORT size_t mi_pool_get_used(const mi_pool_t* pool) { RETURN_OF(pool, mica_pool_get_used(pool)); }

MICA_EXPORT void mi_pool_set_data(mi_pool_t* pool, void* data) {
  mica_pool_known(pool, __func__);
  pool->data = data;
}

MICA_EXPORT void* mi_pool_get_data(const mi_pool_t* pool) { RETURN_OF(pool, pool->data); }

MICA_EXPORT void mi_pool_stat(const mi_pool_t* pool, mi_pool_stat_t* stat) {
  mica_pool_known(pool, __func__);
  mica_pool_stat(pool, stat);
}

MICA_EXPORT size_t mi_pool_stat_blocks(const mi_pool_t* pool, mi_pool_block_stat_t* blocks, size_t count) {
  RETURN_OF(pool, mica_pool_stat_chunks(pool, blocks, count));
}

MICA_EXPORT void mi_pool_print(const mi_pool_t* pool, mi_output_fun* out, void* arg) {
  mica_pool_known(pool, __func__);
  mica_pool_print(pool, out, arg);
}

/* ---- cleanups ---- */

MICA_EXPORT mi_pool_cleanup_t* mi_pool_cleanup_add(mi_pool_t* pool, size_t size) {
  RETURN_IN_CALL(pool, mi_pool_cleanup_t*, mica_pool_cleanup_add(pool, size));
}

MICA_EXPORT mi_pool_cleanup_t* mi_pool_cleanup_first(const mi_pool_t* pool) {
  RETURN_OF(pool, mica_pool_cleanup_first(pool));
}

MICA_EXPORT void mi_pool_file_close(void* data) {
  const mi_pool_file_t* const file = data;
  const int saved = errno;
  /* Linux closes the file also where it says EINTR. */
  if (mica_call_close(file->fd) != 0 && errno != EINTR)
    mica_warn("mi_pool_file_close: file %d: %s\n", file->fd, strerror(errno));
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

/* ---- groups ---- */

MICA_EXPORT mi_pool_group_t* mi_pool_group_create(size_t k) { return mica_group_make(k, 0, 0); }

MICA_EXPORT mi_pool_group_t* mi_pool_group_create_ex(size_t k, size_t block_size, size_t limit) {
  return mica_group_make(k, block_size, limit);
}

MICA_EXPORT void mi_pool_group_destroy(mi_pool_group_t* group) {
  if (group == NULL) return;
  if (MICA_EXAMINES) mica_group_examine(group, __func__);
  mica_group_end(group, __func__);
}

MICA_EXPORT mi_pool_t* mi_pool_group_enter(mi_pool_group_t* group) {
  if (MICA_EXAMINES) mica_group_examine(group, __func__);
  return mica_group_enter(group);
}

MICA_EXPORT void mi_pool_group_leave(mi_pool_group_t* group, mi_pool_t* pool) {
  if (MICA_EXAMINES) mica_group_examine_task(group, pool, __func__);
  mica_group_leave(pool);
}

MICA_EXPORT void mi_pool_group_stat(const mi_pool_group_t* group, mi_pool_group_stat_t* stat) {
  if (MICA_EXAMINES) mica_group_examine(group, __func__);
  mica_group_stat(group, stat);
}
