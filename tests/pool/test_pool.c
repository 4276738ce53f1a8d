/* test_pool.c -- pools in one thread: made and ended; every function that gives out memory, at every size; what is refused. */
#include "tests/pool/pools.h"
#include "tests/support/balance.h"
#include "tests/support/errno_mark.h"
#include "tests/support/pattern.h"
#include "tests/support/random.h"
#include "tests/support/require.h"
#include "tests/support/sanitizer.h"

static const size_t block_sizes[] = {0, 1, 511, 512, 513, 1000, 4096, 4097, 20000, 32768, 32769, 100000, 3 << 20};
enum { BLOCK_SIZES = sizeof block_sizes / sizeof block_sizes[0] };

/* ---- made and ended ---- */

/* Of at least so many bytes. */
static size_t meant(size_t block_size) {
  if (block_size == 0) return POOLS_BLOCK_USUAL;
  return block_size < POOLS_BLOCK_LEAST ? POOLS_BLOCK_LEAST : block_size;
}

Test(pool, of_blocks_of_any_size) {
  mi_pool_destroy(pools_new(0));
  const in_use_t before = in_use();
  for (unsigned i = 0; i < BLOCK_SIZES; i++) {
    mi_pool_t* pool = pools_new(block_sizes[i]);
    const size_t bytes = meant(block_sizes[i]), max = mi_pool_max(pool);
    const mi_pool_stat_t stat = pools_stat(pool);
    REQUIRE(stat.blocks == 1 && stat.live == 0 && stat.large == 0 && stat.limit == 0, "%zu: %zu blocks, %zu pieces",
            block_sizes[i], stat.blocks, stat.live);
    REQUIRE(stat.total >= bytes && stat.total <= mi_good_size(bytes), "blocks of %zu bytes: %zu", bytes, stat.total);
    REQUIRE(stat.left + 400 > bytes && stat.left < stat.total, "blocks of %zu bytes: %zu left", bytes, stat.left);
    REQUIRE(stat.used == 0, "a new pool has %zu bytes used", stat.used);
    REQUIRE(max >= 16 && max <= 4095 && max <= stat.left, "blocks of %zu bytes: max %zu", bytes, max);
    REQUIRE(bytes < 8192 || max == 4095, "blocks of %zu bytes: max %zu", bytes, max);
    pools_piece(pool, max, i);
    REQUIRE(pools_stat(pool).blocks == 1, "a piece of %zu bytes takes another block", max);
    mi_pool_destroy(pool);
    require_back(before);
  }
}

Test(pool, of_blocks_that_are_too_large) {
  const in_use_t before = in_use();
  static const size_t sizes[] = {((size_t)256 << 20) + 1, (size_t)1 << 40, PTRDIFF_MAX, SIZE_MAX};
  for (unsigned i = 0; i < 4; i++) {
    errno = 0;
    REQUIRE(mi_pool_create(sizes[i]) == NULL && errno == EINVAL, "%zu bytes: errno %d", sizes[i], errno);
    errno = 0;
    REQUIRE(mi_pool_create_in(NULL, sizes[i]) == NULL && errno == EINVAL, "%zu bytes: errno %d", sizes[i], errno);
  }
  require_back(before);
  mi_pool_t* pool = pools_new((size_t)256 << 20);
  REQUIRE(mi_pool_get_used(pool) >= (size_t)256 << 20, "%zu bytes", mi_pool_get_used(pool));
  mi_pool_destroy(pool);
  require_back(before);
}

Test(pool, null_is_nothing) {
  mi_pool_t* pool = pools_new(0);
  const mi_pool_stat_t before = pools_stat(pool);
  errno = ERRNO_MARK;
  mi_pool_destroy(NULL);
  mi_pool_group_destroy(NULL);
  REQUIRE(!mi_pool_free(pool, NULL) && !mi_pool_free_large(pool, NULL), "NULL was freed");
  REQUIRE(errno == ERRNO_MARK, "errno is %d", errno);
  const mi_pool_stat_t after = pools_stat(pool);
  pools_same(&before, &after, "freeing NULL");
  mi_pool_destroy(pool);
}

Test(pool, no_memory_for_one) {
  mi_heap_t* heap = mi_heap_new();
  REQUIRE(heap != NULL && mi_heap_set_limit(heap, 1), "no heap with a limit");
  errno = 0;
  REQUIRE(mi_pool_create_in(heap, 0) == NULL && errno == ENOMEM, "a pool without memory: errno %d", errno);
  mi_heap_destroy(heap);
}

/* ---- given out ---- */

typedef piece_t make_t(mi_pool_t* pool, size_t size, unsigned seed);

static piece_t make_unaligned(mi_pool_t* pool, size_t size, unsigned seed) {
  return pools_written(mi_pool_alloc_unaligned(pool, size), size, 1, seed);
}
static piece_t make_zero(mi_pool_t* pool, size_t size, unsigned seed) {
  void* p = size % 3 == 0 ? mi_pool_calloc(pool, 3, size / 3) : mi_pool_calloc(pool, 1, size);
  REQUIRE(p != NULL && all_zero(p, size), "calloc of %zu bytes: not zero", size);
  return pools_written(p, size, 16, seed);
}
static piece_t make_aligned(mi_pool_t* pool, size_t size, unsigned seed) {
  const size_t align = (size_t)1 << seed % 13;
  return pools_written(mi_pool_memalign(pool, size, align), size, align, seed);
}

static make_t* const makers[] = {pools_piece, make_unaligned, make_zero, make_aligned};
enum { MAKERS = 4, SIZES_MOST = 4100 };

/* Every size from 0 to more than a piece of a block may have; all are there at once, and dirty memory comes again. */
static void every_size(mi_pool_t* pool, make_t* make) {
  static piece_t pieces[SIZES_MOST];
  const size_t max = mi_pool_max(pool);
  const unsigned count = (unsigned)max + 3;
  for (unsigned size = 0; size < count; size++) pieces[size] = make(pool, size, size);
  const mi_pool_stat_t stat = pools_stat(pool);
  REQUIRE(stat.live + stat.large == count, "%zu and %zu of %u pieces", stat.live, stat.large, count);
  REQUIRE(make == make_aligned ? stat.large >= 2 : stat.large == 2, "max %zu: %zu large", max, stat.large);
  for (unsigned size = 0; size < count; size++) pools_verify(pieces[size]);
  for (unsigned size = 0; size < count; size += 2) pools_free(pool, pieces[size]);
  for (unsigned size = 0; size < count; size += 2) pieces[size] = make(pool, size, size + 7);
  for (unsigned size = count; size-- != 0;) pools_free(pool, pieces[size]);
  const mi_pool_stat_t after = pools_stat(pool);
  REQUIRE(after.live == 0 && after.large == 0, "%zu and %zu pieces are left", after.live, after.large);
}

Test(pool, pieces_of_every_size_are_aligned_and_keep_their_contents) {
  mi_pool_destroy(pools_new(0));
  const in_use_t before = in_use();
  static const size_t sizes[] = {512, 1000, 4096, 20000};
  for (unsigned i = 0; i < (SANITIZED ? 2 : 4); i++)
    for (unsigned k = 0; k < MAKERS; k++) {
      mi_pool_t* pool = pools_new(sizes[i]);
      for (int round = 0; round < 3; round++) {
        every_size(pool, makers[k]);
        if (round == 1) mi_pool_reset(pool);
      }
      mi_pool_destroy(pool);
    }
  require_back(before);
}

Test(pool, mixed_forms_do_not_touch_each_other) {
  enum { BLOCKS = 3000 };
  static piece_t pieces[BLOCKS];
  mi_pool_t* pool = pools_new(1024);
  uint64_t state = 1;
  for (int round = 0; round < 3; round++) {
    for (unsigned i = 0; i < BLOCKS; i++)
      pieces[i] = makers[random_below(&state, MAKERS)](pool, random_below(&state, i % 50 == 0 ? 9000 : 200), i);
    for (unsigned i = 0; i < BLOCKS; i++) pools_verify(pieces[i]);
    mi_pool_reset(pool);
  }
  mi_pool_destroy(pool);
}

Test(pool, text_lies_side_by_side) {
  mi_pool_t* pool = pools_new(0);
  char* at = mi_pool_alloc_unaligned(pool, 5);
  for (size_t i = 1; i < 60; i++) {
    char* next = mi_pool_alloc_unaligned(pool, i);
    REQUIRE(next == pools_behind(at + (i == 1 ? 5 : i - 1), 1), "%zu bytes at %p, after %p", i, (void*)next, (void*)at);
    at = next;
  }
  REQUIRE((uintptr_t)mi_pool_alloc(pool, 3) % 16 == 0, "what follows text is not aligned");
  REQUIRE(mi_pool_alloc_unaligned(pool, 0) != mi_pool_alloc_unaligned(pool, 0), "two pieces of no bytes are one");
  mi_pool_destroy(pool);
}

Test(pool, calloc_is_zero_over_dirty_memory) {
  mi_pool_t* pool = pools_new(0);
  uint64_t state = 5;
  for (int round = 0; round < 50; round++) {
    for (int i = 0; i < 40; i++) {
      const size_t count = random_below(&state, 40), size = random_below(&state, round % 10 == 0 ? 3000 : 60);
      char* p = mi_pool_calloc(pool, count, size);
      REQUIRE(p != NULL && (uintptr_t)p % 16 == 0 && all_zero(p, count * size), "%zu times %zu bytes at %p", count,
              size, (void*)p);
      memset(p, 0xff, count * size);
      if (i % 3 == 0) REQUIRE(mi_pool_free(pool, p), "not freed");
    }
    mi_pool_reset(pool);
  }
  mi_pool_destroy(pool);
}

Test(pool, alignments_up_to_1_gib) {
  mi_pool_destroy(pools_new(0));
  const in_use_t before = in_use();
  static const size_t sizes[] = {0, 1, 100, 4095, 5000, 100000};
  mi_pool_t* pool = pools_new(0);
  for (size_t align = 1; align <= (size_t)1 << 30; align *= 2) {
    piece_t pieces[6];
    for (unsigned i = 0; i < 6; i++) {
      char* p = mi_pool_memalign(pool, sizes[i], align);
      pieces[i] = pools_written(p, sizes[i], align, i);
      REQUIRE(mi_pool_max(pool) >= sizes[i] || (uintptr_t)p % 16 == 0, "large, at %p", (void*)p);
    }
    pools_stat(pool);
    for (unsigned i = 0; i < 6; i++) pools_free(pool, pieces[i]);
  }
  REQUIRE(pools_stat(pool).live == 0 && pools_stat(pool).large == 0, "pieces are left");
  mi_pool_destroy(pool);
  require_back(before);
}

/* ---- refused ---- */

static void refused(const mi_pool_t* pool, const void* p, int error, size_t size) {
  static mi_pool_stat_t before;
  if (size == 0) before = pools_stat(pool); /* the first call */
  const int found = errno;
  const mi_pool_stat_t after = pools_stat(pool);
  REQUIRE(size == 0 || (p == NULL && found == error), "%zu bytes: %p, errno %d", size, p, found);
  pools_same(&before, &after, "a refused request");
  errno = 0;
}

static const size_t absurd[] = {(size_t)1 << 47,  PTRDIFF_MAX - 4096, PTRDIFF_MAX,   (size_t)PTRDIFF_MAX + 1,
                                SIZE_MAX - 40000, SIZE_MAX - 4096,    SIZE_MAX - 32, SIZE_MAX - 16,
                                SIZE_MAX - 15,    SIZE_MAX - 1,       SIZE_MAX};
enum { ABSURD = sizeof absurd / sizeof absurd[0] };

Test(pool, absurd_sizes) {
  mi_pool_t* pool = pools_new(0);
  const piece_t piece = pools_piece(pool, 100, 1);
  refused(pool, NULL, 0, 0);
  for (unsigned i = 0; i < ABSURD; i++) {
    refused(pool, mi_pool_alloc(pool, absurd[i]), ENOMEM, absurd[i]);
    refused(pool, mi_pool_alloc_unaligned(pool, absurd[i]), ENOMEM, absurd[i]);
    refused(pool, mi_pool_calloc(pool, 1, absurd[i]), ENOMEM, absurd[i]);
    refused(pool, mi_pool_calloc(pool, absurd[i], 1), ENOMEM, absurd[i]);
    for (size_t align = 1; align <= 1 << 20; align *= 4)
      refused(pool, mi_pool_memalign(pool, absurd[i], align), ENOMEM, absurd[i]);
    refused(pool, mi_pool_cleanup_add(pool, absurd[i]), ENOMEM, absurd[i]);
    REQUIRE(mi_pool_cleanup_first(pool) == NULL, "a refused cleanup is there");
  }
  pools_free(pool, piece);
  mi_pool_destroy(pool);
}

Test(pool, counts_that_overflow) {
  mi_pool_t* pool = pools_new(0);
  static const size_t pairs[][2] = {{SIZE_MAX, 2},
                                    {2, SIZE_MAX},
                                    {SIZE_MAX / 2 + 1, 2}, /* 0 */
                                    {(size_t)1 << 32, (size_t)1 << 32},
                                    {((size_t)1 << 32) + 1, (size_t)1 << 32},
                                    {SIZE_MAX / 3 + 1, 3},
                                    {SIZE_MAX, SIZE_MAX}}; /* 1 */
  refused(pool, NULL, 0, 0);
  for (unsigned i = 0; i < 7; i++) refused(pool, mi_pool_calloc(pool, pairs[i][0], pairs[i][1]), ENOMEM, pairs[i][0]);
  const volatile size_t all = SIZE_MAX;
  REQUIRE(mi_pool_calloc(pool, 0, all) != NULL && mi_pool_calloc(pool, all, 0) != NULL, "none is some");
  mi_pool_destroy(pool);
}

Test(pool, alignments_that_are_none) {
  mi_pool_t* pool = pools_new(0);
  static const size_t no_powers[] = {0, 3, 24, 4095, ((size_t)1 << 30) + 1, ((size_t)1 << 40) + 16, SIZE_MAX};
  static const size_t too_large[] = {(size_t)1 << 31, (size_t)1 << 40, (size_t)1 << 63};
  refused(pool, NULL, 0, 0);
  for (unsigned i = 0; i < 7; i++)
    for (unsigned k = 0; k < 2; k++) {
      const size_t size = k == 0 ? 10 : 10000;
      refused(pool, mi_pool_memalign(pool, size, no_powers[i]), EINVAL, size);
      refused(pool, mi_pool_memalign(pool, size, too_large[i % 3]), ENOMEM, size);
    }
  mi_pool_destroy(pool);
}

/* ---- the program's data; errno ---- */

Test(pool, data_survives_the_reset_and_comes_first) {
  int a = 0, b = 0;
  mi_pool_t* pool = pools_new(0);
  REQUIRE(mi_pool_get_data(pool) == NULL, "a new pool has data");
  mi_pool_set_data(pool, &a);
  REQUIRE(mi_pool_get_data(pool) == &a && *(void**)pool == &a, "the data are not the first member");
  for (int i = 0; i < 3; i++) {
    for (int k = 0; k < 500; k++) pools_piece(pool, (size_t)k * 10, 1);
    mi_pool_reset(pool);
    REQUIRE(mi_pool_get_data(pool) == &a, "the data were lost");
  }
  *(void**)pool = &b;
  REQUIRE(mi_pool_get_data(pool) == &b, "the data are not the first member");
  mi_pool_set_data(pool, NULL);
  REQUIRE(mi_pool_get_data(pool) == NULL && *(void**)pool == NULL, "the data stay");
  mi_pool_destroy(pool);
}

Test(pool, errno_is_untouched_by_success) {
  errno = ERRNO_MARK;
  mi_pool_t* pool = mi_pool_create(0);
  REQUIRE(pool != NULL, "no pool");
  for (int i = 0; i < 300; i++) {
    void *small = mi_pool_alloc(pool, 100), *large = mi_pool_alloc(pool, 50000), *zero = mi_pool_calloc(pool, 3, 7);
    void *text = mi_pool_alloc_unaligned(pool, 3), *aligned = mi_pool_memalign(pool, 10, 65536);
    REQUIRE(small != NULL && zero != NULL && text != NULL && aligned != NULL, "no memory");
    REQUIRE(mi_pool_cleanup_add(pool, 10) != NULL, "no cleanup");
    REQUIRE(mi_pool_free(pool, small) && mi_pool_free_large(pool, large) && !mi_pool_free_large(pool, zero), "freed");
    mi_pool_set_limit(pool, (size_t)1 << 30);
    if (i % 100 == 0) mi_pool_reset(pool);
    REQUIRE(errno == ERRNO_MARK, "round %d: errno is %d", i, errno);
  }
  mi_pool_destroy(pool);
  REQUIRE(errno == ERRNO_MARK, "errno is %d", errno);
}
