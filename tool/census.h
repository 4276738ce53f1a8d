/* census.h -- all that mica has in a target, counted and listed: arenas, pages, threads' heaps, first-class heaps, counters.
 *
 * A census is a copy of one moment, or nearly so: the target runs on meanwhile. What was seen to change while it was copied was
 * copied again, up to a few times; what still did not fit together is marked (`sure` is false) and counted (`unsure`). All
 * tables are the census's own, constant until it is freed; they name one another by index, CENSUS_NONE: none. Every number was
 * checked against what it can be at most, so that they lead nowhere else, whatever the target's memory holds.
 *
 *   arena --pages [first_page, first_page + page_count)--> page --theap, heap--> ...        pages: by address, in their arena
 *   own mappings are the pages behind the last arena's, arena CENSUS_NONE
 *
 * Single-threaded. Addresses are the target's. */
#ifndef TOOL_CENSUS_H
#define TOOL_CENSUS_H
#include <mica/where.h>

#include "block/class.h"
#include "observe/counters.h"
#include "tool/target.h"

#define CENSUS_NONE UINT32_MAX

/* What a slice of an arena is. */
typedef enum census_slice_e {
  CENSUS_ABSENT, /* its segment is not mapped */
  CENSUS_HEAD,   /* the arena's own records, 640 KiB */
  CENSUS_CLEAN,  /* free: zero, not resident */
  CENSUS_DIRTY,  /* free, resident */
  CENSUS_GONE,   /* free, not committed */
  CENSUS_PAGE,   /* of a page */
  CENSUS_THEAPS, /* of threads' heaps */
  CENSUS_TAKEN,  /* in use, and by what is not seen: it changes hands just now */
  CENSUS_SLICE_KINDS
} census_slice_t;

typedef struct census_arena_s {
  uintptr_t base;
  unsigned number;    /* in the table of arenas */
  bool fixed, pinned; /* reserved memory (segment/arena.h) */
  bool sure;
  uint64_t absent, whole;                                         /* one bit a segment; in neither: it is in use */
  uint64_t dirty[MICA_ARENA_SEGMENTS], gone[MICA_ARENA_SEGMENTS]; /* one bit a slice, of free ones */
  uint64_t unused[MICA_ARENA_SEGMENTS];                           /* the free ones, those of whole segments too */
  uint16_t reserve[MICA_ARENA_SEGMENTS];                          /* as in segment/arena.h */
  uint32_t first_page, page_count;
  uint32_t slices[CENSUS_SLICE_KINDS]; /* how many of each */
} census_arena_t;

typedef struct census_page_s {
  uintptr_t base, first; /* where its slices begin, and its first block */
  uint64_t extent;       /* bytes from base to its end */
  uint64_t block_size;   /* of one block: what the block can hold */
  uint32_t arena;        /* index; CENSUS_NONE: a mapping of its own */
  uint32_t slice, slices;
  uint32_t total;  /* blocks that it has room for; */
  uint32_t carved; /* of these were ever given out; */
  uint32_t used;   /* of these are neither on its own list nor pushed: in the program, or ready in a thread's heap */
  uint32_t pushed; /* freed by others, and not collected by the owner yet */
  uint32_t theap;  /* index: who owns it, or of an abandoned one, gave it up; */
  uint32_t heap;   /* the first-class heap that it belongs to; CENSUS_NONE: a main heap */
  int16_t class;   /* -1: one block */
  uint8_t state;   /* mica_where_page_t */
  bool dedicated;
  bool sure;
} census_page_t;

/* Of a class in a thread's heap. */
typedef struct census_cache_s {
  uint32_t out;    /* blocks of its pages that are not on their lists (pushed ones included) */
  uint32_t length; /* of the cache */
  uint32_t shadow; /* of the cache that a profiled thread allocates from instead */
  uint32_t outbox; /* blocks of this class that wait for pages of other threads */
  uint32_t pages;  /* that it owns */
} census_cache_t;

typedef enum census_kind_e {
  CENSUS_BASE, /* a thread's own heap */
  CENSUS_SUB,  /* a thread's part of a first-class heap */
  CENSUS_IDLE, /* nobody's: it waits for the next thread, and has nothing */
} census_kind_t;

typedef struct census_theap_s {
  uintptr_t at;     /* where it lies */
  uintptr_t id;     /* its owner id (heap/theap.h) */
  uintptr_t thread; /* the pthread_t of the thread that runs it; 0: none does */
  uintptr_t shadow; /* where its shadow lies (heap/shadow.h); 0: it has none */
  pid_t tid;        /* the kernel's number of that thread; 0: not found */
  census_kind_t kind;
  uint32_t base;         /* index: the base of the thread that runs it; of a base itself */
  uint32_t heap;         /* index: of a sub-heap */
  uint64_t owned_bytes;  /* in the pages that it owns */
  uint64_t full_bytes;   /* in those of them that are full */
  uint64_t held_bytes;   /* of free blocks in caches and reserves: ready for its next allocations */
  uint64_t outbox_bytes; /* of freed blocks of other threads, not sent yet */
  uint64_t pushed_bytes; /* of its pages' blocks that others freed, and it has not collected */
  bool sure;             /* false: it changed while it was copied, as those of running threads do */
  census_cache_t class[MICA_CLASSES];
} census_theap_t;

typedef struct census_heap_s {
  uintptr_t at;
  uint64_t serial;
  uint64_t limit;       /* bytes; 0: none */
  uint64_t quota;       /* bytes under its pages */
  uintptr_t subproc;    /* the main heap of its subprocess */
  uint32_t reserve;     /* the reservation it is tied to; 0: none */
  uint32_t pages;       /* of it, single ones included */
  uint64_t block_bytes; /* in its blocks, those ready in sub-heaps included */
  uint32_t theaps;      /* sub-heaps */
} census_heap_t;

typedef struct census_thread_s {
  uintptr_t thread; /* pthread_t */
  pid_t tid;        /* 0: not found */
  char name[16];    /* "": not known */
  uint32_t base;    /* index of its theap */
} census_thread_t;

/* Sums over all. Blocks that are ready in caches, put aside or in outboxes are free here, whosever they are. */
typedef struct census_sums_s {
  int64_t blocks[MICA_CLASSES]; /* in the program's hands */
  int64_t held[MICA_CLASSES];   /* free, in caches and reserves of threads */
  int64_t outbox[MICA_CLASSES]; /* free, in outboxes */
  int64_t pushed[MICA_CLASSES]; /* free, on pages' words */
  int64_t pages[MICA_CLASSES];
  int64_t abandoned;                                           /* of these pages */
  int64_t single, single_bytes;                                /* pages of one block, all bytes that they have */
  int64_t mappings, mapping_bytes;                             /* of these, mappings of their own */
  int64_t block_bytes, held_bytes, outbox_bytes, pushed_bytes; /* of blocks that share pages */
  int64_t page_bytes;                                          /* of pages of classes */
  int64_t dirty_bytes;                                         /* free slices that are resident */
  int64_t mapped_bytes;                                        /* address space */
} census_sums_t;

/* As the target's counters have them. */
typedef struct census_counters_s {
  uint64_t counted[MICA_COUNTER_COUNT]; /* since its start */
  uint64_t base[MICA_COUNTER_COUNT];    /* at the last mi_stats_reset */
  int64_t peak[MICA_PEAK_COUNT];
  int64_t charged; /* slices handed out */
  int64_t used_slices, dirty_slices;
  int64_t mapped_bytes;
} census_counters_t;

/* When something was read: microseconds from the census's beginning. */
typedef struct census_time_s {
  uint32_t counters, theaps, arenas_from, arenas_to, end;
} census_time_t;

typedef struct census_s {
  target_t* target;
  const census_arena_t* arenas;
  const census_page_t* pages;
  const census_theap_t* theaps; /* newest first, as the target's list */
  const census_heap_t* heaps;   /* first-class ones alone */
  const census_thread_t* threads;
  uint32_t arena_count, page_count, theap_count, heap_count, thread_count;
  uint32_t records; /* arenas, pages and theaps; the counters are one more */
  uint32_t unsure;  /* of these are not sure */
  uint32_t retries;
  census_sums_t sums;
  census_counters_t counters;
  census_time_t time;
  int64_t began; /* microseconds since 1970 */
} census_t;

/* What is read. Counters alone cost some ten microseconds, everything some milliseconds for each GiB. */
enum {
  CENSUS_COUNTERS = 0,      /* counters; always */
  CENSUS_THEAPS_TOO = 1,    /* theaps, heaps, threads */
  CENSUS_PAGES_TOO = 2,     /* arenas and pages, and what is summed up from them */
  CENSUS_CACHED_BLOCKS = 4, /* which blocks are cached, for census_blocks; each is read */
  CENSUS_ALL = CENSUS_THEAPS_TOO | CENSUS_PAGES_TOO,
};

/* NULL: error has the line (the process has ended, there is no memory). */
census_t* census_take(target_t* target, unsigned what, char error[TARGET_ERROR]);
void census_free(census_t* census);

/* What the slice of the arena is; *page is set to its page's index, or CENSUS_NONE. page may be NULL. */
census_slice_t census_slice(const census_t* census, uint32_t arena, unsigned slice, uint32_t* page);

/* The page whose memory has the byte at `at`; CENSUS_NONE: none. */
uint32_t census_page_at(const census_t* census, uintptr_t at);

/* The theap with the owner id, marks or not; CENSUS_NONE: none. */
uint32_t census_theap_of(const census_t* census, uintptr_t id);

/* The state of each block of a page (mica_where_state_t, from MICA_WHERE_UNCARVED on),
 * one byte each, page->total of them, read from the target at this moment. Blocks in caches and parcels are known where the
 * census was taken with CENSUS_CACHED_BLOCKS, else they count as in use. False: a list could not be followed to its end, so
 * that blocks may be wrongly in use. */
bool census_blocks(const census_t* census, uint32_t page, uint8_t* states);

#endif
