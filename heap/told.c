/* told.c -- the program's own functions, called from within an allocation: for failures, limits, deferred frees.
 *
 * They may allocate and free. So they are called before anything is begun, or after all is done; and the thread allocates in
 * its default heap meanwhile, whatever heap the allocation is for. */
#include <errno.h>

#include "heap/first_class.h"
#include "observe/hooks.h"
#include "segment/limit.h"

/* The heap that the thread allocates in, if it is not its default: for go_in. */
static uintptr_t go_out(void) {
  const uintptr_t self = mica_self;
  const mica_heap_t *mine = mica_heap_mine(), *base = mica_heap_base();
  if (base == NULL && !mica_heap_is_sub(mine)) return 0;
  if (base != NULL && self == base->usual) return 0;
  mica_self = base != NULL ? base->usual : (uintptr_t)mica_heap_token(&mica_heap_gone); /* past its end, for one call */
  return self;
}

/* A function that sets another default, or ends the heap that it was told of, has its will. */
static void go_in(uintptr_t self) {
  const mica_heap_t *heap = mica_heap_of(self), *base = mica_heap_base();
  if (self == 0 || mica_heap_base_of(heap) != base) return;
  if (base != NULL || mica_heap_is_sub(heap)) mica_self = self;
}

static void tell_limit(mica_heap_t* heap) {
  mi_heap_t* set = mica_heap_set(heap);
  size_t wanted, used, limit;
  if (set != NULL && heap->refused != 0) {
    wanted = (size_t)heap->refused;
    heap->refused = 0;
    mica_limit_reached(set, wanted, (size_t)room_bytes(room_get(&set->room)), (size_t)mica_set_limit(set));
  } else if (mica_limit_refused(&wanted, &used, &limit)) {
    mica_limit_reached(NULL, wanted, used, limit);
  }
}

static MICA_TLS bool hushed;

bool mica_tell_hush(bool hush) {
  const bool before = hushed;
  hushed = hush;
  return before;
}

void mica_tell_forget(void) {
  mica_heap_t* mine = mica_heap_mine();
  if (mica_heap_is_sub(mine)) mine->refused = 0;
  mica_limit_refused(NULL, NULL, NULL);
}

void mica_tell_failure(size_t size) {
  mica_heap_t* mine = mica_heap_mine();
  if (hushed) {
    mica_tell_forget();
    return;
  }
  const uintptr_t self = go_out();
  if (size <= PTRDIFF_MAX) tell_limit(mine);
  mica_error(size > PTRDIFF_MAX ? EOVERFLOW : ENOMEM, "cannot allocate %zu bytes\n", size);
  go_in(self);
}

void mica_tell_deferred(bool force) {
  void* arg;
  mi_deferred_free_fun* fun = mica_deferred_hook(&arg);
  mica_heap_t* base = mica_heap_base();
  if (fun == NULL || base == NULL || !mica_hook_enter(MICA_HOOK_DEFERRED)) return;
  const int saved = errno;
  const uintptr_t self = go_out();
  const bool hush = mica_tell_hush(false); /* what it does is its own business */
  fun(force, ++base->heartbeat, arg);
  mica_tell_hush(hush);
  go_in(self);
  errno = saved;
  mica_hook_leave(MICA_HOOK_DEFERRED);
}
