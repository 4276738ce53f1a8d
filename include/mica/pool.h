/* pool.h -- pools: memory that is thrown away at once, as servers do with a request's. The rules common to all functions of
 * mica stand in mica.h.
 *
 * A pool takes chunks from a heap and gives out blocks of them, one behind the other. Memory above mi_pool_max is no part of a
 * chunk and is called large. All of it goes when the pool is destroyed or reset. (Names follow nginx's pool, whose block is the
 * chunk here: block_size, mi_pool_stat_blocks and the members of the statistics are about chunks. In all that is said here a
 * block is what a call gives out, as everywhere in mica.)
 *
 *   ownership  what a pool gives out is the pool's: it is never given to mi_free, and ends with the pool or its reset.
 *              mi_pool_free may be called for it before, by any thread, and need not be
 *   threads    any number of threads may allocate from one pool and free into it at once, and add cleanups. None of them
 *              waits: each has a chunk of its own in the pool. mi_pool_destroy and mi_pool_reset come before or after every
 *              other call that is given the pool, never at the same time: a task that shares the pool must have done its
 *              last call, and the program has ordered that before (joined the thread, counted it down, or used a group)
 *   fork       in the child neither pools nor groups may be used that another thread was in a call with at the fork
 *   alignment  16 bytes, unless a function says otherwise
 *   size 0     is given out as 1
 *   misuse     a pointer into this pool that is no block's start, one that was freed before, a pool that was destroyed before,
 *              or is still in use when it is destroyed: undefined. The debug and secure variants end the program with one line
 *              that says what and where, as far as it can be seen: memory may serve another pool by then
 *
 * Nothing here is mimalloc's; mica/classic/ offers nginx's pool as such. */
#ifndef MICA_PUBLIC_POOL_H
#define MICA_PUBLIC_POOL_H
#include <mica/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A pool. */
typedef struct mi_pool_s mi_pool_t;

/* A group of pools. */
typedef struct mi_pool_group_s mi_pool_group_t;

/* ---- Made and ended ---- */

/* A new pool with chunks of at least block_size bytes each, the pool's own data included (about 280 bytes, in the first). 0:
 * 4096; less than 512 is taken for 512. A pool that grows takes larger chunks by and by, up to 32 KiB. No chunk is taken but
 * the first until it is needed. NULL with ENOMEM: no memory; with EINVAL: more than 256 MiB. */
mi_decl_nodiscard mi_pool_t* mi_pool_create(size_t block_size) mi_attr_noexcept;

/* The same; all its memory comes from that heap. When that is destroyed the pool is gone with it, and no cleanup runs; when it
 * is deleted, the pool must be destroyed before anything else is asked of it. heap NULL: what the calling threads allocate in,
 * as mi_pool_create. */
mi_decl_nodiscard mi_pool_t* mi_pool_create_in(mi_heap_t* heap, size_t block_size) mi_attr_noexcept;

/* Runs the cleanups, the last added first, then gives all memory back, the pool's own too. NULL is nothing. */
void mi_pool_destroy(mi_pool_t* pool) mi_attr_noexcept;

/* Runs the cleanups likewise, and everything that the pool gave out ends. Large memory goes back; the chunks stay with the pool
 * and are used again; but if it has a limit only the first one stays. The limit and the data stay. */
void mi_pool_reset(mi_pool_t* pool) mi_attr_noexcept;

/* ---- Giving out ----
 * NULL with ENOMEM: no memory, or the pool's limit is reached. Nothing changes then, but that a thread's first call may have
 * made it known to the pool, which takes some bytes. */

/* size bytes, aligned to 16. */
mi_decl_nodiscard void* mi_pool_alloc(mi_pool_t* pool, size_t size) mi_attr_noexcept mi_attr_malloc
    mi_attr_alloc_size(2);

/* The same, wherever the last one ended: for text. (Large memory is aligned all the same.) */
mi_decl_nodiscard void* mi_pool_alloc_unaligned(mi_pool_t* pool, size_t size) mi_attr_noexcept mi_attr_malloc
    mi_attr_alloc_size(2);

/* count * size bytes, all zero, aligned to 16. */
mi_decl_nodiscard void* mi_pool_calloc(mi_pool_t* pool, size_t count, size_t size) mi_attr_noexcept mi_attr_malloc
    mi_attr_alloc_size2(2, 3);

/* size bytes, aligned to any power of two up to 1 GiB. NULL with EINVAL: alignment is no power of two. */
mi_decl_nodiscard void* mi_pool_memalign(mi_pool_t* pool, size_t size, size_t alignment) mi_attr_noexcept mi_attr_malloc
    mi_attr_alloc_size(2) mi_attr_alloc_align(3);

/* The most bytes that a block may have; above it memory is large. At most 4095, less with small chunks. */
size_t mi_pool_max(const mi_pool_t* pool) mi_attr_noexcept;

/* ---- Taking back early ---- */

/* p was given out by the pool and is not used any more. Large memory goes back at once. A block is counted
 * off the blocks of its chunk; when none is in use, the chunk is used again. true: so done. false: p is NULL, or lies in no
 * memory of this pool that was given out (which ends the program in the debug and secure variants), and nothing was done. */
bool mi_pool_free(mi_pool_t* pool, void* p) mi_attr_noexcept;

/* The same for large memory only; false for a block, which stays as it is. */
bool mi_pool_free_large(mi_pool_t* pool, void* p) mi_attr_noexcept;

/* ---- A limit ----
 * The bytes that the pool holds (its chunks, used or not, large memory, its own data) stay at or below the limit; 0: none.
 * Memory that it holds already stays. Aligned memory counts with the bytes that its alignment costs. An empty chunk serves the
 * thread that took it, and others only when another thread has freed its last block: so leave bytes for some chunks of each
 * thread. */
void mi_pool_set_limit(mi_pool_t* pool, size_t bytes) mi_attr_noexcept;

/* The limit in bytes; 0: none. */
size_t mi_pool_get_limit(const mi_pool_t* pool) mi_attr_noexcept;

/* The bytes that the pool holds now. */
size_t mi_pool_get_used(const mi_pool_t* pool) mi_attr_noexcept;

/* ---- The program's data ----
 * A pointer that goes with the pool and survives its reset. NULL at first. It is the pool's first member: *(void**)pool. Two
 * threads must not use it without order. */

/* Sets the pointer. */
void mi_pool_set_data(mi_pool_t* pool, void* data) mi_attr_noexcept;

/* The pointer that was set last; NULL: none was. */
void* mi_pool_get_data(const mi_pool_t* pool) mi_attr_noexcept;

/* ---- Cleanups: what is done when the pool ends ---- */

/* Called with the cleanup's data when the pool is destroyed or reset. It may allocate in the pool and add cleanups. */
typedef void(mi_pool_cleanup_fun)(void* data);

/* The program sets handler, and data as it likes. */
typedef struct mi_pool_cleanup_s {
  mi_pool_cleanup_fun* handler;   /* NULL: nothing is called */
  void* data;                     /* memory of the pool, aligned to 16; NULL: none was asked for */
  struct mi_pool_cleanup_s* next; /* the one added before; NULL: none */
} mi_pool_cleanup_t;

/* A cleanup, to be called before those that were added earlier, with size bytes at its data; size 0: data is NULL. NULL with
 * ENOMEM: no memory. */
mi_decl_nodiscard mi_pool_cleanup_t* mi_pool_cleanup_add(mi_pool_t* pool, size_t size) mi_attr_noexcept;

/* The cleanup added last, from which `next` leads to all others; NULL: there is none. Whoever looks through them has ordered
 * that with those who set handlers. */
mi_pool_cleanup_t* mi_pool_cleanup_first(const mi_pool_t* pool) mi_attr_noexcept;

/* For a file that the request has open: the data of the two handlers below. */
typedef struct mi_pool_file_s {
  int fd;              /* open */
  unsigned char* name; /* used by mi_pool_file_delete only */
  void* log;           /* not used */
} mi_pool_file_t;

/* A handler: data is an mi_pool_file_t, whose fd is closed. If that fails there is a warning, where those are shown. */
void mi_pool_file_close(void* data) mi_attr_noexcept;

/* A handler: data is an mi_pool_file_t, whose name is unlinked, and whose fd is closed. If either fails, but for a name that is
 * not there, there is a warning, where those are shown. */
void mi_pool_file_delete(void* data) mi_attr_noexcept;

/* ---- Figures ----
 * Exact when no other thread is in a call with the pool; otherwise of slightly different moments. */

/* Figures of a pool. */
typedef struct mi_pool_stat_s {
  size_t blocks;      /* chunks */
  size_t block_bytes; /* in them */
  size_t used;        /* bytes of them that were given out, or lie between what was */
  size_t left;        /* bytes of them that may yet be given out; the rest describes the chunks and the pool */
  size_t live;        /* blocks that were given out and not freed, cleanups included */
  size_t large;       /* how many large ones */
  size_t large_bytes; /* held for them */
  size_t total;       /* bytes held, as mi_pool_get_used */
  size_t limit;       /* as mi_pool_get_limit */
  size_t threads;     /* that have, or had, chunks of their own here */
} mi_pool_stat_t;

/* Figures of one chunk. */
typedef struct mi_pool_block_stat_s {
  const void* start; /* of what is given out */
  size_t used;       /* bytes, likewise */
  size_t left;       /* bytes, likewise */
  size_t live;       /* blocks, likewise */
  size_t failed;     /* how often something did not fit; above 4 it is not asked any more */
} mi_pool_block_stat_t;

/* Sets *stat to the pool's figures. */
void mi_pool_stat(const mi_pool_t* pool, mi_pool_stat_t* stat) mi_attr_noexcept;

/* Sets up to count entries of blocks, one for each chunk; returns the number of chunks. */
size_t mi_pool_stat_blocks(const mi_pool_t* pool, mi_pool_block_stat_t* blocks, size_t count) mi_attr_noexcept;

/* The pool's figures and its chunks' as a table, line by line to out(line, arg); where out is NULL, to the function
 * of mi_register_output or stderr. */
void mi_pool_print(const mi_pool_t* pool, mi_output_fun* out, void* arg) mi_attr_noexcept;

/* ---- Groups: tasks that share pools ----
 * Each pool of a group serves k tasks, which enter it one after the other, and may run in whatever threads; when the last one
 * has left, it is destroyed. A pool that all who entered have left is destroyed before k were there. So there are at most as
 * many pools as tasks in flight, and 10 for 10 * k tasks that entered and are in flight. Nobody waits. All memory of a group
 * is the process's main heap's, whatever the tasks' threads allocate in. */

/* A new group. NULL with EINVAL: k is 0 or above 32767; with ENOMEM: no memory. */
mi_decl_nodiscard mi_pool_group_t* mi_pool_group_create(size_t k) mi_attr_noexcept;

/* The same with the block_size of mi_pool_create, and its EINVAL, and the limit of mi_pool_set_limit for each of its pools. */
mi_decl_nodiscard mi_pool_group_t* mi_pool_group_create_ex(size_t k, size_t block_size, size_t limit) mi_attr_noexcept;

/* Ends the group; every task must have left, and that is ordered before. Pools of tasks that have not are destroyed, too (the
 * debug and secure variants end the program). NULL is nothing. */
void mi_pool_group_destroy(mi_pool_group_t* group) mi_attr_noexcept;

/* A task begins: the pool that it shares with up to k - 1 others, and is not to destroy or reset. NULL: no memory (ENOMEM). */
mi_decl_nodiscard mi_pool_t* mi_pool_group_enter(mi_pool_group_t* group) mi_attr_noexcept;

/* The task that got that pool ends; of what it allocated there nothing is used any more, nor by its last call in any thread.
 * The last one of them runs the pool's cleanups. */
void mi_pool_group_leave(mi_pool_group_t* group, mi_pool_t* pool) mi_attr_noexcept;

/* Figures of a group. */
typedef struct mi_pool_group_stat_s {
  size_t pools;      /* there are now */
  size_t tasks;      /* in flight */
  size_t pools_made; /* since the group began */
} mi_pool_group_stat_t;

/* Sets *stat to the group's figures; exact as above. */
void mi_pool_group_stat(const mi_pool_group_t* group, mi_pool_group_stat_t* stat) mi_attr_noexcept;

#ifdef __cplusplus
}
#endif
#endif
