/* test_blocks.c -- a pool's blocks in one thread: they grow, are asked no more after they failed often, are used again when
 * they are empty, and stay over a reset. */
#include "stats/usage.h"
#include "tests/pool/pools.h"
#include "tests/support/balance.h"
#include "tests/support/random.h"
#include "tests/support/require.h"

enum { MANY = 20000 };
static piece_t pieces[MANY];

/* ---- how many, and how large ---- */

Test(pool_blocks, grow_up_to_32_kib) {
  mi_pool_t* pool = pools_new(512);
  size_t blocks = 1, last = 0;
  for (unsigned i = 0; i < MANY; i++) {
    pieces[i] = pools_piece(pool, 100, i);
    mi_pool_stat_t stat;
    mi_pool_stat(pool, &stat);
    REQUIRE(stat.blocks <= blocks + 1, "%zu blocks for one piece", stat.blocks - blocks);
    blocks = stat.blocks;
  }
  const mi_pool_stat_t stat = pools_stat(pool);
  for (size_t i = 0; i < stat.blocks; i++) {
    const size_t bytes = pools_blocks[i].used + pools_blocks[i].left;
    REQUIRE(bytes <= POOLS_BLOCK_GROWN && bytes > 100, "block %zu has %zu bytes", i, bytes);
    if (bytes > last) last = bytes;
  }
  REQUIRE(last > POOLS_BLOCK_GROWN / 2, "the largest block has %zu bytes", last);
  REQUIRE(stat.blocks <= 20 + MANY * 128 / (POOLS_BLOCK_GROWN / 2), "%zu blocks", stat.blocks);
  REQUIRE(stat.live == MANY && stat.used >= MANY * 100 && stat.total < MANY * 128 * 5 / 4, "%zu bytes for %d pieces",
          stat.total, MANY);
  for (unsigned i = 0; i < MANY; i++) pools_verify(pieces[i]);
  mi_pool_destroy(pool);
}

Test(pool_blocks, that_are_larger_stay_as_large) {
  mi_pool_t* pool = pools_new(100000);
  for (unsigned i = 0; i < 4000; i++) pieces[i] = pools_piece(pool, 200, i);
  const mi_pool_stat_t stat = pools_stat(pool);
  REQUIRE(stat.blocks >= 6 && stat.blocks <= 11, "%zu blocks for 4000 times 200 bytes", stat.blocks);
  for (unsigned i = 0; i < 4000; i++) pools_verify(pieces[i]);
  mi_pool_destroy(pool);
}

/* Each of them is asked, if it did not fail too often. */
Test(pool_blocks, are_filled_to_the_end) {
  mi_pool_t* pool = pools_new(4096);
  const size_t left = pools_stat(pool).left;
  const char *at = pools_blocks[0].start, *end = at + left;
  for (const char* next; (next = pools_behind(at, 16)) + 16 <= end; at = next + 16) {
    const piece_t p = pools_piece(pool, 16, 1);
    const mi_pool_stat_t stat = pools_stat(pool);
    REQUIRE(p.p == next, "a piece at %p, not %p", (void*)p.p, (const void*)next);
    REQUIRE(stat.blocks == 1 && stat.used + stat.left == left && stat.left == (size_t)(end - next) - 16,
            "%zu used, %zu left", stat.used, stat.left);
  }
  pools_piece(pool, 16, 1);
  REQUIRE(pools_stat(pool).blocks == 2, "no new block");
  mi_pool_destroy(pool);
}

/* ---- what did not fit ---- */

/* The last block is filled by small pieces, until it has from `least` bytes on to 32 more left. */
static void fill_up(mi_pool_t* pool, size_t least) {
  const size_t blocks = pools_stat(pool).blocks;
  while (pools_blocks[0].left >= least + 32) {
    pools_piece(pool, 1, 1);
    REQUIRE(pools_stat(pool).blocks == blocks, "a new block");
  }
  REQUIRE(pools_blocks[0].left >= least, "%zu bytes are left", pools_blocks[0].left);
}

/* The figures of the block that begins there. */
static mi_pool_block_stat_t block_at(const mi_pool_t* pool, const void* start) {
  const mi_pool_stat_t stat = pools_stat(pool);
  size_t in = 0;
  while (pools_blocks[in].start != start) REQUIRE(++in < stat.blocks, "a block is gone");
  return pools_blocks[in];
}
static bool lies_in(mi_pool_block_stat_t block, const void* p) {
  return (const char*)p >= (const char*)block.start && (const char*)p < (const char*)block.start + block.used;
}
/* Whether a new piece of so many bytes comes from there. */
static bool comes_from(mi_pool_t* pool, const void* start, size_t size, unsigned seed) {
  const piece_t piece = pools_piece(pool, size, seed);
  return lies_in(block_at(pool, start), piece.p);
}

Test(pool_blocks, that_failed_are_asked_again) {
  mi_pool_t* pool = pools_new(4096);
  fill_up(pool, 200);
  const void* first = pools_blocks[0].start;
  REQUIRE(pools_blocks[0].failed == 0, "%zu failures", pools_blocks[0].failed);
  const piece_t larger = pools_piece(pool, 300, 1);
  REQUIRE(pools_stat(pool).blocks == 2 && !lies_in(block_at(pool, first), larger.p), "300 bytes fit into 232");
  REQUIRE(block_at(pool, first).failed == 1, "%zu failures", block_at(pool, first).failed);
  fill_up(pool, 0);
  const piece_t smaller = pools_piece(pool, 100, 1); /* into the new block it does not fit */
  REQUIRE(pools_stat(pool).blocks == 2 && lies_in(block_at(pool, first), smaller.p), "the older block was not asked");
  mi_pool_destroy(pool);
}

/* Each larger piece fails in the block that has 200 bytes left; after the fifth time it is asked no more. */
Test(pool_blocks, that_failed_often_are_asked_no_more) {
  mi_pool_t* pool = pools_new(4096);
  fill_up(pool, 200);
  const void* first = pools_blocks[0].start;
  size_t failed = 0;
  for (unsigned i = 0; i < 100; i++) {
    pools_piece(pool, 3000, i);
    const mi_pool_block_stat_t block = block_at(pool, first);
    REQUIRE(block.failed == (failed < 5 ? failed + 1 : 5), "%zu failures, %zu before", block.failed, failed);
    REQUIRE(block.left >= 200 && block.left < 232, "%zu bytes are left", block.left);
    failed = block.failed;
  }
  REQUIRE(failed == 5, "a block that is asked in vain has failed %zu times", failed);
  for (unsigned i = 0; i < 50; i++) {
    fill_up(pool, 0);
    REQUIRE(!comes_from(pool, first, 50, i), "a block that failed often was asked");
  }
  mi_pool_reset(pool); /* it is as good as new */
  const mi_pool_stat_t stat = pools_stat(pool);
  for (size_t i = 0; i < stat.blocks; i++) REQUIRE(pools_blocks[i].failed == 0, "%zu failures", pools_blocks[i].failed);
  bool asked = false;
  for (unsigned i = 0; i < 10000 && !asked; i++) asked = comes_from(pool, first, 50, i);
  REQUIRE(asked, "after the reset the block was not used");
  mi_pool_destroy(pool);
}

/* Up to four times it is asked again. */
Test(pool_blocks, that_failed_four_times_are_asked_still) {
  mi_pool_t* pool = pools_new(4096);
  fill_up(pool, 200);
  const void* first = pools_blocks[0].start;
  for (unsigned i = 0; i < 4; i++) pools_piece(pool, 3000, i);
  REQUIRE(block_at(pool, first).failed == 4, "%zu failures", block_at(pool, first).failed);
  fill_up(pool, 0);
  bool asked = false; /* the other blocks' ends are asked, too */
  for (unsigned i = 0; i < 200 && !asked; i++) asked = comes_from(pool, first, 50, i);
  REQUIRE(asked, "a block that failed four times was not asked");
  mi_pool_destroy(pool);
}

/* ---- used again ---- */

Test(pool_blocks, one_piece_at_a_time_forever) {
  static const size_t block_sizes[] = {512, 4096, 30000};
  for (unsigned b = 0; b < 3; b++) {
    mi_pool_t* pool = pools_new(block_sizes[b]);
    const size_t used = mi_pool_get_used(pool), max = mi_pool_max(pool);
    for (unsigned i = 0; i < 100000; i++) {
      void* p = mi_pool_alloc(pool, i * 37 % (max + 1));
      REQUIRE(p != NULL && mi_pool_free(pool, p), "piece %u", i);
    }
    REQUIRE(mi_pool_get_used(pool) == used, "%zu bytes for one piece at a time, %zu at first", mi_pool_get_used(pool),
            used);
    const mi_pool_stat_t stat = pools_stat(pool);
    REQUIRE(stat.blocks == 1 && stat.live == 0, "%zu blocks, %zu pieces", stat.blocks, stat.live);
    mi_pool_destroy(pool);
  }
}

/* A few pieces in use at any time: first in, first out, so that each block is empty now and then. */
Test(pool_blocks, a_queue_forever) {
  enum { LIVE = 100 };
  mi_pool_t* pool = pools_new(0);
  size_t used = 0;
  for (unsigned i = 0; i < pools_times(200000); i++) {
    if (i >= LIVE) pools_free(pool, pieces[i % LIVE]);
    pieces[i % LIVE] = pools_piece(pool, 1 + i * 13 % 400, i);
    if (i == 20000) used = mi_pool_get_used(pool);
    REQUIRE(used == 0 || mi_pool_get_used(pool) <= used + 2 * POOLS_BLOCK_GROWN, "piece %u: %zu bytes, %zu before", i,
            mi_pool_get_used(pool), used);
  }
  REQUIRE(pools_stat(pool).live == LIVE, "%zu pieces", pools_stat(pool).live);
  REQUIRE(mi_pool_get_used(pool) < 12 * POOLS_BLOCK_GROWN, "%zu bytes for %d pieces of up to 400",
          mi_pool_get_used(pool), LIVE);
  mi_pool_destroy(pool);
}

static void shuffle(unsigned count, uint64_t* state) {
  for (unsigned i = count; i > 1; i--) {
    const size_t k = random_below(state, i);
    const piece_t piece = pieces[i - 1];
    pieces[i - 1] = pieces[k];
    pieces[k] = piece;
  }
}

Test(pool_blocks, many_pieces_freed_in_any_order_forever) {
  enum { BLOCKS = 3000 };
  mi_pool_t* pool = pools_new(0);
  uint64_t state = 3;
  size_t used = 0;
  for (unsigned round = 0; round < pools_times(64); round++) {
    for (unsigned i = 0; i < BLOCKS; i++) pieces[i] = pools_piece(pool, random_below(&state, 300), i);
    shuffle(BLOCKS, &state);
    for (unsigned i = 0; i < BLOCKS; i++) pools_free(pool, pieces[i]);
    const mi_pool_stat_t stat = pools_stat(pool);
    REQUIRE(stat.live == 0 && stat.used == 0, "%zu pieces, %zu bytes are left", stat.live, stat.used);
    if (round == 3) used = stat.total;
    REQUIRE(used == 0 || stat.total <= used + 2 * POOLS_BLOCK_GROWN, "round %u: %zu bytes, %zu before", round,
            stat.total, used);
  }
  mi_pool_destroy(pool);
}

/* A block is empty: it comes again before a new one is taken. */
Test(pool_blocks, an_empty_one_comes_before_a_new_one) {
  mi_pool_t* pool = pools_new(4096);
  unsigned n = 0;
  mi_pool_stat_t stat = pools_stat(pool);
  while (stat.blocks < 8) {
    pieces[n] = pools_piece(pool, 500, n);
    n++;
    stat = pools_stat(pool);
  }
  const size_t victim = pools_block_of(&stat, pieces[n / 2].p), total = stat.total;
  const char *from = pools_blocks[victim].start, *to = from + pools_blocks[victim].used;
  for (unsigned i = 0; i < n; i++)
    if (pieces[i].p >= from && pieces[i].p < to) {
      pools_free(pool, pieces[i]);
      pieces[i] = (piece_t){0};
    }
  bool again = false;
  for (unsigned i = 0; i < 200 && !again; i++) {
    const piece_t p = pools_piece(pool, 500, i);
    again = p.p >= from && p.p < to;
    REQUIRE(mi_pool_get_used(pool) == total, "a new block was taken first");
  }
  REQUIRE(again, "the empty block was not used");
  for (unsigned i = 0; i < n; i++)
    if (pieces[i].p != NULL) pools_verify(pieces[i]);
  mi_pool_destroy(pool);
}

/* ---- reset ---- */

Test(pool_blocks, stay_over_a_reset) {
  mi_pool_t* pool = pools_new(1000);
  uint64_t state = 9;
  size_t blocks = 0, own = 0;
  for (unsigned round = 0; round < pools_times(1000); round++) {
    for (unsigned i = 0; i < 200; i++) pieces[i] = pools_piece(pool, 1 + i % 150, i + round);
    for (unsigned i = 0; i < 5; i++) pools_piece(pool, 5000 + random_below(&state, 50000), i);
    if (round == 0) blocks = pools_stat(pool).blocks;
    for (unsigned i = 0; i < 200; i++) pools_verify(pieces[i]);
    mi_pool_reset(pool);
    const mi_pool_stat_t stat = pools_stat(pool);
    REQUIRE(stat.live == 0 && stat.large == 0 && stat.used == 0, "%zu pieces, %zu large, %zu bytes are left", stat.live,
            stat.large, stat.used);
    if (round == 0) own = pools_own(&stat);
    REQUIRE(stat.blocks == blocks && pools_own(&stat) == own,
            "round %u: %zu blocks, %zu at first; %zu bytes beside them", round, stat.blocks, blocks, pools_own(&stat));
  }
  mi_pool_destroy(pool);
}

Test(pool_blocks, take_no_more_from_the_process_after_a_reset) {
  mi_pool_t* pool = pools_new(0);
  for (unsigned i = 0; i < 2000; i++) pieces[i] = pools_piece(pool, 300, i);
  mi_pool_reset(pool);
  const in_use_t before = in_use();
  const size_t used = mica_usage().used;
  for (unsigned round = 0; round < pools_times(100); round++) {
    for (unsigned i = 0; i < 2000; i++) pieces[i] = pools_piece(pool, 300, i);
    REQUIRE(mica_usage().used == used, "%zu bytes in use, %zu before", mica_usage().used, used);
    mi_pool_reset(pool);
  }
  require_back(before);
  mi_pool_destroy(pool);
}
