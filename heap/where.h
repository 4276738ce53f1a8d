/* where.h -- what lies at an address (mica/where.h), and the parts of the answer that tests use, too.
 *
 *   where.c        which window, slice and page: from copies of the metadata
 *   where_theap.c  which thread's heap
 *   where_block.c  which list a free block is on: from copies of the links
 *   where_text.c   the answer in words
 *   where_own.c    what is looked at: this process
 *
 * Everything is read through segment/peek.h: nothing here can fault, and none of it is an access that races. What was read may
 * be of several moments; so each link is validated before it is followed, each walk is bounded by what the list can hold, and
 * the page's word and owner are read again at the end. errno is kept by mica_where_look. Used by api and pool, and where free
 * looks at its pointer (free.c). The command mica compiles all but the last file for its look at another process, or a core:
 * what they begin with, and what they follow, comes from functions that it has of its own. */
#ifndef MICA_HEAP_WHERE_H
#define MICA_HEAP_WHERE_H
#include <mica/where.h>

#include "heap/theap.h"

/* As if nothing were known of p. */
void mica_where_begin(mica_where_t* where, const void* p);

/* Everything that is known of p. */
void mica_where_look(const void* p, mica_where_t* where);

enum { MICA_WHERE_TEXT = 320 }; /* bytes that a text has at most, its end and an ordinary name included */

/* As mica_where_text; of mica_where_look; and as mica_where_print. */
size_t mica_where_put(const mica_where_t* where, char* buffer, size_t size);
void mica_where_say(const void* p, char text[MICA_WHERE_TEXT]);
void mica_where_write(const void* p);

/* ---- slices ---- */

typedef enum mica_slice_kind_e {
  MICA_SLICE_ABSENT,
  MICA_SLICE_HEAD,
  MICA_SLICE_FREE,
  MICA_SLICE_USED
} mica_slice_kind_t;

/* Of an arena whose words for the slice's segment are these. */
static inline mica_slice_kind_t mica_slice_kind(unsigned slice, uint64_t absent, uint64_t whole, uint64_t slices_free) {
  const unsigned segment = slice / MICA_SEGMENT_SLICES, bit = slice % MICA_SEGMENT_SLICES;
  if ((absent >> segment & 1) != 0) return MICA_SLICE_ABSENT;
  if (slice < MICA_HEAD_SLICES) return MICA_SLICE_HEAD;
  return (whole >> segment & 1) != 0 || (slices_free >> bit & 1) != 0 ? MICA_SLICE_FREE : MICA_SLICE_USED;
}

/* ---- pages ---- */

/* A copy of what a page's three records say. Each field as in page.h. */
typedef struct mica_page_copy_s {
  const mica_page_t* page;
  uintptr_t owner; /* marks included */
  uint64_t word;
  char* base;
  mica_block_t* local_free;
  mica_theap_t* registry;
  mi_heap_t* heap;
  uint64_t serial, extent, vacant;
  unsigned total, used, capacity;
  uint32_t lead, size, slices, kind;
  uint16_t registry_at;
  uint8_t place;
  bool dedicated;
} mica_page_copy_t;

/* The number of the block that begins at `at`, among `count` blocks of so many bytes from first on; count: none does. */
static inline size_t mica_block_index(uintptr_t first, uint32_t size, size_t count, uintptr_t at) {
  const size_t offset = at - first;
  return at < first || offset / size >= count || offset % size != 0 ? count : offset / size;
}

/* Where its first block begins. */
static inline uintptr_t mica_copy_first(const mica_page_copy_t* copy) { return (uintptr_t)copy->base + copy->lead; }

/* ---- where_own.c ---- */

/* Of a theap: the next one in the list of all; its owner id; the base of the thread that runs it, or NULL. */
const mica_theap_t* mica_where_next(const mica_theap_t* theap);
uintptr_t mica_where_id(const mica_theap_t* theap);
const mica_theap_t* mica_where_base(const mica_theap_t* theap);

/* Whether the calling thread runs this base, and whether its stack is in this mapping. */
bool mica_where_runs(const mica_theap_t* base);
bool mica_where_on_stack(uintptr_t from, uintptr_t to);

/* Whether other threads may run while this one looks. */
bool mica_where_goes_on(void);

/* ---- where_theap.c ---- */

/* The one with that owner id, marks or not; NULL: none ever had it. */
const mica_theap_t* mica_where_theap(uintptr_t id);

/* The one that has the byte at p; NULL: none. */
const mica_theap_t* mica_where_theap_at(const void* p);

/* The pthread_t of the thread that runs it, and whether that is the calling one; 0: none does, or theap is NULL. */
uintptr_t mica_where_thread(const mica_theap_t* theap, bool* is_caller);

/* ---- where_block.c ---- */

/* where->block is a carved block of the page: sets its state and its holder, and whether it is sure. */
void mica_where_find(const mica_page_copy_t* copy, mica_where_t* where);

#endif
