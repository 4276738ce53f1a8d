/* frames.h -- what the cache's contents are put in: blocks of the store. Those of one size, pages, are kept when they are free,
 * and used again by whichever thread needs one next; so the store has no more to do when the cache is full.
 *
 * A block that goes back to the store instead may be of no use to the thread that needs one: an allocator with memory of its
 * own for each thread hands it to the thread that got it once. (--frames give shows that.) */
#ifndef WEBSERVER_FRAMES_H
#define WEBSERVER_FRAMES_H
#include <stdbool.h>
#include <stddef.h>

/* page: bytes of those that are kept; 0: none is. */
void frames_start(size_t page);

/* All that is kept goes back to the store. */
void frames_stop(void);

/* Up to count blocks of size bytes, from those that are kept and then from the store; how many. */
size_t frames_get(char** blocks, size_t count, size_t size);

/* They are free. */
void frames_put(char** blocks, size_t count, size_t size);

#endif
