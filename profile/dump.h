/* dump.h -- what was sampled: the sums, and the text that profile readers take. Any thread, any time, signal handlers included;
 * nothing is allocated. What other threads do meanwhile is in it or not, stack by stack. */
#ifndef MICA_DUMP_H
#define MICA_DUMP_H
#include "observe/output.h"
#include <mica/profile.h>
#include <stdbool.h>
#include <stddef.h>

mi_profile_sums_t mica_profile_sums(void);

/* As mi_profile_dump_out. */
void mica_profile_text(mica_output_t* out, void* arg);

/* Into the buffer, ended with a 0 unless size is 0, cut if need be. The bytes that all of it has, the 0 not counted. */
size_t mica_profile_string(char* buffer, size_t size);

enum { MICA_PROFILE_PATH = 4096, MICA_PROFILE_BESIDE = 64 /* of these for what is put behind a path */ };

/* As mi_profile_dump; sets errno where it fails. beside: MICA_PROFILE_PATH bytes for a name that the file has until it is
 * whole; unless path is NULL. */
bool mica_profile_write(const char* path, char* beside);

#endif
