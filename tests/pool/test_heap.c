/* test_heap.c -- pools in first-class heaps: all their memory is the heap's, and has gone back when the pool has ended. */
#include "tests/pool/pools.h"
#include "tests/support/balance.h"
#include "tests/support/heaps.h"
#include "tests/support/require.h"

static size_t heap_used(mi_heap_t* heap) {
  mi_heap_collect(heap, true);
  return mi_heap_get_used(heap);
}

Test(pool_heap, its_memory_is_the_heaps) {
  mi_pool_destroy(pools_new(0));
  mi_heap_destroy(heaps_new());
  const in_use_t before = in_use();
  mi_heap_t* heap = heaps_new();
  for (unsigned round = 0; round < 5; round++) {
    mi_pool_t* pool = mi_pool_create_in(heap, round * 1000);
    REQUIRE(pool != NULL && mi_heap_of(pool) == heap, "the pool is not in its heap");
    for (unsigned i = 0; i < 2000; i++) {
      const piece_t piece = pools_piece(pool, i % 100 == 0 ? 20000 + i : i % 500, i);
      REQUIRE(mi_heap_of(piece.p) == heap, "piece %u is in another heap", i);
      if (i % 3 == 0) pools_free(pool, piece);
    }
    mi_pool_cleanup_t* c = mi_pool_cleanup_add(pool, 10000);
    REQUIRE(c != NULL && mi_heap_of(c) == heap && mi_heap_of(c->data) == heap, "a cleanup is in another heap");
    void* aligned = mi_pool_memalign(pool, 100, 1 << 20);
    REQUIRE(aligned != NULL && mi_heap_of(aligned) == heap, "aligned memory is in another heap");
    REQUIRE(mi_heap_get_used(heap) >= mi_pool_get_used(pool), "the pool holds %zu bytes, its heap %zu",
            mi_pool_get_used(pool), mi_heap_get_used(heap));
    if (round % 2 == 0) mi_pool_reset(pool);
    mi_pool_destroy(pool);
    REQUIRE(heap_used(heap) == 0, "round %u: %zu bytes are left in the heap", round, heap_used(heap));
  }
  mi_heap_destroy(heap);
  require_back(before);
}

/* A reset gives large memory back to the heap, and keeps the blocks. */
Test(pool_heap, a_reset_gives_large_memory_back) {
  mi_heap_t* heap = heaps_new();
  mi_pool_t* pool = mi_pool_create_in(heap, 0);
  REQUIRE(pool != NULL, "no pool");
  for (unsigned i = 0; i < 100; i++) pools_piece(pool, 100000, i);
  REQUIRE(heap_used(heap) >= 100 * 100000, "%zu bytes", heap_used(heap));
  mi_pool_reset(pool);
  REQUIRE(heap_used(heap) <= 10 * 65536, "%zu bytes after the reset", heap_used(heap));
  mi_pool_destroy(pool);
  REQUIRE(heap_used(heap) == 0, "%zu bytes are left", heap_used(heap));
  mi_heap_destroy(heap);
}

Test(pool_heap, null_is_what_threads_allocate_in) {
  mi_heap_t* heap = heaps_new();
  mi_pool_t *plain = mi_pool_create_in(NULL, 0), *in_default;
  REQUIRE(plain != NULL && mi_heap_of(plain) == mi_heap_main(), "not in the main heap");
  mi_heap_set_default(heap);
  in_default = mi_pool_create(0);
  const piece_t large = pools_piece(plain, 100000, 1);
  REQUIRE(in_default != NULL && mi_heap_of(in_default) == heap && mi_heap_of(large.p) == heap, "not in the default");
  mi_heap_set_default(mi_heap_main());
  pools_free(plain, large);
  mi_pool_destroy(in_default);
  mi_pool_destroy(plain);
  REQUIRE(heap_used(heap) == 0, "%zu bytes are left", heap_used(heap));
  mi_heap_destroy(heap);
}

/* A heap that has no more is as a pool's limit: NULL, and nothing has changed. */
Test(pool_heap, that_has_no_more) {
  mi_heap_t* heap = heaps_new();
  mi_pool_t* pool = mi_pool_create_in(heap, 0);
  REQUIRE(pool != NULL && mi_heap_set_limit(heap, 1 << 20), "no pool");
  for (int round = 0; round < 3; round++) {
    unsigned n = 0;
    errno = 0;
    for (void* p; (p = mi_pool_alloc(pool, 1000)) != NULL; n++) {
      REQUIRE(n < 2000, "more than the heap may hold");
      pools_written(p, 1000, 16, n);
    }
    REQUIRE(errno == ENOMEM && n > 300, "errno %d after %u pieces", errno, n);
    const mi_pool_stat_t before = pools_stat(pool);
    errno = 0;
    REQUIRE(mi_pool_alloc(pool, 2 << 20) == NULL && errno == ENOMEM, "a large one: errno %d", errno);
    errno = 0;
    REQUIRE(mi_pool_cleanup_add(pool, 2 << 20) == NULL && errno == ENOMEM, "a cleanup: errno %d", errno);
    REQUIRE(mi_pool_cleanup_first(pool) == NULL, "a refused cleanup is there");
    const mi_pool_stat_t after = pools_stat(pool);
    pools_same(&before, &after, "a heap without memory");
    mi_pool_reset(pool);
  }
  mi_pool_destroy(pool);
  REQUIRE(heap_used(heap) == 0, "%zu bytes are left", heap_used(heap));
  mi_heap_destroy(heap);
}

/* Who is told of the heap's limit may allocate in the pool. */
static mi_pool_t* told_of;
static unsigned tellings;
static piece_t when_told;

static void tell(mi_heap_t* heap, size_t wanted, size_t used, size_t limit, void* arg) {
  REQUIRE(arg == &told_of && wanted + used > limit, "heap %p: told of %zu bytes, which fit", (void*)heap, wanted);
  tellings++;
  for (unsigned i = 0; i < 20; i++) {
    void* p = mi_pool_alloc(told_of, 100);
    if (p != NULL) when_told = pools_written(p, 100, 16, i);
  }
}

Test(pool_heap, who_is_told_of_the_limit_may_allocate) {
  mi_heap_t* heap = heaps_new();
  told_of = mi_pool_create_in(heap, 0);
  mi_heap_set_limit(heap, 600000);
  mi_register_limit(tell, &told_of);
  for (int round = 0; round < 5; round++) {
    static piece_t pieces[2000];
    unsigned n = 0;
    for (void* p; n < 2000 && (p = mi_pool_alloc(told_of, 1000)) != NULL; n++)
      pieces[n] = pools_written(p, 1000, 16, n);
    REQUIRE(tellings != 0 && n > 100 && n < 600, "told %u times; %u pieces", tellings, n);
    for (unsigned i = 0; i < n; i++) pools_verify(pieces[i]);
    if (when_told.p != NULL) pools_verify(when_told);
    pools_stat(told_of);
    tellings = 0;
    when_told.p = NULL;
    mi_pool_reset(told_of);
  }
  mi_register_limit(NULL, NULL);
  mi_pool_destroy(told_of);
  REQUIRE(heap_used(heap) == 0, "%zu bytes are left", heap_used(heap));
  mi_heap_destroy(heap);
}

/* ---- threads ---- */

enum { THREADS = 4, BLOCKS = 1000 };
static mi_pool_t* shared;

static void* allocate(void* arg) {
  piece_t* pieces = arg;
  for (unsigned i = 0; i < BLOCKS; i++) pieces[i] = pools_piece(shared, i % 50 == 0 ? 9000 : 1 + i % 300, i);
  return NULL;
}

Test(pool_heap, of_many_threads) {
  static piece_t pieces[THREADS][BLOCKS];
  mi_heap_destroy(heaps_new());
  const in_use_t before = in_use();
  mi_heap_t* heap = heaps_new();
  for (int round = 0; round < 5; round++) {
    shared = mi_pool_create_in(heap, 0);
    pools_threads(THREADS, allocate, pieces, sizeof pieces[0]);
    for (unsigned t = 0; t < THREADS; t++)
      for (unsigned i = 0; i < BLOCKS; i++) {
        REQUIRE(mi_heap_of(pieces[t][i].p) == heap, "a piece of thread %u is in another heap", t);
        pools_verify(pieces[t][i]);
      }
    if (round % 2 == 0)
      for (unsigned t = 0; t < THREADS; t++)
        for (unsigned i = 0; i < BLOCKS; i++) pools_free(shared, pieces[t][i]);
    mi_pool_destroy(shared);
  }
  mi_heap_destroy(heap);
  require_back(before);
}
