/* test_large.c -- what is larger than a piece of a block: it has memory of its own, which goes back at once. */
#include "stats/usage.h"
#include "tests/pool/pools.h"
#include "tests/support/balance.h"
#include "tests/support/errno_mark.h"
#include "tests/support/random.h"
#include "tests/support/require.h"

static const size_t sizes[] = {4096, 5000, 65536, 65537, 300000, 1 << 20, 5 << 20};
enum { SIZES = sizeof sizes / sizeof sizes[0], MANY = 2000 };

/* It has had large memory before: the pool keeps what it needs to find it. */
static mi_pool_t* seasoned(void) {
  mi_pool_t* pool = pools_new(0);
  pools_free(pool, pools_piece(pool, 5000, 1));
  return pool;
}

Test(pool_large, goes_back_at_once) {
  mi_pool_t* pool = seasoned();
  const mi_pool_stat_t empty = pools_stat(pool);
  const in_use_t before = in_use();
  for (unsigned round = 0; round < 20; round++)
    for (unsigned i = 0; i < SIZES; i++) {
      const piece_t piece = pools_piece(pool, sizes[i], i);
      const mi_pool_stat_t with = pools_stat(pool);
      REQUIRE(with.large == 1 && with.live == 0 && with.large_bytes >= sizes[i], "%zu bytes: %zu large of %zu bytes",
              sizes[i], with.large, with.large_bytes);
      REQUIRE(with.total - empty.total >= sizes[i] && with.total - empty.total <= mi_good_size(sizes[i] + 64) + 65536,
              "%zu bytes: %zu held", sizes[i], with.total - empty.total);
      pools_verify(piece);
      REQUIRE((round % 2 == 0 ? mi_pool_free : mi_pool_free_large)(pool, piece.p), "not freed");
      const mi_pool_stat_t after = pools_stat(pool);
      pools_same(&empty, &after, "a large piece that was freed");
    }
  require_back(before);
  mi_pool_destroy(pool);
}

/* The process has its memory again before the pool ends. */
Test(pool_large, is_the_process_s_again) {
  mi_pool_t* pool = pools_new(0);
  const size_t before = mica_usage().large;
  const piece_t piece = pools_piece(pool, 5 << 20, 1);
  REQUIRE(mica_usage().large >= before + (5 << 20), "%zu bytes in large blocks, %zu before", mica_usage().large,
          before);
  pools_free(pool, piece);
  REQUIRE(mica_usage().large == before, "%zu bytes in large blocks, %zu before", mica_usage().large, before);
  mi_pool_destroy(pool);
}

Test(pool_large, ends_with_the_pool_and_its_reset) {
  mi_pool_destroy(pools_new(0));
  const in_use_t before = in_use();
  mi_pool_t* pool = pools_new(0);
  for (int round = 0; round < 5; round++) {
    const size_t large = mica_usage().large;
    for (unsigned i = 0; i < SIZES; i++)
      for (unsigned k = 0; k < 3; k++) pools_piece(pool, sizes[i], i);
    REQUIRE(pools_stat(pool).large >= 3 * SIZES, "%zu large", pools_stat(pool).large);
    if (round == 4) break;
    mi_pool_reset(pool);
    const mi_pool_stat_t stat = pools_stat(pool);
    REQUIRE(stat.large == 0 && stat.large_bytes == 0 && pools_own(&stat) < 4096, "%zu large of %zu bytes", stat.large,
            stat.large_bytes);
    REQUIRE(mica_usage().large == large, "%zu bytes in large blocks, %zu before", mica_usage().large, large);
    pools_piece(pool, 5000, 1); /* what the pool has kept is enough for it */
    const mi_pool_stat_t one = pools_stat(pool);
    REQUIRE(pools_own(&one) == pools_own(&stat), "%zu bytes to find one, %zu before", pools_own(&one),
            pools_own(&stat));
  }
  mi_pool_destroy(pool);
  require_back(before);
}

Test(pool_large, many_in_any_order) {
  const unsigned many = pools_times(MANY);
  static piece_t pieces[MANY];
  mi_pool_t* pool = pools_new(0);
  uint64_t state = 4;
  size_t used = 0;
  for (int round = 0; round < 3; round++) {
    for (unsigned i = 0; i < many; i++) pieces[i] = pools_piece(pool, 4096 + random_below(&state, 5000), i);
    REQUIRE(pools_stat(pool).large == many, "%zu large", pools_stat(pool).large);
    for (unsigned i = many; i > 0; i--) {
      const size_t k = random_below(&state, i);
      pools_free(pool, pieces[k]);
      pieces[k] = pieces[i - 1];
    }
    const mi_pool_stat_t stat = pools_stat(pool);
    if (round == 0) used = stat.total;
    REQUIRE(stat.large == 0 && stat.total == used, "%zu large, %zu bytes, %zu before", stat.large, stat.total, used);
    REQUIRE(pools_own(&stat) < MANY * 64, "%zu bytes to find %u", pools_own(&stat), many);
  }
  mi_pool_destroy(pool);
}

Test(pool_large, free_large_leaves_pieces_of_blocks_alone) {
  mi_pool_t* pool = pools_new(0);
  for (size_t size = 0; size <= mi_pool_max(pool); size += 13) {
    const piece_t piece = pools_piece(pool, size, 1);
    const mi_pool_stat_t before = pools_stat(pool);
    errno = ERRNO_MARK;
    REQUIRE(!mi_pool_free_large(pool, piece.p) && errno == ERRNO_MARK, "%zu bytes were freed as large", size);
    const mi_pool_stat_t after = pools_stat(pool);
    pools_same(&before, &after, "free_large");
    REQUIRE(before.used == after.used, "%zu bytes used, %zu before", after.used, before.used);
    pools_free(pool, piece);
  }
  mi_pool_destroy(pool);
}

/* Above every alignment that a block's pieces can have, too. */
Test(pool_large, aligned) {
  mi_pool_t* pool = seasoned();
  const mi_pool_stat_t before = pools_stat(pool);
  for (size_t align = 1; align <= 1 << 22; align *= 2)
    for (unsigned i = 0; i < SIZES; i++) {
      const piece_t piece = pools_written(mi_pool_memalign(pool, sizes[i], align), sizes[i], align, i);
      REQUIRE((uintptr_t)piece.p % 16 == 0, "%p is not aligned to 16", (void*)piece.p);
      REQUIRE(pools_stat(pool).large == 1 && mi_pool_free_large(pool, piece.p), "%zu bytes are not large", sizes[i]);
    }
  const mi_pool_stat_t after = pools_stat(pool);
  pools_same(&before, &after, "large pieces that were freed");
  mi_pool_destroy(pool);
}

/* What is large begins just above mi_pool_max, in pools of any blocks. */
Test(pool_large, begins_above_max) {
  for (size_t block_size = 512; block_size < 20000; block_size += 123) {
    mi_pool_t* pool = pools_new(block_size);
    const size_t max = mi_pool_max(pool);
    pools_piece(pool, max, 1);
    REQUIRE(pools_stat(pool).large == 0, "%zu bytes are large, max is %zu", max, max);
    pools_piece(pool, max + 1, 2);
    REQUIRE(pools_stat(pool).large == 1, "%zu bytes are not large, max is %zu", max + 1, max);
    mi_pool_destroy(pool);
  }
}
