/* steps.h -- what a thread remembers of the stacks that it has walked: of each frame the step to its caller, so that the
 * unwinder is asked about a frame once.
 *
 *   sp                            sp + length, which is the caller's sp
 *   | the frame          | bp? | next | the frame of its caller      next: where the caller goes on; bp?: see below
 *
 * A frame is known by the instruction that it goes on at, ip, and by its sp. These two say where its caller's frame begins,
 * unless the frame's length came at run time (alloca). What lies at a place where no frame ends may be what a deeper stack
 * left there, or nothing at all, as when the stack was unmapped and a shorter one mapped there. So a step is believed if
 *   - the frame pointer, bp, says that the frame ends there, of a frame that has one: those of alloca do; else
 *   - no two frames of that ip were seen whose lengths differ;
 * and if the stack has the same `next` in the same place. Else the unwinder is asked. What bp is in the caller's frame is known
 * by the place where the frame has saved it. That place is a guess: a wrong one leads to a bp that fits nothing.
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
  MICA_LENGTHS = 1 << MICA_LENGTHS_SHIFT,
  MICA_NEXT_BITS = 48,
  MICA_WORDS_BITS = 12,
  MICA_SAVES_FIRST = 2, /* words below the frame's end: what a call pushes comes first, then what the callee saves */
  MICA_SAVES_LAST = 8,
  MICA_SAVED_NOWHERE, /* where it is looked for */
  MICA_SAVED_BY_BP    /* in the first of those words, to which bp points */
};

/* A frame that goes on at ip; what the registers are there. All 0: none. */
typedef struct mica_frame_s {
  uintptr_t ip, sp, bp;
} mica_frame_t;

/* From the frame at ip and sp. */
typedef struct mica_step_s {
  uintptr_t ip, sp;
  uint64_t way; /* next, 0: none; above it the length in words, and above that where the caller's bp is saved */
} mica_step_t;

/* Of the frames of an ip whose end bp does not tell. */
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

MICA_INLINE uint64_t mica_step_way(uintptr_t next, uintptr_t words, unsigned saved) {
  return next | (uint64_t)words << MICA_NEXT_BITS | (uint64_t)saved << (MICA_NEXT_BITS + MICA_WORDS_BITS);
}
MICA_INLINE uintptr_t mica_step_next(const mica_step_t* step) {
  return (uintptr_t)(step->way & (((uint64_t)1 << MICA_NEXT_BITS) - 1));
}
MICA_INLINE uintptr_t mica_step_words(const mica_step_t* step) {
  return (uintptr_t)(step->way >> MICA_NEXT_BITS & ((1 << MICA_WORDS_BITS) - 1));
}
MICA_INLINE unsigned mica_step_saved(const mica_step_t* step) {
  return (unsigned)(step->way >> (MICA_NEXT_BITS + MICA_WORDS_BITS));
}

/* The word so many below the end of a frame; whether it holds the frame's own bp, which points there. */
MICA_INLINE uintptr_t mica_frame_word(uintptr_t up, unsigned below) { return *((const uintptr_t*)up - below); }
MICA_INLINE bool mica_frame_by_bp(const mica_frame_t* frame, uintptr_t up) {
  return frame->bp == up - MICA_SAVES_FIRST * sizeof up;
}

/* What bp is in the caller of that frame; 0: it is not known. */
MICA_INLINE uintptr_t mica_step_bp(const mica_frame_t* frame, uintptr_t up, unsigned saved) {
  if (saved == 0) return frame->bp;
  if (saved == MICA_SAVED_BY_BP) return mica_frame_word(up, MICA_SAVES_FIRST);
  return saved != MICA_SAVED_NOWHERE ? mica_frame_word(up, saved) : 0;
}

/* Goes from that frame, on the calling thread's stack, to its caller's; all 0: there is none. False: it is not known. */
MICA_INLINE bool mica_step_take(mica_steps_t* steps, mica_frame_t* frame) {
  const mica_step_t* const step = mica_step_place(steps, frame->ip, frame->sp);
  if (step->ip != frame->ip || step->sp != frame->sp) return false;
  const mica_length_t* const length = mica_length_place(steps, frame->ip);
  const uintptr_t next = mica_step_next(step), up = frame->sp + mica_step_words(step) * sizeof next;
  const unsigned saved = mica_step_saved(step);
  if (next == 0) {
    *frame = (mica_frame_t){0, 0, 0};
    return true;
  }
  if (saved == MICA_SAVED_BY_BP ? !mica_frame_by_bp(frame, up) : length->ip == frame->ip && length->bytes == 0)
    return false;
  if (mica_frame_word(up, 1) != next) return false;
  *frame = (mica_frame_t){next, up, mica_step_bp(frame, up, saved)};
  return true;
}

/* Where the caller's bp is, which is known. One that is in bp still is not looked for: what is left in the frame may look
 * so. */
MICA_INLINE unsigned mica_step_saves(const mica_frame_t* from, const mica_frame_t* to) {
  unsigned saved = MICA_SAVES_FIRST;
  if (mica_frame_by_bp(from, to->sp) && mica_frame_word(to->sp, saved) == to->bp) return MICA_SAVED_BY_BP;
  if (from->bp == to->bp) return 0;
  while (saved <= MICA_SAVES_LAST && to->sp - saved * sizeof to->sp >= from->sp) {
    if (mica_frame_word(to->sp, saved) == to->bp) return saved;
    saved++;
  }
  return MICA_SAVED_NOWHERE;
}

/* All frames of that ip that are known of are so long. */
MICA_INLINE bool mica_length_note(mica_steps_t* steps, uintptr_t ip, uintptr_t bytes) {
  mica_length_t* const length = mica_length_place(steps, ip);
  if (length->ip == ip && length->bytes != bytes) length->bytes = 0;
  if (length->ip != 0 && length->bytes == 0) return false;
  *length = (mica_length_t){ip, bytes};
  return true;
}

/* The unwinder went from one to the other, which is none if it has no caller. What cannot be looked at later is not noted. */
MICA_INLINE void mica_step_note(mica_steps_t* steps, const mica_frame_t* from, const mica_frame_t* to) {
  uint64_t way = 0;
  if (to->ip != 0) {
    const uintptr_t up = to->sp, words = (up - from->sp) / sizeof up;
    if (up <= from->sp || up % sizeof up != 0 || words >> MICA_WORDS_BITS != 0) return;
    if ((uint64_t)to->ip >> MICA_NEXT_BITS != 0 || mica_frame_word(up, 1) != to->ip) return;
    const unsigned saved = mica_step_saves(from, to);
    if (saved != MICA_SAVED_BY_BP && !mica_length_note(steps, from->ip, up - from->sp)) return;
    way = mica_step_way(to->ip, words, saved);
  }
  *mica_step_place(steps, from->ip, from->sp) = (mica_step_t){from->ip, from->sp, way};
  steps->any = true;
}

#endif
