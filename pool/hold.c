/* hold.c -- what a pool holds: memory of its heap's, charged against its limit, and found again from a pointer into it. */
#include <errno.h>
#include <mica/heap_alloc.h>

#include "heap/alloc.h"
#include "heap/fast.h"
#include "heap/visit.h"
#include "pool/pool.h"
#include "segment/arena.h"

/* relaxed: a number that stands by itself [N1] */
static int64_t limit_of(mi_pool_t* pool) { return atomic_load_explicit(&pool->limit, memory_order_relaxed); }

static void* allocate(const mi_pool_t* pool, size_t bytes, size_t align, size_t offset) {
  const bool plain = align <= MICA_POOL_ALIGN; /* offsets are multiples of that */
  if (pool->heap != NULL)
    return plain ? mi_heap_malloc(pool->heap, bytes) : mi_heap_malloc_aligned_at(pool->heap, bytes, align, offset);
  return plain ? mica_malloc(bytes) : mica_malloc_aligned(bytes, align, offset, false);
}

bool mica_pool_limited(mi_pool_t* pool) { return limit_of(pool) != LM_NONE; }

void* mica_pool_take_aligned(mi_pool_t* pool, size_t bytes, size_t spare, size_t align, size_t offset) {
  const int64_t charge = (int64_t)(bytes + spare);
  if (bytes > PTRDIFF_MAX - spare || !lm_charge(&pool->charged, charge, limit_of(pool))) {
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

/* What is found at once for a piece of this pool: its slice's record tells the page, and that the block. For what is no such
 * piece the record may say anything, and then the mark is not found. */
static mica_pool_block_t* find_piece(const mi_pool_t* pool, const void* p) {
  if (mica_window_kind(p) != MICA_WINDOW_ARENA) return NULL;
  const mica_page_t* page = mica_page_of_tag(mica_tag_of(p));
  if (mica_page_remote(page)->back > mica_page_slice(page)) return NULL;
  page = mica_page_of(p);
  const mica_remote_t* r = mica_page_remote(page);
  if (r->lead == 0 || r->size == 0) return NULL;
  if ((const char*)p < mica_remote_first(r) || (const char*)p >= (const char*)r->base + r->extent) return NULL;
  mica_pool_block_t* const b = (mica_pool_block_t*)(void*)mica_page_block(page, p);
  return b->mark == mica_pool_mark(pool, MICA_POOL_BLOCK) && mica_pool_has(pool, b, p) ? b : NULL;
}

mica_pool_found_t mica_pool_find(const mi_pool_t* pool, const void* p) {
  mica_pool_found_t found = {find_piece(pool, p), NULL};
  if (found.block != NULL) return found;
  const mica_page_t* page = mica_visit_page_at(p);
  if (page == NULL) return found;
  void* const begin = mica_page_block(page, p);
  mica_pool_large_t* large = begin;
  switch (*(const uintptr_t*)begin - mica_pool_mark(pool, 0)) {
  case MICA_POOL_BLOCK:
    if (mica_pool_has(pool, begin, p)) found.block = begin;
    return found;
  case MICA_POOL_AHEAD: large = ((mica_pool_ahead_t*)begin)->large; break;
  case MICA_POOL_LARGE: break;
  default: return found;
  }
  if (p == large + 1 && large->mark == mica_pool_mark(pool, MICA_POOL_LARGE)) found.large = large;
  return found;
}
