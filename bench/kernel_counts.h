/* kernel_counts.h -- how many system calls of some kinds this process makes, counted by the kernel itself at its tracepoints.
 *
 * Counted are all threads that are started after counts_open, from counts_start to counts_stop, at a fraction of what a tracer
 * costs. The kernel may refuse (no tracefs, perf_event_paranoid): then counts_open says so, and the caller has to be traced
 * from outside. Used by the programs of bench/ only; include measure.h first. */
#ifndef MICA_BENCH_KERNEL_COUNTS_H
#define MICA_BENCH_KERNEL_COUNTS_H
#include "measure.h"

#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

enum { COUNTS_MOST = 8 };

/* `names` ends with NULL. */
struct counts {
  const char* const* names;
  int open[COUNTS_MOST];
  uint64_t total[COUNTS_MOST]; /* set by counts_stop */
};

/* The number of the tracepoint at a system call's entry, or -1. */
static inline long counts_number(const char* name) {
  char path[256], text[32];
  snprintf(path, sizeof path, "/sys/kernel/tracing/events/syscalls/sys_enter_%s/id", name);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return -1;
  ssize_t length = read(fd, text, sizeof text - 1);
  close(fd);
  if (length <= 0) return -1;
  text[length] = 0;
  return strtol(text, NULL, 10);
}

/* Ready to count; before the threads are started. False: the kernel does not count for us. */
static inline int counts_open(struct counts* c, const char* const* names) {
  c->names = names;
  for (size_t i = 0; names[i] != NULL; i++) {
    if (i == COUNTS_MOST) give_up("too many system calls to count");
    long number = counts_number(names[i]);
    struct perf_event_attr wanted = {.type = PERF_TYPE_TRACEPOINT, .size = sizeof wanted, .config = (uint64_t)number};
    wanted.disabled = 1;
    wanted.inherit = 1;
    c->open[i] = number < 0 ? -1 : (int)syscall(SYS_perf_event_open, &wanted, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
    if (c->open[i] >= 0) continue;
    while (i-- > 0) close(c->open[i]);
    return 0;
  }
  return 1;
}

static inline void counts_start(const struct counts* c) {
  for (size_t i = 0; c->names[i] != NULL; i++) {
    if (ioctl(c->open[i], PERF_EVENT_IOC_ENABLE, 0) != 0) give_up("the kernel does not begin to count");
  }
}

static inline void counts_stop(struct counts* c) {
  for (size_t i = 0; c->names[i] != NULL; i++) {
    if (ioctl(c->open[i], PERF_EVENT_IOC_DISABLE, 0) != 0 ||
        read(c->open[i], &c->total[i], sizeof c->total[i]) != sizeof c->total[i]) {
      give_up("the kernel does not say what it counted");
    }
  }
}

#endif
