/* purge.h -- freed memory goes back to the system by volume.
 *
 * The limit on free dirty slices: a floor, plus a part of the slices in use, plus a credit. A purge begins an episode of a
 * second, unless there is one. What was purged in it and is claimed again in it would have cost no fault, had it been kept: for
 * each such slice four may stay, 256 MiB at most, as long as they and the slices in use are not more than were in use in the
 * episode at most, and an eighth of it; and the second begins anew. The episode's end is seen when slices are claimed or given
 * back next: a process that does neither keeps them. Once the system has refused memory there is no credit.
 *
 * A whole segment is unmapped when it is purged: what the system counts as mapped goes back, too. Over the limit, the thread
 * that gave slices back, or claimed clean ones, purges the excess and a quarter of the limit, but no more than 2 MiB beyond the
 * excess: one arena after the other, each from its end on; runs that lie side by side in a segment go together. Lock-free: what
 * is purged is claimed first. */
#ifndef MICA_PURGE_H
#define MICA_PURGE_H
#include "segment/arena.h"

/* After giving dirty slices back, and after claiming clean ones while dirty ones stay on credit. */
void mica_purge_if_over(void);

/* Purges until at most `keep` dirty slices are left, or one round is over. Returns the slices purged. */
int64_t mica_purge(int64_t keep);

/* Purges all dirty slices, and unmaps every whole segment. Returns the slices purged. */
int64_t mica_purge_all(void);

/* A run about to be given back that is larger than the whole limit is given back here, and purged as far as the system allows.
 * False: nothing changed. */
bool mica_purge_directly(const mica_run_t* run);

/* A run that page tables have moved, or whose memory they have moved away, is given back here: its whole segments are
 * unmapped, the rest is mapped anew. */
void mica_purge_moved(const mica_run_t* run);

/* A segment has become whole. Beyond a few whole ones it is unmapped, and so is each that lies beside it and is whole, if it
 * is not worth a mapping: nothing of it is dirty, or nothing beside it is mapped. */
void mica_purge_if_spare(mica_arena_t* arena, unsigned segment);

/* Whether slices are being purged at this moment: a claim may have missed them for that. */
bool mica_purge_holds_slices(void);

/* Child of a fork: the threads that purged are not here. */
void mica_purge_forget_holders(void);

/* The system has refused memory: nothing is kept on credit any more. */
void mica_purge_note_refused(void);

/* A run was claimed, and `clean` of its slices are clean. */
void mica_purge_note_claimed(unsigned clean);

#endif
