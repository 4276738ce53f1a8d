/* thread.h -- the calling thread's theap: had when it is needed first, and for a thread past its end for one call. */
#ifndef MICA_THREAD_H
#define MICA_THREAD_H
#include "heap/theap.h"

/* The theap that the calling thread, which has `mine`, allocates in: made or taken from the idle ones if need be. NULL: there
 * is no memory for one, or the thread is past its end. */
mica_theap_t* mica_theap_get(mica_theap_t* mine);

/* For a thread past its end: gives back the theap that it borrowed (theap.h) for one operation. */
void mica_theap_return(mica_theap_t* theap);

#endif
