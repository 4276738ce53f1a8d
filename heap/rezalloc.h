/* rezalloc.h -- resizing with a promise: that the block is zero where the program has not written, or that it does not move.
 * Errors as in alloc.h. */
#ifndef MICA_REZALLOC_H
#define MICA_REZALLOC_H
#include <stddef.h>

/* As mica_realloc, mica_realloc_aligned; what is behind the smaller of the two sizes is zero, over the whole usable size, if
 * it was before (mica_zalloc made the block, and this resized it). p NULL: a new block, all zero. */
void* mica_rezalloc(void* p, size_t size);
void* mica_rezalloc_aligned(void* p, size_t size, size_t align, size_t offset);

/* p if its block holds size bytes or can be made to in place; else NULL with ENOMEM. */
void* mica_expand(void* p, size_t size);

#endif
