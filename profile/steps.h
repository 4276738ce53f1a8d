/* steps.h -- what a thread remembers of the stacks that it has walked: of each frame the step to its caller, so that the
 * unwinder is asked about a frame once.
 *
 *   sp                   sp + length - 8   sp + length, which is the caller's sp
 *   | the frame           | next           | the frame of its caller               next: where the caller goes on
 *
 * A frame is known by the instruction that it goes on at, ip, and by its sp. These two say where its caller's frame begins,
 * unless the frame is as long as a number says that came at run time (alloca). So a step is believed only as long as all
 * frames of that ip had one length, and while the stack has the same `next` in the same place; else the unwinder is asked.
 * Only machines whose calls push the address to return to can be looked at so (MICA_CALL_PUSHES).
 *
 * The steps are their thread's alone. A handler that interrupts whoever uses them must not allocate, as everywhere in heap/. */
#ifndef MICA_STEPS_H
#define MICA_STEPS_H
#include "base/config.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
  MICA_STEPS_SHIFT = 10,
  MICA_STEPS = 1 << MICA_STEPS_SHIFT,
  MICA_LENGTHS_SHIFT = 9,
  MICA_LENGTHS = 1 << MICA_LENGTHS_SHIFT
};

typedef struct mica_step_s {
  uintptr_t ip, sp;
  uintptr_t next; /* 0: the frame has no caller */
} mica_step_t;

typedef struct mica_length_s {
  uintptr_t ip;
  uintptr_t bytes; /* of each frame; 0: they differ, which stays so */
} mica_length_t;

/* All zeros: nothing is remembered. What comes takes the place of what was there, but for lengths that differ. */
typedef struct mica_steps_s {
  bool any; /* was noted */
  mica_step_t step[MICA_STEPS];
  mica_length_t length[MICA_LENGTHS];
} mica_steps_t;

MICA_INLINE mica_step_t* mica_step_place(mica_steps_t* steps, uintptr_t ip, uintptr_t sp) {
  return &steps->step[(ip + (sp << 8)) * UINT64_C(0x9e3779b97f4a7c15) >> (64 - MICA_STEPS_SHIFT)];
}

MICA_INLINE mica_length_t* mica_length_place(mica_steps_t* steps, uintptr_t ip) {
  return &steps->length[ip * UINT64_C(0x9e3779b97f4a7c15) >> (64 - MICA_LENGTHS_SHIFT)];
}

/* Goes from that frame, on the calling thread's stack, to its caller's; both 0: there is none. False: it is not known. */
MICA_INLINE bool mica_step_take(mica_steps_t* steps, uintptr_t* ip, uintptr_t* sp) {
  const mica_step_t* const step = mica_step_place(steps, *ip, *sp);
  if (step->ip != *ip || step->sp != *sp) return false;
  const mica_length_t* const length = mica_length_place(steps, *ip);
  const uintptr_t up = step->next != 0 ? *sp + length->bytes : 0;
  if (up != 0 && (length->ip != *ip || length->bytes == 0 || ((const uintptr_t*)up)[-1] != step->next)) return false;
  *ip = step->next;
  *sp = up;
  return true;
}

/* All frames of that ip that were seen are so long. */
MICA_INLINE bool mica_length_note(mica_steps_t* steps, uintptr_t ip, uintptr_t bytes) {
  mica_length_t* const length = mica_length_place(steps, ip);
  if (length->ip == ip && length->bytes != bytes) length->bytes = 0;
  if (length->ip != 0 && length->bytes == 0) return false;
  *length = (mica_length_t){ip, bytes};
  return true;
}

/* The unwinder went that way; next 0: there is no caller. What cannot be looked at later is not noted. */
MICA_INLINE void mica_step_note(mica_steps_t* steps, uintptr_t ip, uintptr_t sp, uintptr_t up, uintptr_t next) {
  if (next != 0) {
    if (up <= sp || up % sizeof next != 0 || ((const uintptr_t*)up)[-1] != next) return;
    if (!mica_length_note(steps, ip, up - sp)) return;
  }
  *mica_step_place(steps, ip, sp) = (mica_step_t){ip, sp, next};
  steps->any = true;
}

#endif
