/* test_where.c -- mica_where of blocks: each state and each kind of page is brought about, and the answer compared with the
 * heap's own lists and counts. */
#include "heap/bin.h"
#include "tests/heap/where.h"
#include "tests/support/heaps.h"

enum { SIZE = 64, BURST = 200, MANY = 5000 };

static void* blocks[MANY];

static void take(size_t size, unsigned n) {
  for (unsigned i = 0; i < n; i++) REQUIRE((blocks[i] = mica_malloc(size)) != NULL, "no memory");
}
static void give(unsigned from, unsigned to) {
  for (unsigned i = from; i < to; i++) mica_free(blocks[i]);
}
static mica_bin_t* bin_of(const mica_page_t* page) { return &mica_theap_mine()->bin[mica_page_class(page)]; }

/* ---- states ---- */

Test(where, every_byte_of_a_block_in_use) {
  const size_t sizes[] = {1, 100, 1000, 3000, 20000, MICA_CLASS_MAX - MICA_PAD};
  for (unsigned k = 0; k < sizeof sizes / sizeof sizes[0]; k++) {
    char* p = mica_malloc(sizes[k]);
    const mica_page_t* page = mica_page_of(p);
    const size_t size = mica_page_remote(page)->size, step = size > 200 ? 97 : 1;
    const mica_where_t w = where_is(p, MICA_WHERE_IN_USE);
    for (size_t i = 0; i < size; i += step) {
      const mica_where_t at = where_is(p + i, MICA_WHERE_IN_USE);
      where_names(&at, page, w.block_index);
      REQUIRE(at.offset == i, "%zu bytes into it: %zu", i, at.offset);
    }
    const mica_where_t last = where_is(p + size - 1, MICA_WHERE_IN_USE);
    REQUIRE(last.block == p && last.offset == size - 1, "its last byte");
    const mica_where_t past = where_of(p + size);
    REQUIRE(past.block != p, "the byte behind it");
    const mica_where_t before = where_of(p - 1);
    REQUIRE(before.block != p && (w.block_index == 0) == (before.state == MICA_WHERE_GAP), "the byte before it");
    REQUIRE(w.owner == mica_theap_mine() && w.owner_is_caller && w.owner_thread == (uintptr_t)pthread_self(),
            "of %p, thread %zx", w.owner, (size_t)w.owner_thread);
    REQUIRE(w.heap == NULL && !w.dedicated && w.page == MICA_PAGE_ACTIVE && w.offset == 0, "page %d", w.page);
    mica_free(p);
  }
}

Test(where, a_block_that_is_given_out_by_a_pointer_into_it) {
  char *p = mica_malloc_aligned(100, 64, 24, false), *stays = mica_malloc_aligned(100, 64, 24, false);
  const mica_where_t w = where_is(p, MICA_WHERE_IN_USE);
  where_names(&w, mica_page_of(p), w.block_index);
  mica_free(p);
  where_is(w.block, MICA_WHERE_CACHED);
  where_is(p, MICA_WHERE_CACHED);
  where_is(stays, MICA_WHERE_IN_USE);
}

Test(where, in_the_cache_and_never_carved) {
  take(SIZE, 10);
  const mica_page_t* page = mica_page_of(blocks[0]);
  const unsigned class = mica_page_class(page);
  give(1, 10);
  const unsigned length = where_list(mica_theap_mine()->cache[class].head, MICA_WHERE_CACHED, mica_theap_mine());
  const mica_where_t w = where_is(blocks[1], MICA_WHERE_CACHED);
  REQUIRE(w.holder_class == (int)class && w.holder_is_caller && w.holder_thread == (uintptr_t)pthread_self(),
          "class %d", w.holder_class);
  const census_t n = census(page);
  REQUIRE(n.of[MICA_WHERE_IN_USE] + length == page->used, "%u in use, %u cached", n.of[MICA_WHERE_IN_USE], length);
  REQUIRE(n.of[MICA_WHERE_CACHED] == length && length >= 9, "%u cached of %u", n.of[MICA_WHERE_CACHED], length);
  REQUIRE(n.of[MICA_WHERE_UNCARVED] != 0, "all are carved");
}

/* In a thread that has no page of the smaller class. */
static void* borrow(void* none) {
  enum { SMALL = 512, LARGE = 544, N = 20 };
  take(LARGE, N);
  const mica_page_t* page = mica_page_of(blocks[0]);
  give(1, N);
  const unsigned small = mica_class_of(SMALL), large = mica_class_of(LARGE);
  mica_theap_t* theap = mica_theap_mine();
  char* borrowed = mica_malloc(SMALL);
  cr_assert_eq(mica_page_class(mica_page_of(borrowed)), large, "nothing was borrowed");
  const mica_where_t used = where_is(borrowed, MICA_WHERE_IN_USE);
  cr_assert_eq(used.page_class, (int)large);
  const unsigned lent = where_list(theap->cache[small].head, MICA_WHERE_LENT, theap);
  cr_assert(lent != 0);
  cr_assert_eq(where_of(theap->cache[small].head).holder_class, (int)small);
  const unsigned own = where_list(theap->cache[large].head, MICA_WHERE_CACHED, theap);
  const census_t n = census(page);
  cr_assert_eq(n.of[MICA_WHERE_LENT], lent);
  cr_assert_eq(n.of[MICA_WHERE_CACHED], own);
  cr_assert_eq(n.of[MICA_WHERE_IN_USE] + lent + own, page->used);
  mica_free(borrowed);
  where_is(borrowed, MICA_WHERE_CACHED);
  return none;
}

Test(where, lent_to_a_smaller_class) {
  if (MICA_PAD == 0) run_thread(borrow, NULL);
}

Test(where, on_the_pages_list) {
  take(SIZE, 50);
  const mica_page_t* page = mica_page_of(blocks[0]);
  give(1, 50);
  mica_collect(false);
  const census_t n = census(page);
  REQUIRE(n.of[MICA_WHERE_LOCAL] >= 49 && n.of[MICA_WHERE_CACHED] == 0, "%u local", n.of[MICA_WHERE_LOCAL]);
  REQUIRE(n.of[MICA_WHERE_IN_USE] == page->used, "%u in use, %u counted", n.of[MICA_WHERE_IN_USE], page->used);
  where_list(page->local_free, MICA_WHERE_LOCAL, NULL);
}

static void* free_in_parcels(void* owner) {
  for (unsigned i = 0; i < 30; i++) {
    mica_free(blocks[i]);
    for (unsigned k = 0; k <= i; k++) {
      const mica_where_t w = where_of(blocks[k]);
      REQUIRE(w.state == MICA_WHERE_IN_PARCEL && w.holder_is_caller && w.holder == mica_theap_mine(),
              "block %u: state %d, holder %p", k, w.state, w.holder);
      REQUIRE(w.owner == owner && !w.owner_is_caller && !w.sure, "block %u: owner %p, sure %d", k, w.owner, w.sure);
    }
    REQUIRE(where_of(blocks[i + 1]).state == MICA_WHERE_IN_USE, "block %u: state %d", i + 1,
            where_of(blocks[i + 1]).state);
  }
  return owner;
}

Test(where, in_a_parcel_then_on_the_pages_word) {
  take(SIZE, 40);
  run_thread(free_in_parcels, mica_theap_mine());
  const mica_page_t* page = mica_page_of(blocks[0]);
  const census_t n = census(page);
  REQUIRE(n.of[MICA_WHERE_PUSHED] == 30, "%u pushed", n.of[MICA_WHERE_PUSHED]);
  for (unsigned i = 0; i < 40; i++) where_is(blocks[i], i < 30 ? MICA_WHERE_PUSHED : MICA_WHERE_IN_USE);
  mica_collect(false);
  for (unsigned i = 0; i < 40; i++) where_is(blocks[i], i < 30 ? MICA_WHERE_LOCAL : MICA_WHERE_IN_USE);
}

/* ---- pages ---- */

static const mica_page_t* first_page(unsigned of) { return mica_page_of(blocks[of]); }

/* Each page that a bin has is what its list says; how many lists have any. */
static unsigned lists_of(const mica_bin_t* bin) {
  const struct {
    const mica_page_t* list;
    mica_where_page_t page;
  } lists[] = {{bin->ready, MICA_PAGE_READY}, {bin->sparse, MICA_PAGE_SPARSE}, {bin->full, MICA_PAGE_FULL}};
  unsigned n = 0;
  for (unsigned k = 0; k < 3; k++) {
    for (const mica_page_t* page = lists[k].list; page != NULL; page = page->next) {
      const mica_where_t w = where_of(mica_remote_first(mica_page_remote(page)));
      REQUIRE(w.page == lists[k].page && w.sure, "page %d on list %d", w.page, lists[k].page);
    }
    if (lists[k].list != NULL) n++;
  }
  if (bin->active == NULL) return n;
  const mica_where_t w = where_of(mica_remote_first(mica_page_remote(bin->active)));
  REQUIRE(w.page == MICA_PAGE_ACTIVE && w.sure, "page %d is active", w.page);
  return n + 1;
}

Test(where, pages_active_ready_sparse_and_full) {
  take(1000, MANY);
  const mica_page_t *a = first_page(0), *b = first_page(500);
  cr_assert(a != b && first_page(MANY - 1) != a);
  unsigned few = 0;
  for (unsigned i = 0; i < MANY; i++) {
    const mica_page_t* page = mica_page_of(blocks[i]);
    if (page == a || (page == b && few++ < 1)) mica_free(blocks[i]);
  }
  mica_collect(false);
  lists_of(bin_of(b));
  const mica_where_t w = where_is(blocks[MANY - 1], MICA_WHERE_IN_USE);
  cr_assert(w.page == MICA_PAGE_ACTIVE || w.page == MICA_PAGE_FULL, "page %d", w.page);
  cr_assert_eq(where_of(mica_remote_first(mica_page_remote(b))).page, MICA_PAGE_SPARSE);
  for (unsigned i = 600, n = 0; n < 20; i++) /* more of one: enough to be drawn from */
    if (mica_page_of(blocks[i]) == first_page(600)) {
      mica_free(blocks[i]);
      n++;
    }
  mica_collect(false);
  cr_assert_eq(where_of(mica_remote_first(mica_page_remote(first_page(600)))).page, MICA_PAGE_READY);
  cr_assert_eq(lists_of(bin_of(b)), 4, "not every list has a page");
}

static void* leave_blocks(void* none) {
  take(SIZE, 100);
  give(50, 100);
  return none;
}

Test(where, a_page_that_was_abandoned) {
  run_thread(leave_blocks, NULL);
  const mica_where_t w = where_is(blocks[0], MICA_WHERE_IN_USE);
  cr_assert(w.page == MICA_PAGE_ABANDONED && !w.owner_is_caller && w.owner_thread == 0);
  cr_assert_not_null(w.owner, "nobody gave it up");
  const census_t n = census(mica_page_of(blocks[0]));
  cr_assert_eq(n.of[MICA_WHERE_IN_USE], 50);
  cr_assert_geq(n.of[MICA_WHERE_LOCAL], 50);
  where_is(blocks[99], MICA_WHERE_LOCAL);
  mica_free(blocks[7]);
  cr_assert_eq(where_of(blocks[7]).state, MICA_WHERE_IN_PARCEL);
  mica_collect(false);
  where_is(blocks[7], MICA_WHERE_PUSHED);
}

/* From another thread. */
static void* look_at_it(void* none) {
  const mica_where_t w = where_of(none);
  REQUIRE(w.state == MICA_WHERE_CACHED && w.page == MICA_PAGE_ABANDONED && !w.holder_is_caller && !w.sure,
          "state %d, page %d", w.state, w.page);
  return none;
}

Test(where, cached_of_a_page_that_was_given_up) {
  take(1000, MANY); /* more than what is retained of full pages */
  for (unsigned i = 0; i < MANY; i++) {
    const mica_where_t before = where_is(blocks[i], MICA_WHERE_IN_USE);
    if (before.page != MICA_PAGE_FULL) continue;
    mica_free(blocks[i]);
    where_is(blocks[i], MICA_WHERE_CACHED);
    mica_page_t* page = mica_page_of(blocks[i]);
    mica_bin_lift(mica_theap_mine(), bin_of(page), page); /* as when the oldest full page is given up */
    mica_bin_disown(mica_theap_mine(), page);
    mica_outstanding_add(bin_of(page), -(int32_t)page->used);
    REQUIRE(pw_abandon_full(page), "not given up");
    where_is(blocks[i], MICA_WHERE_CACHED);
    run_thread(look_at_it, blocks[i]);
    return;
  }
  cr_assert_fail("no page is full");
}

/* ---- heaps and pools ---- */

Test(where, blocks_of_heaps) {
  mi_heap_t *heap = heaps_new(), *other = heaps_new();
  char *p[HEAPS_SIZES], *q[HEAPS_SIZES];
  for (unsigned i = 0; i < HEAPS_SIZES; i++) {
    p[i] = mi_heap_malloc(heap, heaps_sizes[i]);
    q[i] = mi_heap_malloc(other, heaps_sizes[i]);
    const mica_where_t w = where_is(p[i] + heaps_sizes[i] - 1, MICA_WHERE_IN_USE);
    REQUIRE(w.heap == heap && w.block == p[i], "%zu bytes: in heap %p", heaps_sizes[i], (void*)w.heap);
    REQUIRE(w.dedicated == (w.page_class >= 0) && (w.page_class < 0 || w.owner_is_caller), "dedicated %d", w.dedicated);
    REQUIRE(where_is(q[i], MICA_WHERE_IN_USE).heap == other, "%zu bytes: in the wrong heap", heaps_sizes[i]);
  }
  mi_heap_delete(heap);
  mi_heap_destroy(other);
  for (unsigned i = 0; i < HEAPS_SIZES; i++) {
    REQUIRE(where_is(p[i], MICA_WHERE_IN_USE).heap == NULL, "%zu bytes: of a heap that was deleted", heaps_sizes[i]);
    const mica_where_t w = where_of(q[i]);
    REQUIRE(w.block == NULL && w.sure, "%zu bytes: destroyed, and state %d", heaps_sizes[i], w.state);
  }
}

static void* free_of_heap(void* p) {
  mi_free(p);
  REQUIRE(where_of(p).state == MICA_WHERE_PUSHED, "state %d", where_of(p).state); /* directly, without a parcel */
  return NULL;
}

Test(where, freed_into_a_heap_by_another_thread) {
  mi_heap_t* heap = heaps_new();
  char *p = mi_heap_malloc(heap, SIZE), *q = mi_heap_malloc(heap, SIZE);
  run_thread(free_of_heap, p);
  cr_assert_eq(where_is(p, MICA_WHERE_PUSHED).heap, heap);
  where_is(q, MICA_WHERE_IN_USE);
  mi_heap_destroy(heap);
}

Test(where, pieces_of_a_pool_are_in_its_chunk) {
  mi_pool_t* pool = mi_pool_create(4096);
  char *p = mi_pool_alloc(pool, 100), *q = mi_pool_alloc(pool, 100);
  const mica_where_t w = where_is(p, MICA_WHERE_IN_USE), v = where_is(q + 99, MICA_WHERE_IN_USE);
  cr_assert(w.block == v.block && w.block_size >= 4096 && w.offset != 0 && v.offset > w.offset);
  mi_pool_destroy(pool);
}
