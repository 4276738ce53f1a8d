/* stack.c -- by the unwinder of the compiler's runtime, _Unwind_Backtrace, a copy of which is in the library
 * (cmake/unwinder.cmake); and without it where the thread has gone the same way before (profile/steps.h).
 *
 * The unwinder's first call sets up a table of its own under a lock: so one thread alone makes it, and whoever comes meanwhile,
 * a signal handler that interrupts it included, goes without a stack. Each later call is free of locks where the loader has
 * _dl_find_object. */
#include "profile/stack.h"

#include "profile/own_code.h"
#include "profile/table.h"
#include <stdbool.h>
#include <unwind.h>

typedef struct walk_s {
  uintptr_t* frames;
  unsigned n;
  unsigned most;
  mica_steps_t* steps; /* NULL: nothing is remembered */
  uintptr_t ip, sp;    /* the frame that the unwinder showed last; ip 0: none from which a step can be noted */
} walk_t;

/* An address to return to, the next further out. False: there is no room for more. */
static bool keep(walk_t* walk, uintptr_t at) {
  if (walk->n != 0 || !mica_is_own_code(at)) walk->frames[walk->n++] = at;
  return walk->n < walk->most;
}

/* On from this frame, which was kept, by steps that are known. False: they lead not to the end, and nothing is changed. */
static bool follow(walk_t* walk, uintptr_t ip, uintptr_t sp) {
  const unsigned before = walk->n;
  while (mica_step_take(walk->steps, &ip, &sp))
    if (ip == 0 || !keep(walk, ip)) return true;
  walk->n = before;
  return false;
}

static _Unwind_Reason_Code note(struct _Unwind_Context* context, void* arg) {
  walk_t* const walk = arg;
  int interrupted = 0; /* the address is that of an instruction that a signal interrupted, not the one behind a call */
  const uintptr_t at = (uintptr_t)_Unwind_GetIPInfo(context, &interrupted);
  const uintptr_t sp = (uintptr_t)_Unwind_GetCFA(context); /* where the frame ends that was shown before */
  const uintptr_t from = walk->ip;
  const bool steps = walk->steps != NULL && interrupted == 0;
  if (steps && from != 0) mica_step_note(walk->steps, from, walk->sp, sp, at);
  walk->ip = interrupted == 0 ? at : 0;
  walk->sp = sp;
  if (at == 0 || !keep(walk, at + (interrupted != 0))) return _URC_END_OF_STACK;
  return steps && follow(walk, at, sp) ? _URC_END_OF_STACK : _URC_NO_REASON;
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

MICA_NOINLINE unsigned mica_stack(uintptr_t* frames, unsigned most, mica_steps_t* steps) {
  walk_t walk = {.frames = frames, .most = most, .steps = MICA_CALL_PUSHES ? steps : NULL};
  bool first;
  if (!MICA_UNWINDS) return 0;
  if (walk.steps != NULL) {
    /* This function's frame: what its caller had pushed, and above that the address to return to. */
    const uintptr_t ip = (uintptr_t)__builtin_return_address(0);
    const uintptr_t sp = (uintptr_t)__builtin_frame_address(0) + 2 * sizeof(uintptr_t);
    if (!keep(&walk, ip) || follow(&walk, ip, sp)) return walk.n;
    walk.n = 0;
  }
  if (!may_unwind(&first)) return 0;
  const bool ended = _Unwind_Backtrace(note, &walk) == _URC_END_OF_STACK; /* where no table says how to go on */
  if (ended && walk.steps != NULL && walk.ip != 0) mica_step_note(walk.steps, walk.ip, walk.sp, 0, 0);
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
