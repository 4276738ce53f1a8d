/* page.c -- the birth of pages, carving, and the arithmetic of their blocks.
 *
 * Plain fields are written at birth by the one thread that holds the slices; every later reader holds a block of the page,
 * or reclaimed the page through its word. */
#include "page/page.h"

#include "observe/output.h"

/* A page worth reclaiming has an eighth of its blocks free; one worth filling from again, this part. */
enum { OFFER_PART = 8, ENOUGH_PART = 32 };

enum { RESIDENT_LEAST = 8 };

static void line_set(mica_page_t* page, unsigned class, unsigned back) {
  mica_remote_t* r = mica_page_remote(page);
  r->back = back;
  atomic_store_explicit(&r->kind, class, memory_order_relaxed); /* relaxed: see mica_remote_t [B1] */
}

/* relaxed: read by those who hold a block, which reached them from us [T2] */
static void owner_set(mica_page_t* page, pw_theap_t* owner) {
  atomic_store_explicit(PW_OWNER(page), owner, memory_order_relaxed);
}

void mica_page_set_owner(mica_page_t* page, pw_theap_t* owner, void* cache) {
  mica_page_tag(page)->cache = cache;
  const uintptr_t mark = mica_classes[mica_page_class(page)].inner ? MICA_MARK_INNER : 0;
  owner_set(page, (pw_theap_t*)((uintptr_t)owner | mark));
}

static void remote_set(mica_remote_t* r, char* base, char* first, unsigned total, unsigned offer, uint32_t size,
                       uint64_t extent) {
  r->base = (mica_block_t*)(void*)base;
  r->lead = (uint32_t)(first - base);
  r->total = total;
  r->offer = offer;
  r->size = size;
  r->slices = (uint32_t)((extent + MICA_SLICE - 1) >> MICA_SLICE_SHIFT);
  r->extent = extent;
}

static void owner_clear(mica_page_t* page) {
  page->local_free = NULL;
  page->used = page->capacity = 0;
  page->next = page->prev = page->newer = page->older = NULL;
  page->total = page->enough = 0;
  page->place = MICA_PLACE_NONE;
  page->zeroed = false;
  page->searched = false;
  page->registry = NULL; /* and so no unit is vacant */
}

mica_page_t* mica_page_birth(uintptr_t window, unsigned slice, unsigned class, mica_parent_t of, bool zeroed) {
  const mica_class_t* c = &mica_classes[class];
  mica_page_t* page = mica_page_at(window, slice);
  const uint64_t extent = mica_class_extent(class);
  char* base = (char*)window + ((uintptr_t)slice << MICA_SLICE_SHIFT);
  const unsigned total = mica_class_total(class), offer = total / OFFER_PART == 0 ? 1 : total / OFFER_PART;
  char* first = base + extent - (uint64_t)total * c->size;
  static_assert(sizeof(mica_page_t) == MICA_LINE_SIZE, "the lines of a page's slices are neighbours");
  owner_clear(page);
  page->total = (uint16_t)total;
  page->enough = (uint16_t)(total / ENOUGH_PART == 0 ? 1 : total / ENOUGH_PART);
  page->zeroed = zeroed;
  remote_set(mica_page_remote(page), base, first, total, offer, c->size, extent);
  mica_track_fresh(base, extent);
  for (unsigned i = 0; i < c->slices; i++) {
    line_set(page + i, class, i);
    if (i != 0) owner_set(page + i, PW_NOBODY);
  }
  mica_page_set_owner(page, of.owner, of.cache);
  mica_page_remote(page)->dedicated = of.dedicated;
  /* relaxed: a stalled seeker finds nothing to reclaim before and after; everybody else got a block from us [P8] */
  atomic_store_explicit(&mica_page_remote(page)->word, pw_make(of.dedicated ? PW_DEDICATED : PW_OWNED, 0, 0),
                        memory_order_relaxed);
  return page;
}

mica_page_t* mica_page_birth_single(uintptr_t window, char* base, char* first, uint64_t extent) {
  mica_page_t* page = mica_page_of_tag(mica_tag_of(first));
  mica_assert(mica_window_of(first) == window);
  owner_clear(page);
  page->used = page->capacity = page->total = 1;
  remote_set(mica_page_remote(page), base, first, 1, 1, 0, extent);
  mica_page_remote(page)->dedicated = false;
  /* A window of its own begins with these very lines. */
  char* body = (uintptr_t)base == window ? base + MICA_HEAD : base;
  mica_track_fresh(body, (size_t)(base + extent - body));
  line_set(page, MICA_CLASS_NONE, 0);
  owner_set(page, PW_NOBODY);
  /* relaxed: a seeker wants a free block, and there is none until the holder frees it, which ends the page [P8] */
  atomic_store_explicit(&mica_page_remote(page)->word, pw_make(PW_ABANDONED, 0, 0), memory_order_relaxed);
  return page;
}

/* The blocks that begin before the next OS page. Of a class that only grows a few at least, where they are likely to be
 * resident. */
static unsigned carve_count(const mica_page_t* page, const mica_remote_t* r, const char* from, bool growing) {
  const unsigned begin = (unsigned)((MICA_OS_PAGE - (uintptr_t)from % MICA_OS_PAGE + r->size - 1) / r->size);
  const unsigned n = growing && !page->zeroed && begin < RESIDENT_LEAST ? RESIDENT_LEAST : begin;
  const unsigned left = r->total - page->capacity;
  return n < left ? n : left;
}

mica_block_t* mica_page_carve(mica_page_t* page, unsigned* count, mica_block_t* tail, bool growing) {
  const mica_remote_t* r = mica_page_remote(page);
  char* from = mica_remote_first(r) + (uint64_t)page->capacity * r->size;
  const unsigned most = carve_count(page, r, from, growing);
  if (*count > most) *count = most;
  for (unsigned i = *count; i-- != 0;) {
    mica_block_t* b = (mica_block_t*)(void*)(from + (uint64_t)i * r->size);
    mica_link_set(b, tail);
    /* The next ones to be carved, maybe. */
    if (r->size >= MICA_LINE_SIZE) MICA_PREFETCH_WRITE(from + (uint64_t)(i + *count) * r->size);
    tail = b;
  }
  page->capacity += *count;
  page->used += *count;
  return tail;
}

mica_block_t* mica_page_carve_zero(mica_page_t* page) {
  const mica_remote_t* r = mica_page_remote(page);
  if (!page->zeroed || page->capacity == r->total) return NULL;
  page->used++;
  return (mica_block_t*)(void*)(mica_remote_first(r) + (uint64_t)page->capacity++ * r->size);
}

static size_t index_of(const mica_remote_t* r, const void* p) {
  return ((size_t)((const char*)p - mica_remote_first(r))) / r->size;
}

mica_block_t* mica_page_block(const mica_page_t* page, const void* p) {
  const mica_remote_t* r = mica_page_remote(page);
  if (r->size == 0) return (mica_block_t*)(void*)mica_remote_first(r);
  return (mica_block_t*)(void*)(mica_remote_first(r) + index_of(r, p) * r->size);
}

size_t mica_page_usable(const mica_page_t* page, const void* p) {
  const mica_remote_t* r = mica_page_remote(page);
  if (r->size != 0 && !mica_classes[mica_page_class(page)].inner) return r->size; /* p is where its block begins */
  const char* end = r->size == 0 ? (const char*)r->base + r->extent : (const char*)mica_page_block(page, p) + r->size;
  return (size_t)(end - (const char*)p);
}

/* relaxed: the caller, who frees the block, holds it [P9] */
bool mica_page_plausible(const mica_page_t* page, const void* p) {
  const mica_remote_t* r = mica_page_remote(page);
  const unsigned class = mica_page_class(page);
  if (r->total == 0 || r->lead == 0 || (class >= MICA_CLASSES && class != MICA_CLASS_NONE)) return false;
  if (r->size == 0) return p == mica_remote_first(r) && atomic_load_explicit(&r->word, memory_order_relaxed) != 0;
  const char* end = (const char*)r->base + r->extent;
  if ((const char*)p < mica_remote_first(r) || (const char*)p >= end) return false;
  return mica_classes[class].inner || mica_page_block(page, p) == p;
}

const mica_page_t* mica_page_find(const void* p) {
  const mica_page_t* page = mica_page_of_tag(mica_tag_of(p));
  if (mica_page_remote(page)->back > mica_page_slice(page)) return NULL;
  page = mica_page_of(p);
  return mica_page_plausible(page, p) ? page : NULL;
}

/* Whether a page begins with this slice. relaxed: a look [P9] */
static bool begins(const mica_remote_t* r) {
  return r->lead != 0 && r->total != 0 && (r->size != 0 || atomic_load_explicit(&r->word, memory_order_relaxed) != 0);
}

/* The slices behind a page's first say nothing of it, or nothing that lasts. */
const mica_page_t* mica_page_holding(const void* p) {
  const uintptr_t window = mica_window_of(p);
  unsigned slice = (unsigned)(((uintptr_t)p - 1 - window) >> MICA_SLICE_SHIFT);
  for (;; slice--) {
    const mica_page_t* page = mica_page_at(window, slice);
    const mica_remote_t* r = mica_page_remote(page);
    if (begins(r))
      return (const char*)p >= mica_remote_first(r) && (const char*)p < (const char*)r->base + r->extent ? page : NULL;
    if (slice == 0) return NULL;
  }
}
