/* pools.h -- bug.h for the one-bug programs about pools: the functions of mica/pool.h that they call.
 *
 * They are looked up by name when the program runs, as it may be compiled without mica and have it preloaded. Without mica a
 * pool is NULL and its pieces are malloc's, nothing of which is ever freed: such a program shows nothing, as it says. */
#ifndef MICA_TESTS_BUGS_POOLS_H
#define MICA_TESTS_BUGS_POOLS_H
#include "tests/bugs/bug.h"

typedef struct mi_pool_s mi_pool_t;
typedef struct mi_pool_group_s mi_pool_group_t;

static inline void pool_find(void* function, const char* name) {
  void* const found = dlsym(RTLD_DEFAULT, name);
  memcpy(function, &found, sizeof found);
}

static inline mi_pool_t* pool_make(void) {
  mi_pool_t* (*make)(size_t);
  pool_find(&make, "mi_pool_create");
  mi_pool_t* pool = make == NULL ? NULL : make(0);
  BUG_CHECK(make == NULL || pool != NULL);
  return pool;
}

/* So many bytes of the pool, as they come. */
static inline char* pool_unset(mi_pool_t* pool, size_t size) {
  void* (*allocate)(mi_pool_t*, size_t);
  pool_find(&allocate, "mi_pool_alloc");
  char* p = bug_hide(allocate == NULL ? malloc(size) : allocate(pool, size));
  BUG_CHECK(p != NULL);
  return p;
}
/* The same, all written. */
static inline char* pool_piece(mi_pool_t* pool, size_t size) {
  char* p = pool_unset(pool, size);
  memset(p, 7, size);
  return bug_hide(p);
}
static inline char* pool_zero(mi_pool_t* pool, size_t size) {
  void* (*allocate)(mi_pool_t*, size_t, size_t);
  pool_find(&allocate, "mi_pool_calloc");
  char* p = bug_hide(allocate == NULL ? calloc(1, size) : allocate(pool, 1, size));
  BUG_CHECK(p != NULL);
  return p;
}

static inline bool pool_free(mi_pool_t* pool, void* p) {
  bool (*release)(mi_pool_t*, void*);
  pool_find(&release, "mi_pool_free");
  return release == NULL || release(pool, p);
}

static inline void pool_end(mi_pool_t* pool, const char* how) {
  void (*end)(mi_pool_t*);
  pool_find(&end, how);
  if (end != NULL) end(pool);
}
static inline void pool_destroy(mi_pool_t* pool) { pool_end(pool, "mi_pool_destroy"); }
static inline void pool_reset(mi_pool_t* pool) { pool_end(pool, "mi_pool_reset"); }

/* ---- groups ---- */

static inline mi_pool_group_t* pool_group_make(size_t k) {
  mi_pool_group_t* (*make)(size_t);
  pool_find(&make, "mi_pool_group_create");
  return make == NULL ? NULL : make(k);
}
static inline void pool_group_end(mi_pool_group_t* group) {
  void (*end)(mi_pool_group_t*);
  pool_find(&end, "mi_pool_group_destroy");
  if (end != NULL) end(group);
}
static inline mi_pool_t* pool_enter(mi_pool_group_t* group) {
  mi_pool_t* (*enter)(mi_pool_group_t*);
  pool_find(&enter, "mi_pool_group_enter");
  return enter == NULL ? NULL : enter(group);
}
static inline void pool_leave(mi_pool_group_t* group, mi_pool_t* pool) {
  void (*leave)(mi_pool_group_t*, mi_pool_t*);
  pool_find(&leave, "mi_pool_group_leave");
  if (leave != NULL) leave(group, pool);
}

#endif
