/* alloc_helpers.h -- helpers of the malloc family (override_*.c) and of the mi_* functions (mi_*.c): arrays, whole OS pages,
 * results by error number, copies of texts, sizes of blocks, and sizes that the program states.
 *
 * No state. Allocations are as in alloc.h: NULL with errno ENOMEM on failure, errno untouched otherwise; a function that
 * returns an error number leaves errno alone. Any thread, any time. */
#ifndef MICA_ALLOC_HELPERS_H
#define MICA_ALLOC_HELPERS_H
#include "base/config.h"
#include "base/sizes.h"
#include "heap/alloc.h"
#include "heap/free.h"
#include "heap/memalign.h"
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* POSIX: alignment is a power of two and a multiple of a pointer's size, else EINVAL; *memptr is written on success only. */
int mica_posix_memalign(void** memptr, size_t alignment, size_t size);

/* The same. Where a checker is told of blocks it is told in line, as in heap/in_line.h. */
MICA_INLINE int mica_posix_memalign_in_line(void** memptr, size_t alignment, size_t size) {
  if (!MICA_TRACKED) return mica_posix_memalign(memptr, alignment, size);
  if (alignment % sizeof(void*) != 0 || !mica_is_alignment(alignment)) return EINVAL;
  const int saved = errno;
  void* const p = mica_memalign(size, alignment);
  errno = saved;
  if (p == NULL) return ENOMEM;
  *memptr = p;
  return 0;
}

/* BSD: aligned to an OS page. SunOS: and whole OS pages, at least one. */
void* mica_valloc(size_t size);
void* mica_pvalloc(size_t size);

/* NetBSD: p is the address of the pointer, which is replaced on success only: 0. Else EOVERFLOW or ENOMEM. A total of 0 frees
 * the block and stores NULL. The pointer may be of any type. The block is resized and freed by these two. */
typedef void* mica_resize_t(void* p, size_t size);
typedef void mica_give_t(void* p);
MICA_INLINE int mica_reallocarr(void* p, size_t count, size_t size, mica_resize_t* resize, mica_give_t* give) {
  void* block;
  memcpy(&block, p, sizeof block);
  size_t total;
  if (MICA_MUL_OVERFLOWS(count, size, &total)) return EOVERFLOW;
  void* resized = NULL;
  if (total == 0) {
    give(block);
  } else {
    const int saved = errno;
    resized = resize(block, total);
    errno = saved;
    if (resized == NULL) return ENOMEM;
  }
  memcpy(p, &resized, sizeof resized);
  return 0;
}

/* A copy of length bytes at text, and a null byte behind it. */
char* mica_copy_text(const char* text, size_t length);

/* Where misuse is looked for (MICA_EXAMINES): p is to be freed by `function`, which was given that size and that alignment.
 * Unless it is NULL, or a block in use that could have been asked for with them, the program ends. */
void mica_examine_sized(const char* function, const void* p, size_t size, size_t alignment);

/* As mica_usable_size, of what the program gave to `function`: where misuse is looked for, it is examined first. */
static inline size_t mica_usable_of(const void* p, const char* function) {
  if (MICA_EXAMINES) mica_ask_examine(p, function);
  return mica_usable_size(p);
}

/* Stores how large p is, unless block_size is NULL; returns p. */
static inline void* mica_sized(void* p, size_t* block_size) {
  if (block_size != NULL) *block_size = mica_usable_size(p);
  return p;
}

#endif
