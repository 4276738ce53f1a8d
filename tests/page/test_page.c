/* test_page.c -- pages of every class: birth, where their blocks lie, carving, and the way from a pointer to its block. */
#include "tests/page/window.h"
#include "tests/support/pattern.h"
#include "tests/support/require.h"

static bool is_aligned(const void* p, size_t align) { return ((uintptr_t)p & (align - 1)) == 0; }

Test(page, is_born_as_its_class_says) {
  const uintptr_t window = window_new();
  for (unsigned c = 0; c < MICA_CLASSES; c++) {
    mica_page_t* page = page_new(window, c, c % 2 == 0);
    const mica_remote_t* r = mica_page_remote(page);
    const char* base = (const char*)window + (64 + 8 * c) * MICA_SLICE;
    const uint64_t extent = mica_classes[c].slices * MICA_SLICE;
    const uint32_t size = mica_classes[c].size;
    REQUIRE((const char*)r->base == base && r->extent == extent && r->slices == mica_classes[c].slices,
            "class %u: extent", c);
    REQUIRE(r->size == size && mica_page_class(page) == c && !mica_page_single(page), "class %u: size", c);
    REQUIRE(mica_remote_first(r) > base, "class %u: a block lies at base", c);
    REQUIRE(mica_remote_first(r) - base <= (ptrdiff_t)size, "class %u: one more block would fit", c);
    REQUIRE(mica_remote_first(r) + (uint64_t)r->total * size == base + extent,
            "class %u: blocks do not end with the page", c);
    REQUIRE(r->total == mica_class_total(c) && page->total == r->total, "class %u: total", c);
    REQUIRE(r->offer >= 1 && (r->offer == 1 || r->offer <= r->total / 8), "class %u: offered at %u of %u", c, r->offer,
            r->total);
    REQUIRE(page->enough >= 1 && page->enough <= r->total, "class %u: enough", c);
    REQUIRE(page->used == 0 && page->capacity == 0 && page->local_free == NULL, "class %u: has blocks", c);
    REQUIRE(page->zeroed == (c % 2 == 0) && page->place == MICA_PLACE_NONE, "class %u: zeroed or place", c);
    REQUIRE(word_of(page) == 0, "class %u: not OWNED", c);
    REQUIRE(mica_page_free_count(page) == r->total && mica_page_bytes(page) == extent, "class %u: free", c);
  }
}

Test(page, only_its_first_slice_names_the_owner) {
  const uintptr_t window = window_new();
  for (unsigned c = 0; c < MICA_CLASSES; c++) {
    mica_page_t* page = page_new(window, c, false);
    pw_theap_t* const id = (pw_theap_t*)((uintptr_t)OWNER | (mica_classes[c].inner ? MICA_MARK_INNER : 0));
    REQUIRE(heap_of(page) == id && mica_page_tag(page)->cache == CACHE, "class %u: owner", c);
    for (unsigned i = 1; i < mica_classes[c].slices; i++)
      REQUIRE(heap_of(page + i) == PW_NOBODY, "class %u: slice %u has an owner", c, i);
    mica_page_set_owner(page, OTHER, NULL);
    REQUIRE(((uintptr_t)heap_of(page) & ~(uintptr_t)MICA_MARKS) == (uintptr_t)OTHER, "class %u: no new owner", c);
    REQUIRE(((uintptr_t)heap_of(page) & MICA_MARKS) == ((uintptr_t)id & MICA_MARKS), "class %u: mark", c);
    REQUIRE(mica_page_tag(page)->cache == NULL, "class %u: cache", c);
  }
}

/* Every block is found from its pointer and, where pointers into the middle are given out, from each of these. */
static void find_block(const mica_page_t* page, unsigned c, char* b) {
  const uint32_t size = mica_classes[c].size;
  const uint32_t into[] = {0, 1, 15, size / 2, size - 1};
  for (unsigned i = 0; i < 5; i++) {
    const char* p = b + into[i];
    const bool given = into[i] == 0 || mica_classes[c].inner;
    REQUIRE(mica_page_of(p) == page, "class %u: another page at %u", c, into[i]);
    REQUIRE(mica_page_block(page, p) == (mica_block_t*)(void*)b, "class %u: another block at %u", c, into[i]);
    REQUIRE(!given || mica_page_usable(page, p) == size - into[i], "class %u: %zu usable at %u", c,
            mica_page_usable(page, p), into[i]);
    REQUIRE(mica_page_plausible(page, p) == given, "class %u: plausible at %u", c, into[i]);
  }
}

Test(page, every_block_is_aligned_inside_and_found) {
  const uintptr_t window = window_new();
  for (unsigned c = 0; c < MICA_CLASSES; c++) {
    mica_page_t* page = page_new(window, c, false);
    const mica_remote_t* r = mica_page_remote(page);
    const uint32_t size = mica_classes[c].size, power = size & (~size + 1);
    for (unsigned i = 0; i < r->total; i++) {
      char* b = mica_remote_first(r) + (uint64_t)i * size;
      REQUIRE(is_aligned(b, power), "class %u: block %u is not aligned to %u", c, i, power);
      REQUIRE(b > (char*)r->base && b + size <= (char*)r->base + r->extent, "class %u: block %u is outside", c, i);
      find_block(page, c, b);
    }
    REQUIRE(!mica_page_plausible(page, r->base), "class %u: base is plausible", c);
    REQUIRE(!mica_page_plausible(page, (char*)r->base + r->extent), "class %u: the end is plausible", c);
  }
}

/* As many as are given at once, at most `wanted`. Each must lie behind the one before. */
static unsigned carve_some(mica_page_t* page, unsigned c, unsigned wanted, char** next) {
  unsigned n = wanted;
  const mica_block_t* b = mica_page_carve(page, &n, NULL, false);
  REQUIRE(n <= wanted && length_of(b) == n, "class %u: %u blocks wanted, %u said, %u got", c, wanted, n, length_of(b));
  for (; b != NULL; b = mica_link_get(b)) {
    REQUIRE((const char*)b == *next, "class %u: the next block does not follow the last", c);
    *next += mica_classes[c].size;
  }
  return n;
}

static void carve_all(mica_page_t* page, unsigned c, unsigned wanted, size_t most) {
  const mica_remote_t* r = mica_page_remote(page);
  char* next = mica_remote_first(r);
  unsigned carved = 0;
  for (unsigned n; (n = carve_some(page, c, wanted, &next)) != 0;) {
    carved += n;
    REQUIRE((n - 1) * (size_t)r->size <= most, "class %u: %u blocks at once", c, n);
    REQUIRE(page->capacity == carved && page->used == carved && carved <= r->total, "class %u: capacity", c);
    const size_t rest = (size_t)((char*)r->base + r->extent - next);
    mica_track_open(next, rest);
    if (page->zeroed) REQUIRE(all_zero(next, rest), "class %u: touched what is not carved", c);
  }
  REQUIRE(carved == r->total && next == (char*)r->base + r->extent, "class %u: %u of %u carved", c, carved, r->total);
  REQUIRE(mica_page_free_count(page) == 0 && page->local_free == NULL, "class %u: blocks left", c);
}

Test(page, carving_gives_every_block_once_and_touches_no_more) {
  const uintptr_t window = window_new();
  for (unsigned c = 0; c < MICA_CLASSES; c++) carve_all(page_new(window, c, true), c, 10000, MICA_OS_PAGE);
}

Test(page, carving_resident_memory_takes_larger_steps) {
  const uintptr_t window = window_new();
  for (unsigned c = 0; c < MICA_CLASSES; c++) carve_all(page_new(window, c, false), c, 10000, 4 * MICA_OS_PAGE);
}

Test(page, carving_gives_no_more_than_is_wanted) {
  const uintptr_t window = window_new();
  for (unsigned c = 0; c < MICA_CLASSES; c++) carve_all(page_new(window, c, true), c, 1 + c % 5, MICA_OS_PAGE);
}

Test(page, carved_blocks_are_put_before_the_tail) {
  mica_page_t* page = page_new(window_new(), 0, true);
  unsigned first = 3, second = 4;
  mica_block_t* tail = mica_page_carve(page, &first, NULL, false);
  mica_block_t* all = mica_page_carve(page, &second, tail, false);
  cr_assert_eq(first, 3u);
  cr_assert_eq(second, 4u);
  cr_assert_eq(length_of(all), 7u);
  for (int i = 0; i < 4; i++) all = mica_link_get(all);
  cr_assert_eq(all, tail);
}

Test(page, carve_zero_gives_zero_blocks_in_order_and_then_none) {
  const uintptr_t window = window_new();
  for (unsigned c = 0; c < MICA_CLASSES; c++) {
    mica_page_t* page = page_new(window, c, true);
    const mica_remote_t* r = mica_page_remote(page);
    char* next = mica_remote_first(r);
    const unsigned carved = carve_some(page, c, 2, &next);
    for (unsigned i = carved; i < r->total; i++) {
      const char* b = (char*)mica_page_carve_zero(page);
      REQUIRE(b == mica_remote_first(r) + (uint64_t)i * r->size, "class %u: block %u is another", c, i);
      mica_track_open(b, r->size);
      REQUIRE(all_zero(b, r->size), "class %u: block %u is not zero", c, i);
      REQUIRE(page->capacity == i + 1 && page->used == i + 1, "class %u: used", c);
    }
    REQUIRE(mica_page_carve_zero(page) == NULL && carve_some(page, c, 1, &next) == 0, "class %u: a block too many", c);
    REQUIRE(page->capacity == r->total, "class %u: capacity", c);
  }
}

Test(page, carve_zero_gives_nothing_where_memory_may_not_be_zero) {
  mica_page_t* page = page_new(window_new(), 5, false);
  cr_assert_null(mica_page_carve_zero(page));
  cr_assert_eq(page->capacity, 0u);
}

static void check_single(uintptr_t window, char* base, char* first, uint64_t extent) {
  mica_page_t* page = mica_page_birth_single(window, base, first, extent);
  const size_t usable = (size_t)(base + extent - first);
  cr_assert_eq(mica_page_of(first), page);
  cr_assert(mica_page_single(page));
  cr_assert_eq(heap_of(page), PW_NOBODY);
  cr_assert_eq(word_of(page), pw_make(PW_ABANDONED, 0, 0));
  cr_assert_eq((char*)mica_page_block(page, first + usable / 2), first);
  cr_assert_eq(mica_page_usable(page, first), usable);
  cr_assert_eq(mica_page_usable(page, first + 100), usable - 100);
  cr_assert_eq(mica_page_bytes(page), extent);
  cr_assert(mica_page_plausible(page, first));
  cr_assert_not(mica_page_plausible(page, first + 16));
  cr_assert_eq(mica_page_remote(page)->slices, (extent + MICA_SLICE - 1) >> MICA_SLICE_SHIFT);
  mica_block_t* b = (mica_block_t*)(void*)first;
  cr_assert_eq(pw_push(page, b, b, 1), PW_EMPTY);
  cr_assert_eq(word_of(page), (uint64_t)0);
  cr_assert_not(mica_page_plausible(page, first), "freed, and plausible");
}

Test(page, a_single_block_is_its_holders_alone) {
  const uintptr_t window = window_new();
  char* base = (char*)window + 70 * MICA_SLICE;
  check_single(window, base, base + 64, 3 * MICA_SLICE);
  check_single(window, base, base + MICA_SLICE, 200 * MICA_SLICE);
  check_single(window, base, base + 4096, 64 * MICA_SLICE);
}

Test(page, a_single_block_may_lie_right_behind_its_window) {
  const uintptr_t window = window_new();
  check_single(window, (char*)window + MICA_ARENA - MICA_SLICE, (char*)window + MICA_ARENA, MICA_SLICE + 1 * MICA_MiB);
}
