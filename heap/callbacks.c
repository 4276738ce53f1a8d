/* callbacks.c -- the program's own functions, called from within an allocation: for failures, limits, deferred frees.
 *
 * They may allocate and free. So they are called before anything is begun, or after all is done; and the thread allocates in
 * its default heap meanwhile, whatever heap the allocation is for. */
#include "heap/callbacks.h"

#include <errno.h>

#include "heap/theap.h"
#include "observe/hooks.h"
#include "segment/limit.h"

/* The heap that the thread allocates in, if it is not its default: for go_in. */
static uintptr_t go_out(void) {
  const uintptr_t self = mica_self;
  const mica_theap_t *mine = mica_theap_mine(), *base = mica_theap_base();
  if (base == NULL && !mica_theap_is_sub(mine)) return 0;
  if (base != NULL && self == base->thread.usual) return 0;
  mica_self =
      base != NULL ? base->thread.usual : (uintptr_t)mica_theap_id(&mica_theap_gone); /* past its end, for one call */
  return self;
}

/* A function may have set another default, or ended the heap that the allocation was for: then that stands. */
static void go_in(uintptr_t self) {
  const mica_theap_t *theap = mica_theap_of(self), *base = mica_theap_base();
  if (self == 0 || mica_theap_base_of(theap) != base) return;
  if (base != NULL || mica_theap_is_sub(theap)) mica_self = self;
}

static void callback_limit(mica_theap_t* theap) {
  mi_heap_t* heap = mica_theap_heap(theap);
  size_t wanted, used, limit;
  if (heap != NULL && theap->sub.refused != 0) {
    wanted = (size_t)theap->sub.refused;
    theap->sub.refused = 0;
    mica_limit_reached(heap, wanted, (size_t)quota_bytes(quota_get(&heap->quota)), (size_t)mica_heap_limit(heap));
  } else if (mica_limit_refused(&wanted, &used, &limit)) {
    mica_limit_reached(NULL, wanted, used, limit);
  }
}

static MICA_TLS bool hushed;

bool mica_callback_hush(bool hush) {
  const bool before = hushed;
  hushed = hush;
  return before;
}

void mica_callback_forget(void) {
  mica_theap_t* mine = mica_theap_mine();
  if (mica_theap_is_sub(mine)) mine->sub.refused = 0;
  mica_limit_refused(NULL, NULL, NULL);
}

void mica_callback_failure(size_t size) {
  mica_theap_t* mine = mica_theap_mine();
  if (hushed) {
    mica_callback_forget();
    return;
  }
  const uintptr_t self = go_out();
  if (size <= PTRDIFF_MAX) callback_limit(mine);
  mica_error(size > PTRDIFF_MAX ? EOVERFLOW : ENOMEM, "cannot allocate %zu bytes\n", size);
  go_in(self);
}

void mica_callback_deferred(bool force) {
  void* arg;
  mi_deferred_free_fun* fun = mica_deferred_hook(&arg);
  mica_theap_t* base = mica_theap_base();
  if (fun == NULL || base == NULL || !mica_hook_enter(MICA_HOOK_DEFERRED)) return;
  const int saved = errno;
  const uintptr_t self = go_out();
  const bool hush = mica_callback_hush(false); /* what it does is its own business */
  fun(force, ++base->thread.heartbeat, arg);
  mica_callback_hush(hush);
  go_in(self);
  errno = saved;
  mica_hook_leave(MICA_HOOK_DEFERRED);
}
