/* move.h -- OS pages move from one range to another by page tables instead of copies.
 *
 * What the system has moved it cannot join with what lies beside it: a moved range stays one mapping, or several, of its own,
 * until it is renewed (mica_os_renew). The system counts mappings, so moved ranges are counted here: beyond a number of them
 * alive nothing is moved. Lock-free; any thread. Used by single.c. */
#ifndef MICA_MOVE_H
#define MICA_MOVE_H
#include <stdbool.h>
#include <stddef.h>

typedef enum mica_moved_e {
  MICA_MOVED,
  MICA_STAYED, /* from is as it was; to may have been written to */
  MICA_LOST,   /* from is as it was; what lies at to now is not known: it must never be used or unmapped */
} mica_moved_t;

/* Whether a range that has been moved `times` times should be moved once more. It is at most `times` + 1 mappings: what was
 * moved each time, and what it has grown by since. So not if these become many, or too many in the process; nor where the
 * system is not to be trusted with it. */
bool mica_move_may(unsigned times);

/* The OS pages of from, moved `times` times before, move to `to`, which is mapped and loses its own; from stays mapped and is
 * zero. Whatever the result is, `to` may have been moved to, and counts as moved `times` + 1 times until mica_move_forget. */
mica_moved_t mica_move(void* from, void* to, size_t size, unsigned times);

/* What was moved so many times has been unmapped or renewed. */
void mica_move_forget(unsigned times);

#endif
