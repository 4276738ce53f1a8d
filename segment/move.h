/* move.h -- OS pages move from one range to another by page tables instead of copies.
 *
 * What the system has moved it cannot join with what lies beside it: a moved range stays a mapping of its own until it is
 * renewed (mica_os_renew). So it is kept one mapping, with what it grows by, and can be moved again. The system counts
 * mappings: beyond a number of moved ranges alive nothing is moved. Lock-free; any thread. Used by single.c. */
#ifndef MICA_MOVE_H
#define MICA_MOVE_H
#include <stdbool.h>
#include <stddef.h>

typedef enum mica_moved_e {
  MICA_MOVED,
  MICA_STAYED, /* from is as it was; to may have been written to */
  MICA_LOST,   /* from is as it was; what lies at to now is not known: it must never be used or unmapped */
} mica_moved_t;

/* Whether a range should be moved at all: not while too many are alive. */
bool mica_move_may(void);

/* The OS pages of from, `size` bytes in one mapping, move to `to`, where more_size bytes are mapped that lose their own: they
 * are one mapping then, zero behind what was moved. from is zero, and is to be given back as a moved range at once: some
 * emulators forget it, and would give it away. One more moved range is alive. */
mica_moved_t mica_move(void* from, size_t size, void* to, size_t more_size);

/* A moved range that ends at `end` takes in the bytes that are mapped behind it; they are zero then. False: they are lost. */
bool mica_move_grow(void* end, size_t bytes);

/* One more is alive; a moved range has been unmapped or renewed. */
void mica_move_remember(void);
void mica_move_forget(void);

#endif
