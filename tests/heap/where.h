/* where.h -- what the tests of mica_where share: a look that is complete, and the census of a page by its states. */
#ifndef MICA_TESTS_HEAP_WHERE_H
#define MICA_TESTS_HEAP_WHERE_H
#include <errno.h>
#include <mica.h>

#include "heap/alloc.h"
#include "heap/fast.h"
#include "heap/where.h"
#include "page/vacant.h"
#include "tests/support/random.h"
#include "tests/support/require.h"
#include "tests/support/threads.h"

#define WHERE_STATES ((unsigned)MICA_WHERE_VACANT + 1)
enum { WHERE_ERRNO = 4711 };

/* What is so of every answer. */
static inline mica_where_t where_of(const void* p) {
  mica_where_t w;
  memset(&w, 0x5a, sizeof w);
  w.size = sizeof w;
  errno = WHERE_ERRNO;
  REQUIRE(mica_where(p, &w), "no answer for %p", p);
  REQUIRE(errno == WHERE_ERRNO, "errno %d", errno);
  REQUIRE(w.p == p && w.size == sizeof w, "an answer for %p", w.p);
  REQUIRE((unsigned)w.state < WHERE_STATES, "%p: state %d", p, w.state);
  REQUIRE((w.block != NULL) == (w.state >= MICA_WHERE_UNCARVED), "%p: state %d, block %p", p, w.state, w.block);
  REQUIRE((w.holder != NULL) ==
              (w.state == MICA_WHERE_CACHED || w.state == MICA_WHERE_LENT || w.state == MICA_WHERE_IN_PARCEL),
          "%p: state %d, holder %p", p, w.state, w.holder);
  REQUIRE(memchr(w.name, 0, sizeof w.name) != NULL, "a name without an end");
  return w;
}

/* Of memory that nobody changes: this state, for certain. */
static inline mica_where_t where_is(const void* p, mica_where_state_t state) {
  const mica_where_t w = where_of(p);
  char text[MICA_WHERE_TEXT];
  mica_where_text(&w, text, sizeof text);
  REQUIRE(w.state == state && w.sure, "%p: state %d, not %d: %s", p, w.state, state, text);
  return w;
}

/* The block that w says is this page's block number i, and p is in it. */
static inline void where_names(const mica_where_t* w, const mica_page_t* page, unsigned i) {
  const mica_remote_t* r = mica_page_remote(page);
  const mica_arena_t* arena = mica_arena_at(mica_page_window(page));
  const char* block = mica_remote_first(r) + (size_t)i * r->size;
  const size_t size = r->size != 0 ? r->size : r->extent - r->lead;
  REQUIRE(w->block == block && w->block_size == size && w->block_index == i, "%p: block %u of %zu bytes at %p", w->p,
          w->block_index, w->block_size, w->block);
  REQUIRE((const char*)w->block + w->offset == w->p && w->offset < size, "%p: offset %zu", w->p, w->offset);
  REQUIRE(w->page_base == r->base && w->page_slices == r->slices && w->page_first == mica_remote_first(r),
          "%p: page %p of %zu slices", w->p, w->page_base, w->page_slices);
  REQUIRE(w->page_blocks == r->total && w->page_carved == page->capacity, "%p: %u of %u carved", w->p, w->page_carved,
          w->page_blocks);
  REQUIRE(w->page_class == (mica_page_single(page) ? -1 : (int)mica_page_class(page)), "%p: class %d", w->p,
          w->page_class);
  const size_t from = (size_t)((const char*)w->p - (const char*)mica_arena_base(arena));
  REQUIRE(w->base == (const void*)mica_arena_base(arena) && w->slice == (int)(from >> MICA_SLICE_SHIFT) &&
              w->segment == (int)(from >> MICA_SEGMENT_SHIFT),
          "%p: slice %d of segment %d at %p", w->p, w->slice, w->segment, w->base);
  REQUIRE(w->arena == (arena->window_bytes != 0 ? -1 : (int)arena->number), "%p: arena %d", w->p, w->arena);
}

typedef struct census_s {
  unsigned of[WHERE_STATES];
} census_t;

/* The states of all blocks of the page, of each its first and its last byte; the page's own counts agree with them. Of a page
 * that the caller or nobody owns. */
static inline census_t census(const mica_page_t* page) {
  census_t n = {{0}};
  const mica_remote_t* r = mica_page_remote(page);
  for (unsigned i = 0; i < r->total; i++) {
    const char* block = mica_remote_first(r) + (size_t)i * r->size;
    const mica_where_t w = where_of(block);
    REQUIRE(w.sure, "block %u: state %d, and not sure", i, w.state);
    where_names(&w, page, i);
    const mica_where_t last = where_of(block + r->size - 1);
    where_names(&last, page, i);
    REQUIRE(last.state == w.state, "block %u: state %d, and of its last byte %d", i, w.state, last.state);
    n.of[w.state]++;
  }
  const uint64_t word = atomic_load_explicit(&r->word, memory_order_relaxed); /* relaxed: nobody else runs */
  const unsigned pushed = pw_count(word) - (pw_state(word) == PW_ABANDONED ? r->total - page->used : 0);
  REQUIRE(n.of[MICA_WHERE_UNCARVED] == r->total - page->capacity, "%u uncarved", n.of[MICA_WHERE_UNCARVED]);
  REQUIRE(n.of[MICA_WHERE_VACANT] == mica_page_vacant_count(page), "%u vacant", n.of[MICA_WHERE_VACANT]);
  REQUIRE(n.of[MICA_WHERE_LOCAL] == mica_page_listed(page), "%u local", n.of[MICA_WHERE_LOCAL]);
  REQUIRE(n.of[MICA_WHERE_PUSHED] == pushed, "%u pushed, the word counts %u", n.of[MICA_WHERE_PUSHED], pushed);
  return n;
}

/* How many blocks a list has; and each is in this state, of this holder. */
static inline unsigned where_list(const mica_block_t* b, mica_where_state_t state, const mica_theap_t* holder) {
  unsigned n = 0;
  for (; b != NULL; b = mica_link_get(b), n++) {
    const mica_where_t w = where_is(b, state);
    REQUIRE(w.holder == holder, "%p: in the hands of %p", (const void*)b, w.holder);
  }
  return n;
}

#endif
