/* arena.h -- arenas: 256 MiB windows of address space, the words that say which slices are free, and the hint bits.
 *
 * Synchronization, one bit a segment in `absent` and `whole`, one bit a slice in `slices_free` and `slices_dirty`:
 *
 *   absent --map--> whole --break--> its slices in slices_free --all free again--> whole
 *
 *   word           taken by                          given back by                 pairs
 *   absent         CAS, relaxed                      fetch_or, relaxed             (address space only)
 *   whole          CAS, acquire                      fetch_or, release             each other: the slices' contents and lines
 *   slices_free    CAS, acquire                      fetch_or, release             each other, likewise
 *   slices_dirty   written only by who holds the slice's bit of slices_free (or of whole); relaxed, read exactly by the same
 *
 * Whoever cleared a bit holds that segment or slice and nobody else does. A segment's bit in `whole` and all its bits in
 * slices_free are never set together. Progress: every loop repeats only when somebody else's CAS succeeded; nobody waits.
 * Arenas are never unmapped. Used by segment and, for the hints, heap. */
#ifndef MICA_ARENA_H
#define MICA_ARENA_H
#include <mica/config.h>
#include <mica/geometry.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "page/page.h"
#include "segment/bits.h"

typedef struct mica_arena_s {
  _Atomic(uint64_t) absent; /* segments for which no memory is mapped */
  _Atomic(uint64_t) whole;  /* segments wholly free */
  _Atomic(int64_t) dirty;   /* free dirty slices; a hint, may be off for a moment [F1] */
  unsigned number;          /* in the table of arenas; constant */
  uint64_t window_bytes;    /* 0; in the window of a single mapping, its size. Constant */
  _Atomic(uint64_t) slices_free[MICA_ARENA_SEGMENTS];
  _Atomic(uint64_t) slices_dirty[MICA_ARENA_SEGMENTS];
  /* the hints of page_word.h and directory.h: detached pages worth taking */
  _Atomic(uint64_t) offered_segments[MICA_CLASSES];
  _Atomic(uint64_t) offered[MICA_ARENA_SEGMENTS][MICA_CLASSES];
} mica_arena_t;
static_assert(sizeof(mica_arena_t) <= MICA_OWNER_LINES - MICA_WORDS, "the words and hints lie before the lines");

enum { MICA_ARENAS_MAX = 16384 };

/* The arena's words lie a little behind its base. */
MICA_INLINE uintptr_t mica_arena_base(const mica_arena_t* arena) { return (uintptr_t)arena - MICA_WORDS; }
MICA_INLINE mica_arena_t* mica_arena_at(uintptr_t window) { return (mica_arena_t*)(window + MICA_WORDS); }
MICA_INLINE char* mica_slice_address(const mica_arena_t* arena, unsigned slice) {
  return (char*)mica_arena_base(arena) + ((uintptr_t)slice << MICA_SLICE_SHIFT);
}

/* Arenas are numbered from 0 and never go. One below the count may be NULL to a thread that has not seen it yet. */
unsigned mica_arena_count(void);
mica_arena_t* mica_arena(unsigned number);

/* A new arena, of at least so many segments beyond its first unless another thread made one meanwhile; NULL: not to be had. */
mica_arena_t* mica_arena_make(unsigned segments);

/* Maps absent segments of the arena: `segments` neighbours. Their bits in `whole` are set. False: not to be had. */
bool mica_arena_grow(mica_arena_t* arena, unsigned segments);

/* Maps this segment if it is absent, so that a run before it can grow. */
void mica_arena_map(mica_arena_t* arena, unsigned segment);

/* Bytes of address space that arenas and mappings of their own hold. */
size_t mica_mapped_bytes(void);
void mica_mapped_add(int64_t bytes);

/* Which windows are mica's. An arena's is found for ever, a mapping's of its own (all its windows) until it goes. */
typedef enum mica_window_e { MICA_WINDOW_FOREIGN, MICA_WINDOW_ARENA, MICA_WINDOW_SINGLE } mica_window_t;
mica_window_t mica_window_kind(const void* p);
void mica_window_mark(uintptr_t from, size_t bytes, mica_window_t kind);

#endif
