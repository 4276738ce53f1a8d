/* pointers.h -- a pointer of which the compiler knows nothing, and whether one is aligned. */
#ifndef MICA_TESTS_POINTERS_H
#define MICA_TESTS_POINTERS_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Hides a pointer's origin, so that the compiler keeps every call and judges none. */
static inline void* opaque(void* p) {
  void* volatile hidden = p;
  return hidden;
}

static inline bool aligned_to(const void* p, size_t alignment) { return (uintptr_t)p % alignment == 0; }

#endif
