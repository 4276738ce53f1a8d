/* misuse_ends_pools.c -- no misuse of pools makes a call hang, in any variant: freed twice, ended twice, their records
 * overwritten. */
#include "tests/support/misuse.h"

/* ---- pools ---- */

enum { POOL_CHUNK = 1024, POOL_BLOCK = 200, POOL_BLOCKS = 40 };
static mi_pool_t* pool;

static void fill_pool(void) {
  CHECK((pool = mi_pool_create(POOL_CHUNK)) != NULL);
  for (int i = 0; i < POOL_BLOCKS; i++) CHECK((blocks[i] = mi_pool_alloc(pool, POOL_BLOCK)) != NULL);
}
static void use_pool(void) {
  for (int i = 0; i < 4 * POOL_BLOCKS; i++) (void)!mi_pool_alloc(pool, POOL_BLOCK);
  mi_pool_stat_t stat;
  mi_pool_stat(pool, &stat);
  mi_pool_reset(pool);
  use_all();
  mi_pool_destroy(pool);
}
static void pool_twice(void) {
  fill_pool();
  for (int round = 0; round < 3; round++)
    for (int i = 0; i < POOL_BLOCKS; i++) mi_pool_free(pool, blocks[i]);
  use_pool();
}
static void* free_in_pool(void* arg) {
  for (int round = 0; round < 2; round++)
    for (int i = 0; i < POOL_BLOCKS; i++) mi_pool_free(pool, blocks[i]);
  return arg;
}
static void pool_twice_by_other(void) {
  fill_pool();
  in_thread(free_in_pool, NULL);
  use_pool();
}
/* The records at the head of a chunk, but for its mark, are those of another one: its lists become rings, or are tangled. */
static void pool_heads_alike(void) {
  mi_pool_block_stat_t chunk[POOL_BLOCKS];
  fill_pool();
  const size_t n = mi_pool_stat_blocks(pool, chunk, POOL_BLOCKS);
  CHECK(n > 3);
  for (size_t i = 0; i + 1 < n && i < 3; i++) memcpy((char*)chunk[i + 1].start - 24, (char*)chunk[i].start - 24, 24);
  use_pool();
}
static void pool_made_ring(void) { /* made_before, the last word in front of a chunk's blocks */
  mi_pool_block_stat_t chunk[POOL_BLOCKS];
  fill_pool();
  CHECK(mi_pool_stat_blocks(pool, chunk, POOL_BLOCKS) > 3);
  memcpy((char*)chunk[1].start - 8, &(char*){(char*)chunk[0].start - 64}, 8);
  use_pool();
}
static void pool_open_ring(void) { /* next, the word before it, in every chunk */
  mi_pool_block_stat_t chunk[POOL_BLOCKS];
  fill_pool();
  const size_t n = mi_pool_stat_blocks(pool, chunk, POOL_BLOCKS);
  for (size_t i = 0; i < n && i < POOL_BLOCKS - 1; i++)
    memcpy((char*)chunk[i].start - 16, &(char*){(char*)chunk[i].start - 64}, 8);
  use_pool();
}
static void do_nothing(void* data) { (void)data; }
static void pool_cleanup_ring(void) {
  fill_pool();
  mi_pool_cleanup_t* first = NULL;
  for (int i = 0; i < 5; i++) {
    mi_pool_cleanup_t* cleanup = mi_pool_cleanup_add(pool, 16);
    cleanup->handler = do_nothing;
    if (first == NULL) first = cleanup;
  }
  first->next = mi_pool_cleanup_first(pool);
  use_pool();
}
static void pool_large_twice(void) {
  fill_pool();
  void* p = mi_pool_alloc(pool, 100000);
  mi_pool_free(pool, p);
  mi_pool_free(pool, p);
  use_pool();
}
static void pool_destroyed_twice(void) {
  fill_pool();
  mi_pool_destroy(pool);
  mi_pool_destroy(pool);
}

static const misuse_t kinds[] = {
    {"a pool's, freed twice", pool_twice, ANY},
    {"a pool's, freed twice elsewhere", pool_twice_by_other, ANY},
    {"a pool's chunks say the same", pool_heads_alike, ANY},
    {"a pool's chunks are a ring", pool_made_ring, LINE},
    {"a pool's open chunks are a ring", pool_open_ring, ANY},
    {"a pool's cleanups are a ring", pool_cleanup_ring, LINE},
    {"a pool's large memory, freed twice", pool_large_twice, ANY},
    {"a pool, destroyed twice", pool_destroyed_twice, ANY},
};

int main(int argc, char** argv) {
  return misuse_all(kinds, (int)(sizeof kinds / sizeof kinds[0]), argc > 1 ? argv[1] : "") != 0;
}
