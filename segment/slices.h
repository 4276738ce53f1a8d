/* slices.h -- claiming and giving back runs of slices. Lock-free; any thread, anywhere.
 *
 * A run of up to 8 slices lies in one segment; a longer one where the most dirty slices are, and fails only if nowhere enough
 * slices lie side by side. Dirty slices are taken before clean ones (they are resident already), unless the caller wants clean
 * ones. At every moment resident <= in use + dirty limit: a thread that gives slices back over the limit purges some (purge.c).
 * Runs are charged against the process's limit (limit.h) and committed where that is the program's affair (commit.h). */
#ifndef MICA_SLICES_H
#define MICA_SLICES_H
#include "segment/arena.h"

/* Where a theap last found something: searches begin there, so that threads do not meet. Zero is a good start. Only the
 * memory of the reservation `only` is taken, if it is not 0; else any but that which reservations have for their own heaps. */
typedef struct mica_hint_s {
  unsigned arena;
  unsigned segment;
  uint32_t only;
  unsigned slice; /* where the last long run began: it may have been given back since */
  bool grows;     /* the next run is for a block that moves because it grows */
} mica_hint_t;

/* Claims count slices (1 up to 63 segments). False: there is no memory for them. */
bool mica_run_claim(mica_run_t* run, unsigned count, bool want_clean, mica_hint_t* near);

/* Claims exactly these slices if all are free; segments of them that are absent are mapped. Sets run->clean. */
bool mica_run_claim_at(mica_run_t* run);

/* Gives slices back; any part of what was claimed. clean: they are zero. A part cannot be refused. */
void mica_run_release(const mica_run_t* run);

/* Likewise, of a run that page tables have moved, or whose memory they have moved away. */
void mica_run_release_moved(const mica_run_t* run);

/* From now on no slice is taken for clean: in the child of a fork, whose words and memory are not of the same moment. */
void mica_slices_distrust(void);

/* Whether all slices of a run from one in `first`'s segment on to `last`'s are of the same reservation, or of none. */
bool mica_run_is_one(mica_arena_t* arena, unsigned first, unsigned last);

#endif
