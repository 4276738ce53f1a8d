/* process.c -- time and resident size, from getrusage, the monotonic clock and /proc/self/statm.
 *
 * Invariant: nothing here allocates or uses stdio streams. The one piece of state is the time at which mica was loaded. */
#include "observe/process.h"

#include "base/calls.h"
#include "base/config.h"
#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

/* Milliseconds of the monotonic clock when mica was loaded; 0: not yet. */
static _Atomic(uint64_t) loaded_at; /* [F3] */

static uint64_t clock_ms(clockid_t clock) {
  struct timespec now;
  if (clock_gettime(clock, &now) != 0) return 0;
  return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static uint64_t timeval_ms(struct timeval time) { return (uint64_t)time.tv_sec * 1000 + (uint64_t)time.tv_usec / 1000; }

MICA_CONSTRUCTOR static void note_start(void) {
  const int saved = errno;
  /* Relaxed: the value stands alone, and constructors run before the program makes threads. */
  atomic_store_explicit(&loaded_at, clock_ms(CLOCK_MONOTONIC), memory_order_relaxed);
  errno = saved;
}

/* The second number of /proc/self/statm is the resident size in OS pages. 0 if it cannot be read. */
static size_t resident_bytes(void) {
  char text[128];
  const int fd = mica_call_open("/proc/self/statm");
  if (fd < 0) return 0;
  const long length = mica_call_read(fd, text, sizeof text - 1);
  mica_call_close(fd);
  if (length <= 0) return 0;
  text[length] = '\0';
  const char* second = strchr(text, ' ');
  if (second == NULL) return 0;
  return (size_t)strtoull(second, NULL, 10) * (size_t)sysconf(_SC_PAGESIZE);
}

mica_process_t mica_process(void) {
  const int saved = errno;
  mica_process_t process = {.pid = (long)getpid(), .time_ms = clock_ms(CLOCK_REALTIME)};
  /* Relaxed: see note_start. */
  const uint64_t start = atomic_load_explicit(&loaded_at, memory_order_relaxed);
  if (start != 0) process.elapsed_ms = clock_ms(CLOCK_MONOTONIC) - start;
  struct rusage usage;
  if (getrusage(RUSAGE_SELF, &usage) == 0) {
    process.user_ms = timeval_ms(usage.ru_utime);
    process.system_ms = timeval_ms(usage.ru_stime);
    process.peak = (size_t)usage.ru_maxrss * 1024;
    process.faults_hard = (size_t)usage.ru_majflt;
    process.faults_soft = (size_t)usage.ru_minflt;
  }
  process.resident = resident_bytes();
  if (process.resident == 0) process.resident = process.peak;
  if (process.peak < process.resident) process.peak = process.resident;
  errno = saved;
  return process;
}

static size_t limit_of(rlim_t most) { return most != RLIM_INFINITY ? (size_t)most : SIZE_MAX; }

mica_system_limits_t mica_system_limits(void) {
  const int saved = errno;
  struct rlimit addresses, data;
  const bool known = getrlimit(RLIMIT_AS, &addresses) == 0 && getrlimit(RLIMIT_DATA, &data) == 0;
  errno = saved;
  if (!known) return (mica_system_limits_t){SIZE_MAX, SIZE_MAX};
  return (mica_system_limits_t){limit_of(addresses.rlim_cur), limit_of(data.rlim_cur)};
}
