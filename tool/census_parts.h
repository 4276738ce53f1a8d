/* census_parts.h -- the inside of a census while it is taken, for census*.c.
 *
 *   census.c           taking one, from the parts below; questions
 *   census_counters.c  counters, peaks, figures
 *   census_theaps.c    threads' heaps, threads, first-class heaps
 *   census_arenas.c    arenas: which slices are free; own mappings
 *   census_pages.c     pages, from copies of their lines
 *   census_walks.c     what caches hold that is not of their class
 *   census_sums.c      sums over all
 *   census_blocks.c    the state of each block of a page
 *
 * The tables grow while it is taken; a table that could not grow, for want of memory, ends it. */
#ifndef TOOL_CENSUS_PARTS_H
#define TOOL_CENSUS_PARTS_H
#include "heap/theap.h"
#include "segment/arena.h"
#include "tool/census.h"

/* From a number to an index. Open addressing; no more than half of it is in use. */
typedef struct census_index_s {
  uintptr_t* keys; /* 0: free */
  uint32_t* values;
  size_t room, used;
} census_index_t;

/* Where a block is that is free in a thread's heap. */
typedef struct census_held_s {
  uint32_t theap;
  uint16_t class; /* whose list it is on; of a parcel the block's own */
  uint8_t state;  /* mica_where_state_t */
} census_held_t;

typedef struct census_taking_s {
  census_t census; /* first: it is what the caller gets */
  unsigned what;
  bool no_memory;
  bool has_changed; /* something did while it was copied */
  census_arena_t* arenas;
  census_page_t* pages;
  census_theap_t* theaps;
  census_heap_t* heaps;
  census_thread_t* threads;
  size_t arena_room, page_room, theap_room, heap_room, thread_room;
  census_index_t theap_at;  /* by address */
  census_index_t heap_at;   /* likewise */
  census_index_t window_of; /* arenas by window number + 1 */
  census_index_t held_at;   /* blocks in caches, by address: index of held */
  census_held_t* held;
  size_t held_count, held_room;
  int64_t clock; /* of the monotonic clock at the beginning, in microseconds */
} census_taking_t;

/* An arena's head (base/geometry.h), copied twice: in `after` the lines first, then the tags and the words. */
typedef struct census_head_s {
  _Alignas(64) char before[MICA_HEAD];
  _Alignas(64) char after[MICA_HEAD];
} census_head_t;

/* ---- census.c ---- */

/* Room for one more behind `count`: the table, grown, or NULL where there is no memory. */
void* census_grow(census_taking_t* t, void* table, size_t count, size_t* room, size_t size);
bool census_index_put(census_index_t* index, uintptr_t key, uint32_t value);
uint32_t census_index_get(const census_index_t* index, uintptr_t key); /* CENSUS_NONE: it is not there */
uint32_t census_elapsed(const census_taking_t* t);
/* Whether what has changed is to be read again, which is counted: not in a process that changes all the time, or keeps its
 * reader waiting. */
bool census_may_retry(census_taking_t* t);
/* Whether it has waited for the process so long that what is not needed is not read. */
bool census_has_waited(const census_taking_t* t);

#define CENSUS_BYTES_MOST ((uint64_t)1 << 47) /* no process has more addresses */
static inline uint64_t census_cut(uint64_t n, uint64_t most) { return n < most ? n : most; }

/* ---- the parts ---- */
bool census_counters(census_taking_t* t);
bool census_counters_stand(census_taking_t* t); /* whether no event was counted since */
bool census_theaps(census_taking_t* t);
bool census_arenas(census_taking_t* t);
bool census_mappings(census_taking_t* t);
/* Pages of an arena whose free slices are known, from copies of its head. */
bool census_arena_pages(census_taking_t* t, census_arena_t* arena, const census_head_t* head);
/* The page of one block whose lines these are: added if it is one. */
bool census_page_add(census_taking_t* t, const census_page_t* page);
uint32_t census_page_heap(census_taking_t* t, uintptr_t page, const mica_page_t* line);
void census_walk(census_taking_t* t);
void census_sum(census_taking_t* t);

#endif
