/* profile.h -- what heap/ tells the profiler, and asks it.
 *
 * A sample is an allocation that was drawn, so that in the mean one comes in so many bytes; it stands for its weight, that is
 * 1 / (1 - exp(-block_size / every)) allocations like it, and is noted at the site, the stack of calls, that it came from. Any
 * thread, any time, signal handlers and children of fork included; nothing here allocates, waits or changes errno. */
#ifndef MICA_PROFILE_H
#define MICA_PROFILE_H
#include "base/config.h"
#include "profile/steps.h"
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Another one at each start, stop and change of rate; 0: never started. It is the first word of mica_profile_table (table.h). A
 * thread that finds another value than it noted asks mica_profile_every again, which sees what the change set. */
extern MICA_HIDDEN _Atomic(uint32_t) mica_profile_epoch;

/* No epoch is that: a thread that is profiled has it noted. */
#define MICA_EPOCH_NONE UINT32_MAX

/* Bytes from sample to sample in the mean; 0: off. 1: every allocation is a sample, and weighs 1. */
uint64_t mica_profile_every(void);

/* ---- draws; *random is a caller's own state (xorshift), never 0 ---- */

/* Allocations of that size until the sample, which is the last of them: 1, 2, ...; UINT64_MAX where every is 0. */
uint64_t mica_profile_due(uint64_t* random, uint64_t size, uint64_t every);

/* Whether one of this size is a sample. */
bool mica_profile_draw(uint64_t* random, uint64_t size, uint64_t every);

/* ---- samples ---- */

/* Notes a sample: p of size bytes, in a block of block_size by which the draw was made at this rate. Its number, never 0; 0: no
 * room, then it is no sample. Takes the stack of the caller, by the steps that the thread remembers (NULL: none). */
uint32_t mica_profile_take(const void* p, size_t size, size_t block_size, uint64_t every, mica_steps_t* steps);

/* Calls the program's function (mi_profile_register) for the sample that was taken, once its number stands where it is looked
 * for: the function may ask about p. It may allocate and free, too: call where a signal handler that allocates would do no
 * harm. */
void mica_profile_tell(uint32_t number, const void* p);

/* Whether that is the number of a live sample of exactly p. Any number. */
bool mica_profile_is(uint32_t number, const void* p);

/* The sample ends; nothing happens if that is not one's number, any more. The program's function is called as by tell. */
void mica_profile_gone(uint32_t number, const void* p);

/* It has size bytes now, where it is. What it grew by counts as allocated, what it shrank by as freed; it stays one. */
void mica_profile_resized(uint32_t number, const void* p, size_t size);

/* In the child of a fork: the idle records are not used again. */
void mica_profile_forget_idle(void);

/* Live samples, for those who would have to look for them. */
uint64_t mica_profile_live(void);

#endif
