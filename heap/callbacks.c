/* callbacks.c -- the program's own functions, called from within an allocation: for failures, limits, deferred frees.
 *
 * They may allocate and free. So they are called before anything is begun, or after all is done; and the thread allocates in
 * its default heap meanwhile, whatever heap the allocation is for. */
#include "heap/callbacks.h"

#include <errno.h>
#include <stdio.h>

#include "heap/theap.h"
#include "observe/hooks.h"
#include "observe/options.h"
#include "observe/process.h"
#include "segment/arena.h"
#include "segment/limit.h"
#include "segment/single.h"

/* The heap that the thread allocates in, if it is not its default: for mica_callback_in. */
uintptr_t mica_callback_out(void) {
  const uintptr_t self = mica_ids.self;
  const mica_theap_t *mine = mica_theap_mine(), *base = mica_theap_base();
  if (base == NULL && !mica_theap_is_sub(mine)) return 0;
  if (base == NULL)
    mica_theap_run_gone(); /* past its end, for one call */
  else if (self == base->thread.usual.self)
    return 0;
  else
    mica_ids = base->thread.usual;
  return self;
}

/* A function may have set another default, or ended the heap that the allocation was for: then that stands. */
void mica_callback_in(uintptr_t self) {
  const mica_theap_t *theap = mica_theap_of(self), *base = mica_theap_base();
  if (self == 0 || mica_theap_base_of(theap) != base) return;
  if (base != NULL || mica_theap_is_sub(theap)) mica_theap_run(theap);
}

/* Which limit of mica's refused memory. */
typedef struct refusal_s {
  mi_heap_t* heap; /* whose it is; NULL: the process's */
  size_t wanted, used, limit;
} refusal_t;

/* Whether it was one that made the theap's allocation fail. It is forgotten. */
static bool refused_by_limit(mica_theap_t* theap, refusal_t* r) {
  mi_heap_t* heap = mica_theap_heap(theap);
  if (heap == NULL || theap->sub.refused == 0) {
    r->heap = NULL;
    return mica_limit_refused(&r->wanted, &r->used, &r->limit);
  }
  *r = (refusal_t){heap, (size_t)theap->sub.refused, (size_t)quota_bytes(quota_get(&heap->quota)),
                   (size_t)mica_heap_limit(heap)};
  theap->sub.refused = 0;
  return true;
}

/* ---- why, in words ---- */

/* A limit of the system's; a limit that is none is not named as a number. */
static const char* limit_text(size_t bytes, char text[32]) {
  snprintf(text, 32, bytes == SIZE_MAX ? "unlimited" : "%zu bytes", bytes);
  return text;
}

static void say_limit(size_t size, const refusal_t* r) {
  if (r->heap == NULL)
    mica_error(ENOMEM,
               "cannot allocate %zu bytes: the process's limit (MICA_MEMORY_LIMIT, mi_process_set_limit) is %zu bytes, "
               "%zu are in use, and this takes %zu\n",
               size, r->limit, r->used, r->wanted);
  else
    mica_error(ENOMEM,
               "cannot allocate %zu bytes: the limit of heap %p (mi_heap_set_limit) is %zu bytes, %zu are in use, and "
               "this takes %zu\n",
               size, (void*)r->heap, r->limit, r->used, r->wanted);
}

static void say_system(size_t size) {
  char addresses[32], data[32];
  const mica_system_limits_t limits = mica_system_limits();
  mica_error(ENOMEM,
             "cannot allocate %zu bytes: the system gives no more memory; mica has %zu bytes in use and %zu mapped; "
             "RLIMIT_AS is %s, RLIMIT_DATA is %s\n",
             size, mica_limit_used(), mica_mapped_bytes(), limit_text(limits.addresses, addresses),
             limit_text(limits.data, data));
}

static void say(const mica_theap_t* theap, size_t size, const refusal_t* refusal) {
  if (size > MICA_SINGLE_MAX)
    mica_error(size > PTRDIFF_MAX ? EOVERFLOW : ENOMEM, "cannot allocate %zu bytes: no block has so many\n", size);
  else if (refusal != NULL)
    say_limit(size, refusal);
  else if (theap->hint.only != 0)
    mica_error(ENOMEM,
               "cannot allocate %zu bytes: the reserved memory that the heap is tied to has no place for them\n", size);
  else if (mica_option(MICA_OPTION_DISALLOW_OS_ALLOC) != 0)
    mica_error(
        ENOMEM,
        "cannot allocate %zu bytes: the reserved memory has no place for them, and MICA_DISALLOW_OS_ALLOC is set\n",
        size);
  else
    say_system(size);
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
  refusal_t refusal;
  const bool limited = size <= PTRDIFF_MAX && refused_by_limit(mine, &refusal);
  const uintptr_t self = mica_callback_out();
  if (limited) mica_limit_reached(refusal.heap, refusal.wanted, refusal.used, refusal.limit);
  say(mine, size, limited ? &refusal : NULL);
  mica_callback_in(self);
}

void mica_callback_alignment(size_t size, size_t alignment) {
  mica_callback_forget();
  if (hushed) return;
  const uintptr_t self = mica_callback_out();
  mica_error(ENOMEM, "cannot allocate %zu bytes aligned to %zu: no block is aligned to so many\n", size, alignment);
  mica_callback_in(self);
}

void mica_callback_pool(const void* pool, size_t size, size_t used, size_t limit) {
  if (hushed) return;
  mica_error(ENOMEM,
             "cannot allocate: the limit of pool %p (mi_pool_set_limit) is %zu bytes, %zu are in use, and a chunk, or "
             "large memory with its record, takes %zu\n",
             pool, limit, used, size);
}

void mica_callback_deferred(bool force) {
  void* arg;
  mi_deferred_free_fun* fun = mica_deferred_hook(&arg);
  mica_theap_t* base = mica_theap_base();
  if (fun == NULL || base == NULL || !mica_hook_enter(MICA_HOOK_DEFERRED)) return;
  const int saved = errno;
  const uintptr_t self = mica_callback_out();
  const bool hush = mica_callback_hush(false); /* what it does is its own business */
  fun(force, ++base->thread.heartbeat, arg);
  mica_callback_hush(hush);
  mica_callback_in(self);
  errno = saved;
  mica_hook_leave(MICA_HOOK_DEFERRED);
}
