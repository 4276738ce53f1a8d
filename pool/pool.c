/* pool.c -- pools made and ended, memory given out and taken back. Functions of mica/pool.h, which has the contract.
 * Exported. */
#include <errno.h>
#include <mica/heap_alloc.h>
#include <mica/pool.h>
#include <string.h>

#include "heap/alloc.h"
#include "heap/fast.h"
#include "pool/bump.h"

/* ---- made and ended ---- */

static void init(mi_pool_t* pool, size_t bytes, mi_heap_t* heap) {
  const bool late = !mica_theap_is_real(mica_theap_mine());
  memset(pool, 0, sizeof *pool);
  pool->max = bytes - sizeof(mica_pool_chunk_t) - sizeof(mi_pool_t) - (MICA_POOL_TAGGED ? MICA_POOL_ALIGN : 0);
  if (pool->max > MICA_POOL_BLOCK_MAX) pool->max = MICA_POOL_BLOCK_MAX;
  pool->magic = mica_pool_magic(pool);
  pool->chunk_bytes = bytes;
  pool->heap = heap;
  /* relaxed: the pool is handed to others by the program [N1] */
  atomic_store_explicit(&pool->limit, LM_NONE, memory_order_relaxed);
  atomic_store_explicit(&pool->charged, (int64_t)bytes, memory_order_relaxed);
  mica_thread_slot_init(&pool->home, late ? MICA_THREAD_SLOT_FREE : mica_self);
  mica_pool_chunk_init(pool, &pool->home, mica_pool_first(pool), bytes);
  pool->home.bump = mica_pool_first(pool);
}

MICA_EXPORT mi_pool_t* mi_pool_create_in(mi_heap_t* heap, size_t block_size) {
  if (block_size > MICA_POOL_MOST) {
    errno = EINVAL;
    return NULL;
  }
  if (block_size == 0) block_size = MICA_POOL_DEFAULT;
  if (block_size < MICA_POOL_LEAST) block_size = MICA_POOL_LEAST;
  const size_t bytes = block_size == MICA_POOL_DEFAULT ? block_size : mica_good_size(block_size);
  mica_pool_chunk_t* const first = heap == NULL ? mica_malloc(bytes) : mi_heap_malloc(heap, bytes);
  if (first == NULL) return NULL;
  mi_pool_t* const pool = (mi_pool_t*)(first + 1);
  mica_track_lines(first, sizeof *first + sizeof *pool);
  init(pool, bytes, heap);
  return pool;
}

MICA_EXPORT mi_pool_t* mi_pool_create(size_t block_size) { return mi_pool_create_in(NULL, block_size); }

void mica_pool_end(mi_pool_t* pool) {
  mica_pool_clean(pool);
  mica_thread_slot_walk_t walk = {0};
  for (mica_thread_slot_t* thread_slot; (thread_slot = mica_thread_slot_walk(pool, &walk)) != NULL;) {
    mica_pool_larges_end(pool, thread_slot);
    mica_pool_chunks_end(pool, thread_slot);
  }
  mica_thread_slots_end(pool);
  pool->magic = 0;
  mica_free(mica_pool_first(pool));
}

MICA_EXPORT void mi_pool_destroy(mi_pool_t* pool) {
  if (pool == NULL) return;
  mica_pool_alone(pool, __func__);
  mica_pool_examine_grouped(pool, __func__);
  mica_pool_end(pool);
}

MICA_EXPORT void mi_pool_reset(mi_pool_t* pool) {
  mica_pool_alone(pool, __func__);
  mica_pool_examine_grouped(pool, __func__);
  mica_pool_clean(pool);
  mica_thread_slot_walk_t walk = {0};
  for (mica_thread_slot_t* thread_slot; (thread_slot = mica_thread_slot_walk(pool, &walk)) != NULL;) {
    mica_pool_larges_reset(pool, thread_slot);
    mica_pool_chunks_reset(pool, thread_slot);
  }
}

/* ---- giving out ---- */

/* What the fast path could not: another thread's pool, a chunk that is used up, size 0, large memory. */
static MICA_NOINLINE void* give_slow(mi_pool_t* pool, size_t size, size_t align) {
  if (size == 0) size = 1;
  mica_thread_slot_t* thread_slot = mica_thread_slot_mine(pool);
  if (MICA_UNLIKELY(thread_slot == NULL) && (thread_slot = mica_thread_slot_acquire(pool)) == NULL) return NULL;
  const size_t gap = align > MICA_POOL_ALIGN ? align - MICA_POOL_ALIGN : 0;
  void* p = NULL;
  if (MICA_UNLIKELY(size > pool->max || gap > pool->max - size))
    p = mica_pool_large(pool, thread_slot, size, align > MICA_POOL_ALIGN ? align : MICA_POOL_ALIGN);
  else if (MICA_UNLIKELY((p = mica_pool_bump(pool, thread_slot->bump, size, align)) == NULL))
    p = mica_pool_alloc_slow(pool, thread_slot, size, align);
  mica_thread_slot_release(thread_slot);
  return p;
}

/* From a thread slot that is at hand; NULL: the general way is taken. */
MICA_INLINE void* give_here(mi_pool_t* pool, const mica_thread_slot_t* thread_slot, size_t size, size_t align) {
  return MICA_LIKELY(size - 1 < pool->max) ? mica_pool_bump(pool, thread_slot->bump, size, align) : NULL;
}

/* align: 1 or 16. */
MICA_INLINE void* give(mi_pool_t* pool, size_t size, size_t align) {
  void* p = NULL;
  if (MICA_LIKELY(mica_thread_slot_is(&pool->home, mica_self))) {
    p = give_here(pool, &pool->home, size, align);
    if (MICA_LIKELY(p != NULL)) return p;
  } else {
    const mica_thread_slot_t* const thread_slot = mica_thread_slot_noted(pool);
    if (thread_slot != NULL && (p = give_here(pool, thread_slot, size, align)) != NULL) return p;
  }
  return give_slow(pool, size, align);
}

MICA_EXPORT void* mi_pool_alloc(mi_pool_t* pool, size_t size) {
  mica_pool_enter(pool, __func__);
  void* const p = give(pool, size, MICA_POOL_ALIGN);
  mica_pool_leave(pool);
  return p;
}

MICA_EXPORT void* mi_pool_alloc_unaligned(mi_pool_t* pool, size_t size) {
  mica_pool_enter(pool, __func__);
  void* const p = give(pool, size, 1);
  mica_pool_leave(pool);
  return p;
}

MICA_EXPORT void* mi_pool_calloc(mi_pool_t* pool, size_t count, size_t size) {
  size_t bytes;
  mica_pool_enter(pool, __func__);
  void* p = NULL;
  if (MICA_MUL_OVERFLOWS(count, size, &bytes))
    errno = ENOMEM;
  else
    p = give(pool, bytes, MICA_POOL_ALIGN);
  if (p != NULL) memset(p, 0, bytes);
  mica_pool_leave(pool);
  return p;
}

MICA_EXPORT void* mi_pool_memalign(mi_pool_t* pool, size_t size, size_t alignment) {
  mica_pool_enter(pool, __func__);
  void* p = NULL;
  if (alignment == 0 || (alignment & (alignment - 1)) != 0)
    errno = EINVAL;
  else
    p = give_slow(pool, size, alignment > MICA_POOL_ALIGN ? alignment : MICA_POOL_ALIGN);
  mica_pool_leave(pool);
  return p;
}

MICA_EXPORT size_t mi_pool_max(const mi_pool_t* pool) {
  mica_pool_known(pool, __func__);
  return pool->max;
}

/* ---- taking back ---- */

static bool take_back_piece(mi_pool_t* pool, mica_pool_chunk_t* b, void* p, mica_thread_slot_t* thread_slot,
                            const char* function) {
  if (MICA_POOL_TAGGED && !mica_pool_tag_end(pool, b, p, function)) return false;
  mica_pool_block_free(pool, b, thread_slot);
  return true;
}

static bool reclaim_own(mi_pool_t* pool, void* p, bool blocks, const char* function) {
  mica_thread_slot_t* const thread_slot = mica_thread_slot_mine(pool);
  const mica_pool_found_t found = mica_pool_find(pool, p);
  if (found.large != NULL) return mica_pool_large_free(pool, found.large, thread_slot);
  if (found.chunk != NULL) return blocks && take_back_piece(pool, found.chunk, p, thread_slot, function);
  if (MICA_EXAMINES) mica_pool_examine_stray(pool, p, function);
  return false;
}

MICA_EXPORT bool mi_pool_free(mi_pool_t* pool, void* p) {
  mica_pool_enter(pool, __func__);
  mica_thread_slot_t* const thread_slot = mica_thread_slot_near(pool);
  const bool near = thread_slot != NULL && mica_pool_has(pool, thread_slot->bump, p);
  const bool done =
      near ? take_back_piece(pool, thread_slot->bump, p, thread_slot, __func__) : reclaim_own(pool, p, true, __func__);
  mica_pool_leave(pool);
  return done;
}

MICA_EXPORT bool mi_pool_free_large(mi_pool_t* pool, void* p) {
  mica_pool_enter(pool, __func__);
  const bool done = reclaim_own(pool, p, false, __func__);
  mica_pool_leave(pool);
  return done;
}

/* ---- limit and data ---- */

/* relaxed: a number that stands by itself [N1] */
MICA_EXPORT void mi_pool_set_limit(mi_pool_t* pool, size_t bytes) {
  mica_pool_known(pool, __func__);
  const int64_t limit = bytes == 0 || bytes > INT64_MAX ? LM_NONE : (int64_t)bytes;
  atomic_store_explicit(&pool->limit, limit, memory_order_relaxed);
}

/* relaxed: likewise [N1] */
MICA_EXPORT size_t mi_pool_get_limit(const mi_pool_t* pool) {
  mica_pool_known(pool, __func__);
  const int64_t limit = atomic_load_explicit(&((mi_pool_t*)(uintptr_t)pool)->limit, memory_order_relaxed);
  return limit == LM_NONE ? 0 : (size_t)limit;
}

MICA_EXPORT size_t mi_pool_get_used(const mi_pool_t* pool) {
  mica_pool_known(pool, __func__);
  return (size_t)lm_charged(&((mi_pool_t*)(uintptr_t)pool)->charged);
}

MICA_EXPORT void mi_pool_set_data(mi_pool_t* pool, void* data) {
  mica_pool_known(pool, __func__);
  pool->data = data;
}

MICA_EXPORT void* mi_pool_get_data(const mi_pool_t* pool) {
  mica_pool_known(pool, __func__);
  return pool->data;
}
