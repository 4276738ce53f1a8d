/* program.h -- the program's own function that is told of samples (mi_profile_register in mica/profile.h). */
#ifndef MICA_PROFILE_PROGRAM_H
#define MICA_PROFILE_PROGRAM_H
#include <mica/profile.h>
#include <stddef.h>

#define MICA_SAMPLE_TAKEN mi_profile_taken
#define MICA_SAMPLE_FREED mi_profile_freed

/* fun(event, p, size, weight, arg) from now on; NULL: none. */
void mica_profile_register(mi_profile_fun* fun, void* arg);

/* Calls it, if there is one and this thread is not in it. */
void mica_profile_notify(mi_profile_event_t event, const void* p, size_t size, double weight);

#endif
