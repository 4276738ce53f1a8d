/* walk_blocks.h -- which blocks of a page are free, for the walk (walk.h): on its lists, on its word, and in vacant units. */
#ifndef MICA_TESTS_WALK_BLOCKS_H
#define MICA_TESTS_WALK_BLOCKS_H
#include "base/track.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "heap/where.h"
#include "page/vacant.h"

enum { WALK_BLOCKS = 4096 };

_Noreturn static inline void walk_fail(const char* format, ...) {
  char text[256] = "walk: ";
  va_list args;
  va_start(args, format);
  vsnprintf(text + 6, sizeof text - 8, format, args);
  va_end(args);
  strcat(text, "\n");
  const ssize_t written = write(2, text, strlen(text));
  (void)written;
  _exit(1);
}

#define WALK_IS(condition, ...) ((condition) ? (void)0 : walk_fail(__VA_ARGS__))

/* relaxed: nobody else runs, and who ran has been joined */
#define WALK_LOAD(object) atomic_load_explicit((object), memory_order_relaxed)

/* Which blocks of one page are free, by index. */
typedef struct walk_blocks_s {
  const mica_page_t* page;
  unsigned free_count;
  uint64_t free_bits[WALK_BLOCKS / 64];
} walk_blocks_t;

static inline void walk_free(walk_blocks_t* blocks, size_t i, const char* which) {
  WALK_IS((blocks->free_bits[i / 64] >> (i % 64) & 1) == 0, "%s: block %zu is free twice", which, i);
  blocks->free_bits[i / 64] |= (uint64_t)1 << (i % 64);
  blocks->free_count++;
}

/* Marks the vacant blocks free, which are on no list; how many they are. */
static inline unsigned walk_vacant(walk_blocks_t* blocks) {
  const mica_page_t* page = blocks->page;
  const unsigned before = blocks->free_count;
  for (unsigned i = 0; page->vacant != 0 && i < page->capacity; i++)
    if (mica_page_has_vacated(page, i)) walk_free(blocks, i, "vacant");
  return blocks->free_count - before;
}

/* Marks the blocks of a list free; how many they are. */
static inline unsigned walk_list(walk_blocks_t* blocks, const mica_block_t* b, const char* which) {
  const mica_page_t* page = blocks->page;
  const mica_remote_t* r = mica_page_remote(page);
  const uintptr_t first = (uintptr_t)mica_remote_first(r);
  unsigned n = 0;
  for (; b != NULL; b = mica_link_get(b), n++) {
    const size_t i = mica_block_index(first, r->size, page->capacity, (uintptr_t)b);
    WALK_IS(i < page->capacity, "page %p: %s: link %u leads to no block's start", (const void*)page, which, n);
    walk_free(blocks, i, which);
  }
  return n;
}

#endif
