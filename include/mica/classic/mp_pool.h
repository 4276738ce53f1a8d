/* mp_pool.h -- the names of the small pool of reference-counted 4 KiB chunks, over mica's pools (mica/pool.h). The rules common
 * to all functions of mica stand in mica.h.
 *
 * Each block that is given out counts its chunk up, mp_free counts it down, and a chunk with none left is used again. Found by
 * -I.../include/mica/classic as <mp_pool.h>, or as <mica/classic/mp_pool.h>. For C (C99 and later) and C++ (C++11 and later).
 * All functions are inline. What differs from such pools elsewhere:
 *
 *   threads    any number of threads may allocate from one pool and free into it at once. Creating, resetting and destroying
 *              come before and after, as in mica/pool.h
 *   chunks     a pool that grows takes larger chunks by and by; a chunk whose count has reached 0 is used again at once
 *   size 0     is memory of its own
 *   errors     NULL with errno ENOMEM, or EINVAL
 *
 * A pool is an mi_pool_t and may be given to all functions of mica/pool.h: cleanups, limits and figures are there. */
#ifndef MICA_CLASSIC_MP_POOL_H
#define MICA_CLASSIC_MP_POOL_H
#include <mica/pool.h>
#include <stdio.h>

#define mp_pool_s mi_pool_s
typedef mi_pool_t mp_pool_t;

/* In bytes. The last: the most that a block may have in a pool of usual size (in this one: mi_pool_max). Above it memory is
 * large. */
#define MP_PAGE_SIZE 4096
#define MP_ALIGNMENT 16
#define MP_MAX_ALLOC_FROM_POOL (MP_PAGE_SIZE - 1)

/* The size n and the address p, rounded up to a multiple of alignment, a power of two. */
#define mp_align(n, alignment) (((size_t)(n) + ((size_t)(alignment)-1)) & ~((size_t)(alignment)-1))
#define mp_align_ptr(p, alignment) ((void*)mp_align(p, alignment))

/* A pool with chunks of size bytes, the first of which describes the pool, too; less than MP_PAGE_SIZE is taken for that. NULL:
 * no memory, or more than 256 MiB. */
static inline mp_pool_t* mp_create_pool(size_t size) {
  return mi_pool_create(size < MP_PAGE_SIZE ? MP_PAGE_SIZE : size);
}

/* Gives all memory back; NULL is nothing. */
static inline void mp_destroy_pool(mp_pool_t* pool) { mi_pool_destroy(pool); }

/* Everything that the pool gave out ends. Large memory goes back; the chunks are used again. */
static inline void mp_reset_pool(mp_pool_t* pool) { mi_pool_reset(pool); }

/* size bytes, aligned to MP_ALIGNMENT; for text, wherever the last block ended; all zero and aligned. NULL: no memory. */
static inline void* mp_malloc(mp_pool_t* pool, size_t size) { return mi_pool_alloc(pool, size); }
static inline void* mp_nalloc(mp_pool_t* pool, size_t size) { return mi_pool_alloc_unaligned(pool, size); }
static inline void* mp_calloc(mp_pool_t* pool, size_t size) { return mi_pool_calloc(pool, 1, size); }

/* size bytes with an alignment, a power of two up to 1 GiB. */
static inline void* mp_memalign(mp_pool_t* pool, size_t size, size_t alignment) {
  return mi_pool_memalign(pool, size, alignment);
}

/* p was given out by the pool: large memory goes back at once, a block counts its chunk down. NULL is nothing. */
static inline void mp_free(mp_pool_t* pool, void* p) { (void)mi_pool_free(pool, p); }

/* What the pool holds, as mi_pool_print says it, to stdout under a title. */
static inline void mp_print_line(const char* line, void* file) { fputs(line, (FILE*)file); }
static inline void mp_monitor_pool(mp_pool_t* pool, const char* title) {
  fprintf(stdout, "%s\n", title);
  mi_pool_print(pool, mp_print_line, stdout);
}
#define monitor_mp_poll mp_monitor_pool

#endif
