/* heaps.h -- first-class heaps: sizes of every kind of page, blocks that know what they hold. */
#ifndef MICA_TESTS_HEAPS_H
#define MICA_TESTS_HEAPS_H
#include <errno.h>
#include <mica.h>

#include "tests/support/pattern.h"
#include "tests/support/require.h"

/* Of classes of one slice and of more, in pages of their own, over a segment, and in a mapping of its own. */
static const size_t heaps_sizes[] = {
    1, 16, 100, 1024, 2000, 5000, 20000, MICA_CLASS_MAX, MICA_CLASS_MAX + 1, 1 << 20, 5 << 20, (size_t)257 << 20};
enum { HEAPS_SIZES = sizeof heaps_sizes / sizeof heaps_sizes[0] };

/* One byte in so many is written and verified. */
static inline size_t heaps_step(size_t size) { return size > (size_t)16 << 20 ? MICA_SLICE : 512; }

static inline char* heaps_block(mi_heap_t* heap, size_t size, unsigned seed) {
  char* p = mi_heap_malloc(heap, size);
  REQUIRE(p != NULL, "no block of %zu bytes", size);
  pattern_set(p, size, heaps_step(size), seed);
  return p;
}
static inline void heaps_verify(const char* p, size_t size, unsigned seed) {
  REQUIRE(pattern_kept(p, size, heaps_step(size), seed, true), "a block of %zu bytes at %p is not as it was", size,
          (const void*)p);
}
static inline mi_heap_t* heaps_new(void) {
  mi_heap_t* heap = mi_heap_new();
  REQUIRE(heap != NULL, "no heap");
  return heap;
}

/* Every size several times, none of it ever freed. */
static inline void heaps_litter(mi_heap_t* heap, unsigned rounds) {
  for (unsigned r = 0; r < rounds; r++)
    for (unsigned i = 0; i + 1 < HEAPS_SIZES; i++)
      for (unsigned k = 0; k < (heaps_sizes[i] <= 1024 ? 100u : 3u); k++) heaps_block(heap, heaps_sizes[i], k);
}

#endif
