/* test_heaps.c -- first-class heaps in one thread: contents, whose a block is, what is back after each way to end. */
#include "tests/support/balance.h"
#include "tests/support/heaps.h"
#include "tests/support/pattern.h"
#include "tests/support/require.h"

static void check_whose(mi_heap_t* heap, mi_heap_t* other, char* p, size_t size) {
  REQUIRE(mi_heap_of(p) == heap && mi_heap_of(p + size - 1) == heap, "%zu bytes: another heap's", size);
  REQUIRE(mi_heap_contains(heap, p + size / 2) && !mi_heap_contains(other, p + size / 2), "%zu bytes: contains", size);
  REQUIRE(mi_heap_check_owned(heap, p) && !mi_heap_check_owned(other, p), "%zu bytes: check_owned", size);
  REQUIRE(mi_any_heap_contains(p + size - 1), "%zu bytes: in no heap", size);
  REQUIRE(mi_heap_contains_block(heap, p) && !mi_heap_contains_block(other, p), "%zu bytes: contains_block", size);
  if (size >= 16 && size <= 1024) REQUIRE(!mi_heap_contains_block(heap, p + 8), "%zu bytes: inside is a block", size);
}

Test(heaps, blocks_of_every_size_are_the_heaps_and_keep_their_contents) {
  const in_use_t before = in_use();
  mi_heap_t *heap = heaps_new(), *other = heaps_new();
  cr_assert_neq(heap, other);
  char* blocks[HEAPS_SIZES];
  for (unsigned i = 0; i < HEAPS_SIZES; i++) blocks[i] = heaps_block(heap, heaps_sizes[i], i);
  REQUIRE(mi_heap_get_used(heap) > (size_t)257 << 20, "used: %zu", mi_heap_get_used(heap));
  REQUIRE(mi_heap_get_used(other) == 0, "used of an empty heap: %zu", mi_heap_get_used(other));
  for (unsigned i = 0; i < HEAPS_SIZES; i++) {
    heaps_verify(blocks[i], heaps_sizes[i], i);
    check_whose(heap, other, blocks[i], heaps_sizes[i]);
    REQUIRE(!mi_check_owned(blocks[i]), "the default heap's");
    mi_free(blocks[i]);
  }
  mi_heap_collect(heap, false);
  REQUIRE(mi_heap_get_used(heap) == 0, "used, when all is free: %zu", mi_heap_get_used(heap));
  mi_heap_delete(heap);
  mi_heap_destroy(other);
  require_back(before);
}

Test(heaps, pointers_that_are_no_blocks_are_in_no_heap) {
  int local = 0;
  static int global;
  mi_heap_t* heap = heaps_new();
  void* const foreign[] = {NULL, &local, &global, (void*)(uintptr_t)16, (void*)(UINTPTR_MAX - 15)};
  for (unsigned i = 0; i < sizeof foreign / sizeof foreign[0]; i++) {
    REQUIRE(mi_heap_of(foreign[i]) == NULL && !mi_any_heap_contains(foreign[i]), "pointer %u", i);
    REQUIRE(!mi_heap_contains(heap, foreign[i]) && !mi_heap_contains(mi_heap_main(), foreign[i]), "pointer %u", i);
    REQUIRE(!mi_heap_check_owned(heap, foreign[i]) && !mi_check_owned(foreign[i]), "pointer %u", i);
    REQUIRE(!mi_heap_contains_block(heap, foreign[i]), "pointer %u", i);
  }
  void* p = mi_malloc(100);
  REQUIRE(mi_heap_of(p) == mi_heap_main() && mi_check_owned(p), "a block of the main heap");
  mi_free(p);
  mi_heap_delete(heap);
}

Test(heaps, destroy_takes_all_blocks_at_once) {
  mi_heap_destroy(heaps_new());
  const in_use_t before = in_use();
  const uint64_t structures = mica_counted(MICA_COUNTER_THEAPS);
  char* mine = mi_malloc(100);
  pattern_set(mine, 100, 1, 1);
  for (int round = 0; round < 20; round++) {
    mi_heap_t* heap = heaps_new();
    heaps_litter(heap, 1);
    if (round % 5 == 0) heaps_block(heap, (size_t)257 << 20, 0);
    mi_heap_destroy(heap);
  }
  REQUIRE(mica_counted(MICA_COUNTER_THEAPS) == structures, "the structures of heaps are not used again");
  REQUIRE(pattern_kept(mine, 100, 1, 1, true), "a block of the main heap was lost");
  mi_free(mine);
  require_back(before);
}

static void end_and_free(void (*end)(mi_heap_t*), mi_heap_t* heap) {
  char *blocks[HEAPS_SIZES][50], *freed[50];
  for (unsigned k = 0; k < 50; k++) freed[k] = heaps_block(heap, 100, k);
  for (unsigned i = 0; i < HEAPS_SIZES; i++)
    for (unsigned k = 0; k < (heaps_sizes[i] < 1 << 20 ? 50u : 1u); k++)
      blocks[i][k] = heaps_block(heap, heaps_sizes[i], i + k);
  for (unsigned k = 0; k < 50; k++) mi_free(freed[k]);
  end(heap);
  for (unsigned i = 0; i < HEAPS_SIZES; i++)
    for (unsigned k = 0; k < (heaps_sizes[i] < 1 << 20 ? 50u : 1u); k++) {
      REQUIRE(mi_heap_of(blocks[i][k]) == mi_heap_main(), "not the main heap's: %zu bytes", heaps_sizes[i]);
      heaps_verify(blocks[i][k], heaps_sizes[i], i + k);
      if (k % 2 == 0) blocks[i][k] = mi_realloc(blocks[i][k], heaps_sizes[i] + 70000);
      REQUIRE(pattern_kept(blocks[i][k], heaps_sizes[i], heaps_step(heaps_sizes[i]), i + k, true), "resized: %zu bytes",
              heaps_sizes[i]);
      mi_free(blocks[i][k]);
    }
}

Test(heaps, blocks_of_a_deleted_heap_live_on) {
  mi_heap_destroy(heaps_new());
  const in_use_t before = in_use();
  end_and_free(mi_heap_delete, heaps_new());
  require_back(before);
  end_and_free(mi_heap_destroy, mi_heap_new_ex(7, false, NULL));
  require_back(before);
  mi_heap_t* heap = mi_heap_new_ex(7, true, NULL);
  heaps_litter(heap, 1);
  mi_heap_destroy(heap);
  require_back(before);
}

Test(heaps, the_main_heap_does_not_end) {
  char* p = mi_malloc(1000);
  pattern_set(p, 1000, 1, 3);
  mi_heap_delete(NULL);
  mi_heap_destroy(NULL);
  mi_heap_delete(mi_heap_main());
  mi_heap_destroy(mi_heap_main());
  REQUIRE(pattern_kept(p, 1000, 1, 3, true) && mi_heap_of(p) == mi_heap_main(), "the main heap ended");
  mi_free(p);
  cr_assert_eq(mi_heap_get_backing(), mi_heap_main());
  cr_assert_eq(mi_heap_get_used(mi_heap_main()), (size_t)0);
}

/* ---- the default ---- */

Test(heaps, the_default_is_where_malloc_allocates) {
  const in_use_t before = in_use();
  mi_heap_t *a = heaps_new(), *b = heaps_new();
  cr_assert_eq(mi_heap_get_default(), mi_heap_main());
  char* of_main = mi_malloc(100);
  cr_assert_eq(mi_heap_set_default(a), mi_heap_main());
  char* of_a = mi_malloc(100);
  cr_assert_eq(mi_heap_set_default(b), a);
  char* of_b = mi_calloc(2, 50);
  cr_assert_eq(mi_heap_set_default(NULL), b);
  cr_assert_eq(mi_heap_get_default(), b);
  REQUIRE(mi_heap_of(of_main) == mi_heap_main() && mi_heap_of(of_a) == a && mi_heap_of(of_b) == b, "of another heap");
  REQUIRE(mi_check_owned(of_b) && !mi_check_owned(of_a), "check_owned");
  mi_free(of_a); /* of a heap that the thread runs, but not now */
  mi_free(of_main);
  mi_free(of_b);
  cr_assert_eq(mi_heap_set_default(mi_heap_main()), b);
  of_b = mi_heap_malloc(b, 100);
  mi_heap_set_default(b);
  mi_free(of_b); /* the fast path */
  REQUIRE(mi_heap_malloc(b, 100) == of_b, "what was freed last is not used first");
  mi_heap_destroy(b);
  cr_assert_eq(mi_heap_get_default(), mi_heap_main(), "the default has ended");
  mi_heap_set_default(a);
  of_a = mi_malloc(200);
  mi_heap_delete(a);
  cr_assert_eq(mi_heap_get_default(), mi_heap_main(), "the default has ended");
  cr_assert_eq(mi_heap_of(of_a), mi_heap_main());
  mi_free(of_a);
  require_back(before);
}

Test(heaps, frees_into_another_heap_come_home) {
  const in_use_t before = in_use();
  mi_heap_t *a = heaps_new(), *b = heaps_new();
  static char* blocks[2][5000];
  for (int round = 0; round < 10; round++) {
    for (unsigned i = 0; i < 5000; i++) {
      blocks[0][i] = heaps_block(a, 16 + i % 700, i);
      blocks[1][i] = heaps_block(b, 16 + i % 700, i + 1);
    }
    mi_heap_set_default(round % 2 == 0 ? a : b);
    for (unsigned i = 0; i < 5000; i++)
      for (unsigned k = 0; k < 2; k++) {
        heaps_verify(blocks[k][i], 16 + i % 700, i + k);
        mi_free(blocks[k][i]);
      }
    mi_heap_set_default(mi_heap_main());
    mi_heap_collect(a, false);
    mi_heap_collect(b, true);
    REQUIRE(mi_heap_get_used(a) == 0 && mi_heap_get_used(b) == 0, "round %d: %zu and %zu bytes are used", round,
            mi_heap_get_used(a), mi_heap_get_used(b));
  }
  mi_heap_delete(a);
  mi_heap_delete(b);
  require_back(before);
}

/* ---- many ---- */

Test(heaps, hundred_heaps_in_turn) {
  enum { HEAPS = 100, EACH = 40 };
  mi_heap_destroy(heaps_new());
  const in_use_t before = in_use();
  static mi_heap_t* heaps[HEAPS];
  static char* blocks[HEAPS][EACH];
  for (int round = 0; round < 3; round++) {
    for (unsigned h = 0; h < HEAPS; h++) heaps[h] = heaps_new();
    for (unsigned k = 0; k < EACH; k++)
      for (unsigned h = 0; h < HEAPS; h++) blocks[h][k] = heaps_block(heaps[h], 20 + 13 * k, h + k);
    for (unsigned k = 0; k < EACH; k++)
      for (unsigned h = 0; h < HEAPS; h++) {
        heaps_verify(blocks[h][k], 20 + 13 * k, h + k);
        REQUIRE(mi_heap_of(blocks[h][k]) == heaps[h], "heap %u, block %u: another heap's", h, k);
        if (h % 3 == 0) mi_free(blocks[h][k]);
      }
    for (unsigned h = 0; h < HEAPS; h++) {
      if (h % 3 == 0) {
        mi_heap_collect(heaps[h], false);
        REQUIRE(mi_heap_get_used(heaps[h]) == 0, "heap %u: %zu bytes are used", h, mi_heap_get_used(heaps[h]));
      }
      (h % 3 == 1 ? mi_heap_destroy : mi_heap_delete)(heaps[h]);
    }
    for (unsigned h = 2; h < HEAPS; h += 3)
      for (unsigned k = 0; k < EACH; k++) {
        heaps_verify(blocks[h][k], 20 + 13 * k, h + k);
        mi_free(blocks[h][k]);
      }
    require_back(before);
  }
}

Test(heaps, more_large_blocks_than_a_registry_has_slots) {
  enum { BLOCKS = 2500 };
  static char* blocks[BLOCKS];
  const size_t size = MICA_CLASS_MAX + 1;
  mi_heap_destroy(heaps_new());
  const in_use_t before = in_use();
  mi_heap_t* heap = heaps_new();
  for (int round = 0; round < 3; round++) {
    for (unsigned i = 0; i < BLOCKS; i++)
      if (blocks[i] == NULL) blocks[i] = heaps_block(heap, size, i);
    const int64_t large = in_use().large - before.large;
    REQUIRE(large == BLOCKS, "%ld large blocks", (long)large);
    for (unsigned i = 0; i < BLOCKS; i++) {
      heaps_verify(blocks[i], size, i);
      REQUIRE(mi_heap_of(blocks[i]) == heap, "another heap's");
      if (i % 4 == (unsigned)round) continue;
      mi_free(blocks[i]);
      blocks[i] = NULL;
    }
  }
  const uint64_t structures = mica_counted(MICA_COUNTER_THEAPS);
  mi_heap_destroy(heap);
  require_back(before);
  heap = heaps_new();
  for (unsigned i = 0; i < BLOCKS; i++) blocks[i] = heaps_block(heap, size, i);
  mi_heap_delete(heap);
  REQUIRE(mica_counted(MICA_COUNTER_THEAPS) == structures, "more structures than before");
  for (unsigned i = 0; i < BLOCKS; i++) mi_free(blocks[i]);
  require_back(before);
}

/* ---- the thread's part ---- */

Test(heaps, a_theap_is_the_heap_as_the_thread_has_it) {
  const in_use_t before = in_use();
  mi_heap_t* heap = heaps_new();
  mi_theap_t *theap = mi_heap_theap(heap), *base = mi_heap_theap(mi_heap_main());
  REQUIRE(theap != NULL && base != NULL && theap != base && mi_heap_theap(heap) == theap, "parts of two heaps");
  cr_assert_eq(mi_theap_get_default(), base);
  cr_assert_eq(mi_theap_set_default(theap), base);
  cr_assert_eq(mi_heap_get_default(), heap);
  cr_assert_eq(mi_theap_get_default(), theap);
  char *p = mi_malloc(50), *q = mi_theap_malloc(base, 50), *r = mi_theap_malloc(NULL, 50);
  REQUIRE(mi_heap_of(p) == heap && mi_heap_of(q) == mi_heap_main() && mi_heap_of(r) == heap, "of another heap");
  cr_assert_eq(mi_theap_set_default(base), theap);
  mi_free(p);
  mi_free(q);
  mi_free(r);
  mi_theap_collect(theap, false);
  mi_theap_collect(base, true);
  REQUIRE(mi_heap_get_used(heap) == 0, "%zu bytes are used", mi_heap_get_used(heap));
  mi_heap_destroy(heap);
  require_back(before);
}

Test(heaps, a_page_with_few_blocks_in_use_is_under_utilized) {
  enum { BLOCKS = 1000 };
  static char* blocks[BLOCKS];
  mi_heap_t *heap = heaps_new(), *other = heaps_new();
  for (unsigned i = 0; i < BLOCKS; i++) blocks[i] = heaps_block(heap, 1000, i);
  REQUIRE(!mi_unsafe_heap_page_is_under_utilized(heap, blocks[70], 50), "a full page");
  for (unsigned i = 0; i < BLOCKS; i++)
    if (i % 8 != 6) mi_free(blocks[i]);
  mi_heap_collect(heap, false);
  REQUIRE(mi_unsafe_heap_page_is_under_utilized(heap, blocks[70], 50), "a page with an eighth in use");
  REQUIRE(!mi_unsafe_heap_page_is_under_utilized(heap, blocks[70], 5), "less than one in twenty");
  REQUIRE(!mi_unsafe_heap_page_is_under_utilized(other, blocks[70], 50), "another heap's");
  REQUIRE(!mi_unsafe_heap_page_is_under_utilized(heap, NULL, 50), "no block");
  mi_heap_destroy(heap);
  mi_heap_destroy(other);
}

Test(heaps, what_is_without_effect_is_accepted) {
  mi_heap_t* heap = heaps_new();
  mi_theap_t* theap = mi_heap_theap(heap);
  mi_heap_set_numa_affinity(heap, 1);
  mi_heap_guarded_set_sample_rate(heap, 1, 1);
  mi_heap_guarded_set_size_bound(heap, 1, 1000);
  mi_theap_guarded_set_sample_rate(theap, 1, 1);
  mi_theap_guarded_set_size_bound(theap, 1, 1000);
  errno = 77;
  char* p = heaps_block(heap, 100, 1);
  heaps_verify(p, 100, 1);
  mi_heap_destroy(heap);
  cr_assert_eq(errno, 77);
}
