/* commit.h -- memory that the program commits for us: mi_manage_memory's function, and which slices are committed.
 *
 * A slice is gone while its memory is not committed. Its bit is written, and read exactly, by the slice's holder, like its
 * dirty bit; a slice that is gone is not dirty. In windows without a commit function no slice is ever gone. The function is
 * called without any lock held, by any thread, for slices that the caller holds; it must not allocate. For segment/ only. */
#ifndef MICA_COMMIT_H
#define MICA_COMMIT_H
#include "segment/arena.h"

/* Slices of one segment that we hold, and that nobody has used yet, are not committed. */
void mica_commit_none(mica_arena_t* arena, unsigned segment, uint64_t mask);

/* Calls a commit function. False: it could not do it, nothing is changed. *zero: the memory is known to be zero. */
bool mica_commit_call(mi_commit_fun_t* commit_fun, void* arg, bool commit, void* at, size_t size, bool* zero);

/* The slices of a run just claimed that are gone are committed, and dirty if they may not be zero. False: not all could be;
 * those that are gone are still marked. */
bool mica_commit_run(const mica_run_t* run);

/* The run's memory goes back to the system, or to its program: false if it cannot, and then it is as it was. */
bool mica_commit_drop(const mica_run_t* run);

/* Free slices of the segment that need not be committed; a hint. */
uint64_t mica_commit_there(mica_arena_t* arena, unsigned segment);

#endif
