/* test_single.c -- pages of one block: large, huge, and in mappings of their own; made, resized, moved and given back. */
#include "segment/peek.h"
#include "segment/single.h"

#include "observe/counters.h"
#include "segment/os.h"
#include "tests/support/pattern.h"
#include "tests/support/require.h"
#include "tests/support/slices.h"

static mica_hint_t hint;

/* All of it may be touched, as if it had been given out. */
static char* block_of(const mica_page_t* page) {
  char* b = mica_remote_first(mica_page_remote(page));
  mica_track_open(b, mica_page_usable(page, b));
  return b;
}
static bool own_mapping(const mica_page_t* page) { return mica_window_kind(block_of(page)) == MICA_WINDOW_SINGLE; }

static mica_page_t* make(size_t size, size_t align, size_t offset) {
  mica_page_t* page = mica_single_make(size, align, offset, false, &hint);
  REQUIRE(page != NULL, "no block of %zu bytes, alignment %zu, offset %zu", size, align, offset);
  char* b = block_of(page);
  REQUIRE((((uintptr_t)b + offset) & (align - 1)) == 0, "%zu bytes at %p: alignment %zu, offset %zu", size, (void*)b,
          align, offset);
  REQUIRE(mica_page_of(b) == page && mica_page_single(page), "%zu bytes: page not found", size);
  REQUIRE(mica_page_usable(page, b) >= size, "%zu bytes: only %zu usable", size, mica_page_usable(page, b));
  REQUIRE(mica_window_kind(b) != MICA_WINDOW_FOREIGN, "%zu bytes: foreign", size);
  return page;
}
static void give(mica_page_t* page) {
  mica_block_t* b = (mica_block_t*)(void*)block_of(page);
  REQUIRE(pw_push(page, b, b, 1) == PW_EMPTY, "the last push does not own the page");
  mica_single_give(page);
}
static uint64_t windows(void) {
  return mica_counted(MICA_COUNTER_WINDOWS_BORN) - mica_counted(MICA_COUNTER_WINDOWS_GONE);
}

static const size_t sizes[] = {65537,          65536 * 2 - 64,   65536 * 2 - 63, 300000,   (1 << 20) + 1,
                               (4 << 20) - 64, (4 << 20) - 63,   4 << 20,        10 << 20, 100 << 20,
                               252 << 20,      (252 << 20) - 64, 253 << 20,      600 << 20};
enum { SIZES = sizeof sizes / sizeof sizes[0] };

Test(single, blocks_of_all_sizes_keep_their_contents_and_go_back) {
  mica_page_t* pages[SIZES];
  const int64_t before = mica_slices_used();
  const uint64_t windows_before = windows();
  const size_t mapped = mica_mapped_bytes(), arenas = mica_arena_count();
  for (unsigned i = 0; i < SIZES; i++) {
    pages[i] = make(sizes[i], 16, 0);
    pattern_set(block_of(pages[i]), mica_page_usable(pages[i], block_of(pages[i])), 4096, i);
  }
  REQUIRE(windows() > windows_before, "no mapping of its own for 600 MiB");
  for (unsigned i = 0; i < SIZES; i++)
    REQUIRE(pattern_kept(block_of(pages[i]), mica_page_usable(pages[i], block_of(pages[i])), 4096, i, true),
            "%zu bytes overwritten", sizes[i]);
  for (unsigned i = 0; i < SIZES; i++) give(pages[i]);
  REQUIRE(mica_slices_used() == before, "%ld slices lost", (long)(mica_slices_used() - before));
  REQUIRE(windows() == windows_before, "mappings lost");
  cr_assert_leq(mica_mapped_bytes(), mapped + (mica_arena_count() - arenas) * MICA_ARENA);
  cr_assert_eq(mica_slices_dirty(), dirty_by_words());
}

Test(single, the_good_size_is_what_is_usable) {
  for (unsigned i = 0; i < SIZES && sizes[i] < MICA_ARENA - MICA_SEGMENT; i++) {
    mica_page_t* page = make(sizes[i], 16, 0);
    if (!own_mapping(page))
      cr_assert_eq(mica_single_good_size(sizes[i]), mica_page_usable(page, block_of(page)), "%zu", sizes[i]);
    give(page);
  }
}

Test(single, a_block_takes_no_more_slices_than_it_needs) {
  for (unsigned i = 0; i < SIZES; i++) {
    for (size_t align = 16; align <= MICA_SEGMENT; align *= 4) {
      const int64_t before = mica_slices_used();
      mica_page_t* page = make(sizes[i], align, 0);
      const int64_t used = mica_slices_used() - before, most = (int64_t)((sizes[i] + MICA_SLICE - 1) / MICA_SLICE + 1);
      REQUIRE(own_mapping(page) ? used == 0 : used <= most, "%zu bytes, alignment %zu: %ld slices", sizes[i], align,
              (long)used);
      give(page);
      REQUIRE(mica_slices_used() == before, "%zu bytes, alignment %zu: slices lost", sizes[i], align);
    }
  }
}

Test(single, every_alignment_up_to_1_GiB_at_every_offset) {
  static const size_t offsets[] = {0, 1, 8, 16, 100, 4096, 65536, 100000};
  const int64_t before = mica_slices_used();
  const uint64_t windows_before = windows();
  for (size_t align = 16; align <= (size_t)1 << 30; align *= 2)
    for (unsigned i = 0; i < SIZES; i++)
      for (unsigned k = 0; k < sizeof offsets / sizeof offsets[0]; k++) {
        mica_page_t* page = make(sizes[i], align, offsets[k]);
        char* b = block_of(page);
        const size_t usable = mica_page_usable(page, b);
        b[0] = b[usable / 2] = b[usable - 1] = 1;
        give(page);
      }
  REQUIRE(mica_slices_used() == before, "%ld slices lost", (long)(mica_slices_used() - before));
  cr_assert_eq(windows(), windows_before);
}

Test(single, zeroed_pages_are_zero) {
  int zeroed = 0;
  for (int i = 0; i < 400; i++) {
    mica_page_t* page = mica_single_make(sizes[i % 9], 16, 0, i % 2 == 0, &hint);
    char* b = block_of(page);
    const size_t usable = mica_page_usable(page, b);
    if (page->zeroed) REQUIRE(all_zero(b, usable), "round %d: zeroed, but not zero", i);
    zeroed += page->zeroed;
    memset(b, 0xff, usable);
    give(page);
  }
  cr_assert_gt(zeroed, 10);
}

Test(single, impossible_sizes_are_refused) {
  cr_assert_null(mica_single_make(SIZE_MAX, 16, 0, false, &hint));
  cr_assert_null(mica_single_make((size_t)1 << 47, 16, 0, false, &hint));
  cr_assert_null(mica_single_make(70000, (size_t)1 << 47, 0, false, &hint));
}

/* Grows and shrinks the page step by step; what is used must follow, and the contents stay. */
static void resize_in_steps(mica_page_t* page, const size_t* steps, unsigned n) {
  const mica_remote_t* r = mica_page_remote(page);
  char* b = block_of(page);
  size_t kept = mica_page_usable(page, b);
  pattern_set(b, kept, 512, 9);
  for (unsigned i = 0; i < n; i++) {
    const int64_t used = mica_slices_used(), slices = r->slices;
    REQUIRE(mica_single_resize(page, steps[i]), "cannot be resized to %zu", steps[i]);
    b = block_of(page);
    const size_t usable = mica_page_usable(page, b);
    REQUIRE(usable >= steps[i] && usable < steps[i] + 2 * MICA_SLICE, "%zu usable after resize to %zu", usable,
            steps[i]);
    REQUIRE(own_mapping(page) || mica_slices_used() == used + (int64_t)r->slices - slices, "slices after resize to %zu",
            steps[i]);
    REQUIRE(r->extent == (uint64_t)r->slices << MICA_SLICE_SHIFT, "extent after resize to %zu", steps[i]);
    if (usable < kept) kept = usable;
    REQUIRE(pattern_kept(b, kept, 512, 9, false), "contents lost by resize to %zu", steps[i]);
    memset(b + kept, 0x55, usable - kept);
  }
}

Test(single, an_arenas_block_is_resized_in_place) {
  static const size_t steps[] = {1 << 20,  70000,          3 << 20,  5 << 20, 100 << 20,
                                 99 << 20, (99 << 20) + 1, 70 << 20, 80000,   2 << 20};
  const int64_t before = mica_slices_used();
  mica_page_t* page = make(100 << 20, MICA_SEGMENT, 0); /* there is room */
  resize_in_steps(page, steps, sizeof steps / sizeof steps[0]);
  give(page);
  REQUIRE(mica_slices_used() == before, "%ld slices lost", (long)(mica_slices_used() - before));
  cr_assert_eq(mica_slices_dirty(), dirty_by_words());
}

Test(single, a_block_with_a_neighbour_is_not_grown_and_not_harmed) {
  mica_page_t* page = make(200000, 16, 0);
  mica_run_t next = {mica_arena_at(mica_page_window(page)), mica_page_slice(page) + mica_page_remote(page)->slices + 2,
                     1, false};
  const bool claimed = mica_run_claim_at(&next); /* else it was somebody's before */
  pattern_set(block_of(page), 200000, 64, 1);
  const state_t before = state_of(next.arena);
  const uint64_t extent = mica_page_remote(page)->extent;
  REQUIRE(!mica_single_resize(page, 900000), "grown over a neighbour");
  REQUIRE(state_is(next.arena, &before) && mica_page_remote(page)->extent == extent, "the failed growth left traces");
  REQUIRE(pattern_kept(block_of(page), 200000, 64, 1, true), "contents lost");
  if (claimed) mica_run_release(&next);
  give(page);
}

Test(single, a_mapping_of_its_own_is_resized_in_place) {
  static const size_t smaller[] = {500u << 20, (500u << 20) - 70000, 300u << 20, 100u << 20, 100000};
  mica_page_t* page = make((size_t)700 << 20, 16, 0);
  const uint64_t windows_before = windows();
  const size_t mapped = mica_mapped_bytes();
  cr_assert(own_mapping(page));
  resize_in_steps(page, smaller, sizeof smaller / sizeof smaller[0]);
  cr_assert_lt(mica_mapped_bytes(), mapped - ((size_t)600 << 20));
  const size_t usable = mica_page_usable(page, block_of(page));
  if (mica_single_resize(page, (size_t)40 << 20)) { /* what lay behind was just given back: most likely free */
    REQUIRE(mica_page_usable(page, block_of(page)) >= (size_t)40 << 20, "grown, but not usable");
    REQUIRE(all_zero(block_of(page) + usable, ((size_t)40 << 20) - usable), "grown by memory that is not fresh");
  }
  REQUIRE(!mica_single_resize(page, (size_t)1 << 47), "grown to 128 TiB");
  give(page);
  cr_assert_eq(windows(), windows_before - 1);
}

Test(single, every_window_of_a_mapping_is_known_until_it_goes) {
  mica_page_t* page = make((size_t)600 << 20, 16, 0);
  char* b = block_of(page);
  for (size_t at = 0; at < (size_t)600 << 20; at += 1 << 20)
    REQUIRE(mica_window_kind(b + at) == MICA_WINDOW_SINGLE, "at %zu", at);
  REQUIRE(mica_single_resize(page, (size_t)100 << 20), "cannot be shrunk");
  cr_assert_eq(mica_window_kind(b), MICA_WINDOW_SINGLE);
  cr_assert_eq(mica_window_kind(b + ((size_t)590 << 20)), MICA_WINDOW_FOREIGN);
  give(page);
  cr_assert_eq(mica_window_kind(b), MICA_WINDOW_FOREIGN);
}

Test(single, windows_that_are_not_ours_are_foreign) {
  int local = 0;
  cr_assert_eq(mica_window_kind(NULL), MICA_WINDOW_FOREIGN);
  cr_assert_eq(mica_window_kind(&local), MICA_WINDOW_FOREIGN);
  cr_assert_eq(mica_window_kind((void*)(uintptr_t)1), MICA_WINDOW_FOREIGN);
  cr_assert_eq(mica_window_kind((void*)UINTPTR_MAX), MICA_WINDOW_FOREIGN);
  cr_assert_eq(mica_window_kind((void*)((uintptr_t)1 << 48)), MICA_WINDOW_FOREIGN);
  mica_page_t* page = make(100000, 16, 0);
  const char* block = block_of(page);
  cr_assert_eq(mica_window_kind(block), MICA_WINDOW_ARENA);
  give(page);
  cr_assert_eq(mica_window_kind(block), MICA_WINDOW_ARENA, "arenas are for ever");
}

/* The block moves to a page of `to` bytes; what it held is there, the old slices or mapping are back. */
static mica_page_t* move(mica_page_t* page, size_t to) {
  char* b = block_of(page);
  const size_t usable = mica_page_usable(page, b);
  pattern_set(b, usable, 256, 77);
  mica_page_t* moved = mica_single_move(page, to, &hint, NULL);
  REQUIRE(moved != NULL, "cannot be moved from %zu to %zu", usable, to);
  char* now = block_of(moved);
  REQUIRE(now != b && ((uintptr_t)(now - b) & (mica_os_page() - 1)) == 0, "moved from %p to %p", (void*)b, (void*)now);
  REQUIRE(mica_page_of(now) == moved && mica_page_usable(moved, now) >= to, "moved to a page of other size");
  REQUIRE(pattern_kept(now, usable < to ? usable : to, 256, 77, false), "contents lost from %zu to %zu", usable, to);
  now[to - 1] = 1;
  return moved;
}

/* Where a test runs in the child of a fork, memory that was mapped before it is one mapping and what is mapped later another:
 * this page is over both, or lies in the former, so no later one is over both. */
static mica_page_t* make_before(void) { return make(5 << 20, 16, 0); }

Test(single, moving_keeps_the_contents_and_gives_the_old_memory_back) {
  mica_page_t* const first = make_before();
  const int64_t before = mica_slices_used();
  const uint64_t windows_before = windows();
  mica_page_t* page = make(5 << 20, 16, 0);
  static const size_t steps[] = {9u << 20, 40u << 20, 41u << 20, 120u << 20, 300u << 20, 700u << 20, 900u << 20};
  for (unsigned i = 0; i < sizeof steps / sizeof steps[0]; i++) {
    page = move(page, steps[i]);
    REQUIRE(own_mapping(page) || mica_slices_used() - before == mica_page_remote(page)->slices,
            "old slices are still in use");
    REQUIRE(windows() == windows_before + own_mapping(page), "old mapping is still there");
  }
  give(page);
  REQUIRE(mica_slices_used() == before && windows() == windows_before, "something is lost");
  cr_assert_eq(mica_slices_dirty(), dirty_by_words());
  give(first);
}

/* Whether the system has the page's memory as one mapping. Neighbours that were touched apart from one another may stay two:
 * then it is not moved but copied. */
static bool is_one_mapping(const mica_page_t* page) {
  mica_mapping_t mapping;
  const uintptr_t base = (uintptr_t)mica_page_remote(page)->base;
  return mica_mapping_at((const void*)base, &mapping) == MICA_MAPPED && mapping.to - base >= mica_page_bytes(page);
}

Test(single, memory_that_was_moved_in_can_be_moved_again_with_its_neighbours) {
  mica_page_t* const first = make_before();
  for (unsigned round = 0; round < 10; round++) {
    mica_page_t* a = make((5 + round) << 20, 16, 0);
    mica_page_t* b = make(6 << 20, 16, 0);
    a = move(a, (size_t)(9 + 3 * round) << 20);
    b = move(b, (size_t)(17 + round) << 20);
    give(a);
    give(b);
    mica_page_t* over = make((size_t)(30 + 10 * round) << 20, 16, 0); /* over what was moved to and from */
    if (is_one_mapping(over)) over = move(over, (size_t)(33 + 11 * round) << 20);
    char* p = block_of(over);
    for (size_t at = 0; at < mica_page_usable(over, p); at += 4096) p[at] = 3;
    give(over);
    mica_page_t* clean = mica_single_make(12 << 20, 16, 0, true, &hint);
    REQUIRE(clean != NULL && (!clean->zeroed || all_zero(block_of(clean), 12 << 20)), "round %u: zeroed, but not zero",
            round);
    give(clean);
  }
  give(first);
  mica_purge(0);
  cr_assert_eq(mica_slices_dirty(), 0, "%ld slices cannot be purged", (long)mica_slices_dirty());
}

static bool fail_mremap(mica_os_call_t call) { return call == MICA_OS_MREMAP; }

Test(single, a_refused_move_leaves_the_block_as_it_was) {
  mica_page_t* page = make(9 << 20, 16, 0);
  pattern_set(block_of(page), 9 << 20, 256, 5);
  const int64_t used = mica_slices_used();
  mica_os_set_fault(fail_mremap);
  mica_page_t* moved = mica_single_move(page, 20 << 20, &hint, NULL);
  mica_os_set_fault(NULL);
  REQUIRE(moved == NULL && mica_slices_used() == used, "moved, or slices lost");
  REQUIRE(pattern_kept(block_of(page), 9 << 20, 256, 5, true), "contents lost");
  give(page);
}

Test(single, small_ones_are_copied_rather_than_moved) {
  mica_page_t* page = make(1 << 20, 16, 0);
  cr_assert_null(mica_single_move(page, 2 << 20, &hint, NULL));
  give(page);
}
