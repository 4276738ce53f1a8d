/* realloc.c -- sizes of blocks, and changing them.
 *
 * Order of preference: as it is; in place, by the slices behind; by moving page tables; by copying. The caller holds the
 * block, so its page stays and, if it is a single one, is the caller's to resize. */
#include <errno.h>
#include <string.h>

#include "heap/alloc.h"
#include "heap/callbacks.h"
#include "heap/fast.h"
#include "heap/first_class/large_pages.h"
#include "heap/sample.h"

enum {
  SLACK_PART = 8,  /* a single block that has to move to grow gets so much more */
  APPEND_PART = 8, /* a small one that has to move to grow by so little gets as much more */
};

/* Bytes of a block in use that are the program's. Where a checker tracks blocks, it is shown all of them, or what was asked
 * for. */
static size_t usable_in(const mica_page_t* page, const void* p) {
  return MICA_TRACKED ? mica_tracked_size(p) : mica_sample_usable(page, p);
}

/* Of a block whose tag is mine. */
MICA_INLINE size_t usable_of_mine(const mica_tag_t* tag) {
  const size_t step = (size_t)((char*)tag->cache - (char*)mica_theap_mine()->cache);
  return mica_classes[step / MICA_STEP_SMALL].size;
}

size_t mica_usable_size(const void* p) {
  if (p == NULL || !mica_in_use(p)) return 0;
  const mica_tag_t* tag = mica_tag_of(p);
  return !MICA_TRACKED && mica_tag_is_mine(tag) ? usable_of_mine(tag) : usable_in(mica_page_of(p), p);
}

size_t mica_good_size(size_t size) {
  if (MICA_PAD != 0) return size; /* what lies behind it is not the program's */
  if (size <= MICA_CLASS_MAX) return mica_classes[mica_class_of(size == 0 ? 1 : size)].size;
  return mica_single_good_size(size);
}

/* Tracked: the program resizes what is no block in use. */
static void* refused(void) {
  errno = EINVAL;
  return NULL;
}

/* It holds size bytes where it is. */
static void* stays(mica_page_t* page, void* p, size_t size) {
  mica_sample_resized(page, p, size);
  return mica_resized(p, size);
}

/* Likewise, of a page of one block that was made to. */
static void* stays_single(mica_page_t* page, void* p, size_t size) {
  mica_sample_anew(page, size);
  return mica_resized(p, size);
}

/* A smaller copy is a favour: without memory for it the block stays. */
static void* shrunk(void* p, size_t size) {
  const int saved = errno;
  const bool hush = mica_callback_hush(true);
  void* q = mica_malloc(size);
  mica_callback_hush(hush);
  if (q == NULL) {
    errno = saved;
    return p;
  }
  memcpy(q, p, size);
  mica_free_examined(p, MICA_FAMILY_MALLOC);
  return q;
}

static void* copied(void* p, void* q, size_t n) {
  if (q == NULL) return NULL;
  memcpy(q, p, n);
  mica_free_examined(p, MICA_FAMILY_MALLOC);
  return q;
}

/* A page for a block that is copied to it because it grows. */
static mica_page_t* page_to_grow(mica_theap_t* mine, size_t size) {
  const bool real = mica_theap_is_real(mine);
  if (real) mine->hint.grows = true;
  mica_page_t* to = mica_malloc_single(mine, size, MICA_STEP_SMALL, 0, false);
  if (real) mine->hint.grows = false;
  return to;
}

static MICA_NOINLINE void* realloc_single(void* p, mica_page_t* page, size_t size, size_t usable) {
  if (size > MICA_CLASS_MAX && mica_large_resize(page, size)) return stays_single(page, p, size);
  if (size < usable) {
    void* q = shrunk(p, size);
    return q == p && mica_large_resize(page, MICA_CLASS_MAX + 1) ? stays_single(page, p, size) : q;
  }
  mica_theap_t* mine = mica_theap_mine();
  mica_hint_t nowhere = {0};
  const uint32_t sample = page->sample;
  mica_page_t* to = mica_large_move(mine, page, size, mica_theap_is_real(mine) ? &mine->hint : &nowhere);
  if (to != NULL) {
    mica_sample_moved(sample, p, to, size);
    return mica_resized(mica_remote_first(mica_page_remote(to)), size);
  }
  to = page_to_grow(mine, size + size / SLACK_PART);
  if (to != NULL) mica_sample_resized(to, mica_remote_first(mica_page_remote(to)), size);
  void* q = to != NULL ? mica_given(mica_remote_first(mica_page_remote(to)), size, false) : mica_malloc(size);
  return copied(p, q, usable);
}

/* Of a block with a page of its own. */
MICA_INLINE size_t usable_single(const mica_page_t* page, const void* p) {
  const mica_remote_t* r = mica_page_remote(page);
  return MICA_TRACKED ? mica_tracked_size(p) : (size_t)((const char*)r->base + r->extent - (const char*)p);
}

/* Of one with a page of its own that would have none if it were no sample, too. */
static MICA_NOINLINE void* realloc_shared(void* p, mica_page_t* page, size_t size) {
  const size_t usable = usable_in(page, p);
  if (MICA_ALWAYS_MOVES) return copied(p, mica_malloc(size), size < usable ? size : usable);
  if (size <= usable && size >= usable / 2) return stays(page, p, size);
  return size < usable ? shrunk(p, size) : copied(p, mica_malloc(size), usable);
}

static MICA_NOINLINE void* realloc_general(void* p, size_t size) {
  if (p == NULL || size > PTRDIFF_MAX) return mica_malloc(size); /* too large: it fails, and says so */
  if (!mica_in_use(p)) return refused();
  mica_page_t* page = mica_page_of(p);
  if (MICA_ALWAYS_MOVES || !mica_page_single(page) || page->sample_usable != 0) return realloc_shared(p, page, size);
  const size_t usable = usable_single(page, p);
  if (usable - size <= usable / 4) return stays(page, p, size);
  return realloc_single(p, page, size, usable);
}

/* What to ask for. Where classes lie close, a block that grows by little, and likely will again, is given some more. */
static size_t with_slack(size_t size, size_t usable) {
  const bool by_little = size <= MICA_SMALL_MAX && size - usable <= usable / APPEND_PART;
  return by_little ? size + size / APPEND_PART : size;
}

/* A block of usable bytes that shares its page with others, and is too small. */
static MICA_NOINLINE void* grown(void* p, size_t size, size_t usable) {
  void* q = mica_malloc(with_slack(size, usable));
  if (mica_profile_began() && q != NULL) mica_sample_resized(mica_page_of(q), q, size); /* the slack is mica's */
  return copied(p, q, usable);
}

/* A block of the theap's own needs no look at its page. */
void* mica_realloc(void* p, size_t size) {
  if (MICA_EXAMINES) mica_free_examine(p, "realloc");
  if (MICA_TRACKED || MICA_UNLIKELY(p == NULL)) return realloc_general(p, size);
  const mica_tag_t* tag = mica_tag_of(p);
  if (MICA_UNLIKELY(!mica_tag_is_mine(tag))) return realloc_general(p, size);
  const size_t usable = usable_of_mine(tag);
  if (usable - size <= usable / 2) return p;
  if (size < usable || size > MICA_CLASS_MAX) return realloc_general(p, size);
  return grown(p, size, usable);
}

void* mica_realloc_aligned(void* p, size_t size, size_t align, size_t offset) {
  if (MICA_EXAMINES) mica_free_examine(p, "realloc");
  if (p == NULL || align == 0 || (align & (align - 1)) != 0) return mica_malloc_aligned(size, align, offset, false);
  if (!mica_in_use(p)) return refused();
  mica_page_t* page = mica_page_of(p);
  const size_t usable = usable_in(page, p);
  const bool fits = size <= usable && size >= usable / 2 && (((uintptr_t)p + offset) & (align - 1)) == 0;
  if (fits && !MICA_ALWAYS_MOVES) return stays(page, p, size);
  return copied(p, mica_malloc_aligned(size, align, offset, false), size < usable ? size : usable);
}
