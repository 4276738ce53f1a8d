/* test_rezalloc.c -- what rezalloc promises: a byte that the program has not written is zero, whatever the block went through;
 * and expand: a block that is never moved. */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "heap/alloc.h"
#include "heap/fast.h"
#include "heap/rezalloc.h"
#include "heap/tracked.h"
#include "segment/peek.h"
#include "tests/support/pattern.h"
#include "tests/support/random.h"
#include "tests/support/require.h"

/* A block and what must be in it. One that moves may get more than it asked for. */
typedef struct shadow_s {
  unsigned char* p;
  unsigned char* expected; /* room for MOST bytes */
  size_t size;             /* asked for */
  size_t usable;
} shadow_t;

enum { LARGEST = 500000, MOST = LARGEST + LARGEST / 8 + 2 * 65536, STEPS = 400 };

static void shadow_check(const shadow_t* s, const char* after) {
  for (size_t i = 0; i < s->usable; i++)
    REQUIRE(s->p[i] == s->expected[i], "%s, %zu of %zu bytes: byte %zu is %d, not %d", after, s->size, s->usable, i,
            s->p[i], s->expected[i]);
}

/* The block was resized: what was there is expected up to the smaller size, zero behind it. */
static void shadow_resized(shadow_t* s, void* p, size_t size) {
  REQUIRE(p != NULL, "%zu to %zu bytes", s->size, size);
  const size_t kept = size < s->usable ? size : s->usable;
  s->p = p;
  s->size = size;
  s->usable = mica_usable_size(p);
  REQUIRE(s->usable >= size && s->usable <= MOST, "usable are %zu of %zu", s->usable, size);
  if (kept < s->usable) memset(s->expected + kept, 0, s->usable - kept);
}

/* A program that fills what it asked for; sometimes it knows of what is usable. */
static void shadow_write(shadow_t* s, uint64_t* random) {
  const size_t room = random_below(random, 4) == 0 ? s->usable : s->size;
  if (room == 0) return;
  const size_t from = random_below(random, 2) == 0 ? 0 : random_below(random, room);
  const int value = (int)(1 + random_below(random, 255));
  memset(s->p + from, value, room - from);
  memset(s->expected + from, value, room - from);
}

static size_t some_size(uint64_t* random, size_t have) {
  switch (random_below(random, 5)) {
  case 0: return random_below(random, 300);
  case 1: return random_below(random, 70000);
  case 2: return random_below(random, LARGEST);
  case 3: return have - have / 8 + random_below(random, have / 4 + 1); /* near: mostly in place */
  default: return have == 0 ? 1 : have - 1;
  }
}

static void dirty_the_heap(void) {
  void* blocks[200];
  for (size_t i = 0; i < 200; i++) {
    const size_t size = i < 150 ? i * i * 3 + 1 : 200000 + i * 1000;
    REQUIRE((blocks[i] = mica_malloc(size)) != NULL, "no memory");
    memset(blocks[i], 0xee, size);
  }
  for (size_t i = 0; i < 200; i++) mica_free(blocks[i]);
}

static void chain(uint64_t seed, size_t align, size_t offset) {
  static unsigned char expected[MOST];
  uint64_t random = seed;
  shadow_t s = {NULL, expected, 0, 0};
  dirty_the_heap();
  const size_t first = 1 + random_below(&random, 5000);
  shadow_resized(&s, align == 0 ? mica_zalloc(first) : mica_malloc_aligned(first, align, offset, true), first);
  for (int i = 0; i < STEPS; i++) {
    shadow_write(&s, &random);
    const size_t wish = some_size(&random, s.size), size = wish < LARGEST ? wish : LARGEST;
    const int before = errno;
    void* p = align == 0 ? mica_rezalloc(s.p, size) : mica_rezalloc_aligned(s.p, size, align, offset);
    REQUIRE(errno == before, "errno was changed");
    shadow_resized(&s, p, size);
    REQUIRE(align == 0 || ((uintptr_t)p + offset) % align == 0, "alignment %zu, offset %zu", align, offset);
    shadow_check(&s, "resized");
  }
  mica_free(s.p);
}

Test(heap_rezalloc, any_chain_keeps_what_was_written_and_nothing_else) {
  for (uint64_t seed = 1; seed <= 8; seed++) chain(seed * 7919, 0, 0);
}

Test(heap_rezalloc, aligned_chains_likewise) {
  static const size_t aligns[] = {16, 64, 1024, 8192, 65536};
  for (size_t i = 0; i < sizeof aligns / sizeof aligns[0]; i++) {
    chain(i + 1, aligns[i], 0);
    chain(i + 100, aligns[i], 40);
  }
}

/* Shrunk in place, and grown again: what lay between is gone. */
static void shrink_and_grow(size_t large, size_t small, bool stays) {
  unsigned char* p = mica_zalloc(large);
  memset(p, 0xab, large);
  unsigned char* q = mica_rezalloc(p, small);
  REQUIRE(!stays || MICA_ALWAYS_MOVES || q == p, "%zu to %zu bytes moved", large, small);
  q = mica_rezalloc(q, large);
  for (size_t i = 0; i < small; i++) REQUIRE(q[i] == 0xab, "%zu by %zu: byte %zu was lost", large, small, i);
  REQUIRE(all_zero(q + small, mica_usable_size(q) - small), "%zu by %zu: what was given up came back", large, small);
  mica_free(q);
}

Test(heap_rezalloc, what_was_given_up_does_not_come_back) {
  shrink_and_grow(1000, 600, true);
  shrink_and_grow(64, 40, true);
  shrink_and_grow(1000, 10, false);
  shrink_and_grow(30000, 20000, true);
  shrink_and_grow(3 << 20, (3 << 20) - 100000, true);
  shrink_and_grow(3 << 20, 1 << 20, true);
  shrink_and_grow(3 << 20, 100, false);
  shrink_and_grow((size_t)300 << 20, (size_t)290 << 20, true);
}

static size_t resident(void) {
  unsigned long size, pages;
  FILE* f = fopen("/proc/self/statm", "r");
  REQUIRE(f != NULL && fscanf(f, "%lu %lu", &size, &pages) == 2, "no /proc/self/statm");
  fclose(f);
  return pages * (size_t)sysconf(_SC_PAGESIZE);
}

/* The system's own zeroes are not written over: neither in place nor in a block that moved. */
static void grows_untouched(size_t from, size_t to, bool blocked) {
  unsigned char* p = mica_zalloc(from);
  memset(p, 1, from);
  mica_mapping_t mapping; /* over two, as in the child of a fork, it is copied */
  if (mica_mapping_at(p, &mapping) == MICA_MAPPED && mapping.to - (uintptr_t)p < from) {
    mica_free(p);
    return;
  }
  void* wall = blocked ? mica_malloc(from) : NULL;
  const size_t before = resident();
  p = mica_rezalloc(p, to);
  const size_t after = resident();
  REQUIRE(MICA_TRACKED || after < before + (to - from) / 4, "%zu to %zu MiB: %zu KiB resident, then %zu", from >> 20,
          to >> 20, before >> 10, after >> 10);
  REQUIRE(p[from - 1] == 1 && all_zero(p + from, mica_usable_size(p) - from), "%zu to %zu", from, to);
  mica_free(p);
  mica_free(wall);
}

Test(heap_rezalloc, fresh_memory_is_not_touched) {
  grows_untouched((size_t)260 << 20, (size_t)600 << 20, false); /* a mapping of its own */
  grows_untouched((size_t)40 << 20, (size_t)100 << 20, true);
}

/* Nor in a mapping of its own that grows to where it was before: those addresses are free. */
Test(heap_rezalloc, fresh_memory_behind_a_mapping_is_not_touched) {
  const size_t large = (size_t)600 << 20, small = (size_t)300 << 20;
  unsigned char* p = mica_zalloc(large);
  memset(p + small - 5, 1, 1 << 20);
  unsigned char* q = mica_rezalloc(p, small);
  const size_t before = resident();
  unsigned char* r = mica_rezalloc(q, large);
  const size_t after = resident();
  REQUIRE(MICA_ALWAYS_MOVES || (q == p && r == p), "it moved: nothing is shown");
  REQUIRE(MICA_TRACKED || after < before + (32 << 20), "%zu KiB resident, then %zu", before >> 10, after >> 10);
  REQUIRE(r[small - 1] == 1 && all_zero(r + small, mica_usable_size(r) - small), "contents");
  mica_free(r);
}

/* What lies where it is wanted stays; else it moves. */
Test(heap_rezalloc, an_alignment_may_be_asked_for_later) {
  for (size_t size = 100; size <= 10 << 20; size = size * 10 + 4) {
    for (size_t align = 16; align <= 4 << 20; align *= 4) {
      unsigned char* p = mica_zalloc(size);
      pattern_set(p, size, 13, 2);
      p = mica_rezalloc_aligned(p, size + 70000, align, 0);
      REQUIRE(p != NULL && (uintptr_t)p % align == 0, "%zu bytes, alignment %zu", size, align);
      REQUIRE(pattern_kept(p, size, 13, 2, true) && all_zero(p + size, mica_usable_size(p) - size), "%zu bytes", size);
      mica_free(p);
    }
  }
}

Test(heap_rezalloc, null_is_a_new_block) {
  dirty_the_heap();
  char* p = mica_rezalloc(NULL, 5000);
  REQUIRE(p != NULL && all_zero(p, mica_usable_size(p)), "plain");
  mica_free(p);
  p = mica_rezalloc_aligned(NULL, 5000, 4096, 0);
  REQUIRE(p != NULL && (uintptr_t)p % 4096 == 0 && all_zero(p, mica_usable_size(p)), "aligned");
  mica_free(p);
}

Test(heap_rezalloc, a_failure_leaves_the_block_as_it_was) {
  static volatile const size_t impossible[] = {PTRDIFF_MAX, SIZE_MAX - 100, SIZE_MAX};
  static const size_t sizes[] = {100, 20000, 2 << 20};
  for (size_t i = 0; i < 9; i++) {
    const size_t size = sizes[i / 3];
    unsigned char* p = mica_zalloc(size);
    pattern_set(p, size, 7, 3);
    errno = 0;
    REQUIRE(mica_rezalloc(p, impossible[i % 3]) == NULL && errno == ENOMEM, "errno %d", errno);
    errno = 0;
    REQUIRE(mica_rezalloc_aligned(p, impossible[i % 3], 64, 0) == NULL && errno == ENOMEM, "errno %d", errno);
    errno = 0;
    REQUIRE(mica_rezalloc_aligned(p, 200, 48, 0) == NULL && errno == EINVAL, "errno %d", errno);
    REQUIRE(pattern_kept(p, size, 7, 3, true), "contents of %zu bytes", size);
    mica_free(p);
  }
}

Test(heap_rezalloc, expand_never_moves) {
  static const size_t sizes[] = {1, 100, 2000, 30000, 100000, 5 << 20, 300 << 20};
  unsigned grown = 0;
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
    char* p = mica_malloc(sizes[i]);
    const size_t usable = mica_usable_size(p);
    pattern_set(p, sizes[i], 13, 5);
    errno = 0;
    REQUIRE(mica_expand(p, usable) == p && mica_expand(p, sizes[i]) == p && errno == 0, "%zu bytes", sizes[i]);
    REQUIRE(pattern_kept(p, sizes[i], 13, 5, true), "%zu bytes: contents lost by expanding within the block", sizes[i]);
    REQUIRE(mica_expand(p, 1) == p && mica_expand(p, usable) == p && errno == 0, "%zu bytes", sizes[i]);
    pattern_set(p, sizes[i], 13, 5);
    void* q = mica_expand(p, usable + 100000);
    REQUIRE(q == p ? errno == 0 && mica_usable_size(p) >= usable + 100000 : q == NULL && errno == ENOMEM, "beyond %zu",
            usable);
    REQUIRE(q == NULL || usable > 60000, "a block of %zu bytes cannot grow in its page", usable);
    grown += q != NULL;
    if (q != NULL) memset(p + usable, 1, 100000);
    REQUIRE(pattern_kept(p, sizes[i], 13, 5, true), "%zu bytes: contents lost", sizes[i]);
    errno = 0;
    REQUIRE(mica_expand(p, SIZE_MAX) == NULL && errno == ENOMEM, "SIZE_MAX");
    mica_free(p);
  }
  REQUIRE(MICA_ALWAYS_MOVES || grown > 0, "none of them grew, and nothing lay behind them");
  errno = 0;
  REQUIRE(mica_expand(NULL, 10) == NULL && errno == ENOMEM, "NULL");
}
