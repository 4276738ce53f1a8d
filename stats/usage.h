/* usage.h -- adding up, class by class, what is in use: the blocks that heaps have given out, and their pages.
 *
 * Exact for what happened before it is asked, but for this: what happens at the same time is seen or not; and of blocks
 * that are ready for a thread's next allocations, or in its outbox, only the calling thread's are known to be free. Others
 * count as in use: as many ready ones of a class as one and a half times its cache_max and its reserve_max at most, and
 * MICA_OUTBOX_BYTES of an outbox. It costs a look at the record of every slice in segments that are in use. Any thread;
 * nothing is allocated. Used by heap, for figures. */
#ifndef MICA_USAGE_H
#define MICA_USAGE_H
#include "heap/theap.h"

/* A figure may be below zero for a moment while other threads run. */
typedef struct mica_tally_s {
  int64_t blocks[MICA_CLASSES];
  int64_t pages[MICA_CLASSES];
  int64_t abandoned;   /* of these pages */
  int64_t large;       /* pages of one block */
  int64_t large_bytes; /* all they have */
} mica_tally_t;

/* What the process holds. */
void mica_tally_process(mica_tally_t* tally);

/* What a heap holds; the main heap: what no first-class heap does. named: the program has named the heap, so nobody ends it
 * meanwhile, and what of it is ready for the calling thread is known to be free; of the main heap always. Of one that is
 * not named the number of large blocks leaves out those in annexes (rolled.c); not their bytes. */
void mica_tally_heap(mica_tally_t* tally, mi_heap_t* heap, bool named);

/* What the calling thread owns in the heap that it allocates in. Pages of one block have no owner. */
void mica_tally_thread(mica_tally_t* tally);

/* Bytes of blocks that share pages, and of these pages. */
int64_t mica_tally_bytes(const mica_tally_t* tally);
int64_t mica_tally_page_bytes(const mica_tally_t* tally);

#endif
