/* ngx_palloc.h -- nginx's pool interface over mica's pools (mica/pool.h). The rules common to all functions of mica stand in
 * mica.h.
 *
 * A program written to nginx's pool compiles unchanged: with <ngx_config.h> and <ngx_core.h> first, or with this header alone.
 * All functions are inline, and the handlers are functions of the library, so they may be compared across files. What is the
 * same as in nginx is not said again. What differs:
 *
 *   threads    any number of threads may allocate from one pool, free into it and add cleanups at once, but for
 *              ngx_pool_run_cleanup_file. Creating, resetting and destroying come before and after, as in mica/pool.h
 *   reset      ngx_reset_pool runs the cleanups, and they are gone then. (nginx's leaves them, and uses their memory again.)
 *              Memory that was given out before is not to be used, as in nginx; the debug variants and checkers may tell
 *   alignment  ngx_palloc and ngx_pcalloc align to NGX_POOL_ALIGNMENT; ngx_pnalloc to nothing; what is large to 16 at least
 *   chunks     a pool that grows takes larger chunks by and by; there is no `current`, nor are d, chain, large and cleanup
 *              members of ngx_pool_t: mi_pool_stat and mi_pool_cleanup_first of (mi_pool_t*)pool tell
 *   size 0     is memory of its own
 *   errors     NULL with errno ENOMEM, or EINVAL; nothing is written to the log
 *   NULL       ngx_destroy_pool(NULL) does nothing
 *   misuse     ngx_pfree of what is not the pool's, or was freed before, is NGX_DECLINED, as in nginx; but the debug and secure
 *              variants end the program
 *
 * A pool is an mi_pool_t: (mi_pool_t*)pool may be given to all functions of mica/pool.h, and a pool of theirs, whose data is a
 * log or NULL, be used here as an ngx_pool_t*. */
#ifndef MICA_CLASSIC_NGX_PALLOC_H
#define MICA_CLASSIC_NGX_PALLOC_H
#include "ngx_config.h"
#include "ngx_core.h"
#include <mica/aligned.h>
#include <mica/blocks.h>
#include <mica/pool.h>

/* ---- Sizes, in bytes ---- */

#define ngx_pagesize ((ngx_uint_t)4096)

/* The most bytes of a block in a pool of usual size; in this one: pool->max. Above it memory is large. */
#define NGX_MAX_ALLOC_FROM_POOL (ngx_pagesize - 1)
#define NGX_DEFAULT_POOL_SIZE (16 * 1024)
#define NGX_POOL_ALIGNMENT 16
/* Smaller pools are made as large as this. */
#define NGX_MIN_POOL_SIZE 512

/* ---- Without a pool ----
 * Blocks of mica's, which ngx_free or mi_free gives back. The log is not used. */

#define ngx_free mi_free

/* size bytes; the same, all zero; the same with an alignment, a power of two. */
static inline void* ngx_alloc(size_t size, ngx_log_t* log) {
  (void)log;
  return mi_malloc(size);
}

static inline void* ngx_calloc(size_t size, ngx_log_t* log) {
  (void)log;
  return mi_zalloc(size);
}

static inline void* ngx_memalign(size_t alignment, size_t size, ngx_log_t* log) {
  (void)log;
  return mi_malloc_aligned(size, alignment);
}

/* ---- A pool ---- */

/* The first members of mica's pools. */
typedef struct ngx_pool_s {
  ngx_log_t* log; /* the program's: it may set it at any time, and reset leaves it */
  size_t max;     /* to be read only */
} ngx_pool_t;

/* A pool with chunks of size bytes, the first of which describes the pool, too; size 0: 4096. */
static inline ngx_pool_t* ngx_create_pool(size_t size, ngx_log_t* log) {
  ngx_pool_t* const pool = (ngx_pool_t*)mi_pool_create(size);
  if (pool != NULL) pool->log = log;
  return pool;
}

/* Runs the cleanups, the last added first, then gives all memory back. */
static inline void ngx_destroy_pool(ngx_pool_t* pool) { mi_pool_destroy((mi_pool_t*)pool); }

/* Runs the cleanups, too. Large memory goes back; the chunks are used again. */
static inline void ngx_reset_pool(ngx_pool_t* pool) { mi_pool_reset((mi_pool_t*)pool); }

/* ---- Memory of the pool ----
 * NULL: no memory, or the limit (mi_pool_set_limit) is reached. */

/* size bytes, aligned; for text, wherever the last block ended; all zero. */
static inline void* ngx_palloc(ngx_pool_t* pool, size_t size) { return mi_pool_alloc((mi_pool_t*)pool, size); }
static inline void* ngx_pnalloc(ngx_pool_t* pool, size_t size) {
  return mi_pool_alloc_unaligned((mi_pool_t*)pool, size);
}
static inline void* ngx_pcalloc(ngx_pool_t* pool, size_t size) { return mi_pool_calloc((mi_pool_t*)pool, 1, size); }

/* size bytes with an alignment, a power of two up to 1 GiB. It is always large memory, as in nginx, however small: ngx_pfree
 * gives it back. Where that is not needed mi_pool_memalign takes less. */
static inline void* ngx_pmemalign(ngx_pool_t* pool, size_t size, size_t alignment) {
  return mi_pool_memalign((mi_pool_t*)pool, size > pool->max ? size : pool->max + 1, alignment);
}

/* Gives large memory back at once: NGX_OK. Everything else stays with the pool as it is: NGX_DECLINED. (mi_pool_free counts
 * down the chunk of a block, too.) */
static inline ngx_int_t ngx_pfree(ngx_pool_t* pool, void* p) {
  return mi_pool_free_large((mi_pool_t*)pool, p) ? NGX_OK : NGX_DECLINED;
}

/* The text of src, copied into the pool without a 0 behind it; NULL as above. */
static inline unsigned char* ngx_pstrdup(ngx_pool_t* pool, ngx_str_t* src) {
  unsigned char* const copy = (unsigned char*)ngx_pnalloc(pool, src->len);
  if (copy != NULL && src->len != 0) ngx_memcpy(copy, src->data, src->len);
  return copy;
}

/* ---- Cleanups ----
 * The program sets handler, and data as it likes; next is the pool's. A handler that is NULL is not called. */

typedef void (*ngx_pool_cleanup_pt)(void* data);

#define ngx_pool_cleanup_s mi_pool_cleanup_s
typedef mi_pool_cleanup_t ngx_pool_cleanup_t;

/* A cleanup, to be called before those that were added earlier, with size bytes at its data; size 0: data is NULL. NULL: no
 * memory. */
static inline ngx_pool_cleanup_t* ngx_pool_cleanup_add(ngx_pool_t* pool, size_t size) {
  return mi_pool_cleanup_add((mi_pool_t*)pool, size);
}

/* The data of the two handlers below: fd, name, which the second uses, and log, which none does. */
typedef mi_pool_file_t ngx_pool_cleanup_file_t;

/* Handlers: the first closes fd; the second unlinks name, then closes fd. */
#define ngx_pool_cleanup_file mi_pool_file_close
#define ngx_pool_delete_file mi_pool_file_delete

/* Closes fd now, where ngx_pool_cleanup_file was to do it; no cleanup closes it again. Nothing, where no cleanup has it. No
 * other thread may add cleanups to the pool meanwhile. */
static inline void ngx_pool_run_cleanup_file(ngx_pool_t* pool, ngx_fd_t fd) {
  ngx_pool_cleanup_t* c;
  for (c = mi_pool_cleanup_first((mi_pool_t*)pool); c != NULL; c = c->next) {
    if (c->handler == ngx_pool_cleanup_file && ((ngx_pool_cleanup_file_t*)c->data)->fd == fd) {
      c->handler(c->data);
      c->handler = NULL;
      return;
    }
  }
}

#endif
