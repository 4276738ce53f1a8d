/* limit.h -- the hard limit of the process (mi_option_memory_limit).
 *
 *   handed out: slices under pages, and the slices of blocks in mappings of their own
 *   handed out + free dirty slices <= limit, whenever a charge returns true
 *
 * Everything is charged before it is claimed, and discharged after it has been given back; so the limit holds at every moment,
 * however many threads claim. Dirty slices give way: they are purged as soon as the limit needs it. Slices that a purge has
 * taken count as purged. Reserved memory counts while it is handed out, and that which is pinned does not otherwise. Metadata
 * are not counted. Nobody waits: of several threads that charge at the same time near the limit, one that could have had the
 * memory alone may be refused.
 *
 * Lock-free; any thread, any time. Charged by slices.c and single.c; the rest is for all. */
#ifndef MICA_LIMIT_H
#define MICA_LIMIT_H
#include "base/config.h"
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Slices that count, handed out or about to be. For limit.c and api/roots.h. */
extern MICA_HIDDEN _Atomic(int64_t) mica_charged_slices;

/* That number of slices is about to be handed out. False: the limit does not allow it, and this thread remembers that. */
bool mica_limit_charge(int64_t slices);

/* They have been given back; or could not be had after all. */
void mica_limit_discharge(int64_t slices);

/* Whether the limit refused the calling thread's last charge: then the bytes that were wanted, handed out, and allowed. Asked
 * after an allocation that failed, this tells whether the limit was the reason. Says so once. Pointers may be NULL. */
bool mica_limit_refused(size_t* wanted, size_t* used, size_t* limit);

/* After a charge, once its slices are claimed: the peaks of statistics follow. */
void mica_limit_note_peak(void);

/* Bytes handed out: all that counts towards the limit, but for the dirty slices. */
size_t mica_limit_used(void);

/* After the limit was lowered: dirty slices beyond it are purged. */
void mica_limit_enforce(void);

#endif
