/* stack.c -- by the unwinder of the compiler's runtime, _Unwind_Backtrace, a copy of which is in the library
 * (cmake/unwinder.cmake).
 *
 * The unwinder's first call sets up a table of its own under a lock: so one thread alone makes it, and whoever comes meanwhile,
 * a signal handler that interrupts it included, goes without a stack. Each later call is free of locks where the loader has
 * _dl_find_object. */
#include "profile/stack.h"

#include "base/config.h"
#include "profile/own_code.h"
#include "profile/table.h"
#include <stdbool.h>
#include <unwind.h>

typedef struct walk_s {
  uintptr_t* frames;
  unsigned n;
  unsigned most;
} walk_t;

static _Unwind_Reason_Code note(struct _Unwind_Context* context, void* arg) {
  walk_t* const walk = arg;
  int before = 0; /* the address is that of an instruction that a signal interrupted, not the one behind a call */
  const uintptr_t at = (uintptr_t)_Unwind_GetIPInfo(context, &before);
  if (at == 0) return _URC_END_OF_STACK;
  if (walk->n == 0 && mica_is_own_code(at)) return _URC_NO_REASON;
  walk->frames[walk->n++] = at + (before != 0);
  return walk->n < walk->most ? _URC_NO_REASON : _URC_END_OF_STACK;
}

/* Whether the unwinder may be called. *first: it is the first time; then it is to be told when that is done. [PF8] */
static bool may_unwind(bool* first) {
  /* acquire: pairs with the store in mica_stack */
  uint32_t state = atomic_load_explicit(&mica_profile_table.unwinds, memory_order_acquire);
  *first = false;
  if (state != 0) return state == 2;
  /* relaxed: it decides only whose call is the first */
  *first = atomic_compare_exchange_strong_explicit(&mica_profile_table.unwinds, &state, 1, memory_order_relaxed,
                                                   memory_order_relaxed);
  return *first;
}

unsigned mica_stack(uintptr_t* frames, unsigned most) {
  walk_t walk = {frames, 0, most};
  bool first;
  if (!MICA_UNWINDS || !may_unwind(&first)) return 0;
  _Unwind_Backtrace(note, &walk);
  /* release: the unwinder's own table [PF9] */
  if (first) atomic_store_explicit(&mica_profile_table.unwinds, 2, memory_order_release);
  return walk.n;
}

/* Relaxed: there is one thread. [PF15] */
void mica_stack_forget_first(void) {
  uint32_t state = 1;
  atomic_compare_exchange_strong_explicit(&mica_profile_table.unwinds, &state, 0, memory_order_relaxed,
                                          memory_order_relaxed);
}
