/* collect.h -- giving back what a theap holds and does not need. */
#ifndef MICA_COLLECT_H
#define MICA_COLLECT_H
#include "heap/theap.h"

/* Sends home what the theap holds of others' blocks and of its own, and gives its empty pages back. */
void mica_theap_collect(mica_theap_t* theap);

/* What can be had back without asking another thread, but for what lies in sub-heaps that this call is not for: their heaps may
 * be ending at this moment. Before an allocation gives up. */
void mica_theap_collect_and_purge(mica_theap_t* theap);

#endif
