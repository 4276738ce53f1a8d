/* test_heaps_limit.c -- first-class heaps and where their memory is: limits, arenas, blocks that go from heap to heap. */
#include "tests/support/balance.h"
#include "tests/support/heaps.h"
#include "tests/support/pattern.h"
#include "tests/support/require.h"

/* ---- from heap to heap ---- */

static const size_t chain[] = {
    10,      100,     3000,    50000, MICA_CLASS_MAX + 1, 2 << 20,  5 << 20,           9 << 20,
    6 << 20, 4 << 20, 1 << 20, 40000, (size_t)260 << 20,  30 << 20, (size_t)270 << 20, 100};

/* Each step resizes the block while another heap is the one to allocate in. */
static void resize_along(mi_heap_t* const* heaps, unsigned count, bool by_default) {
  char* p = heaps_block(heaps[0], chain[0], 1);
  for (unsigned i = 1; i < sizeof chain / sizeof chain[0]; i++) {
    mi_heap_t *heap = heaps[i % count], *was = mi_heap_of(p);
    void* behind[8]; /* mostly it cannot grow where it is */
    for (unsigned k = 0; k < 8; k++) behind[k] = mi_heap_malloc(mi_heap_main(), 1 << 20);
    const size_t smaller = chain[i] < chain[i - 1] ? chain[i] : chain[i - 1];
    if (by_default) mi_heap_set_default(heap);
    char* q = by_default ? mi_realloc(p, chain[i]) : mi_heap_realloc(heap, p, chain[i]);
    REQUIRE(q != NULL && mi_usable_size(q) >= chain[i], "%zu to %zu bytes: no block", chain[i - 1], chain[i]);
    REQUIRE(pattern_kept(q, smaller, heaps_step(chain[i - 1]), 1, false), "%zu to %zu bytes: contents lost",
            chain[i - 1], chain[i]);
    REQUIRE(mi_heap_of(q) == (q == p ? was : heap), "%zu to %zu bytes: of another heap", chain[i - 1], chain[i]);
    p = q;
    for (unsigned k = 0; k < 8; k++) mi_free(behind[k]);
    pattern_set(p, chain[i], heaps_step(chain[i]), 1);
  }
  mi_heap_set_default(mi_heap_main());
  mi_free(p);
}

Test(heaps_limit, a_block_that_is_resized_goes_from_heap_to_heap) {
  const in_use_t before = in_use();
  mi_heap_t* const heaps[] = {heaps_new(), heaps_new(), mi_heap_main()};
  resize_along(heaps, 1, true);
  resize_along(heaps, 2, false);
  resize_along(heaps, 3, true);
  resize_along(heaps + 1, 2, true);
  for (unsigned i = 0; i < 2; i++) {
    mi_heap_collect(heaps[i], true);
    REQUIRE(mi_heap_get_used(heaps[i]) == 0, "heap %u: %zu bytes are used", i, mi_heap_get_used(heaps[i]));
    mi_heap_delete(heaps[i]);
  }
  require_back(before);
}

Test(heaps_limit, a_large_block_of_a_deleted_heap_is_resized) {
  const in_use_t before = in_use();
  mi_heap_t *heap = heaps_new(), *next = NULL;
  mi_heap_set_limit(heap, (size_t)700 << 20);
  char *p = heaps_block(heap, 6 << 20, 1), *huge = heaps_block(heap, (size_t)300 << 20, 2);
  mi_heap_delete(heap);
  next = heaps_new(); /* in the same structure */
  char* other = heaps_block(next, 1 << 20, 3);
  const size_t used = mi_heap_get_used(next);
  p = mi_realloc(p, 7 << 20);
  p = mi_realloc(p, 60 << 20);
  huge = mi_realloc(huge, (size_t)900 << 20);
  huge = mi_realloc(huge, (size_t)400 << 20);
  REQUIRE(pattern_kept(p, 6 << 20, 512, 1, true) && pattern_kept(huge, (size_t)300 << 20, MICA_SLICE, 2, true),
          "contents");
  cr_assert_eq(mi_heap_get_used(next), used);
  REQUIRE(mi_heap_of(p) == mi_heap_main() && mi_heap_of(huge) == mi_heap_main(), "of another heap");
  heaps_verify(other, 1 << 20, 3);
  mi_free(p);
  mi_free(huge);
  cr_assert_eq(mi_heap_get_used(next), used);
  mi_heap_destroy(next);
  require_back(before);
}

Test(heaps_limit, aligned_blocks_and_inner_pointers) {
  const in_use_t before = in_use();
  mi_heap_t* heap = heaps_new();
  static char* blocks[10][30][3];
  static const size_t sizes[] = {1, 24, 100, 500, 3000, 9000, 30000, 70000, 300000, 5 << 20};
  for (unsigned s = 0; s < 10; s++)
    for (unsigned a = 0; a < 30; a++) {
      const size_t align = (size_t)1 << (a % 24), offset = s * 8;
      blocks[s][a][0] = mi_heap_malloc_aligned(heap, sizes[s], align);
      blocks[s][a][1] = mi_heap_malloc_aligned_at(heap, sizes[s], align, offset);
      blocks[s][a][2] = mi_heap_zalloc_aligned(heap, sizes[s], align);
      for (unsigned k = 0; k < 3; k++) {
        char* p = blocks[s][a][k];
        REQUIRE(p != NULL && ((uintptr_t)p + (k == 1 ? offset : 0)) % align == 0, "%zu, %zu: %p", sizes[s], align,
                (void*)p);
        REQUIRE(k != 2 || all_zero(p, sizes[s]), "%zu bytes at a multiple of %zu: not zero", sizes[s], align);
        REQUIRE(mi_heap_of(p) == heap && mi_heap_contains_block(heap, p), "of another heap");
        pattern_set(p, sizes[s], 64, s + a + k);
      }
    }
  for (unsigned s = 0; s < 10; s++)
    for (unsigned a = 0; a < 30; a++)
      for (unsigned k = 0; k < 3; k++) {
        REQUIRE(pattern_kept(blocks[s][a][k], sizes[s], 64, s + a + k, true), "%zu bytes: overwritten", sizes[s]);
        if ((a + k) % 2 == 0) mi_free(blocks[s][a][k]);
      }
  mi_heap_destroy(heap);
  require_back(before);
}

/* ---- limits ---- */

static struct {
  mi_heap_t* heap;
  size_t wanted, used, limit;
  unsigned calls;
} notified;

static void tell(mi_heap_t* heap, size_t wanted, size_t used, size_t limit, void* arg) {
  cr_assert_eq(arg, &notified);
  notified.heap = heap;
  notified.wanted = wanted;
  notified.used = used;
  notified.limit = limit;
  notified.calls++;
}

static void expect_refused(mi_heap_t* heap, const void* p, size_t wanted) {
  REQUIRE(p == NULL && errno == ENOMEM, "%zu bytes: %p, errno %d", wanted, p, errno);
  REQUIRE(notified.calls == 1 && notified.heap == heap, "%zu bytes: %u calls, for heap %p", wanted, notified.calls,
          (void*)notified.heap);
  REQUIRE(notified.wanted >= wanted && notified.used == mi_heap_get_used(heap) &&
              notified.limit == mi_heap_get_limit(heap),
          "%zu bytes: told of %zu bytes, %zu used, limit %zu", wanted, notified.wanted, notified.used, notified.limit);
  REQUIRE(notified.wanted + notified.used > notified.limit, "%zu bytes: told of %zu bytes, which fit", wanted,
          notified.wanted);
  notified.calls = 0;
  errno = 0;
}

Test(heaps_limit, a_limit_holds_for_small_blocks) {
  const in_use_t before = in_use();
  mi_heap_t* heap = heaps_new();
  static char* blocks[200000];
  cr_assert_eq(mi_heap_get_limit(heap), (size_t)0);
  cr_assert(mi_heap_set_limit(heap, 1 << 20));
  cr_assert_eq(mi_heap_get_limit(heap), (size_t)1 << 20);
  cr_assert(!mi_heap_set_limit(mi_heap_main(), 1 << 20) && !mi_heap_set_limit(NULL, 1 << 20));
  cr_assert_eq(mi_heap_get_limit(mi_heap_main()), (size_t)0);
  mi_register_limit(tell, &notified);
  for (int round = 0; round < 3; round++) {
    unsigned n = 0;
    for (char* p; (p = mi_heap_malloc(heap, 100)) != NULL; n++) {
      REQUIRE(n < 200000 && mi_heap_get_used(heap) <= 1 << 20, "%zu bytes are used", mi_heap_get_used(heap));
      blocks[n] = p;
      pattern_set(p, 100, 4, n);
    }
    expect_refused(heap, NULL, 100);
    REQUIRE(mi_heap_get_used(heap) == 1 << 20 && n > 9000, "%u blocks, %zu bytes", n, mi_heap_get_used(heap));
    expect_refused(heap, mi_heap_malloc(heap, 5000), 5000);
    expect_refused(heap, mi_heap_zalloc(heap, 2 << 20), 2 << 20);
    expect_refused(heap, mi_heap_malloc_aligned(heap, 300, 4096), 300);
    expect_refused(heap, mi_heap_realloc(heap, blocks[0], 9000), 9000);
    for (unsigned i = 0; i < n; i++) {
      REQUIRE(pattern_kept(blocks[i], 100, 4, i, true), "block %u is not as it was", i);
      mi_free(blocks[i]);
    }
  }
  mi_register_limit(NULL, NULL);
  mi_heap_destroy(heap);
  require_back(before);
}

Test(heaps_limit, a_limit_holds_for_large_blocks) {
  const in_use_t before = in_use();
  mi_heap_t* heap = heaps_new();
  const size_t limit = 50 << 20;
  mi_heap_set_limit(heap, limit);
  mi_register_limit(tell, &notified);
  expect_refused(heap, mi_heap_malloc(heap, limit + 1), limit + 1);
  expect_refused(heap, mi_heap_malloc(heap, limit), limit); /* the page is larger */
  char* all = heaps_block(heap, limit - 64, 1);
  cr_assert_eq(mi_heap_get_used(heap), limit);
  expect_refused(heap, mi_heap_malloc(heap, 1), 1);
  expect_refused(heap, mi_heap_realloc(heap, all, limit), limit);
  heaps_verify(all, limit - 64, 1);
  char *of_main = mi_malloc(40 << 20), *behind[8]; /* where it is it cannot grow */
  pattern_set(of_main, 40 << 20, heaps_step(40 << 20), 2);
  for (unsigned i = 0; i < 8; i++) behind[i] = mi_malloc(1 << 20);
  expect_refused(heap, mi_heap_realloc(heap, of_main, 45 << 20), 45 << 20);
  mi_free(all);
  expect_refused(heap, mi_heap_realloc(heap, of_main, limit), limit);
  REQUIRE(mi_heap_get_used(heap) == 0, "%zu bytes are used", mi_heap_get_used(heap));
  heaps_verify(of_main, 40 << 20, 2);
  for (unsigned i = 0; i < 8; i++) mi_free(behind[i]);
  mi_free(of_main);
  char* p = heaps_block(heap, 30 << 20, 3);
  mi_heap_set_limit(heap, 1 << 20); /* what there is stays */
  p = mi_realloc(p, 20 << 20);
  REQUIRE(p != NULL && mi_heap_get_used(heap) == (20 << 20) + MICA_SLICE, "%zu bytes are used", mi_heap_get_used(heap));
  expect_refused(heap, mi_heap_malloc(heap, 100), 100);
  mi_heap_set_limit(heap, 0);
  heaps_block(heap, 100 << 20, 4);
  cr_assert_eq(notified.calls, 0u);
  mi_register_limit(NULL, NULL);
  mi_heap_destroy(heap);
  require_back(before);
}

/* At every size around a page's, the limit is never exceeded, and each refusal is told once. */
Test(heaps_limit, a_limit_is_exact) {
  mi_heap_t* heap = heaps_new();
  const size_t limit = 20 * MICA_SLICE;
  mi_heap_set_limit(heap, limit);
  mi_register_limit(tell, &notified);
  for (size_t size = limit - 2 * MICA_SLICE; size < limit + 2 * MICA_SLICE; size += 97) {
    char* p = mi_heap_malloc(heap, size);
    const bool fits = size + 64 <= limit;
    REQUIRE((p != NULL) == fits, "%zu of %zu bytes: %p", size, limit, (void*)p);
    if (!fits) expect_refused(heap, p, size);
    REQUIRE(mi_heap_get_used(heap) <= limit, "%zu of %zu bytes are used", mi_heap_get_used(heap), limit);
    mi_free(p);
    REQUIRE(mi_heap_get_used(heap) == 0, "%zu bytes are used", mi_heap_get_used(heap));
  }
  mi_register_limit(NULL, NULL);
  mi_heap_destroy(heap);
}

/* ---- arenas ---- */

Test(heaps_limit, a_heap_in_an_arena_stays_there) {
  mi_arena_id_t arena = NULL;
  cr_assert_eq(mi_reserve_os_memory_ex((size_t)32 << 20, true, false, true, &arena), 0);
  size_t size = 0;
  const char* area = mi_arena_area(arena, &size);
  cr_assert(area != NULL && size >= (size_t)32 << 20);
  char* outside = mi_malloc(1 << 20);
  cr_assert(!mi_arena_contains(arena, outside), "an exclusive arena is used by another heap");
  mi_free(outside);
  mi_heap_destroy(heaps_new());
  const in_use_t before = in_use();
  for (int round = 0; round < 3; round++) {
    mi_heap_t* heap = round == 2 ? mi_heap_new_ex(0, true, arena) : mi_heap_new_in_arena(arena);
    cr_assert_not_null(heap);
    size_t sum = 0;
    unsigned n = 0;
    for (;; n++) {
      const size_t bytes = heaps_sizes[n % 10];
      char* p = mi_heap_malloc(heap, bytes);
      if (p == NULL) break;
      REQUIRE(p >= area && p + bytes <= area + size && mi_arena_contains(arena, p), "%p is not in the arena", (void*)p);
      memset(p, 1, bytes);
      sum += bytes;
    }
    REQUIRE(errno == ENOMEM && sum > (size_t)16 << 20, "round %d: %zu bytes, then errno %d", round, sum, errno);
    mi_heap_set_default(heap);
    char* p = mi_malloc((size_t)40 << 20);
    cr_assert_null(p);
    mi_heap_set_default(mi_heap_main());
    mi_heap_destroy(heap);
    errno = 0;
    require_back(before);
  }
}

Test(heaps_limit, no_such_arena) {
  int nothing;
  errno = 0;
  cr_assert_null(mi_heap_new_in_arena((mi_arena_id_t)(void*)&nothing));
  cr_assert_eq(errno, EINVAL);
  mi_heap_t* heap = mi_heap_new_in_arena(NULL);
  heaps_block(heap, 100, 1);
  mi_heap_destroy(heap);
}
