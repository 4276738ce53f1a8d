/* cache.h -- a theap's caches: when they are looked at, and what goes home from them. Push and pop are in fast.h.
 *
 * For the thread that runs the theap. */
#ifndef MICA_CACHE_H
#define MICA_CACHE_H
#include "heap/theap.h"

/* Blocks in it. Fewer than none: more were taken than were put there, so the list is a ring. */
static inline unsigned mica_cache_length(const mica_theap_t* theap, unsigned class) {
  const int32_t length = (int32_t)theap->bin[class].bound - theap->cache[class].left;
  if (MICA_UNLIKELY(length < 0)) mica_list_damaged(class, theap->cache[class].head);
  return (unsigned)length;
}

/* cache[class] reached its bound: some or all of it goes home. */
void mica_cache_overflow(mica_theap_t* theap, unsigned class);

/* All of it goes home. */
void mica_cache_flush(mica_theap_t* theap, unsigned class);
void mica_cache_flush_all(mica_theap_t* theap);

/* The class's cache is empty, and is about to be filled: how long it may become, by what it was short of. */
void mica_cache_learn(mica_theap_t* theap, unsigned class);

/* Moves blocks to the class's empty cache from that of a class at most an eighth larger, if it has some to spare. Returns how
 * many. When they are freed they return to their own class, as their page's tag says. */
unsigned mica_cache_borrow(mica_theap_t* theap, unsigned class);

/* The class keeps nothing any more. */
void mica_cache_unkeep(mica_theap_t* theap, unsigned class);

/* Child of a fork: what the other threads' theaps kept counts no more. */
void mica_cache_forget_others(void);

#endif
