/* hold.c -- see hold.h. The limit is compared in the step that charges (segment/limit_word.h). */
#include "pool/hold.h"

#include <errno.h>

#include "heap/callbacks.h"
#include "heap/first_class/heap_alloc.h"
#include "heap/sample.h"
#include "segment/arena.h"
#include "stats/visit.h"

/* relaxed: a number that stands by itself [N1] */
static int64_t limit_of(const mi_pool_t* pool) {
  return atomic_load_explicit(&((mi_pool_t*)(uintptr_t)pool)->limit, memory_order_relaxed);
}

/* relaxed: likewise [N1] */
void mica_pool_set_limit(mi_pool_t* pool, size_t bytes) {
  const int64_t limit = bytes == 0 || bytes > INT64_MAX ? LM_NONE : (int64_t)bytes;
  atomic_store_explicit(&pool->limit, limit, memory_order_relaxed);
}

bool mica_pool_limited(const mi_pool_t* pool) { return limit_of(pool) != LM_NONE; }

size_t mica_pool_get_limit(const mi_pool_t* pool) { return mica_pool_limited(pool) ? (size_t)limit_of(pool) : 0; }

size_t mica_pool_get_used(const mi_pool_t* pool) { return (size_t)lm_charged(&((mi_pool_t*)(uintptr_t)pool)->charged); }

/* Offsets are multiples of 16, too. */
static bool is_plain(size_t align) { return align <= MICA_POOL_ALIGN; }

MICA_NOINLINE void* mica_pool_in_heap(mi_heap_t* heap, size_t bytes, size_t align, size_t offset) {
  return is_plain(align) ? mica_heap_malloc(heap, bytes) : mica_heap_malloc_aligned(heap, bytes, align, offset, false);
}

static void* allocate(const mi_pool_t* pool, size_t bytes, size_t align, size_t offset) {
  if (pool->heap != NULL) return mica_pool_in_heap(pool->heap, bytes, align, offset);
  return is_plain(align) ? mica_malloc(bytes) : mica_malloc_aligned(bytes, align, offset, false);
}

void* mica_pool_take_aligned(mi_pool_t* pool, size_t bytes, size_t spare, size_t align, size_t offset) {
  const int64_t charge = (int64_t)(bytes + spare);
  if (bytes > PTRDIFF_MAX - spare || !lm_charge(&pool->charged, charge, limit_of(pool))) {
    if (bytes <= PTRDIFF_MAX - spare)
      mica_callback_pool(pool, bytes + spare, mica_pool_get_used(pool), mica_pool_get_limit(pool));
    errno = ENOMEM;
    return NULL;
  }
  void* p = allocate(pool, bytes, align, offset);
  if (p == NULL) lm_discharge(&pool->charged, charge);
  return p;
}

void* mica_pool_take(mi_pool_t* pool, size_t bytes) {
  return mica_pool_take_aligned(pool, bytes, 0, MICA_POOL_ALIGN, 0);
}

void mica_pool_give_back(mi_pool_t* pool, void* p, size_t bytes) {
  mica_free(p);
  lm_discharge(&pool->charged, (int64_t)bytes);
}

/* Where the heap's block begins that p lies in, by the record of p's slice alone. The record of memory that is not in use may
 * say anything, but then no mark is found there. */
static const void* block_at_once(const void* p) {
  if (mica_window_kind(p) != MICA_WINDOW_ARENA) return NULL;
  const mica_page_t* page = mica_page_of_tag(mica_tag_of(p));
  if (mica_page_remote(page)->back > mica_page_slice(page)) return NULL;
  page = mica_page_of(p);
  const mica_remote_t* r = mica_page_remote(page);
  const bool inside = (const char*)p >= mica_remote_first(r) && (const char*)p < (const char*)r->base + r->extent;
  return r->lead != 0 && inside ? mica_sample_start(page, mica_page_block(page, p)) : NULL;
}

static const void* block_of_any(const void* p) {
  const mica_page_t* page = mica_visit_page_at(p);
  return page == NULL ? NULL : mica_sample_start(page, mica_page_block(page, p));
}

/* p, by the mark at `begin`, where a heap's block begins. */
static mica_pool_found_t look(const mi_pool_t* pool, const void* begin, const void* p) {
  mica_pool_found_t found = {NULL, NULL};
  if (begin == NULL) return found;
  void* const chunk = (void*)(uintptr_t)begin;
  mica_pool_large_t* large = chunk;
  switch (*(const uintptr_t*)begin - mica_pool_mark(pool, 0)) {
  case MICA_POOL_CHUNK:
    if (mica_pool_has(pool, chunk, p)) found.chunk = chunk;
    return found;
  case MICA_POOL_AHEAD: large = ((mica_pool_ahead_t*)chunk)->large; break;
  case MICA_POOL_LARGE: break;
  default: return found;
  }
  if (p == large + 1 && large->mark == mica_pool_mark(pool, MICA_POOL_LARGE)) found.large = large;
  return found;
}

mica_pool_found_t mica_pool_find(const mi_pool_t* pool, const void* p) {
  const mica_pool_found_t found = look(pool, block_at_once(p), p);
  return found.chunk != NULL || found.large != NULL ? found : look(pool, block_of_any(p), p);
}
