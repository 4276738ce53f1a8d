/* window.h -- a window of 256 MiB for the tests of pages: mapped, zero, and no arena: nobody else looks at it. */
#ifndef MICA_TESTS_PAGE_WINDOW_H
#define MICA_TESTS_PAGE_WINDOW_H
#include <sys/mman.h>

#include "page/page.h"
#include "tests/support/require.h"

static inline uintptr_t window_new(void) {
  char* p = mmap(NULL, 3 * MICA_ARENA, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  cr_assert_neq(p, MAP_FAILED);
  return ((uintptr_t)p + MICA_ARENA - 1) & ~(MICA_ARENA - 1);
}

/* Tokens and lists that nobody follows. */
#define OWNER ((pw_theap_t*)(uintptr_t)0x1000)
#define OTHER ((pw_theap_t*)(uintptr_t)0x2000)
#define CACHE ((void*)(uintptr_t)0x3000)

/* A page of the class at a place of its own, clear of the head. */
static inline mica_page_t* page_new(uintptr_t window, unsigned class, bool zeroed) {
  return mica_page_birth(window, 64 + 8 * class, class, (mica_parent_t){OWNER, CACHE, false}, zeroed);
}

static inline uint64_t word_of(const mica_page_t* page) {
  return atomic_load_explicit(&mica_page_remote(page)->word, memory_order_relaxed); /* relaxed: one thread */
}
static inline pw_theap_t* heap_of(const mica_page_t* page) {
  return atomic_load_explicit(&mica_page_tag(page)->owner, memory_order_relaxed); /* relaxed: one thread */
}
static inline unsigned length_of(const mica_block_t* b) {
  unsigned n = 0;
  for (; b != NULL; b = mica_link_get(b)) n++;
  return n;
}

/* Hands out n more blocks, in the order of their addresses; the page is zeroed. */
static inline void hand_out(mica_page_t* page, mica_block_t** blocks, unsigned n) {
  for (unsigned i = 0; i < n; i++) {
    blocks[i] = mica_page_carve_zero(page);
    REQUIRE(blocks[i] != NULL, "no block %u to carve", i);
  }
}
static inline pw_duty_t push_one(mica_page_t* page, mica_block_t* b) { return pw_push(page, b, b, 1); }

#endif
