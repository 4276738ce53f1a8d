/* resident.h -- how much of a process is resident. Any thread. */
#ifndef TOOL_RESIDENT_H
#define TOOL_RESIDENT_H
#include <stdint.h>
#include <sys/types.h>

/* Bytes, as the kernel counts them; 0: the process has ended, or is not to be seen. */
uint64_t tool_resident(pid_t pid);

#endif
