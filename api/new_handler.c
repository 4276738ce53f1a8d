/* new_handler.c -- the new-handler loop.
 *
 * No state of its own. Compiled with -fexceptions: exceptions pass through these frames. Called by api/override_new.c and
 * api/mi_new.c, on failure only. */
#include "api/new_handler.h"

#include <errno.h>

#include "api/cxx.h"
#include "heap/memalign.h"

static void handler_call(void* handler) { (*(mica_new_handler_t* const*)handler)(); }

bool mica_new_again(bool nothrow) {
  const int saved = errno; /* the runtime is looked for, which may set it */
  mica_new_handler_t* handler = mica_cxx_new_handler();
  errno = saved;
  if (handler == NULL) {
    if (nothrow) return false;
    mica_cxx_throw_bad_alloc();
  }
  if (nothrow) return mica_cxx_try(handler_call, &handler);
  handler();
  return true;
}

_Noreturn void mica_new_overflows(void) {
  mica_new_again(false);
  mica_cxx_throw_bad_alloc();
}

void* mica_new_misaligned(bool nothrow) {
  if (!nothrow) mica_cxx_throw_bad_alloc();
  errno = EINVAL;
  return NULL;
}

/* Every block has this alignment, so asking for it costs nothing. */
enum { PLAIN_ALIGNMENT = 16 };

static void* attempt(size_t size, size_t alignment) {
  return alignment <= PLAIN_ALIGNMENT ? mica_malloc(size) : mica_memalign(size, alignment);
}

void* mica_new_until(size_t size, size_t alignment, bool nothrow) {
  while (mica_new_again(nothrow)) {
    void* const p = attempt(size, alignment);
    if (p != NULL) return p;
  }
  return NULL;
}
