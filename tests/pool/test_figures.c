/* test_figures.c -- what a pool tells of itself: figures that follow each call, a table for people. */
#include <stdio.h>
#include <stdlib.h>

#include "tests/pool/pools.h"
#include "tests/support/balance.h"
#include "tests/support/errno_mark.h"
#include "tests/support/require.h"
#include "tests/support/taken.h"

enum { BLOCKS = 500 };

Test(pool_figures, follow_each_call) {
  static piece_t pieces[BLOCKS];
  mi_pool_t* pool = pools_new(2000);
  mi_pool_stat_t before = pools_stat(pool);
  for (unsigned i = 0; i < BLOCKS; i++) {
    const size_t size = i % 25 == 0 ? 6000 : 1 + i % 300;
    pieces[i] = pools_piece(pool, size, i);
    const mi_pool_stat_t now = pools_stat(pool);
    REQUIRE(now.live == before.live + (size < 6000) && now.large == before.large + (size >= 6000), "piece %u", i);
    REQUIRE(size >= 6000 || now.used > before.used, "piece %u: no byte more is used", i);
    REQUIRE(size < 6000 || now.large_bytes >= before.large_bytes + size, "piece %u: %zu bytes", i, now.large_bytes);
    REQUIRE(now.total >= before.total && now.blocks >= before.blocks, "piece %u: less than before", i);
    before = now;
  }
  for (unsigned i = 0; i < BLOCKS; i++) {
    pools_free(pool, pieces[i]);
    const mi_pool_stat_t now = pools_stat(pool);
    REQUIRE(now.live == before.live - (i % 25 != 0) && now.large == before.large - (i % 25 == 0), "piece %u", i);
    REQUIRE(now.blocks == before.blocks && now.total <= before.total, "piece %u: more than before", i);
    before = now;
  }
  mi_pool_destroy(pool);
}

/* What was given out lies in what is used. */
Test(pool_figures, pieces_lie_in_the_blocks_that_are_told) {
  mi_pool_t* pool = pools_new(1000);
  static piece_t pieces[BLOCKS];
  static size_t in[POOLS_BLOCKS];
  for (unsigned i = 0; i < BLOCKS; i++) pieces[i] = pools_piece(pool, 1 + i % 200, i);
  const mi_pool_stat_t stat = pools_stat(pool);
  for (unsigned i = 0; i < BLOCKS; i++) {
    const size_t b = pools_block_of(&stat, pieces[i].p);
    REQUIRE(b < stat.blocks &&
                pieces[i].p + pieces[i].size <= (const char*)pools_blocks[b].start + pools_blocks[b].used,
            "piece %u lies in no block", i);
    in[b]++;
  }
  for (size_t b = 0; b < stat.blocks; b++)
    REQUIRE(pools_blocks[b].live == in[b], "block %zu: %zu pieces, %zu", b, pools_blocks[b].live, in[b]);
  mi_pool_destroy(pool);
}

Test(pool_figures, of_blocks_are_written_as_many_as_asked_for) {
  mi_pool_t* pool = pools_new(512);
  for (unsigned i = 0; i < 100; i++) pools_piece(pool, 100, i);
  const size_t n = pools_stat(pool).blocks;
  REQUIRE(n > 5, "%zu blocks", n);
  for (size_t count = 0; count <= n + 2; count++) {
    mi_pool_block_stat_t* entries = malloc((n + 3) * sizeof *entries);
    memset(entries, 0xab, (n + 3) * sizeof *entries);
    cr_assert_eq(mi_pool_stat_blocks(pool, entries, count), n);
    const size_t written = count < n ? count : n;
    for (size_t i = 0; i < written; i++)
      REQUIRE(entries[i].start == pools_blocks[i].start && entries[i].used == pools_blocks[i].used &&
                  entries[i].left == pools_blocks[i].left && entries[i].live == pools_blocks[i].live &&
                  entries[i].failed == pools_blocks[i].failed,
              "entry %zu of %zu", i, count);
    const unsigned char* rest = (const unsigned char*)(entries + written);
    for (size_t i = 0; i < (n + 3 - written) * sizeof *entries; i++) REQUIRE(rest[i] == 0xab, "more than %zu", count);
    free(entries);
  }
  cr_assert_eq(mi_pool_stat_blocks(pool, NULL, 0), n);
  mi_pool_destroy(pool);
}

/* ---- the table ---- */

static bool has_number(const char* text, size_t number) {
  char digits[24];
  const int n = snprintf(digits, sizeof digits, "%zu", number);
  for (const char* at = text; (at = strstr(at, digits)) != NULL; at++)
    if ((at == text || at[-1] < '0' || at[-1] > '9') && (at[n] < '0' || at[n] > '9')) return true;
  return false;
}

static mi_pool_t* to_be_printed(void) {
  mi_pool_t* pool = pools_new(600);
  for (unsigned i = 0; i < 123; i++) pools_piece(pool, 77, i);
  for (unsigned i = 0; i < 17; i++) pools_piece(pool, 12345, i);
  mi_pool_set_limit(pool, 7654321);
  return pool;
}

static void check_table(const mi_pool_t* pool, const char* text) {
  const mi_pool_stat_t stat = pools_stat(pool);
  const size_t numbers[] = {stat.blocks, stat.live, stat.large, 123, 17};
  for (unsigned i = 0; i < 5; i++) REQUIRE(has_number(text, numbers[i]), "%zu is not in \"%s\"", numbers[i], text);
  for (size_t b = 0; b < stat.blocks; b++) {
    const size_t of_block[] = {pools_blocks[b].used, pools_blocks[b].left, pools_blocks[b].live,
                               pools_blocks[b].failed};
    const char* line = text;
    bool found = false;
    for (; line != NULL && !found; line = strchr(line, '\n') == NULL ? NULL : strchr(line, '\n') + 1) {
      char one[200];
      snprintf(one, sizeof one, "%.*s", (int)strcspn(line, "\n"), line);
      found = true;
      for (unsigned i = 0; i < 4; i++) found = found && has_number(one, of_block[i]);
    }
    REQUIRE(found, "no line of block %zu (%zu used, %zu left, %zu pieces): \"%s\"", b, of_block[0], of_block[1],
            of_block[2], text);
  }
}

Test(pool_figures, as_a_table_to_a_function) {
  mi_pool_t* pool = to_be_printed();
  int tag;
  forget();
  errno = ERRNO_MARK;
  mi_pool_print(pool, take, &tag);
  REQUIRE(errno == ERRNO_MARK || errno == EINTR, "errno is %d", errno); /* take sets it */
  REQUIRE(last_arg == &tag && calls >= pools_stat(pool).blocks, "%u calls", calls);
  check_table(pool, taken);
  mi_pool_destroy(pool);
}

Test(pool_figures, as_a_table_to_stderr_and_to_the_registered_function) {
  mi_pool_t* pool = to_be_printed();
  capture_begin();
  mi_pool_print(pool, NULL, NULL);
  capture_end();
  check_table(pool, captured);
  forget();
  mi_register_output(take, &pool);
  forget();
  mi_pool_print(pool, NULL, NULL);
  mi_register_output(NULL, NULL);
  REQUIRE(last_arg == &pool, "not to the registered function");
  check_table(pool, taken);
  mi_pool_destroy(pool);
}

/* ---- the process's ---- */

/* A thousand pools come and go: nothing is left. */
Test(pool_figures, a_thousand_pools_leave_nothing) {
  enum { POOLS = 1000 };
  const unsigned pools_now = pools_times(POOLS);
  static mi_pool_t* pools[POOLS];
  mi_pool_destroy(pools_new(0));
  const in_use_t before = in_use();
  for (int round = 0; round < 3; round++) {
    for (unsigned i = 0; i < pools_now; i++) {
      pools[i] = pools_new(i * 10);
      for (unsigned k = 0; k < i % 60; k++) pools_piece(pools[i], k * 70, k);
    }
    for (unsigned i = 0; i < pools_now; i++) mi_pool_destroy(pools[(i * 37 + (unsigned)round) % pools_now]);
    require_back(before);
  }
}
