/* walk.h -- looks at every slice of every arena and every page of every heap, and ends the program if they do not agree.
 *
 * For tests, when no other thread runs. What is proved of each slice: it is absent, of the arena's head, free, or of exactly
 * one page; of each page: its counts are the lengths of its lists, every link leads to the start of a carved block, no block
 * is free twice, and a page is on exactly one list of its owner or has none; of each first-class heap: its pages are dedicated,
 * those of one block are registered, and its quota is what lies under them; of the statistics: what came less what went is what
 * is there. Nothing here allocates. A violation is one line on stderr and exit status 1. */
#ifndef MICA_TESTS_WALK_H
#define MICA_TESTS_WALK_H
#include <string.h>

#include "heap/first_class/heap.h"
#include "heap/first_class/subheap.h"
#include "heap/theap.h"
#include "heap/where.h"
#include "observe/counters.h"
#include "segment/slices.h"
#include "tests/stress/walk_blocks.h"

/* Stands in bytes 8..15 of blocks that the program has freed: see walk_mark. */
#define WALK_FREED UINT64_C(0xf4eedb10c0f4eed5)

typedef struct walk_s {
  uint64_t heaps;     /* first-class ones */
  uint64_t owned;     /* pages of many blocks, owned by a heap */
  uint64_t abandoned; /* and by nobody */
  uint64_t empty;     /* owned pages without a block in use: active ones */
  uint64_t singles;   /* pages of one block */
  uint64_t slices;    /* in all pages */
  uint64_t dirty;     /* free and dirty */
  uint64_t live;      /* blocks in use, hot or on their way */
  uint64_t lost;      /* of them, those that walk_mark has marked */
} walk_t;

/* ---- a page's blocks ---- */

/* A program may say this of a block that it frees next. Found in a block in use, the mark tells of a loss (the first block of a
 * list in reserve is not seen so). Where blocks are watched these bytes are not ours to touch, and nothing is marked. */
static inline void walk_mark(void* block) {
  const uint64_t mark = WALK_FREED;
  if (!MICA_TRACKED) memcpy((char*)block + 8, &mark, sizeof mark);
}

static inline bool walk_is_marked(const void* block) {
  if (MICA_TRACKED) return false;
  uint64_t mark;
  memcpy(&mark, (const char*)block + 8, sizeof mark);
  return mark == WALK_FREED;
}

/* Counts the blocks that are not free. */
static inline void walk_live(walk_t* w, const walk_blocks_t* blocks) {
  const mica_page_t* page = blocks->page;
  const mica_remote_t* r = mica_page_remote(page);
  const char* first = mica_remote_first(r);
  w->live += page->capacity - blocks->free_count;
  for (unsigned i = 0; i < page->capacity; i++)
    if ((blocks->free_bits[i / 64] >> (i % 64) & 1) == 0 && walk_is_marked(first + (uint64_t)i * r->size)) w->lost++;
}

/* ---- a page ---- */

/* The heap that the tag names; NULL: no heap ever made, or nobody's page. */
static inline const mica_theap_t* walk_owner(const mica_page_t* page) {
  const uintptr_t id = (uintptr_t)WALK_LOAD(PW_OWNER(page));
  return (id & MICA_MARK_PREVIOUS) != 0 ? NULL : mica_where_theap(id);
}

/* The lists, and what the owner line counts; how many blocks are pushed. */
static inline unsigned walk_lists(walk_blocks_t* blocks, uint64_t word) {
  const mica_page_t* page = blocks->page;
  const unsigned local = walk_list(blocks, page->local_free, "local_free"), vacant = walk_vacant(blocks);
  WALK_IS(page->capacity - page->used == local + vacant, "page %p: %u carved, %u used, %u on local_free, %u vacant",
          (const void*)page, page->capacity, page->used, local, vacant);
  return walk_list(blocks, pw_block_at((mica_page_t*)(uintptr_t)page, pw_head(word)), "pushed");
}

static inline void walk_owned(walk_t* w, walk_blocks_t* blocks, uint64_t word) {
  const mica_page_t* page = blocks->page;
  const void* at = page;
  const unsigned pushed = walk_lists(blocks, word);
  WALK_IS(pw_count(word) == pushed, "page %p: the word counts %u blocks, %u are pushed", at, pw_count(word), pushed);
  WALK_IS(pushed <= page->used, "page %p: %u pushed of %u used", at, pushed, page->used);
  const mica_theap_t* owner = walk_owner(page);
  WALK_IS(owner != NULL, "page %p: owned by no heap", at);
  WALK_IS((pw_state(word) == PW_DEDICATED) == mica_theap_is_sub(owner), "page %p: state %u, and not as its owner", at,
          pw_state(word));
  WALK_IS(page->place != MICA_PLACE_NONE, "page %p: owned but on no list", at);
  w->owned++;
  if (page->used == 0) w->empty++;
}

static inline void walk_abandoned(walk_t* w, walk_blocks_t* blocks, uint64_t word) {
  const mica_page_t* page = blocks->page;
  const void* at = page;
  const unsigned total = mica_page_remote(page)->total;
  const unsigned pushed = walk_lists(blocks, word);
  WALK_IS(pw_count(word) == pushed + total - page->used, "page %p: the word counts %u blocks, %u are pushed", at,
          pw_count(word), pushed);
  WALK_IS(pw_count(word) < total, "page %p: detached, and wholly free", at);
  const uintptr_t tag = (uintptr_t)WALK_LOAD(PW_OWNER(page));
  WALK_IS((tag & MICA_MARKS) == MICA_MARK_PREVIOUS, "page %p: detached, and its tag is %#zx", at, (size_t)tag);
  w->abandoned++;
}

/* A page of one block that stands on a registry is where it says. */
static inline void walk_large(const mica_page_t* page, const mica_theap_t* registry, unsigned at) {
  WALK_IS(at < registry->sub.registry_end && WALK_LOAD(&registry->sub.registry[at]) == page, "page %p: not registered",
          (const void*)page);
  WALK_IS((WALK_LOAD(&registry->sub.registry_hints[at / 64]) >> at % 64 & 1) != 0, "page %p: registered without a hint",
          (const void*)page);
}

static inline void walk_single(walk_t* w, const mica_page_t* page, const char* base, uint64_t word) {
  const mica_remote_t* r = mica_page_remote(page);
  const void* at = page;
  WALK_IS(word == pw_make(PW_ABANDONED, 0, 0), "slice of %p: in use, and its page of one block is gone", at);
  WALK_IS((const char*)r->base == base && r->total == 1 && r->back == 0, "page %p: a page of one block that is none",
          at);
  const char* first = mica_remote_first(r);
  WALK_IS(first > base && first <= base + MICA_SLICE, "page %p: the block is not in the first slice", at);
  WALK_IS(r->slices != 0 && r->extent == (uint64_t)r->slices << MICA_SLICE_SHIFT, "page %p: %u slices, %llu bytes", at,
          r->slices, (unsigned long long)r->extent);
  w->singles++;
  w->live++;
  if (walk_is_marked(first)) w->lost++;
}

/* The page that begins at this slice in use; how many slices it has. */
static inline unsigned walk_page(walk_t* w, const mica_arena_t* arena, unsigned slice) {
  const mica_page_t* page = mica_page_at(mica_arena_base(arena), slice);
  const mica_remote_t* r = mica_page_remote(page);
  const void* at = page;
  const unsigned class = mica_page_class(page);
  const uint64_t word = WALK_LOAD(&r->word);
  const char* base = mica_slice_address(arena, slice);
  if (class == MICA_CLASS_NONE) {
    walk_single(w, page, base, word);
    return r->slices;
  }
  WALK_IS(class < MICA_CLASSES && r->size == mica_classes[class].size, "page %p: class %u", at, class);
  WALK_IS(r->lead != 0, "slice of %p: in use, and its page is gone", at);
  WALK_IS(r->back == 0 && (const char*)r->base == base, "slice of %p: in use, and no page begins here", at);
  WALK_IS(r->total == mica_class_total(class) && r->extent == mica_class_extent(class), "page %p: not as its class",
          at);
  WALK_IS(page->used <= page->capacity && page->capacity <= r->total, "page %p: %u used, %u carved", at, page->used,
          page->capacity);
  for (unsigned i = 0; i < r->slices; i++)
    WALK_IS(mica_page_remote(page + i)->back == i && mica_page_class(page + i) == class,
            "page %p: slice %u is not its own", at, i);
  walk_blocks_t blocks = {.page = page};
  WALK_IS(pw_state(word) <= PW_DEDICATED, "page %p: state %u", at, pw_state(word));
  if (pw_state(word) == PW_ABANDONED)
    walk_abandoned(w, &blocks, word);
  else
    walk_owned(w, &blocks, word);
  walk_live(w, &blocks);
  return r->slices;
}

/* ---- an arena ---- */

static inline mica_slice_kind_t walk_slice(const mica_arena_t* arena, unsigned slice) {
  return mica_slice_kind(slice, WALK_LOAD(&arena->absent), WALK_LOAD(&arena->whole),
                         WALK_LOAD(&arena->slices_free[slice / MICA_SEGMENT_SLICES]));
}

static inline void walk_words(const mica_arena_t* arena) {
  const uint64_t absent = WALK_LOAD(&arena->absent), whole = WALK_LOAD(&arena->whole);
  WALK_IS((absent & whole) == 0, "arena %u: a segment is absent and whole", arena->number);
  WALK_IS(((absent | whole) & 1) == 0, "arena %u: the head's segment is absent or whole", arena->number);
  WALK_IS((WALK_LOAD(&arena->slices_free[0]) & mica_bits_mask(0, MICA_HEAD_SLICES)) == 0, "arena %u: its head is free",
          arena->number);
  for (unsigned s = 0; s < MICA_ARENA_SEGMENTS; s++) {
    const uint64_t free = WALK_LOAD(&arena->slices_free[s]);
    WALK_IS(((absent | whole) >> s & 1) == 0 || free == 0, "arena %u: segment %u is whole or absent, and in pieces",
            arena->number, s);
    WALK_IS(free != ~(uint64_t)0, "arena %u: all slices of segment %u are free, and it is not whole", arena->number, s);
  }
}

static inline void walk_free_slice(walk_t* w, const mica_arena_t* arena, unsigned slice, int64_t* dirty) {
  const mica_page_t* page = mica_page_at(mica_arena_base(arena), slice);
  WALK_IS(WALK_LOAD(&mica_page_remote(page)->word) == 0, "arena %u: slice %u is free, and its page word is %#llx",
          arena->number, slice, (unsigned long long)WALK_LOAD(&mica_page_remote(page)->word));
  const unsigned segment = slice / MICA_SEGMENT_SLICES, bit = slice % MICA_SEGMENT_SLICES;
  const uint64_t is_dirty = WALK_LOAD(&arena->slices_dirty[segment]) >> bit & 1;
  w->dirty += is_dirty;
  *dirty += (int64_t)is_dirty;
}

static inline void walk_arena(walk_t* w, const mica_arena_t* arena) {
  int64_t dirty = 0;
  walk_words(arena);
  for (unsigned i = 0; i < MICA_ARENA_SLICES;) {
    const mica_slice_kind_t what = walk_slice(arena, i);
    if (what == MICA_SLICE_FREE) walk_free_slice(w, arena, i, &dirty);
    if (what != MICA_SLICE_USED) {
      i++;
      continue;
    }
    const unsigned n = walk_page(w, arena, i);
    WALK_IS(n != 0 && n <= MICA_ARENA_SLICES - i, "arena %u: the page at slice %u has %u slices", arena->number, i, n);
    for (unsigned k = 1; k < n; k++)
      WALK_IS(walk_slice(arena, i + k) == MICA_SLICE_USED, "arena %u: slice %u is of the page at %u, and free",
              arena->number, i + k, i);
    w->slices += n;
    i += n;
  }
  WALK_IS(WALK_LOAD(&arena->dirty) == dirty, "arena %u: counts %lld dirty slices, has %lld", arena->number,
          (long long)WALK_LOAD(&arena->dirty), (long long)dirty);
}

/* ---- a heap ---- */

typedef struct walk_sums_s {
  uint64_t pages, used, bytes, full_bytes, fulls;
} walk_sums_t;

static inline void walk_listed(walk_sums_t* sums, const mica_theap_t* heap, unsigned class, const mica_page_t* page,
                               unsigned place) {
  const void* at = page;
  WALK_IS(walk_owner(page) == heap, "page %p: on the list of heap %p, owned by another", at, (const void*)heap);
  WALK_IS(mica_page_class(page) == class && page->place == place, "page %p: on a list of another class or place", at);
  const mica_arena_t* arena = mica_arena_at(mica_page_window(page));
  WALK_IS(walk_slice(arena, mica_page_slice(page)) == MICA_SLICE_USED, "page %p: on a list, and its slices are free",
          at);
  WALK_IS(pw_state(WALK_LOAD(&mica_page_remote(page)->word)) != PW_ABANDONED, "page %p: on a list, and detached", at);
  sums->pages++;
  sums->used += page->used;
  sums->bytes += mica_page_bytes(page);
  if (place != MICA_PLACE_FULL) return;
  sums->full_bytes += mica_page_bytes(page);
  sums->fulls++;
}

/* A list's first page leads back to its last. */
static inline const mica_page_t* walk_last(const mica_page_t* page) {
  while (page != NULL && page->next != NULL) page = page->next;
  return page;
}

static inline void walk_places(walk_sums_t* sums, const mica_theap_t* heap, unsigned class) {
  const mica_bin_t* bin = &heap->bin[class];
  const mica_page_t* const lists[] = {bin->ready, bin->sparse, bin->full};
  const uint64_t before = sums->used, fulls = sums->fulls;
  if (bin->active != NULL) walk_listed(sums, heap, class, bin->active, MICA_PLACE_ACTIVE);
  for (unsigned k = 0; k < 3; k++)
    for (const mica_page_t *page = lists[k], *prev = walk_last(page); page != NULL; prev = page, page = page->next) {
      WALK_IS(page->prev == prev, "page %p: the one before it is not the one that leads here", (const void*)page);
      walk_listed(sums, heap, class, page, MICA_PLACE_READY + k);
    }
  WALK_IS(mica_outstanding(bin) == sums->used - before, "class %u: %u blocks outstanding, %llu used", class,
          mica_outstanding(bin), (unsigned long long)(sums->used - before));
  WALK_IS(!mica_theap_is_sub(heap) || heap->sub.dedicated[class].fulls == sums->fulls - fulls,
          "heap %p, class %u: full pages counted wrongly", (const void*)heap, class);
  unsigned cache = 0;
  for (const mica_block_t* b = heap->cache[class].head; b != NULL; b = mica_link_get(b))
    WALK_IS(++cache < WALK_BLOCKS, "heap %p, class %u: the cache does not end", (const void*)heap, class);
}

/* An idle theap has nothing. */
static inline void walk_idle(const mica_theap_t* heap, uint64_t pages) {
  const void* at = heap;
  WALK_IS(pages == 0, "heap %p: idle, and has %llu pages", at, (unsigned long long)pages);
  WALK_IS(heap->thread.outbox_credit == MICA_OUTBOX_BYTES, "heap %p: idle, and its outbox has blocks", at);
  for (unsigned c = 0; c < MICA_CLASSES; c++)
    WALK_IS(!heap->cache[c].head, "heap %p: idle, and class %u has a cache", at, c);
}

/* How many pages the heap has. */
static inline uint64_t walk_heap(const mica_theap_t* heap) {
  walk_sums_t sums = {0, 0, 0, 0, 0};
  for (unsigned c = 0; c < MICA_CLASSES; c++) walk_places(&sums, heap, c);
  WALK_IS(heap->owned_bytes == sums.bytes, "heap %p: counts %zu bytes, has %llu", (const void*)heap, heap->owned_bytes,
          (unsigned long long)sums.bytes);
  WALK_IS(heap->full_bytes == sums.full_bytes, "heap %p: counts %zu bytes in full pages, has %llu", (const void*)heap,
          heap->full_bytes, (unsigned long long)sums.full_bytes);
  uint64_t aged = 0;
  for (const mica_page_t* page = heap->full; page != NULL; page = page->older) aged += mica_page_bytes(page);
  WALK_IS(aged == sums.full_bytes, "heap %p: the full pages by age are not the full pages", (const void*)heap);
  if (WALK_LOAD(&heap->thread.id) == 0 && !mica_theap_is_sub(heap)) walk_idle(heap, sums.pages);
  return sums.pages;
}

/* ---- a first-class heap ---- */

/* The bytes under the pages of one block on a sub-heap's roll. */
static inline uint64_t walk_registry(const mica_theap_t* sub) {
  uint64_t bytes = 0;
  for (const mica_theap_t* registry = sub; registry != NULL; registry = registry->sub.annex)
    for (unsigned i = 0; i < registry->sub.registry_end; i++) {
      const mica_page_t* page = WALK_LOAD(&registry->sub.registry[i]);
      if (page == NULL) continue;
      WALK_IS(mica_page_single(page) && page->registry == registry && page->registry_at == i,
              "roll %p, slot %u: page %p is not there", (const void*)registry, i, (const void*)page);
      walk_large(page, registry, i);
      bytes += mica_page_bytes(page);
    }
  return bytes;
}

/* Its sub-heaps are its own, and its room is what they have. */
static inline void walk_set(const mi_heap_t* set) {
  uint64_t bytes = 0;
  for (const mica_theap_t* sub = mica_sub_first((mi_heap_t*)(uintptr_t)set); sub != NULL; sub = sub->sub.sibling) {
    WALK_IS(mica_theap_heap(sub) == set && sub->sub.serial == WALK_LOAD(&set->serial),
            "heap %p: sub-heap %p is another's", (const void*)set, (const void*)sub);
    bytes += sub->owned_bytes + walk_registry(sub);
  }
  WALK_IS(quota_bytes(WALK_LOAD(&set->quota)) == bytes, "heap %p: its room is %llu bytes, it has %llu",
          (const void*)set, (unsigned long long)quota_bytes(WALK_LOAD(&set->quota)), (unsigned long long)bytes);
}

/* ---- everything ---- */

static inline uint64_t walk_previous(mica_counter_t came, mica_counter_t went) {
  return mica_counted(came) - mica_counted(went);
}

static inline void walk_balance(const walk_t* w) {
  const uint64_t born = walk_previous(MICA_COUNTER_PAGES_BORN, MICA_COUNTER_PAGES_GONE);
  const uint64_t large = walk_previous(MICA_COUNTER_LARGE_BORN, MICA_COUNTER_LARGE_GONE);
  const uint64_t windows = walk_previous(MICA_COUNTER_WINDOWS_BORN, MICA_COUNTER_WINDOWS_GONE);
  const uint64_t claimed = walk_previous(MICA_COUNTER_SLICES_CLAIMED, MICA_COUNTER_SLICES_RETURNED);
  WALK_IS(born == w->owned + w->abandoned, "born less gone is %llu pages, there are %llu", (unsigned long long)born,
          (unsigned long long)(w->owned + w->abandoned));
  WALK_IS(large == w->singles + windows, "born less gone is %llu pages of one block, there are %llu",
          (unsigned long long)large, (unsigned long long)(w->singles + windows));
  WALK_IS(claimed == w->slices, "claimed less returned is %llu slices, pages have %llu", (unsigned long long)claimed,
          (unsigned long long)w->slices);
  const int64_t used = mica_slices_used();
  WALK_IS(used == (int64_t)w->slices, "%lld slices count as used, pages have %lld", (long long)used,
          (long long)w->slices);
  const int64_t dirty = mica_slices_dirty();
  WALK_IS(dirty == (int64_t)w->dirty, "%lld slices count as dirty, %lld are", (long long)dirty, (long long)w->dirty);
}

/* Looks at everything. Returns only if it agrees. */
static inline walk_t walk(void) {
  walk_t w = {0};
  uint64_t listed = 0;
  for (unsigned i = 0; i < mica_arena_count(); i++)
    if (mica_arena(i) != NULL) walk_arena(&w, mica_arena(i));
  for (const mica_theap_t* heap = mica_theap_first(); heap != NULL; heap = heap->all_next) listed += walk_heap(heap);
  mica_theap_t* from = mica_theap_first();
  for (const mi_heap_t* set; (set = mica_heap_next(&from)) != NULL; w.heaps++) walk_set(set);
  WALK_IS(listed == w.owned, "%lld pages owned, heaps have %lld", (long long)w.owned, (long long)listed);
  walk_balance(&w);
  return w;
}

#endif
