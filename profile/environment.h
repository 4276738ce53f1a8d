/* environment.h -- MICA_PROFILE in the environment: profiling from the start, and a file at the end and at a signal.
 *
 *   MICA_PROFILE=FILE[,every=BYTES][,signal=NAME][,leaks]
 *
 * In FILE each %p is the process's number, each %n how many files it wrote before. */
#ifndef MICA_PROFILE_ENVIRONMENT_H
#define MICA_PROFILE_ENVIRONMENT_H
#include <stdint.h>

/* Reads the setting, and takes the signal. The rate that is asked for, 0: none. By the library's constructor. */
uint64_t mica_profile_begin(void);

/* In the child of a fork: whoever wrote at that moment is not here. */
void mica_profile_forget_writer(void);

/* Writes what is to be written at the program's end. By the library's destructor. */
void mica_profile_end(void);

#endif
