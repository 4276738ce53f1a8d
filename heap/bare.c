/* bare.c -- what bare.h has, as calls; and the end of those that fail. */
#include "heap/bare.h"

#include <errno.h>

#include "heap/callbacks.h"
#include "heap/malloc.h"

void* mica_malloc_class(mica_theap_t* mine, unsigned class, bool exact) { return mica_bare_class(mine, class, exact); }

mica_page_t* mica_malloc_single_bare(mica_theap_t* mine, size_t size, size_t align, size_t offset, bool want_clean) {
  return mica_bare_single(mine, size, align, offset, want_clean);
}

void* mica_malloc_failed(size_t size) {
  mica_callback_failure(size);
  errno = ENOMEM;
  return NULL;
}
