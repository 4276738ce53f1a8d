/* roots.h -- where all that mica has in a process begins, for who looks into it from outside: a running process, or a core.
 *
 *   .note.mica, in the file's first page      a structure in data
 *   mica_note_t --distance--> mica_roots_t --> tables, lists, counters
 *
 * The note is an allocated ELF note: it survives strip, is in static programs, and in cores. The layout is a number made of the
 * sizes and places of everything that a reader copies: one that was built from other structures is refused. Constant; nothing
 * in the library reads it. */
#ifndef MICA_ROOTS_H
#define MICA_ROOTS_H
#include <stdint.h>

enum { MICA_ROOTS_WORD = 16 /* bytes of a version or variant, its end included */, MICA_NOTE_TYPE = 1 };
#define MICA_NOTE_NAME "mica"

/* The note's content. */
typedef struct mica_note_s {
  char distance[8];   /* int64_t: from this very place to mica_roots, in bytes */
  uint32_t layout[2]; /* its lower half, and its upper one */
  char version[MICA_ROOTS_WORD];
  char variant[MICA_ROOTS_WORD];
} mica_note_t;

/* Addresses, as the library's own sources name what lies there. */
typedef struct mica_roots_s {
  uint64_t size;   /* of this structure */
  uint64_t layout; /* as in the note */
  const void* self;
  const void* theaps;         /* heap/theap.c: the list of every theap ever made: its first */
  const void* theap_empty;    /* owner ids are distances from here */
  const void* main_heap;      /* heap/first_class/heap.c */
  const void* arenas;         /* segment/arena.c: a table of MICA_ARENAS_MAX */
  const void* arena_count;    /* unsigned */
  const void* arena_windows;  /* the map of windows: one bit a window */
  const void* single_windows; /* likewise */
  const void* first_windows;  /* likewise */
  const void* mapped_bytes;   /* a figure of int64_t, as the next ones */
  const void* used_slices;
  const void* dirty_slices;
  const void* charged;       /* segment/limit.c: slices that count towards the limit */
  const void* shards;        /* observe/counters.c: MICA_COUNTER_SHARDS of mica_counter_shard_t */
  const void* counter_bases; /* of the counters, at the last restart */
  const void* peaks;         /* int64_t[MICA_PEAK_COUNT] */
  const void* options;       /* observe/options.c: long[MICA_OPTION_COUNT]: value * 4 + source; 0: the default */
  const void* profile;       /* profile/table.h */
} mica_roots_t;

#endif
