/* malloc.c -- allocation behind the fast path: a class whose cache is empty, blocks with a page of their own, zeroed
 * blocks, and what is tried before giving up.
 *
 * errno is set here, once, where NULL is about to be returned. */
#include "heap/malloc.h"

#include <errno.h>
#include <string.h>

#include "heap/alloc.h"
#include "heap/bare.h"
#include "heap/callbacks.h"
#include "heap/collect.h"
#include "heap/fast.h"
#include "heap/first_class/large_pages.h"
#include "heap/memalign.h"
#include "heap/refill.h"
#include "heap/sample.h"
#include "heap/thread.h"
#include "heap/zalloc.h"
#include "segment/purge.h"

MICA_INLINE mica_page_t* single_drawn(mica_theap_t* mine, size_t size, size_t align, size_t offset, bool want_clean) {
  mica_page_t* page = mica_bare_single(mine, size, align, offset, want_clean);
  if (MICA_UNLIKELY(mica_sample_looks(mine)) && page != NULL) mica_sample_single(page, size);
  return page;
}

mica_page_t* mica_malloc_single(mica_theap_t* mine, size_t size, size_t align, size_t offset, bool want_clean) {
  return single_drawn(mine, size, align, offset, want_clean);
}

static MICA_NOINLINE void* large(mica_theap_t* mine, size_t size) {
  mica_page_t* page = size > PTRDIFF_MAX ? NULL : single_drawn(mine, size, MICA_STEP_SMALL, 0, false);
  return page != NULL ? mica_remote_first(mica_page_remote(page)) : mica_malloc_failed(size);
}

void* mica_malloc_slow(size_t size) {
  mica_theap_t* mine = mica_theap_mine();
  if (MICA_UNLIKELY(mica_sample_looks(mine)) && size <= MICA_CLASS_MAX) return mica_sample_malloc(mine, size);
  mica_callback_deferred(false);
  mine = mica_theap_mine(); /* which may be another one now */
  if (size > MICA_CLASS_MAX) return large(mine, size);
  void* b = mica_bare_class(mine, mica_class_of(size == 0 ? 1 : size), false);
  return b != NULL ? b : mica_malloc_failed(size);
}

/* ---- zeroed ---- */

enum { ZERO_STEPS = 64, ZERO_IN_LINE = 256 }; /* bytes at a time; more are memset's */

/* More than ZERO_STEPS bytes; stores may overlap. */
MICA_INLINE void zero_by_steps(char* p, size_t size) {
  char* const last = p + size - ZERO_STEPS;
  do {
    MICA_ZERO(p, ZERO_STEPS);
    p += ZERO_STEPS;
    MICA_OPAQUE(p); /* or the loop becomes a call of memset */
  } while (p < last);
  MICA_ZERO(last, ZERO_STEPS);
}

void* mica_zeroed(void* p, size_t size) {
  mica_track_open(p, size);
  if (size > ZERO_IN_LINE || size < ZERO_STEPS)
    p = memset(p, 0, size);
  else
    zero_by_steps(p, size);
  mica_track_close(p, size);
  return p;
}

void* mica_zeroed_whole(void* p) { return mica_zeroed(p, mica_page_remote(mica_page_of(p))->size); }

static void* zero_single(mica_theap_t* mine, size_t size) {
  mica_page_t* page = size > PTRDIFF_MAX ? NULL : mica_malloc_single(mine, size, MICA_STEP_SMALL, 0, true);
  if (page == NULL) return mica_malloc_failed(size);
  char* first = mica_remote_first(mica_page_remote(page));
  return page->zeroed ? first : mica_zeroed(first, mica_page_usable(page, first));
}

/* p, a bare block, becomes zero as far as it may be used. */
static void* zero_usable(void* p) { return mica_zeroed(p, mica_page_usable(mica_page_of(p), p)); }

/* A class whose fresh blocks need not be made zero: only whether it is a sample is asked, for what is handed over may not be
 * fresh. */
static MICA_NOINLINE void* zero_drawn(mica_theap_t* mine, size_t size) {
  const unsigned class = mica_class_of(size);
  void* p = mica_sample_class(mine, class, &(mica_request_t){size, 1, 0}, false, false);
  if (p != NULL) return zero_usable(p);
  mine = mica_theap_mine();
  void* b = mica_theap_is_real(mine) ? mica_refill_zero(mine, class) : NULL;
  if (b != NULL) return b;
  b = mica_malloc_class(mine, class, false);
  return b == NULL ? mica_malloc_failed(size) : zero_usable(b);
}

void* mica_zalloc_slow(size_t size) {
  mica_theap_t* mine = mica_theap_mine();
  if (size > MICA_CLASS_MAX) return zero_single(mine, size);
  if (size > MICA_SMALL_MAX && MICA_UNLIKELY(mica_sample_looks(mine))) return zero_drawn(mine, size);
  if (size > MICA_SMALL_MAX && mica_theap_is_real(mine)) {
    void* b = mica_refill_zero(mine, mica_class_of(size));
    if (b != NULL) return b;
  }
  void* b = mica_malloc_slow(size);
  return b == NULL ? NULL : zero_usable(b);
}

void* mica_zalloc(size_t size) { return mica_zalloc_inline(size); }

/* ---- aligned ---- */

/* A block of a class for inner pointers; the pointer into it that is aligned. */
static void* aligned_inner(mica_theap_t* mine, unsigned class, size_t align, size_t offset) {
  char* b = mica_malloc_class(mine, class, true);
  if (b == NULL) return NULL;
  const size_t over = ((uintptr_t)b + offset) & (align - 1);
  return over == 0 ? b : b + (align - over);
}

/* A block of the class itself. One borrowed from another class may be less aligned: it goes where it belongs. There are no more
 * of these than the cache holds. */
static void* aligned_class(mica_theap_t* mine, unsigned class, size_t align) {
  void* b;
  const bool exact = align > MICA_STEP_SMALL;
  unsigned most = MICA_CACHE_MOST;
  while ((b = mica_malloc_class(mine, class, exact)) != NULL && ((uintptr_t)b & (align - 1)) != 0) {
    if (MICA_UNLIKELY(most-- == 0)) mica_list_damaged(class, b);
    mica_free_bare(b);
  }
  return b;
}

/* *class becomes the one that it is of; NONE: none is large enough. */
static void* aligned_shared(mica_theap_t* mine, size_t size, size_t align, size_t offset, unsigned* class) {
  const bool inner = offset % align != 0;
  if (!inner)
    *class = mica_class_aligned(size, align);
  else if (size <= MICA_CLASS_MAX && align <= MICA_CLASS_MAX)
    *class = mica_class_inner(size + align - 1);
  if (*class == MICA_CLASS_NONE) return NULL;
  if (MICA_UNLIKELY(mica_sample_looks(mine))) {
    const bool exact = align > MICA_STEP_SMALL;
    void* sample = mica_sample_class(mine, *class, &(mica_request_t){size, align, offset}, !inner, exact);
    if (sample != NULL) return sample;
    mine = mica_theap_mine();
  }
  return inner ? aligned_inner(mine, *class, align, offset) : aligned_class(mine, *class, align);
}

static void* aligned_bare(size_t size, size_t align, size_t offset, bool zero) {
  if (align == 0 || (align & (align - 1)) != 0) {
    errno = EINVAL;
    return NULL;
  }
  if (size > PTRDIFF_MAX) {
    mica_callback_forget();
    return mica_malloc_failed(size);
  }
  if (align > (size_t)1 << 30) {
    mica_callback_alignment(size, align);
    errno = ENOMEM;
    return NULL;
  }
  if (size == 0) size = 1; /* the byte behind it may be another page's */
  mica_theap_t* mine = mica_theap_mine();
  unsigned class = MICA_CLASS_NONE;
  void* p = aligned_shared(mine, size, align, offset, &class);
  if (p == NULL && class == MICA_CLASS_NONE) {
    mica_page_t* page = mica_malloc_single(mine, size, align < MICA_STEP_SMALL ? MICA_STEP_SMALL : align, offset, zero);
    if (page == NULL) return mica_malloc_failed(size);
    p = mica_remote_first(mica_page_remote(page));
    zero = zero && !page->zeroed;
  }
  if (p == NULL) return mica_malloc_failed(size);
  return zero ? mica_zeroed(p, mica_page_usable(mica_page_of(p), p)) : p;
}

void* mica_memalign_slow(size_t size, size_t align) { return aligned_bare(size, align, 0, false); }

void* mica_malloc_aligned(size_t size, size_t align, size_t offset, bool zero) {
  return mica_given(aligned_bare(mica_padded(size), align, offset, zero), size, zero);
}
