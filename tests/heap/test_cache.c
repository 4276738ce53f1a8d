/* test_cache.c -- caches and the reserve behind them: how long they get, and that nothing is lost on the way. */
#include "tests/support/balance.h"
#include "tests/support/dying.h"
#include "tests/support/require.h"
#include "tests/support/threads.h"

enum { SIZE = 64, BURST = 200, MANY = 20000 };

static unsigned length_of(const mica_block_t* b) {
  unsigned n = 0;
  for (; b != NULL; b = mica_link_get(b)) n++;
  return n;
}

static unsigned class_of(size_t size) { return mica_class_of(size); }

/* Blocks in the reserve, by walking it; and by its own count. */
static unsigned reserved(const mica_theap_t* heap, unsigned class) {
  unsigned n = 0;
  for (const mica_block_t* pile = heap->bin[class].reserve; pile != NULL; pile = mica_pile_below(pile))
    n += length_of(pile);
  REQUIRE(n == heap->bin[class].reserved, "%u in reserve, %u counted", n, (unsigned)heap->bin[class].reserved);
  return n;
}

static void* bursts(void* none) {
  static void* blocks[BURST + 1];
  const unsigned class = class_of(SIZE);
  for (int round = 0; round < 20; round++) {
    for (int i = 0; i <= BURST; i++) memset(blocks[i] = mica_malloc(SIZE), i, SIZE);
    for (int i = 0; i <= BURST; i++) REQUIRE(*(unsigned char*)blocks[i] == (unsigned char)i, "given out twice");
    for (int i = 0; i < BURST; i++) mica_free(blocks[i]); /* one stays: the class is in use */
    const mica_theap_t* heap = mica_theap_mine();
    const unsigned n = reserved(heap, class);
    REQUIRE(n <= mica_classes[class].reserve_max, "%u in reserve", n);
    REQUIRE(round < 10 || n >= mica_classes[class].reserve_max / 2, "%u in reserve: it is not used", n);
    REQUIRE(heap->cache[class].head != NULL, "all was put aside: the next malloc would take it back");
    mica_free(blocks[BURST]);
  }
  return none;
}

Test(cache, a_burst_of_frees_is_put_aside) {
  const in_use_t before = in_use();
  run_thread(bursts, NULL);
  require_back(before);
}

/* The active page has a few blocks more than a fill wants, and many pages are ready. */
static void* fill_from_many(void* none) {
  static void* blocks[MANY];
  const unsigned class = class_of(SIZE), most = mica_classes[class].cache_max + mica_classes[class].cache_max / 2u;
  for (int i = 0; i < MANY; i++) blocks[i] = mica_malloc(SIZE);
  for (unsigned want = 20; want <= 100; want += 4) {
    const mica_theap_t* heap = mica_theap_mine();
    const mica_page_t* active = heap->bin[class].active;
    unsigned k = 0;
    for (int i = 0; i < MANY; i++) {
      const bool of_active = blocks[i] != NULL && mica_page_of(blocks[i]) == active;
      if (blocks[i] == NULL || (of_active ? k++ >= want : i % 3 == 0)) continue;
      mica_free(blocks[i]);
      blocks[i] = NULL;
    }
    mica_collect(false); /* what is hot goes home */
    for (int i = 0; i < MANY; i++) {
      if (blocks[i] != NULL) continue;
      const bool filled = heap->cache[class].head == NULL;
      blocks[i] = mica_malloc(SIZE);
      if (filled) REQUIRE(length_of(heap->cache[class].head) < most, "%u: the list is long", want);
    }
  }
  for (int i = 0; i < MANY; i++) mica_free(blocks[i]);
  return none;
}

Test(cache, a_fill_takes_what_it_wants_and_no_more) {
  const in_use_t before = in_use();
  run_thread(fill_from_many, NULL);
  require_back(before);
}

static void free_again(void* p) { mica_free(p); }

Test(cache, a_block_freed_before_is_found_in_the_reserve) {
  static void* blocks[BURST + 1];
  char words[1000];
  if (!MICA_EXAMINES) return;
  for (int i = 0; i <= BURST; i++) blocks[i] = mica_malloc(SIZE);
  for (int i = 0; i < BURST; i++) mica_free(blocks[i]);
  mica_theap_t* heap = mica_theap_mine();
  mica_block_t* reserve = heap->bin[class_of(SIZE)].reserve;
  cr_assert_not_null(reserve);
  while (heap->cache[class_of(SIZE)].head != NULL) mica_malloc(SIZE); /* only the reserve is left */
  dying_words(free_again, reserve, words, sizeof words);
  cr_assert_not_null(strstr(words, "freed before"), "not noticed: \"%s\"", words);
}
