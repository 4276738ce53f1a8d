/* rezalloc.c -- resizing with a promise.
 *
 * What holds for a block that was made zero and is resized here alone, between two calls: every byte of its usable size that
 * the program has not written is zero. What was asked for is not known (the program may have used all that is usable), hence:
 *
 *   grown      the old usable size is kept, what is behind it is made zero, unless it is known to be
 *   shrunk     what is behind the new size is made zero, in place or in the copy: it may be asked for again
 *
 * A block of its own page is resized exactly, so that there is never more than a slice to be made zero in place. */
#include "heap/rezalloc.h"

#include <errno.h>
#include <string.h>

#include "base/sizes.h"
#include "heap/alloc.h"
#include "heap/callbacks.h"
#include "heap/fast.h"
#include "heap/first_class/large_pages.h"
#include "heap/sample.h"
#include "segment/arena.h"

/* A block with a page of its own is made to hold size bytes where it lies. */
static bool resized_single(void* p, size_t size) {
  if (MICA_ALWAYS_MOVES || size <= MICA_CLASS_MAX || size > PTRDIFF_MAX) return false;
  mica_page_t* const page = mica_page_of(p);
  if (!mica_page_single(page) || !mica_large_resize(page, size)) return false;
  mica_sample_anew(page, size);
  return true;
}

static void* resized(void* p, size_t size) { return MICA_ALWAYS_MOVES ? p : mica_resized(p, size); }

/* The block p, which has been resized from a usable size of `old` to size bytes, is zero behind the smaller of the two.
 * clean: what it grew by is known to be. */
static void* zero_behind(void* p, size_t size, size_t old, bool clean) {
  const size_t now = mica_usable_size(p), kept = size < old ? size : old, end = clean && now > old ? old : now;
  if (kept < end) memset((char*)p + kept, 0, end - kept);
  return resized(p, size);
}

/* Own mappings grow by memory that nobody had. */
static bool grows_clean(const mica_page_t* page) { return mica_arena_at(mica_page_window(page))->window_bytes != 0; }

/* In place, exactly. NULL: it cannot be. */
static void* rezalloc_single(void* p, size_t size, size_t old) {
  return resized_single(p, size) ? zero_behind(p, size, old, grows_clean(mica_page_of(p))) : NULL;
}

/* q: p resized by a general form, moved or not. To a checker, memory that is zero by chance is not set. */
static void* rezeroed(void* p, void* q, size_t size, size_t old) {
  if (q == NULL) return NULL;
  const mica_page_t* const page = mica_page_of(q);
  return zero_behind(q, size, old, !MICA_ALWAYS_MOVES && q != p && mica_page_single(page) && page->zeroed);
}

void* mica_rezalloc(void* p, size_t size) {
  if (p == NULL) return mica_zalloc(size);
  const size_t old = mica_usable_size(p);
  void* const q = rezalloc_single(p, size, old);
  return q != NULL ? q : rezeroed(p, mica_realloc(p, size), size, old);
}

void* mica_rezalloc_aligned(void* p, size_t size, size_t align, size_t offset) {
  if (p == NULL || !mica_is_alignment(align)) return mica_malloc_aligned(size, align, offset, true);
  const size_t old = mica_usable_size(p);
  const bool aligned = (((uintptr_t)p + offset) & (align - 1)) == 0;
  void* const q = aligned ? rezalloc_single(p, size, old) : NULL;
  return q != NULL ? q : rezeroed(p, mica_realloc_aligned(p, size, align, offset), size, old);
}

void* mica_expand(void* p, size_t size) {
  if (p != NULL && size <= mica_usable_size(p)) {
    if (mica_profile_began()) mica_sample_resized(mica_page_of(p), p, size);
    return resized(p, size);
  }
  if (p != NULL && resized_single(p, size)) return resized(p, size);
  mica_callback_forget();
  errno = ENOMEM;
  return NULL;
}
