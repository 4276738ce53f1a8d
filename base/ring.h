/* ring.h -- whether a list that is walked is a ring, where its length is not known (after Brent).
 *
 * A walk begins with a mica_ring_t of zeroes and asks at each item. It goes on for no more than three times the number of the
 * list's items. Pure; anybody. */
#ifndef MICA_RING_H
#define MICA_RING_H
#include <stdbool.h>
#include <stddef.h>

typedef struct mica_ring_s {
  const void* mark; /* the item at which the present stretch began */
  size_t steps;     /* since then */
  size_t stretch;   /* it has that many steps; the next one twice as many */
} mica_ring_t;

/* True: the item was met before. */
static inline bool mica_ring_closes(mica_ring_t* ring, const void* item) {
  if (item == ring->mark) return true;
  if (ring->steps++ == ring->stretch) {
    ring->mark = item;
    ring->steps = 0;
    ring->stretch = 2 * ring->stretch + 1;
  }
  return false;
}

#endif
