/* check.c -- looking for misuse of pools (check.h). */
#include "pool/check.h"

#include <errno.h>

#include "heap/sample.h"
#include "heap/where.h"
#include "observe/hooks.h"
#include "stats/visit.h"

enum { SIZE_BITS = 16 };
static_assert(MICA_POOL_BLOCK_MAX < 1 << SIZE_BITS, "a block's size fits its tag");

static _Atomic(uint64_t)* tag_of(void* p) { return (_Atomic(uint64_t)*)((uintptr_t)p - MICA_POOL_TAG); }

static uint64_t live_tag(const mi_pool_t* pool, const mica_pool_chunk_t* b, const void* p, size_t size) {
  const uint64_t of = (uintptr_t)p ^ (uintptr_t)pool << 1 ^ pool->magic ^ (uint64_t)b->generation << 56;
  const uint64_t hash = (of ^ of >> 32) * 0x9E3779B97F4A7C15u;
  return (hash & ~(uint64_t)0 << SIZE_BITS) | size;
}

static uint64_t dead_tag(uint64_t live) { return live ^ ~(uint64_t)0 << SIZE_BITS; }

/* relaxed: the tag is handed over with the block [N4] */
void mica_pool_tag_set(const mi_pool_t* pool, const mica_pool_chunk_t* b, void* p, size_t size) {
  mica_track_open((void*)tag_of(p), MICA_POOL_TAG);
  atomic_store_explicit(tag_of(p), live_tag(pool, b, p, size), memory_order_relaxed);
  mica_track_close((void*)tag_of(p), MICA_POOL_TAG);
  mica_track_lent(p, size);
}

/* p was given to the function, with the pool or alone: why that is wrong, and what lies there. */
static _Noreturn void refuse(int code, const char* function, const mi_pool_t* pool, const void* p, const char* why) {
  char text[MICA_WHERE_TEXT];
  mica_where_say(p, text);
  if ((const void*)pool == p) mica_misuse(code, "%s(%p): %s: %s\n", function, p, why, text);
  mica_misuse(code, "%s(%p, %p): %s: %s\n", function, (const void*)pool, p, why, text);
}

/* relaxed: of two threads that free the block, one finds the other's tag [N4] */
bool mica_pool_tag_end(const mi_pool_t* pool, const mica_pool_chunk_t* b, void* p, const char* function) {
  mica_track_open((void*)tag_of(p), MICA_POOL_TAG);
  uint64_t tag = atomic_load_explicit(tag_of(p), memory_order_relaxed);
  const size_t size = tag & ((1 << SIZE_BITS) - 1);
  const uint64_t live = live_tag(pool, b, p, size);
  const bool was_live = tag == live && atomic_compare_exchange_strong_explicit(
                                           tag_of(p), &tag, dead_tag(live), memory_order_relaxed, memory_order_relaxed);
  mica_track_close((void*)tag_of(p), MICA_POOL_TAG);
  if (was_live) {
    mica_track_back(p, size);
    return true;
  }
  if (MICA_EXAMINES)
    refuse(tag == dead_tag(live) ? EAGAIN : EINVAL, function, pool, p,
           tag == dead_tag(live) ? "this block was freed before" : "not the start of a block in use");
  mica_track_refuse(p);
  return false;
}

static bool is_pool(const mi_pool_t* pool) {
  const mica_page_t* page = (uintptr_t)pool % MICA_POOL_ALIGN == 0 ? mica_visit_page_at(pool) : NULL;
  if (page == NULL || mica_sample_start(page, mica_page_block(page, pool)) != (void*)mica_pool_first(pool))
    return false;
  return !mica_track_dead(pool) && pool->magic == mica_pool_magic(pool) &&
         mica_pool_first(pool)->mark == mica_pool_mark(pool, MICA_POOL_CHUNK);
}

_Noreturn void mica_pool_damaged(const void* pool, const void* at) {
  mica_misuse(EFAULT, "overwritten memory, or something freed twice: a list of the pool %p is damaged at %p\n", pool,
              at);
}

void mica_pool_examine(const mi_pool_t* pool, const char* function) {
  if (!is_pool(pool)) refuse(EINVAL, function, pool, pool, "not a pool, or destroyed before");
}

/* relaxed: see mica_pool_call_begin [N3] */
void mica_pool_examine_busy(mi_pool_t* pool, const char* function) {
  if (atomic_load_explicit(&pool->busy, memory_order_relaxed) != 0)
    mica_misuse(EBUSY, "%s(%p): a call with this pool is under way\n", function, (const void*)pool);
}

void mica_pool_examine_stray(const mi_pool_t* pool, const void* p, const char* function) {
  if (p != NULL) refuse(EINVAL, function, pool, p, "not in use in this pool");
}

void mica_pool_examine_group(const mi_pool_t* pool, const char* function) {
  if (pool->group_slot != NULL)
    mica_misuse(EINVAL, "%s(%p): the pool is a group's, and ends when its last task leaves\n", function,
                (const void*)pool);
}
