/* shadow.h -- the shadow of a theap whose thread is profiled: the caches that malloc pops from instead of the theap's own.
 *
 *   pages --refill--> theap->cache[c] --the whole list, by a slow call--> shadow->cache[c] --malloc--> the program --free-->
 *   theap->cache[c]
 *
 * A list is handed over only up to the next sample of its class: so what is popped from a shadow is none, and the fast
 * paths need not ask. Of each class `due` is drawn when it is first needed and after each sample.
 *
 * Invariants: blocks in a shadow count as popped from the theap's cache, and belong to whoever runs the theap; `left` of a
 * shadow's cache is minus their number. A shadow is one theap's, or idle and empty. Shadows are type-stable: made, idle,
 * had again, never unmapped. The functions, of shadow.c and shadow_fill.c, are for the thread that runs the theap, or that
 * has it alone. */
#ifndef MICA_SHADOW_H
#define MICA_SHADOW_H
#include "heap/theap.h"
#include "profile/profile.h"

typedef struct mica_shadow_s {
  mica_cache_t cache[MICA_CLASSES]; /* first: ids.alloc leads to it */
  /* Allocations of the class until its next sample, that one included, beyond what is in `cache`; 0: not drawn yet. */
  uint64_t due[MICA_CLASSES];
  uint64_t every; /* the rate that they were drawn by */
  uint64_t random;
  uint32_t epoch;
  _Atomic(struct mica_shadow_s*) idle_next; /* next in the stack of idle shadows */
  mica_steps_t steps;                       /* what its thread remembers of stacks */
} mica_shadow_t;
static_assert(offsetof(mica_shadow_t, cache) == 0, "ids.alloc leads to the caches");

/* The theap gets one, empty; false: no memory. And it has one no more: what was in it is in the theap's own caches again.
 * The latter for one that is empty. */
bool mica_shadow_give(mica_theap_t* theap);
void mica_shadow_drop(mica_theap_t* theap);
void mica_shadow_release(mica_theap_t* theap);

/* Allocations are drawn by this rate from now on: those of the blocks in the shadow, too. */
void mica_shadow_set_rate(mica_theap_t* theap, uint64_t every, uint32_t epoch);

/* The number of blocks in the shadow's cache of the class. */
static inline unsigned mica_shadow_length(const mica_shadow_t* shadow, unsigned class) {
  return (unsigned)-shadow->cache[class].left;
}

/* The n-th of a list that has so many. */
static inline mica_block_t* mica_shadow_nth(mica_block_t* b, unsigned n, unsigned class) {
  while (--n != 0 && b != NULL) b = mica_link_get(b);
  if (MICA_UNLIKELY(b == NULL)) mica_list_damaged(class, b);
  return b;
}

/* The usual case: what was freed since the last time is handed over whole to the shadow's empty cache,
 * which is not so any more. False: it is not the usual case. */
bool mica_shadow_swap(mica_theap_t* theap, unsigned class);

/* Hands over the blocks of the theap's cache to that of its shadow, which is empty; as many at most as come before the next
 * sample. If they are few the theap's cache gets more for the next time; exact: of the class alone. Its first block stays
 * otherwise. */
void mica_shadow_fill(mica_theap_t* theap, unsigned class, bool exact);

/* What is in the shadow goes back onto the theap's cache, which may be longer than its bound then. Of all classes: nothing
 * is done if there is no shadow. */
void mica_shadow_fold(mica_theap_t* theap, unsigned class);
void mica_shadow_fold_all(mica_theap_t* theap);

/* The blocks in it are gone with their pages. */
void mica_shadow_forget(mica_theap_t* theap);

/* Child of a fork: the idle shadows are not used again. */
void mica_shadow_forget_idle(void);

/* A new state for chance (profile.h), unlike all others. */
uint64_t mica_shadow_random(void);

#endif
