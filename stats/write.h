/* write.h -- the process's figures written to where the environment says: to a file, or as a line on stderr.
 *
 * Raw system calls, static memory, text formatted by hand: any thread, any time, in a signal handler that interrupted a call of
 * mica's, too. Nobody waits: who asks while another writes leaves it to that one to write once more. Allocates nothing; errno
 * is untouched. Used by live.c. */
#ifndef MICA_WRITE_H
#define MICA_WRITE_H
#include "base/config.h"
#include <stdbool.h>

/* Where to: a path, in which each %p is the process's number; NULL: lines on stderr. The text stays the caller's. False: it is
 * too long. Before the first writing, while there is one thread. */
bool mica_write_to(const char* path);

/* Whether a file is named; and whether each process has its own, by %p. */
bool mica_write_has_file(void);
bool mica_write_has_own_file(void);

/* Writes the figures as they are now, if only afterwards: JSON, or Prometheus' text if the path ends in .prom. The file is new
 * each time, and takes its name when it is whole: a reader has one or the other. */
void mica_write_stats(void);

/* In the child of a fork: whoever wrote at that moment is not here. */
void mica_write_forget(void);

#endif
