/* process.h -- this process's time, memory and page faults. No allocation; errno is untouched; any thread, any time. */
#ifndef MICA_PROCESS_H
#define MICA_PROCESS_H
#include <stddef.h>
#include <stdint.h>

typedef struct mica_process_s {
  long pid;
  uint64_t time_ms;    /* since 1970, UTC */
  uint64_t elapsed_ms; /* since mica was loaded; 0 before its constructor has run */
  uint64_t user_ms;
  uint64_t system_ms;
  size_t resident; /* bytes; the peak where /proc cannot be read */
  size_t peak;     /* bytes; never below resident */
  size_t faults_hard;
  size_t faults_soft;
} mica_process_t;

mica_process_t mica_process(void);

/* What the system allows the process: bytes; SIZE_MAX: there is no limit. */
typedef struct mica_system_limits_s {
  size_t addresses; /* RLIMIT_AS */
  size_t data;      /* RLIMIT_DATA */
} mica_system_limits_t;

mica_system_limits_t mica_system_limits(void);

#endif
