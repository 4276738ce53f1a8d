/* refill.h -- where blocks come from when a cache is empty. For the thread that runs the theap. */
#ifndef MICA_REFILL_H
#define MICA_REFILL_H
#include "heap/theap.h"

/* Puts blocks into the class's empty cache; of a class a little larger too, unless exact. False: no memory. */
bool mica_refill(mica_theap_t* theap, unsigned class, bool exact);

/* A block known to be zero, or NULL: then refill. */
mica_block_t* mica_refill_zero(mica_theap_t* theap, unsigned class);

#endif
