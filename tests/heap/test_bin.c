/* test_bin.c -- who owns a page: full pages are retained, then abandoned; freed by their former owner they are taken back;
 * freed by others they go back at once. And the outbox, seen at the page's word. */
#include "heap/theap.h"
#include "stats/usage.h"
#include "tests/support/balance.h"
#include "tests/support/pattern.h"
#include "tests/support/require.h"
#include "tests/support/threads.h"

enum { SIZE = 1024, COUNT = 20000 }; /* 20 MB in 318 pages of 63 blocks */
static char* blocks[COUNT];

static unsigned word_count(const void* p) {
  /* relaxed: the others have been joined, or the block is ours */
  return pw_count(atomic_load_explicit(&mica_page_remote(mica_page_of(p))->word, memory_order_relaxed));
}
static unsigned word_state(const void* p) {
  return pw_state(
      atomic_load_explicit(&mica_page_remote(mica_page_of(p))->word, memory_order_relaxed)); /* relaxed: as above */
}

static void allocate(void) {
  for (int i = 0; i < COUNT; i++) {
    blocks[i] = mica_malloc(SIZE);
    pattern_set(blocks[i], SIZE, 8, (unsigned)i);
  }
}
static void release(void) {
  for (int i = 0; i < COUNT; i++) {
    REQUIRE(pattern_kept(blocks[i], SIZE, 8, (unsigned)i, true), "block %d was overwritten", i);
    mica_free(blocks[i]);
  }
}
static void* release_all(void* arg) {
  release();
  return arg;
}

Test(bin, few_full_pages_are_retained) {
  const uint64_t before = mica_counted(MICA_COUNTER_PAGES_ABANDONED);
  for (int i = 0; i < 3000; i++) blocks[i] = mica_malloc(SIZE);
  cr_assert_eq(mica_counted(MICA_COUNTER_PAGES_ABANDONED), before, "3 MB are retained");
  for (int i = 0; i < 3000; i++) REQUIRE(word_state(blocks[i]) == PW_OWNED, "block %d is of an abandoned page", i);
}

Test(bin, many_full_pages_are_abandoned_but_the_newest) {
  const uint64_t before = mica_counted(MICA_COUNTER_PAGES_ABANDONED);
  allocate();
  const uint64_t abandoned = mica_counted(MICA_COUNTER_PAGES_ABANDONED) - before;
  cr_assert_geq(abandoned, (uint64_t)(COUNT / 63 - 70), "%lu pages detached", (unsigned long)abandoned);
  cr_assert_leq(abandoned, (uint64_t)(COUNT / 63 - 60), "%lu pages detached", (unsigned long)abandoned);
  cr_assert_eq(word_state(blocks[0]), (unsigned)PW_ABANDONED, "the oldest");
  cr_assert_eq(word_state(blocks[COUNT - 100]), (unsigned)PW_OWNED, "one of the newest");
  release();
}

Test(bin, a_local_free_takes_an_abandoned_page_back) {
  const in_use_t before = in_use();
  allocate();
  const uint64_t taken = mica_counted(MICA_COUNTER_PAGES_RECLAIMED);
  mica_free(blocks[0]);
  cr_assert_eq(mica_counted(MICA_COUNTER_PAGES_RECLAIMED), taken + 1);
  cr_assert_eq(word_state(blocks[1]), (unsigned)PW_OWNED);
  blocks[0] = mica_malloc(SIZE);
  pattern_set(blocks[0], SIZE, 8, 0);
  release();
  require_back(before);
}

Test(bin, memory_freed_by_another_thread_goes_back_while_the_owner_sleeps) {
  const in_use_t before = in_use();
  const uint64_t heaps = mica_counted(MICA_COUNTER_PAGES_RECLAIMED);
  allocate();
  const int64_t used = mica_slices_used();
  REQUIRE(used - before.slices >= COUNT / 63, "20 MB were never in use");
  run_thread(release_all, NULL);
  REQUIRE(mica_slices_used() - before.slices <= 64 + 6, "%ld slices are still in use",
          (long)(mica_slices_used() - before.slices));
  REQUIRE(mica_counted(MICA_COUNTER_PAGES_RECLAIMED) == heaps, "a thread that only frees took pages");
  require_back(before);
}

static void* allocate_all(void* arg) {
  allocate();
  return arg;
}

Test(bin, pages_of_a_thread_that_ended_go_back_with_their_last_block) {
  const in_use_t before = in_use();
  run_thread(allocate_all, NULL);
  for (int i = 0; i < COUNT; i++) REQUIRE(word_state(blocks[i]) == PW_ABANDONED, "block %d: its page has an owner", i);
  release();
  require_back(before);
}

/* Of each hundred pages some stay full, some nearly full, some nearly empty. */
static bool stays(int i) { return i / 63 % 3 == 0 || (i / 63 % 3 == 1 ? i % 63 != 5 : i % 63 == 5); }

static void* allocate_and_free_some(void* arg) {
  allocate();
  for (int i = 0; i < COUNT; i++)
    if (!stays(i)) mica_free(blocks[i]);
  return arg;
}

Test(bin, a_thread_gives_up_pages_however_full_they_are) {
  mica_thread_init(); /* else this thread would run the heap of the one that ends, which has left these pages */
  const in_use_t before = in_use();
  run_thread(allocate_and_free_some, NULL);
  for (int i = 0; i < COUNT; i++) {
    if (!stays(i)) continue;
    REQUIRE(word_state(blocks[i]) == PW_ABANDONED, "block %d: its page has an owner", i);
    mica_free(blocks[i]);
  }
  require_back(before);
}

Test(bin, pages_that_others_left_are_filled_before_new_ones_are_made) {
  mica_thread_init(); /* as above */
  run_thread(allocate_all, NULL);
  for (int i = 0; i < COUNT; i++)
    if (i % 2 == 0) mica_free(blocks[i]);
  mica_collect(false);
  const uint64_t born = mica_counted(MICA_COUNTER_PAGES_BORN), taken = mica_counted(MICA_COUNTER_PAGES_RECLAIMED);
  for (int i = 0; i < COUNT; i += 2) blocks[i] = mica_malloc(SIZE);
  cr_assert_leq(mica_counted(MICA_COUNTER_PAGES_BORN) - born, (uint64_t)10, "%lu new pages",
                (unsigned long)(mica_counted(MICA_COUNTER_PAGES_BORN) - born));
  cr_assert_geq(mica_counted(MICA_COUNTER_PAGES_RECLAIMED) - taken, (uint64_t)(COUNT / 63 - 10));
}

static void* free_some_then_look(void* arg) {
  for (int i = 1; i <= 10; i++) mica_free(blocks[i]);
  REQUIRE(word_count(blocks[0]) == 0, "%u blocks were pushed one by one", word_count(blocks[0]));
  mica_collect(false);
  REQUIRE(word_count(blocks[0]) == 10, "%u blocks arrived", word_count(blocks[0]));
  for (int i = 11; i <= 15; i++) mica_free(blocks[i]);
  return arg;
}

/* The first of 40 blocks that lie in one page, so that none else is freed there. */
static void forty_in_a_page(void) {
  for (int i = 0; i < 40; i++) {
    blocks[i] = mica_malloc(SIZE);
    if (mica_page_of(blocks[i]) != mica_page_of(blocks[0])) {
      blocks[0] = blocks[i];
      i = 0;
    }
  }
}

Test(bin, frees_of_others_are_gathered_and_sent_at_collect_and_exit) {
  forty_in_a_page();
  cr_assert_eq(word_count(blocks[0]), 0u);
  run_thread(free_some_then_look, NULL);
  cr_assert_eq(word_count(blocks[0]), 15u, "%u blocks arrived", word_count(blocks[0]));
  mica_collect(false);
  cr_assert_eq(word_count(blocks[0]), 0u, "collected");
}

static void* free_large(void* arg) {
  mica_free(arg);
  return NULL;
}

Test(bin, blocks_of_4_KiB_and_more_are_sent_directly_and_never_lost) {
  const in_use_t before = in_use();
  static const size_t sizes[] = {4096, 8192, 10240, 65536};
  for (unsigned s = 0; s < 4; s++) {
    char *keep = mica_malloc(sizes[s]), *p = mica_malloc(sizes[s]);
    run_thread(free_large, p);
    mica_free(keep);
  }
  require_back(before);
}

static void* free_aligned_part(void* arg) {
  for (size_t i = (size_t)arg; i < 1000; i += 2) mica_free(blocks[i]);
  return NULL;
}

Test(bin, pointers_into_a_blocks_middle_are_freed_by_anybody) {
  const in_use_t before = in_use();
  for (size_t i = 0; i < 1000; i++) {
    blocks[i] = mica_malloc_aligned(100 + i * 20, 64, 8, false);
    pattern_set(blocks[i], mica_usable_size(blocks[i]), 16, (unsigned)i);
  }
  for (size_t i = 0; i < 1000; i++)
    REQUIRE(pattern_kept(blocks[i], mica_usable_size(blocks[i]), 16, (unsigned)i, true), "block %zu overwritten", i);
  run_thread(free_aligned_part, (void*)(uintptr_t)0);
  free_aligned_part((void*)(uintptr_t)1);
  require_back(before);
}

Test(bin, charges_are_the_blocks_that_are_out) {
  mica_collect(false); /* nothing is hot */
  const mica_usage_t before = mica_usage();
  for (int i = 0; i < 1000; i++) blocks[i] = mica_malloc(SIZE);
  const mica_usage_t with = mica_usage();
  cr_assert_geq(with.used - before.used, (size_t)1000 * SIZE);
  cr_assert_leq(with.used - before.used, (size_t)1040 * SIZE, "blocks on the cache at most");
  void* large = mica_malloc(3 << 20);
  cr_assert_eq(mica_usage().large_count, with.large_count + 1);
  cr_assert_geq(mica_usage().large, with.large + (3 << 20));
  mica_free(large);
  for (int i = 0; i < 1000; i++) mica_free(blocks[i]);
  mica_collect(true);
  cr_assert_leq(mica_usage().used, before.used);
  cr_assert_eq(mica_usage().dirty, (size_t)0);
}
