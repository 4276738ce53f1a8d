/* memory.h -- where memory comes from: a request's, and that of the cached files. The one thing in which the two programs,
 * and the modes of one of them, differ: libc.c is linked into webserver-libc, mica.c into webserver.
 *
 * A request's memory is begun, given out in pieces and ended, by one thread at a time. Where pieces are blocks of malloc's
 * each of them has to be released; where they come from a pool it is thrown away as a whole. It counts what it gives out.
 *
 * The store is what the cached files lie in: a bounded number of bytes, for all threads. Nobody waits for room: store_get fails
 * and the cache makes room. */
#ifndef WEBSERVER_MEMORY_H
#define WEBSERVER_MEMORY_H
#include <stdbool.h>
#include <stddef.h>

/* ---- A request's memory ---- */

struct memory {
  void* pool; /* where pieces come from; NULL: each is a block */
  size_t got; /* pieces */
  size_t released;
  size_t bytes; /* that were asked for */
};

/* The names of the ways to get a request's memory, for the usage text; and the one that is taken otherwise. */
extern const char memory_ways[], memory_default[];

/* Chooses the way, once, before the first request. block: bytes of a pool's blocks, 0 for what a pool takes by itself. false:
 * there is no such way, or no memory. */
bool memory_start(const char* way, size_t block);

/* The way's end. Every request has ended. */
void memory_stop(void);

/* A request begins. false: no memory. */
bool memory_begin(struct memory* memory);

/* A piece of size bytes, aligned to 16; or for text, which need not be. NULL: no memory. */
void* memory_get(struct memory* memory, size_t size);
char* memory_get_text(struct memory* memory, size_t size);

/* Whether each piece has to be released before the end. */
static inline bool memory_is_by_piece(const struct memory* memory) { return memory->pool == NULL; }

/* A piece, or NULL, is not used any more; from a pool it stays until the end. */
void memory_release(struct memory* memory, void* piece);

/* The request ends. What a pool has given out counts as released. */
void memory_end(struct memory* memory);

/* What the ways know of themselves. */
struct memory_figures {
  size_t pools;      /* there are now */
  size_t pools_made; /* so far */
  size_t in_use;     /* bytes of the whole process's allocated blocks; 0: not known */
};
void memory_look(struct memory_figures* figures);

/* ---- The store ---- */

/* Makes it, for limit bytes. false: no memory. */
bool store_start(size_t limit);

/* Ends it. Everything was given back. */
void store_stop(void);

/* size bytes; NULL: no room below the limit, or no memory. Any thread. */
void* store_get(size_t size);

/* They go back; size as it was asked for. Any thread. */
void store_put(void* p, size_t size);

/* Bytes that were given out; and the bytes that the allocator holds for them, which for the C library are those of the whole
 * process's malloc. */
size_t store_used(void);
size_t store_held(void);

#endif
