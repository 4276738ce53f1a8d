/* arena.h -- arenas: 256 MiB windows of address space, the words of their free slices, the hint bits; and the windows that are
 * mica's, and the counts over all arenas.
 *
 * Synchronization, one bit a segment in `absent` and `whole`, one bit a slice in `slices_free` and `slices_dirty`:
 *
 *   absent --map--> whole --break--> its slices in slices_free --all free again--> whole --unmap--> absent
 *
 *   word           taken by                          given back by                 pairs
 *   absent         CAS, acquire                      fetch_or, release             each other: the slices' dirty bits and lines
 *   whole          CAS, acquire                      fetch_or, release             each other: the slices' contents and lines
 *   slices_free    CAS, acquire                      fetch_or, release             each other, likewise
 *   slices_dirty   written only by the holder of the slice (its bit of slices_free, or of whole); relaxed, exact to the same
 *   slices_gone    likewise
 *   reserve        written once, by the taker of the segment's bit of absent; relaxed, exact to the holder of a slice
 *
 * The thread that cleared a bit holds that segment or slice, and no other does. A segment's bit in `whole` and all its bits in
 * slices_free are never set together. Progress: every loop repeats only when somebody else's CAS succeeded; nobody waits.
 * An arena's head and first segment are never unmapped. Lock-free; any thread, any time. The words are for segment/, the hints
 * and questions for all. */
#ifndef MICA_ARENA_H
#define MICA_ARENA_H
#include "base/bits.h"
#include "base/config.h"
#include "base/geometry.h"
#include "page/page.h"
#include <mica/arenas.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct mica_arena_s {
  _Atomic(uint64_t) absent; /* segments for which no memory is mapped */
  _Atomic(uint64_t) whole;  /* segments wholly free */
  _Atomic(uint64_t)
      taken; /* absent segments where somebody else's memory was found: they are not tried again; a hint [F1] */
  _Atomic(int64_t) dirty; /* free dirty slices; a hint, may be off for a moment [F1] */
  unsigned number;        /* in the table of arenas; constant */
  uint64_t window_bytes;  /* 0; in the window of a single mapping, its size. Constant */
  /* Constant too, of a window with reserved memory (reserve.h); 0 and NULL in others: */
  bool fixed;  /* no more segments are mapped in it */
  bool pinned; /* its memory never goes back to the system. Its free dirty slices count in its own figure only */
  mi_commit_fun_t* commit; /* the program's way to commit its memory, and the argument that goes with it */
  void* commit_arg;
  _Atomic(uint64_t) slices_free[MICA_ARENA_SEGMENTS];
  _Atomic(uint64_t) slices_dirty[MICA_ARENA_SEGMENTS];
  _Atomic(uint64_t) slices_gone[MICA_ARENA_SEGMENTS]; /* not committed; written and read as slices_dirty */
  _Atomic(uint16_t) reserve[MICA_ARENA_SEGMENTS]; /* reservation * 2, + 1: for its own heaps only; 0: ordinary memory */
  /* the hints of directory.h: abandoned pages worth reclaiming */
  _Atomic(uint64_t) offered_segments[MICA_CLASSES];
  _Atomic(uint64_t) offered[MICA_ARENA_SEGMENTS][MICA_CLASSES];
} mica_arena_t;
static_assert(sizeof(mica_arena_t) <= MICA_OWNER_LINES - MICA_WORDS, "the words and hints lie before the lines");

enum { MICA_ARENAS_MAX = 16384 };

/* A run of slices. */
typedef struct mica_run_s {
  mica_arena_t* arena;
  unsigned first; /* slice in the arena */
  unsigned count;
  bool clean; /* known to be zero */
} mica_run_t;

/* The arena's words lie a little behind its base. */
MICA_INLINE uintptr_t mica_arena_base(const mica_arena_t* arena) { return (uintptr_t)arena - MICA_WORDS; }
MICA_INLINE mica_arena_t* mica_arena_at(uintptr_t window) { return (mica_arena_t*)(window + MICA_WORDS); }
MICA_INLINE char* mica_slice_address(const mica_arena_t* arena, unsigned slice) {
  return (char*)mica_arena_base(arena) + ((uintptr_t)slice << MICA_SLICE_SHIFT);
}

/* The table of arenas, by their numbers, and how many are in it. For arena.c and api/roots.h: who looks from outside. */
extern MICA_HIDDEN _Atomic(mica_arena_t*) mica_arenas[MICA_ARENAS_MAX];
extern MICA_HIDDEN _Atomic(unsigned) mica_arenas_made;

/* Arenas are numbered from 0 and never go. One below the count may be NULL to a thread that has not seen it yet. */
unsigned mica_arena_count(void);
mica_arena_t* mica_arena(unsigned number);

/* A new arena, with `segments` beyond its first at least, unless another thread made one meanwhile; NULL: not to be had. */
mica_arena_t* mica_arena_make(unsigned segments);

/* A window of memory from elsewhere, whose head is there and zero but for the constants above, becomes an arena. All its
 * segments are absent, but for the first, whose slices are in the caller's hands. False: there are too many arenas. */
bool mica_arena_enter(mica_arena_t* arena);

/* Maps what is absent of some neighbours, `segments` of them, that are absent or whole: all are whole then, until somebody else
 * claims one. False: not to be had. */
bool mica_arena_grow(mica_arena_t* arena, unsigned segments);

/* Whether segments of the arena's window may be mapped, and unmapped, at this moment. */
bool mica_arena_can_grow(const mica_arena_t* arena);

/* Unmaps neighbours all of whose slices the caller holds: they are absent then. False: nothing changed. */
bool mica_arena_shrink(mica_arena_t* arena, unsigned first, unsigned segments);

/* Maps this segment if it is absent, so that a run before it can grow. */
void mica_arena_map(mica_arena_t* arena, unsigned segment);

/* Whether p can point into a page of the arena: into a segment that is there, behind the head. */
bool mica_arena_holds(const mica_arena_t* arena, const void* p);

/* Whether the segment is for a reservation's own heaps only. relaxed: written before its slices could be had [S13] */
static inline bool mica_arena_is_exclusive(const mica_arena_t* arena, unsigned segment) {
  return (atomic_load_explicit(&arena->reserve[segment], memory_order_relaxed) & 1) != 0;
}

/* Bytes of address space that arenas and mappings of their own hold. */
extern MICA_HIDDEN _Atomic(int64_t) mica_mapped; /* a figure [F1] */
size_t mica_mapped_bytes(void);
void mica_mapped_add(int64_t bytes);

/* Slices in use, and free but dirty (of pinned arenas: none), in the process. Relaxed: figures, which may be off for the moment
 * between a claim and its count, never for longer. */
extern MICA_HIDDEN _Atomic(int64_t) mica_used_slices;  /* [F1] */
extern MICA_HIDDEN _Atomic(int64_t) mica_dirty_slices; /* [F1] */
static inline int64_t mica_slices_used(void) { return atomic_load_explicit(&mica_used_slices, memory_order_relaxed); }
static inline int64_t mica_slices_dirty(void) { return atomic_load_explicit(&mica_dirty_slices, memory_order_relaxed); }
static inline void mica_slices_add_used(int64_t n) {
  atomic_fetch_add_explicit(&mica_used_slices, n, memory_order_relaxed);
}
static inline void mica_slices_add_dirty(mica_arena_t* arena, int64_t n) {
  if (n == 0) return;
  atomic_fetch_add_explicit(&arena->dirty, n, memory_order_relaxed);
  if (!arena->pinned) atomic_fetch_add_explicit(&mica_dirty_slices, n, memory_order_relaxed);
}

/* Whole segments that are mapped and could be unmapped. Relaxed: a figure of policy. */
extern MICA_HIDDEN _Atomic(int) mica_whole_segments; /* [F1] */
static inline int mica_segments_whole(void) { return atomic_load_explicit(&mica_whole_segments, memory_order_relaxed); }
static inline void mica_segments_add_whole(const mica_arena_t* arena, int n) {
  if (!arena->fixed) atomic_fetch_add_explicit(&mica_whole_segments, n, memory_order_relaxed);
}

/* Runs of mapped segments with nothing mapped beside them, over all arenas: about the number of mappings. Relaxed: likewise. */
extern MICA_HIDDEN _Atomic(int) mica_island_count; /* [F1] */
static inline int mica_islands(uint64_t mapped) { return __builtin_popcountll(mapped & ~(mapped << 1)); }
static inline void mica_islands_add(int n) {
  if (n != 0) atomic_fetch_add_explicit(&mica_island_count, n, memory_order_relaxed);
}

/* Which windows are mica's. An arena's is found for ever, a mapping's of its own (all its windows) until
 * the mapping is given back. */
typedef enum mica_window_e { MICA_WINDOW_FOREIGN, MICA_WINDOW_ARENA, MICA_WINDOW_SINGLE } mica_window_t;
mica_window_t mica_window_kind(const void* p);
void mica_window_mark(uintptr_t from, size_t bytes, mica_window_t kind);

/* One bit a window of 256 MiB below 2^48; above, nothing is ours. For arena.c and api/roots.h, likewise. */
enum { MICA_WINDOWS = 1 << (48 - MICA_ARENA_SHIFT) };
extern MICA_HIDDEN _Atomic(uint64_t) mica_arena_windows[MICA_WINDOWS / 64];
extern MICA_HIDDEN _Atomic(uint64_t) mica_single_windows[MICA_WINDOWS / 64];
extern MICA_HIDDEN _Atomic(uint64_t) mica_first_windows[MICA_WINDOWS / 64]; /* of those, where a mapping begins */

/* Whether p lies in memory that mica manages. No pointer is too foreign to ask. */
bool mica_is_ours(const void* p);

/* The first window at or behind `from` where a mapping of its own begins; 0: there is none. And where the one begins that p
 * points into. */
uintptr_t mica_window_next(uintptr_t from);
uintptr_t mica_window_first(const void* p);

#endif
