/* counters.h -- what the server counts. Each thread counts in a line of its own, so that counting costs no thread another's
 * cache line; a look adds the lines up, and is exact when nothing is in flight. */
#ifndef WEBSERVER_COUNTERS_H
#define WEBSERVER_COUNTERS_H
#include <stddef.h>
#include <stdint.h>

enum counter {
  REQUESTS_BEGUN,
  REQUESTS_ENDED,
  CONNECTIONS_BEGUN,
  CONNECTIONS_ENDED,
  ANSWERS_FULL,    /* 200, 206 */
  ANSWERS_SAME,    /* 304 */
  ANSWERS_REFUSED, /* 3xx to 5xx else */
  VANISHED,        /* requests that ended otherwise than with a whole answer */
  CACHE_HITS,
  CACHE_MISSES,
  CACHE_PASSED,  /* files sent from the disk: too large to keep, or no room */
  CACHE_CHANGED, /* entries thrown out because the file had changed */
  CACHE_EVICTIONS,
  PIECES_GOT, /* of requests' memory */
  PIECES_RELEASED,
  PIECES_BYTES,
  COUNTERS
};

enum { COUNTING_THREADS = 128 }; /* at most */

void counters_add(enum counter counter, size_t n);

/* The sum over all threads. */
uint64_t counters_sum(enum counter counter);

#endif
