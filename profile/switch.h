/* switch.h -- profiling on and off, and its figures begun again. Any thread, any time. */
#ifndef MICA_SWITCH_H
#define MICA_SWITCH_H
#include <stdint.h>

/* One sample in so many bytes from now on; 0: none. Threads see it at their next slow call. */
void mica_profile_set(uint64_t every);

/* Cumulated figures begin again at 0. What is live stays. */
void mica_profile_restart(void);

#endif
