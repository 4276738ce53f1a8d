/* malloc.h -- allocation behind the fast path (fast.h). */
#ifndef MICA_MALLOC_H
#define MICA_MALLOC_H
#include "heap/theap.h"

/* The general form of malloc: a bare block; NULL with ENOMEM. */
void* mica_malloc_slow(size_t size);

/* A block of a class, or of one a little larger unless exact, not drawn by the profiler; NULL: no memory, errno is not set.
 * `mine` is the thread's theap, whatever it is. */
void* mica_malloc_class(mica_theap_t* mine, unsigned class, bool exact);

/* NULL is about to be returned, as there is no memory for so many bytes: tells of it and sets errno. Returns NULL. */
void* mica_malloc_failed(size_t size);

/* A page of one block that has size bytes at (first + offset) % align == 0; likewise. Of the two the bare one is never drawn
 * as a sample of the profiler. */
mica_page_t* mica_malloc_single_bare(mica_theap_t* mine, size_t size, size_t align, size_t offset, bool want_clean);
mica_page_t* mica_malloc_single(mica_theap_t* mine, size_t size, size_t align, size_t offset, bool want_clean);

#endif
