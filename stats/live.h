/* live.h -- statistics of a program that knows nothing of them, asked for by its environment: MICA_STATS_SIGNAL,
 * MICA_STATS_FILE, MICA_STATS_INTERVAL (notes/live-statistics.md). For tests; the library's constructor and destructor do it.
 * */
#ifndef MICA_LIVE_H
#define MICA_LIVE_H

/* Reads the three settings, and does what they say from now on. Once, while there is one thread. */
void mica_live_begin(void);

/* As at the program's end. */
void mica_live_end(void);

#endif
