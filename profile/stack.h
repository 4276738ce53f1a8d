/* stack.h -- the calls that led here. Any thread, any time, signal handlers included: nothing is allocated, no lock is taken
 * (glibc 2.35 or later), errno is untouched. */
#ifndef MICA_STACK_H
#define MICA_STACK_H
#include "profile/steps.h"
#include <stdint.h>

/* The return addresses of the calls under way, the innermost first, without those into mica itself; up to most of them, which
 * is not 0. 0: none could be found. What the calling thread remembers is used and added to; NULL: it remembers nothing. */
unsigned mica_stack(uintptr_t* frames, unsigned most, mica_steps_t* steps);

/* In the child of a fork, with a C library whose pthread_once knows of forks: a thread that is not here may have been in the
 * unwinder's first call. */
void mica_stack_forget_first(void);

#endif
