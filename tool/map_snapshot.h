/* map_snapshot.h -- a snapshot of a heap as `mica map` writes it: a head in JSON, and columns of numbers.
 *
 * The columns are what tool/map_data.js reads, little-endian. Areas, items and pages are by address:
 *
 *   area   an arena, or a mapping of its own       base in slices, kind (MAP_ARENA, MAP_SINGLE), number, slices, items
 *   segment of an arena, 64 each                   kind (MAP_ABSENT...), and marks
 *   item   a run of slices of one kind, or a page  kind (census_slice_t), slices; they follow each other without a gap
 *   page   each item of kind CENSUS_PAGE           class (MAP_SINGLE_CLASS: one block), owner, state and marks, blocks used,
 *                                                  carved and pushed
 *   single each page of one block                  bytes of the block, and from the item's beginning to it
 *   block  of some pages                           the page's number; two bits for each carved block, the first lowest, each
 * page
 *                                                  begins with a byte of its own
 *
 * An owner is a theap's index + 1; 0: no thread. A snapshot that ran out of memory is `failed` from then on, and is not
 * written. One thread. */
#ifndef TOOL_MAP_SNAPSHOT_H
#define TOOL_MAP_SNAPSHOT_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

typedef enum map_column_id_e {
  MAP_AREA_BASE,
  MAP_AREA_KIND,
  MAP_AREA_NUMBER,
  MAP_AREA_SLICES,
  MAP_AREA_ITEMS,
  MAP_SEGMENT_KIND,
  MAP_ITEM_KIND,
  MAP_ITEM_SLICES,
  MAP_PAGE_CLASS,
  MAP_PAGE_OWNER,
  MAP_PAGE_STATE,
  MAP_PAGE_USED,
  MAP_PAGE_CARVED,
  MAP_PAGE_PUSHED,
  MAP_SINGLE_BYTES,
  MAP_SINGLE_LEAD,
  MAP_BLOCK_PAGE,
  MAP_BLOCK_BITS,
  MAP_COLUMNS
} map_column_id_t;

enum { MAP_ARENA = 0, MAP_SINGLE = 1 };
enum { MAP_ABSENT = 0, MAP_WHOLE = 1, MAP_IN_USE = 2, MAP_EXCLUSIVE = 4 }; /* of a segment; the last a mark */
enum { MAP_SINGLE_CLASS = 255 };
/* Of a page; the last two are marks. The names are in the head, by number. */
typedef enum map_state_e {
  MAP_STATE_UNKNOWN,
  MAP_STATE_ACTIVE,
  MAP_STATE_READY,
  MAP_STATE_SPARSE,
  MAP_STATE_FULL,
  MAP_STATE_MOVING, /* on no list of its owner's just then */
  MAP_STATE_ABANDONED,
  MAP_STATE_LARGE,
  MAP_STATES,
  MAP_DEDICATED = 64,
  MAP_UNSURE = 128,
} map_state_t;
enum { MAP_BLOCK_USED = 0, MAP_BLOCK_CACHED = 1, MAP_BLOCK_LISTED = 2, MAP_BLOCK_WAITING = 3 };

typedef struct map_column_s {
  unsigned char* bytes;
  size_t length, room;
} map_column_t;

typedef struct map_snapshot_s {
  map_column_t column[MAP_COLUMNS];
  char* head; /* JSON, without its last brace: the columns come behind it */
  size_t head_length;
  bool failed;
} map_snapshot_t;

/* Of zero: an empty snapshot. And its end. */
void map_snapshot_free(map_snapshot_t* snapshot);

/* Puts a value behind a column's last; what does not fit its width is cut to the most that does. */
void map_put(map_snapshot_t* snapshot, map_column_id_t id, uint64_t value);

/* Values in a column; bytes of one. The name that the page knows it by. */
size_t map_count(const map_snapshot_t* snapshot, map_column_id_t id);
unsigned map_width(map_column_id_t id);
const char* map_column_name(map_column_id_t id);

/* What the head says beside the tables of classes and owners, which the caller writes. All bytes. */
typedef struct map_totals_s {
  uint64_t mapped, resident; /* resident 0: not known */
  uint64_t held, outbox;     /* free blocks in theaps: ready there, on their way */
  uint64_t blocks, singles;  /* in the program's blocks that share pages; in those that do not */
  uint64_t pushed, pages, dirty;
} map_totals_t;

typedef struct map_head_s {
  const char* program;
  const char* target;
  const char* mica;
  int64_t when; /* microseconds since 1970 */
  uint32_t unsure;
  map_totals_t totals;
} map_head_t;

/* The head's beginning: what is in *head, the names of states, the table of classes. Then come "owners":[...]. */
void map_head_begin(FILE* to, const map_head_t* head);

/* A text as JSON has it, quotes and all; bytes that are no ASCII become question marks. */
void map_json_text(FILE* to, const char* text);

#endif
