/* test_word.c -- the page word, one thread: each transition, what it tells its caller to do, and that no block is lost. The
 * pages have 63 blocks of 1 KiB and are offered from 7 free ones on. */
#include "tests/page/window.h"
#include "tests/support/require.h"

enum { CLASS = 63, TOTAL = 63, OFFER = 7 };

/* A page with all its blocks handed out. */
static mica_page_t* full_page(uintptr_t window, mica_block_t** blocks) {
  mica_page_t* page = page_new(window, CLASS, true);
  cr_assert_eq(mica_page_remote(page)->total, (unsigned)TOTAL);
  cr_assert_eq(mica_page_remote(page)->offer, (unsigned)OFFER);
  hand_out(page, blocks, TOTAL);
  return page;
}

/* Links blocks[0..n-1]; the first is the first. */
static void chain(mica_block_t** blocks, unsigned n) {
  for (unsigned i = 0; i < n; i++) mica_link_set(blocks[i], i + 1 < n ? blocks[i + 1] : NULL);
}

Test(word, parts_of_a_word_do_not_mix) {
  for (unsigned state = 0; state <= 2; state++) {
    const uint64_t w = pw_make(state, 0x3fffffffu, 0xffffffffu);
    cr_assert_eq(pw_state(w), state);
    cr_assert_eq(pw_count(w), 0x3fffffffu);
    cr_assert_eq(pw_head(w), 0xffffffffu);
    cr_assert_eq(pw_count(pw_make(state, 0, 0xffffffffu)), 0u);
    cr_assert_eq(pw_head(pw_make(state, 0x3fffffffu, 0)), 0u);
  }
}

Test(word, blocks_pushed_to_an_owned_page_are_collected_once) {
  mica_block_t* blocks[TOTAL];
  mica_page_t* page = full_page(window_new(), blocks);
  for (unsigned i = 0; i < TOTAL; i++) cr_assert_eq(push_one(page, blocks[i]), PW_DONE);
  cr_assert_eq(word_of(page), pw_make(PW_OWNED, TOTAL, pw_head_of(page, blocks[TOTAL - 1])));
  unsigned n = 0;
  mica_block_t* got = pw_collect(page, &n);
  cr_assert_eq(n, (unsigned)TOTAL);
  for (unsigned i = TOTAL; i-- != 0; got = mica_link_get(got))
    cr_assert_eq(got, blocks[i], "the last pushed is the first");
  cr_assert_null(got);
  cr_assert_null(pw_collect(page, &n));
  cr_assert_eq(n, 0u);
  cr_assert_eq(word_of(page), (uint64_t)0);
}

Test(word, chains_are_pushed_whole) {
  mica_block_t* blocks[TOTAL];
  mica_page_t* page = full_page(window_new(), blocks);
  chain(blocks, 5);
  chain(blocks + 5, 3);
  cr_assert_eq(pw_push(page, blocks[0], blocks[4], 5), PW_DONE);
  cr_assert_eq(pw_push(page, blocks[5], blocks[7], 3), PW_DONE);
  unsigned n = 0;
  mica_block_t* got = pw_collect(page, &n);
  cr_assert_eq(n, 8u);
  cr_assert_eq(got, blocks[5]);
  cr_assert_eq(length_of(got), 8u);
  pw_absorb(page, got, n);
  cr_assert_eq(page->used, (unsigned)TOTAL - 8);
  cr_assert_eq(length_of(page->local_free), 8u);
}

Test(word, absorb_keeps_what_is_local) {
  mica_block_t* blocks[TOTAL];
  mica_page_t* page = full_page(window_new(), blocks);
  chain(blocks, 4);
  page->local_free = blocks[0];
  page->used -= 4;
  chain(blocks + 4, 6);
  pw_absorb(page, blocks[4], 6);
  cr_assert_eq(page->used, (unsigned)TOTAL - 10);
  cr_assert_eq(length_of(page->local_free), 10u);
  pw_absorb(page, NULL, 0);
  cr_assert_eq(length_of(page->local_free), 10u);
}

Test(word, abandon_full_fails_while_a_pushed_block_waits) {
  mica_block_t* blocks[TOTAL];
  mica_page_t* page = full_page(window_new(), blocks);
  push_one(page, blocks[3]);
  const uint64_t before = word_of(page);
  cr_assert_not(pw_abandon_full(page));
  cr_assert_eq(word_of(page), before);
  cr_assert_eq(heap_of(page), OWNER);
}

Test(word, abandon_full_counts_what_was_never_carved) {
  mica_block_t* blocks[TOTAL];
  const uintptr_t window = window_new();
  for (unsigned carved = 1; carved <= TOTAL; carved++) {
    mica_page_t* page = page_new(window, CLASS, true);
    hand_out(page, blocks, carved);
    REQUIRE(pw_abandon_full(page), "%u carved: not detached", carved);
    REQUIRE(word_of(page) == pw_make(PW_ABANDONED, TOTAL - carved, 0), "%u carved: word", carved);
    REQUIRE((uintptr_t)heap_of(page) == ((uintptr_t)OWNER | MICA_MARK_PREVIOUS), "%u carved: owner", carved);
  }
}

/* Pushes all blocks of an abandoned page in chains of n; the duties must come where they belong, once each. */
static void push_all(uintptr_t window, unsigned n) {
  mica_block_t* blocks[TOTAL];
  mica_page_t* page = full_page(window, blocks);
  REQUIRE(pw_abandon_full(page), "not detached");
  for (unsigned at = 0, length; at < TOTAL; at += length) {
    length = at + n <= TOTAL ? n : TOTAL - at;
    chain(blocks + at, length);
    const pw_duty_t duty = pw_push(page, blocks[at], blocks[at + length - 1], length);
    const unsigned now = at + length;
    const pw_duty_t due = now == TOTAL ? PW_EMPTY : at < OFFER && now >= OFFER ? PW_OFFER : PW_DONE;
    REQUIRE(duty == due, "chains of %u, %u free: duty %d", n, now, (int)duty);
    const uint64_t word = due == PW_EMPTY ? 0 : pw_make(PW_ABANDONED, now, pw_head_of(page, blocks[at]));
    REQUIRE(word_of(page) == word, "chains of %u, %u free: word", n, now);
  }
}

Test(word, an_abandoned_page_is_offered_once_and_empty_with_the_last_block) {
  const uintptr_t window = window_new();
  for (unsigned n = 1; n <= TOTAL; n++) push_all(window, n);
}

Test(word, never_carved_blocks_count_as_free_in_an_abandoned_page) {
  mica_block_t* blocks[TOTAL];
  mica_page_t* page = page_new(window_new(), CLASS, true);
  hand_out(page, blocks, 20);
  cr_assert(pw_abandon_full(page));
  for (unsigned i = 0; i < 19; i++)
    cr_assert_eq(push_one(page, blocks[i]), PW_DONE, "offered at its detaching already");
  cr_assert_eq(push_one(page, blocks[19]), PW_EMPTY);
  cr_assert_eq(word_of(page), (uint64_t)0);
}

Test(word, reclaim_moves_an_abandoned_page_with_its_blocks) {
  mica_block_t* blocks[TOTAL];
  mica_page_t* page = page_new(window_new(), CLASS, true);
  hand_out(page, blocks, 40);
  cr_assert(pw_abandon_full(page));
  for (unsigned i = 0; i < 9; i++) push_one(page, blocks[i]);
  mica_block_t* got = NULL;
  unsigned n = 0;
  cr_assert_not(pw_reclaim(page, OTHER, TOTAL - 40 + 10, &got, &n), "taken with too few free blocks");
  cr_assert(pw_reclaim(page, OTHER, TOTAL - 40 + 9, &got, &n));
  cr_assert_eq(n, 9u, "only what was pushed is on the list");
  cr_assert_eq(length_of(got), 9u);
  cr_assert_eq(got, blocks[8]);
  cr_assert_eq(heap_of(page), OTHER);
  cr_assert_eq(word_of(page), (uint64_t)0);
  cr_assert_not(pw_reclaim(page, OWNER, 0, &got, &n), "taken from an owner");
}

Test(word, a_page_that_is_not_abandoned_is_never_reclaimed) {
  mica_page_t* page = page_new(window_new(), CLASS, true);
  mica_block_t *blocks[TOTAL], *got = NULL;
  unsigned n = 0;
  hand_out(page, blocks, TOTAL);
  cr_assert_not(pw_reclaim(page, OTHER, 0, &got, &n));
  push_one(page, blocks[0]);
  cr_assert_not(pw_reclaim(page, OTHER, 0, &got, &n));
  mica_page_t* nothing = mica_page_at(mica_page_window(page), 900);
  cr_assert_not(pw_reclaim(nothing, OTHER, 0, &got, &n), "taken where no page ever was");
}

/* A page of which `carved` blocks were carved, `local` of these freed by the owner and `pushed` by others: abandoned. */
static void abandoned(uintptr_t window, unsigned carved, unsigned local, unsigned pushed) {
  mica_block_t *blocks[TOTAL], *got = NULL;
  mica_page_t* page = page_new(window, CLASS, true);
  const unsigned live = carved - local - pushed;
  hand_out(page, blocks, carved);
  chain(blocks, local);
  page->local_free = local != 0 ? blocks[0] : NULL;
  page->used -= local;
  for (unsigned i = local; i < local + pushed; i++) push_one(page, blocks[i]);
  const pw_duty_t duty = pw_abandon(page), due = live == 0 ? PW_EMPTY : TOTAL - live >= OFFER ? PW_OFFER : PW_DONE;
  REQUIRE(duty == due, "%u carved, %u local, %u pushed: duty %d", carved, local, pushed, (int)duty);
  if (live == 0) {
    REQUIRE(word_of(page) == 0 && heap_of(page) == PW_NOBODY, "%u carved: empty, but not nobody's", carved);
    return;
  }
  REQUIRE(pw_state(word_of(page)) == PW_ABANDONED && pw_count(word_of(page)) == TOTAL - live, "%u, %u, %u: word",
          carved, local, pushed);
  unsigned n = 0;
  REQUIRE(pw_reclaim(page, OTHER, 0, &got, &n), "not taken");
  REQUIRE(n == pushed && length_of(got) == n, "%u, %u, %u: %u blocks came back", carved, local, pushed, n);
  pw_absorb(page, got, n);
  REQUIRE(length_of(page->local_free) == local + pushed, "%u, %u, %u: not all are local", carved, local, pushed);
  REQUIRE(page->used == live && page->capacity == carved, "%u, %u, %u: %u used", carved, local, pushed, page->used);
}

Test(word, abandoning_gives_up_the_page_and_loses_no_block) {
  const uintptr_t window = window_new();
  for (unsigned carved = 0; carved <= TOTAL; carved += carved < 9 || carved > 52 ? 1 : 5)
    for (unsigned local = 0; local <= carved; local += local < 9 || local > 52 ? 1 : 3)
      for (unsigned pushed = 0; pushed <= carved - local; pushed++) abandoned(window, carved, local, pushed);
}

static void make_dedicated(mica_page_t* page) {
  /* relaxed: one thread */
  atomic_store_explicit(&mica_page_remote(page)->word, pw_make(PW_DEDICATED, 0, 0), memory_order_relaxed);
}

Test(word, the_first_push_to_a_dedicated_page_notifies_its_heap) {
  mica_block_t* blocks[TOTAL];
  mica_page_t* page = full_page(window_new(), blocks);
  make_dedicated(page);
  for (unsigned round = 0; round < 3; round++) {
    cr_assert_eq(push_one(page, blocks[4 * round]), PW_NOTIFY);
    for (unsigned i = 1; i < 4; i++) cr_assert_eq(push_one(page, blocks[4 * round + i]), PW_DONE);
    unsigned n = 0;
    cr_assert_eq(length_of(pw_collect(page, &n)), 4u);
    cr_assert_eq(n, 4u);
    cr_assert_eq(word_of(page), pw_make(PW_DEDICATED, 0, 0));
  }
}

Test(word, a_dedicated_page_is_neither_reclaimed_nor_empty_by_a_push) {
  mica_block_t *blocks[TOTAL], *got = NULL;
  mica_page_t* page = full_page(window_new(), blocks);
  unsigned n = 0;
  make_dedicated(page);
  chain(blocks, TOTAL);
  cr_assert_eq(pw_push(page, blocks[0], blocks[TOTAL - 1], TOTAL), PW_NOTIFY);
  cr_assert_not(pw_reclaim(page, OTHER, 0, &got, &n));
  got = pw_undedicate(page, OTHER, &n);
  cr_assert_eq(n, (unsigned)TOTAL);
  cr_assert_eq(length_of(got), (unsigned)TOTAL);
  cr_assert_eq(heap_of(page), OTHER);
  cr_assert_eq(word_of(page), (uint64_t)0);
}

Test(word, what_is_notified_is_drained_once) {
  pw_theap_t owner = {0};
  cr_assert_eq(pw_drain(&owner), (uint64_t)0);
  pw_notify(&owner, 4);
  pw_notify(&owner, 32);
  pw_notify(&owner, 4);
  cr_assert_eq(pw_drain(&owner), (uint64_t)36);
  cr_assert_eq(pw_drain(&owner), (uint64_t)0);
}

Test(word, a_retired_page_is_nobodys_and_zero) {
  mica_page_t* page = page_new(window_new(), CLASS, true);
  make_dedicated(page);
  pw_retire(page);
  cr_assert_eq(word_of(page), (uint64_t)0);
  cr_assert_eq(heap_of(page), PW_NOBODY);
}
