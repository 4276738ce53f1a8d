/* hang.h -- a process that hangs is ended by SIGALRM, and its parent sees that. The limit says nothing of how long the work may
 * take: it is far above that on the busiest machine. */
#ifndef MICA_TESTS_HANG_H
#define MICA_TESTS_HANG_H
#include <signal.h>
#include <unistd.h>

enum { HANG_SECONDS = 900 };

static inline void hang_limit(void) {
  signal(SIGALRM, SIG_DFL);
  alarm(HANG_SECONDS);
}

#endif
