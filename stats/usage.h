/* usage.h -- sums, class by class, of the blocks in use and of their pages.
 *
 * Exact for all that happened before the call, but for this: what happens at the same time is seen or not; and of blocks
 * that are ready for a thread's next allocations, or in its outbox, only the calling thread's are known to be free. Others
 * count as in use: of a class as many as its cache may have, and MICA_OUTBOX_BYTES of an outbox. A call reads the record of
 * every slice in segments that are in use. Any thread; nothing is allocated. Used by stats/ and api/. */
#ifndef MICA_USAGE_H
#define MICA_USAGE_H
#include "heap/theap.h"
#include "observe/counters.h"

/* A figure may be below zero for a moment while other threads run. */
typedef struct mica_tally_s {
  int64_t blocks[MICA_CLASSES];
  int64_t pages[MICA_CLASSES];
  int64_t abandoned;   /* of these pages */
  int64_t large;       /* pages of one block */
  int64_t large_bytes; /* all they have */
} mica_tally_t;

/* All of the process. */
void mica_tally_process(mica_tally_t* tally);

/* Of a heap; of the main heap: all that is in no first-class heap. named: the program has named the heap, so it does not end
 * meanwhile, and its blocks that are ready for the calling thread are known to be free; of the main heap always. Of a heap that
 * is not named the number of large blocks leaves out those in annexes (large_pages.c); not their bytes. */
void mica_tally_heap(mica_tally_t* tally, mi_heap_t* heap, bool named);

/* Of the calling thread, in the heap that it allocates in. Pages of one block have no owner. */
void mica_tally_thread(mica_tally_t* tally);

/* Bytes of blocks that share pages, and of these pages. */
int64_t mica_tally_bytes(const mica_tally_t* tally);
int64_t mica_tally_page_bytes(const mica_tally_t* tally);

/* Bytes for mallinfo and mi_process_info, of the whole process. */
typedef struct mica_usage_s {
  size_t mapped; /* address space held: arenas and mappings of their own */
  size_t used;   /* bytes in blocks that are in the program's hands, or on their way back */
  size_t paged;  /* bytes of the slices under pages, single-block pages included */
  size_t dirty;  /* bytes of free slices that are still resident */
  size_t large;  /* bytes of blocks in single-block pages */
  size_t large_count;
} mica_usage_t;
mica_usage_t mica_usage(void);

/* What there is of something now, by its two counters. Gone first: an event is never seen as gone but not as born. */
static inline int64_t mica_remaining(mica_counter_t born, mica_counter_t gone) {
  const int64_t back = (int64_t)mica_counted(gone);
  return (int64_t)mica_counted(born) - back;
}

#endif
