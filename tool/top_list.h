/* top_list.h -- the processes of the user that run on mica, and what each has in use: what `mica top` shows.
 *
 * A refresh reads the counters of all of them, and looks through the pages of those whose turn it is: at most every three
 * seconds, and so seldom that it takes a fiftieth of the time. So figures from pages may be some seconds old, and say how old.
 * One thread. */
#ifndef TOOL_TOP_LIST_H
#define TOOL_TOP_LIST_H
#include "tool/census.h"
#include <stdio.h>

typedef enum top_key_e {
  TOP_RESIDENT,
  TOP_BLOCKS,
  TOP_PAGES,
  TOP_DIRTY,
  TOP_HELD,
  TOP_WAITING,
  TOP_GROWTH,
  TOP_PID,
  TOP_KEYS
} top_key_t;

typedef struct top_row_s {
  pid_t pid;
  uint64_t start;   /* when it began, as /proc has it: a number that is used again begins at another time */
  target_t* target; /* NULL: mica is in it, and it cannot be looked at; only what is resident is known */
  char name[32];
  bool seen; /* by the refresh that goes on */
  bool growth_known;
  /* Bytes, but for the number of the process: of each key. Growth is bytes a second. */
  int64_t figure[TOP_KEYS];
  int64_t counted_at, looked_at; /* microseconds; 0: never */
  int64_t cost;                  /* of the last look */
  int64_t mapping_bytes;         /* under large blocks' own mappings, by the last look: the counters do not say */
} top_row_t;

typedef struct top_stranger_s {
  pid_t pid;
  uint64_t start;
  int64_t looked_at;
} top_stranger_t;

typedef struct top_list_s {
  top_row_t* rows;
  size_t count, room;
  top_stranger_t* strangers; /* processes without mica */
  size_t stranger_count, stranger_room;
} top_list_t;

/* Looks at all of them again. all: through everybody's pages, whoever's turn it is. */
void top_refresh(top_list_t* list, bool all);
void top_sort(top_list_t* list, top_key_t by);
void top_free(top_list_t* list);

/* A process by its number, whoever's it is. NULL: error has the line. The row is the list's, until the next refresh. */
top_row_t* top_find(top_list_t* list, pid_t pid, char error[TARGET_ERROR]);

/* Looks through the row's pages; the census is the caller's. NULL: error has the line. */
census_t* top_look(top_row_t* row, char error[TARGET_ERROR]);

/* Microseconds of a clock that only goes forward. */
int64_t top_now(void);

#endif
