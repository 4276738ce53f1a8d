/* cache.h -- contents of files, kept in memory: found by their path, thrown out by use when room is needed.
 *
 * What the cache gives out is held: it stays as it is until it is released, also when the cache has long thrown it out. All
 * calls may be made by any thread; a shard's lock is held for a look, never while a file is read. */
#ifndef WEBSERVER_CACHE_H
#define WEBSERVER_CACHE_H
#include "files.h"
#include "order.h"

#include <stdatomic.h>

/* A file's contents, which lie in the store; the entry itself is a block of malloc's. */
struct entry {
  struct place place;  /* first: an order knows entries by it */
  struct entry* chain; /* of the shard's table */
  uint64_t hash;
  atomic_uint holders; /* the cache is one of them while it is linked */
  bool is_linked;      /* by the shard's lock */
  atomic_llong looked; /* when the file was compared last, in milliseconds; relaxed: two may look where one had to */
  struct file_state state;
  size_t pages;     /* of equal size, but a block that is the whole file */
  size_t page_size; /* the last page may be used in part */
  char* path;
  char* contents[]; /* the pages */
};

struct cache_settings {
  size_t limit;          /* bytes, of the store */
  size_t page;           /* of a page; 0: each file in one block */
  bool gives_back;       /* a free page goes back to the store at once */
  long long looked_each; /* milliseconds after which a file is compared with what is kept */
  const struct order_way* way;
};

/* Makes it, once. false: no memory. */
bool cache_start(const struct cache_settings* settings);

/* Ends it. Nothing is held any more. */
void cache_stop(void);

/* The contents of the file at that path, held; NULL: they are not there, or the file is another by now. */
struct entry* cache_find(const char* path);

/* Reads the open file and keeps it, held; NULL: it is too large to keep, there is no room, or it cannot be read. */
struct entry* cache_load(const char* path, int fd, const struct file_state* state);

void cache_release(struct entry* entry);

struct cache_figures {
  size_t entries;    /* kept now */
  size_t file_bytes; /* of the files that are in memory, of those being sent and thrown out already, too */
};
void cache_look(struct cache_figures* figures);

#endif
