/* alloc.h -- what `mi_*`, the malloc family and the pools are made of: the internal functions that allocate.
 *
 * Every function may be called by any thread at any time, before any constructor and after every destructor. Those that
 * allocate return NULL with errno = ENOMEM when memory cannot be had, overflow of a size included; errno is untouched
 * otherwise. Blocks are aligned to 16 bytes at least. The fast paths, mica_malloc and mica_free, are in fast.h,
 * those of aligned and of zeroed blocks in memalign.h and zalloc.h. */
#ifndef MICA_ALLOC_H
#define MICA_ALLOC_H
#include <stdbool.h>
#include <stddef.h>

/* As mica_malloc; the block is zero over its whole usable size. */
void* mica_zalloc(size_t size);

/* A block p with (p + offset) % align == 0. align: a power of two, else NULL with EINVAL; up to 1 GiB, above it ENOMEM. */
void* mica_malloc_aligned(size_t size, size_t align, size_t offset, bool zero);

/* The block grown or shrunk to hold size bytes, in place where it fits; the contents up to the smaller size are kept.
 * p NULL: a new block. size 0: the smallest block. NULL: p is untouched. */
void* mica_realloc(void* p, size_t size);

/* As mica_realloc; the result is aligned as mica_malloc_aligned's. */
void* mica_realloc_aligned(void* p, size_t size, size_t align, size_t offset);

/* Bytes that may be used from p on; at least what was asked for. 0 for NULL. */
size_t mica_usable_size(const void* p);

/* The usable size that a request of this size gets. */
size_t mica_good_size(size_t size);

/* The calling thread's remote frees are sent, its empty pages go back; force: everything that can be purged in the whole
 * process is, and parts of pages that the thread or nobody owns (vacate.h). Returns the bytes that went back to the system. */
size_t mica_collect(bool force);

/* Gives the thread its heap now rather than at its first allocation; takes it away rather than at its exit. */
void mica_thread_init(void);
void mica_thread_done(void);

#endif
