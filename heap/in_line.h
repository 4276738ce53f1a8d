/* in_line.h -- resizing and zeroed blocks for whoever exports them. Where a checker is told of blocks it is told in line: it
 * notes the stack at that moment, which is to begin with the function that the program called. In the other variants they are
 * the functions of alloc.h, and no code comes of this. */
#ifndef MICA_IN_LINE_H
#define MICA_IN_LINE_H
#include <errno.h>
#include <string.h>

#include "heap/alloc.h"
#include "heap/fast.h"
#include "heap/zalloc.h"

/* As mica_realloc. Tracked blocks that are resized always move. */
MICA_INLINE void* mica_realloc_in_line(void* p, size_t size) {
  if (!MICA_ALWAYS_MOVES) return mica_realloc(p, size);
  if (p == NULL || size > PTRDIFF_MAX) return mica_malloc(size);
  if (!mica_in_use(p)) {
    errno = EINVAL;
    return NULL;
  }
  void* const q = mica_malloc(size);
  if (q == NULL) return NULL;
  const size_t old = mica_tracked_size(p);
  memcpy(q, p, size < old ? size : old);
  mica_free_examined(p, MICA_FAMILY_MALLOC);
  return q;
}

/* As mica_zalloc. */
MICA_INLINE void* mica_zalloc_in_line(size_t size) {
  return MICA_TRACKED ? mica_zalloc_inline(size) : mica_zalloc(size);
}

#endif
