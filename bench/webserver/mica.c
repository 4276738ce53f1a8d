/* mica.c -- memory.h on mica: blocks of mi_malloc's, a pool for each request, or one for k of them; the store is a first-class
 * heap, whose limit is the heap's own: what the allocator needs on top of the bytes it gives out is in it. */
#include "memory.h"

#include <mica.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { SHARED_BY = 8 };

const char memory_ways[] = "mica|pool|shared[:K]", memory_default[] = "mica";

static enum { BLOCKS, POOLS, GROUP } way_now;
static size_t pool_block;
static mi_pool_group_t* group;
static mi_heap_t* store;
/* Relaxed throughout: figures. */
static atomic_size_t store_bytes, pools_made, pools_ended;

bool memory_start(const char* way, size_t block) {
  pool_block = block;
  if (strcmp(way, "mica") == 0) {
    way_now = BLOCKS;
    return true;
  }
  if (strcmp(way, "pool") == 0) {
    way_now = POOLS;
    return true;
  }
  if (strncmp(way, "shared", 6) != 0 || (way[6] != 0 && way[6] != ':')) return false;
  char* end = NULL;
  size_t k = way[6] == ':' ? strtoul(way + 7, &end, 10) : SHARED_BY;
  if (end != NULL && (*end != 0 || end == way + 7)) return false;
  way_now = GROUP;
  group = mi_pool_group_create_ex(k, block, 0);
  return group != NULL;
}

void memory_stop(void) {
  mi_pool_group_destroy(group);
  group = NULL;
}

bool memory_begin(struct memory* memory) {
  *memory = (struct memory){0};
  if (way_now == BLOCKS) return true;
  if (way_now == GROUP) {
    memory->pool = mi_pool_group_enter(group);
  } else {
    memory->pool = mi_pool_create(pool_block);
    if (memory->pool != NULL) atomic_fetch_add_explicit(&pools_made, 1, memory_order_relaxed);
  }
  return memory->pool != NULL;
}

static void* counted(struct memory* memory, void* piece, size_t size) {
  if (piece == NULL) return NULL;
  memory->got++;
  memory->bytes += size;
  return piece;
}

void* memory_get(struct memory* memory, size_t size) {
  return counted(memory, memory->pool != NULL ? mi_pool_alloc(memory->pool, size) : mi_malloc(size), size);
}

char* memory_get_text(struct memory* memory, size_t size) {
  return counted(memory, memory->pool != NULL ? mi_pool_alloc_unaligned(memory->pool, size) : mi_malloc(size), size);
}

void memory_release(struct memory* memory, void* piece) {
  if (memory->pool != NULL || piece == NULL) return;
  mi_free(piece);
  memory->released++;
}

void memory_end(struct memory* memory) {
  if (memory->pool == NULL) return;
  memory->released = memory->got;
  if (way_now == GROUP) {
    mi_pool_group_leave(group, memory->pool);
  } else {
    mi_pool_destroy(memory->pool);
    atomic_fetch_add_explicit(&pools_ended, 1, memory_order_relaxed);
  }
}

void memory_look(struct memory_figures* figures) {
  size_t ended = atomic_load_explicit(&pools_ended, memory_order_relaxed);
  *figures = (struct memory_figures){.pools_made = atomic_load_explicit(&pools_made, memory_order_relaxed)};
  figures->pools = figures->pools_made - ended;
  if (group == NULL) return;
  mi_pool_group_stat_t stat;
  mi_pool_group_stat(group, &stat);
  figures->pools = stat.pools;
  figures->pools_made = stat.pools_made;
}

bool store_start(size_t limit) {
  store = mi_heap_new();
  return store != NULL && mi_heap_set_limit(store, limit);
}

void store_stop(void) {
  mi_heap_destroy(store);
  store = NULL;
}

void* store_get(size_t size) {
  void* p = mi_heap_malloc(store, size);
  if (p != NULL) atomic_fetch_add_explicit(&store_bytes, size, memory_order_relaxed);
  return p;
}

void store_put(void* p, size_t size) {
  mi_free(p);
  atomic_fetch_sub_explicit(&store_bytes, size, memory_order_relaxed);
}

size_t store_used(void) { return atomic_load_explicit(&store_bytes, memory_order_relaxed); }

size_t store_held(void) { return mi_heap_get_used(store); }
