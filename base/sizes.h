/* sizes.h -- arithmetic on what a caller asks for. No state; anybody may include it. */
#ifndef MICA_SIZES_H
#define MICA_SIZES_H
#include "base/config.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* count * size, or a size that no allocation can meet. */
MICA_INLINE size_t mica_product(size_t count, size_t size) {
  size_t total;
  return MICA_MUL_OVERFLOWS(count, size, &total) ? SIZE_MAX : total;
}

MICA_INLINE bool mica_is_alignment(size_t alignment) { return alignment != 0 && (alignment & (alignment - 1)) == 0; }

#endif
