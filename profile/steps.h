/* steps.h -- what a thread remembers of the stacks that it has walked: of each frame the step to its caller, so that the
 * unwinder is asked about a frame once.
 *
 *   sp                    up - 8   up, which is the caller's sp
 *   | the frame           | next   | the frame of its caller    next: where the caller goes on
 *
 * A frame is known by the instruction that it goes on at and by its sp. These two say where its caller's frame begins, unless
 * the frame is as long as a number says that came at run time (alloca). So the step is believed only while the stack has the
 * same `next` in the same place; if it has not, somebody else called, and the unwinder is asked. Only machines whose calls
 * push the address to return to can be looked at so (MICA_CALL_PUSHES).
 *
 * The steps are their thread's alone. A handler that interrupts whoever uses them must not allocate, as everywhere in heap/. */
#ifndef MICA_STEPS_H
#define MICA_STEPS_H
#include "base/config.h"
#include <stddef.h>
#include <stdint.h>

enum { MICA_STEPS_SHIFT = 8, MICA_STEPS = 1 << MICA_STEPS_SHIFT };

typedef struct mica_step_s {
  uintptr_t ip, sp;
  uintptr_t up, next; /* both 0: the frame has no caller */
} mica_step_t;

/* Steps that were never made are zeros. A step takes the place of any other that has the same. */
typedef struct mica_steps_s {
  mica_step_t step[MICA_STEPS];
} mica_steps_t;

MICA_INLINE mica_step_t* mica_step_place(mica_steps_t* steps, uintptr_t ip, uintptr_t sp) {
  return &steps->step[(ip + (sp << 8)) * UINT64_C(0x9e3779b97f4a7c15) >> (64 - MICA_STEPS_SHIFT)];
}

/* The step from that frame, which is on the calling thread's stack; NULL: none is known. */
MICA_INLINE const mica_step_t* mica_step_from(mica_steps_t* steps, uintptr_t ip, uintptr_t sp) {
  const mica_step_t* const step = mica_step_place(steps, ip, sp);
  if (step->ip != ip || step->sp != sp) return NULL;
  return step->up == 0 || ((const uintptr_t*)step->up)[-1] == step->next ? step : NULL;
}

/* The unwinder went that way; next 0: to no other frame. What cannot be looked at later is not noted. */
MICA_INLINE void mica_step_note(mica_steps_t* steps, uintptr_t ip, uintptr_t sp, uintptr_t up, uintptr_t next) {
  if (next == 0)
    up = 0;
  else if (up <= sp || up % sizeof next != 0 || ((const uintptr_t*)up)[-1] != next)
    return;
  *mica_step_place(steps, ip, sp) = (mica_step_t){ip, sp, up, next};
}

#endif
