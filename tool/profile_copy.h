/* profile_copy.h -- a copy of another process' profile (profile/table.h), in this program's own memory: what profile/dump.c,
 * compiled here as it is, writes as text is this copy. Used by profile.c. One thread, one copy. */
#ifndef TOOL_PROFILE_COPY_H
#define TOOL_PROFILE_COPY_H
#include "tool/target.h"

/* Copies it. False: it cannot be read, or there is no memory. */
bool tool_profile_copy(target_t* target);

/* The switch of the target's: bytes from sample to sample; 0: off. False: it cannot be read or written. */
bool tool_profile_every(target_t* target, uint64_t* every);
bool tool_profile_set(target_t* target, uint64_t every);

#endif
