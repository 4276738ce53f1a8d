/* alloc_helpers.c -- see alloc_helpers.h. */
#include "api/alloc_helpers.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "heap/alloc.h"
#include "heap/fast.h"
#include "heap/memalign.h"
#include "heap/where.h"
#include "observe/hooks.h"

static size_t os_page(void) { return (size_t)sysconf(_SC_PAGESIZE); }

static MICA_NOINLINE int posix_memalign_slow(void** memptr, size_t alignment, size_t size) {
  if (!mica_is_alignment(alignment)) return EINVAL;
  const int saved = errno;
  void* const p = mica_malloc_aligned(size, alignment, 0, false);
  errno = saved;
  if (p == NULL) return ENOMEM;
  *memptr = p;
  return 0;
}

int mica_posix_memalign(void** memptr, size_t alignment, size_t size) {
  if (MICA_UNLIKELY(alignment % sizeof(void*) != 0)) return EINVAL;
  void* const p = mica_memalign_try(mica_padded(size), alignment);
  if (MICA_UNLIKELY(p == NULL)) return posix_memalign_slow(memptr, alignment, size);
  *memptr = mica_given(p, size, false);
  return 0;
}

void* mica_valloc(size_t size) { return mica_memalign(size, os_page()); }

/* A size that cannot be rounded cannot be had either. */
void* mica_pvalloc(size_t size) {
  const size_t page = os_page();
  const size_t whole = size == 0 ? page : (size + page - 1) & ~(page - 1);
  return mica_memalign(whole < size ? SIZE_MAX : whole, page);
}

char* mica_copy_text(const char* text, size_t length) {
  char* const block = mica_malloc(length + 1);
  if (block == NULL) return NULL;
  memcpy(block, text, length);
  block[length] = '\0';
  return block;
}

/* What was said of a block is not so. */
static _Noreturn void differs(const char* function, const void* p, const char* why, size_t said) {
  char text[MICA_WHERE_TEXT];
  mica_where_say(p, text);
  mica_misuse(EINVAL, "%s(%p): %s%zu bytes: %s\n", function, p, why, said, text);
}

void mica_examine_sized(const char* function, const void* p, size_t size, size_t alignment) {
  if (p == NULL) return;
  mica_free_examine(p, function);
  if (size > mica_usable_size(p)) differs(function, p, "not of ", size);
  if (!mica_is_alignment(alignment) || (uintptr_t)p % alignment != 0)
    differs(function, p, "not aligned to ", alignment);
}
