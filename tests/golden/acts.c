/* acts.c -- how the calls of a path are made: warmed up first, then between two stops (paths.h).
 *
 * Functions are called through their addresses, so that no stub of the linker is counted. */
#define _GNU_SOURCE 1
#include "paths.h"

#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct probe* probe;
void** blocks;
void *maker_function, *giver_function;
static void* heap; /* or a pool, or a group of pools */

_Noreturn void broken(void) { _exit(PROBE_BROKEN); }

void* symbol(const char* name) {
  void* address = dlsym(RTLD_DEFAULT, name);
  if (address == NULL) _exit(PROBE_ABSENT);
  return address;
}

static void* make(const struct path* path) {
  union {
    void* address;
    void* (*one)(size_t);
    void* (*two)(size_t, size_t);
    void* (*in)(void*, size_t);
    int (*into)(void**, size_t, size_t);
  } f = {maker_function};
  void* p = NULL;
  switch (path->maker.form) {
  case OF_SIZE: p = f.one(path->size); break;
  case OF_COUNT_AND_SIZE: p = f.two(1, path->size); break;
  case OF_ALIGN_AND_SIZE: p = f.two(path->other, path->size); break;
  case OF_SIZE_AND_ALIGN: p = f.two(path->size, path->other); break;
  case OF_POINTER_ALIGN_SIZE:
    if (f.into(&p, path->other, path->size) != 0) broken();
    break;
  case OF_HEAP_AND_SIZE: p = f.in(heap, path->size); break;
  }
  if (p == NULL) broken();
  if (path->maker.form == OF_COUNT_AND_SIZE && *(const uint64_t*)p != 0) broken();
  if (path->maker.form > OF_COUNT_AND_SIZE && path->maker.form != OF_HEAP_AND_SIZE && (uintptr_t)p % path->other != 0)
    broken();
  *(void**)p = p;
  return p;
}

static void give(const struct path* path, void* p) {
  union {
    void* address;
    void (*plain)(void*);
    void (*sized)(void*, size_t);
    void (*of)(void*, void*);
  } f = {giver_function};
  if (*(void**)p != p) broken();
  if (strcmp(path->giver, "_ZdlPvm") == 0)
    f.sized(p, path->size);
  else if (path->within != NULL)
    f.of(heap, p);
  else
    f.plain(p);
}

static void begin(const struct path* path) {
  probe->entry = (uint64_t)(uintptr_t)symbol(path->function);
  probe->calls = path->calls;
  probe->state = PROBE_BEGIN;
  raise(SIGTRAP);
}

static void end(void) {
  probe->state = PROBE_END;
  raise(SIGTRAP);
}

static void pairs(const struct path* path, size_t n) {
  for (size_t i = 0; i < n; i++) give(path, make(path));
}

/* A block is made and freed by turns: the one that was freed is the next one given out. No other is live, so that each free
 * empties a page. */
void lone(const struct path* path) {
  pairs(path, WARM_UP);
  begin(path);
  pairs(path, path->calls);
  end();
}

/* The same beside another live block of the class. */
void alternate(const struct path* path) {
  make(path);
  lone(path);
}

static void make_all(const struct path* path, size_t n) {
  for (size_t i = 0; i < n; i++) blocks[i] = make(path);
}

static void give_all(const struct path* path, size_t n) {
  for (size_t i = 0; i < n; i++) give(path, blocks[i]);
}

/* So many blocks are made, then as many freed, in the same order, again and again. The section is one such round. */
static void run_after(const struct path* path, size_t rounds) {
  for (size_t i = 0; i < rounds; i++) {
    make_all(path, path->calls);
    give_all(path, path->calls);
  }
  begin(path);
  make_all(path, path->calls);
  give_all(path, path->calls);
  end();
}
void run(const struct path* path) { run_after(path, ROUNDS); }

/* Before a cache has learned to keep such a round: its blocks come from pages and go back there. */
void run_new(const struct path* path) { run_after(path, 1); }

/* What the calls are given: a default pool, or a group whose pools serve eight tasks each. */
static void* make_within(void* argument) {
  const struct path* path = argument;
  void* address = symbol(path->within);
  void* (*function)(size_t);
  memcpy(&function, &address, sizeof function);
  heap = function(strcmp(path->within, "mi_pool_create") == 0 ? 0 : 8);
  if (heap == NULL) broken();
  return NULL;
}

void alternate_within(const struct path* path) {
  make_within((void*)(uintptr_t)path);
  lone(path);
}

/* Pieces of a pool; again after a reset, so that it has its blocks. */
static void pieces(const struct path* path) {
  void* address = symbol("mi_pool_reset");
  void (*reset)(void*);
  memcpy(&reset, &address, sizeof reset);
  for (size_t i = 0; i < ROUNDS; i++) {
    make_all(path, path->calls);
    reset(heap);
  }
  begin(path);
  make_all(path, path->calls);
  end();
}

void run_within(const struct path* path) {
  make_within((void*)(uintptr_t)path);
  pieces(path);
}

/* Of a pool that another thread has made. */
void run_within_others(const struct path* path) {
  pthread_t maker;
  free(malloc(1)); /* this thread has used the allocator before, and is not mistaken for the maker */
  if (pthread_create(&maker, NULL, make_within, (void*)(uintptr_t)path) != 0) broken();
  pthread_join(maker, NULL);
  pieces(path);
}

/* A block is resized, there and back within what it can hold. The calls there are counted. */
void resize(const struct path* path) {
  void* address = symbol(path->function);
  void* (*function)(void*, size_t);
  memcpy(&function, &address, sizeof function);
  char* p = function(NULL, path->other);
  if (p == NULL) broken();
  for (size_t i = 0; i < WARM_UP + path->calls; i++) {
    p[0] = p[path->other - 1] = (char)i;
    if (i >= WARM_UP) begin(path);
    char* there = function(p, path->size);
    if (i >= WARM_UP) end();
    if (there != p || function(p, path->other) != p) _exit(PROBE_ABSENT);
    if (p[0] != (char)i) broken();
    if (path->size > path->other && p[path->other - 1] != (char)i) broken();
  }
}

/* The usable size of a block. */
void ask(const struct path* path) {
  void* address = symbol(path->function);
  size_t (*function)(void*);
  memcpy(&function, &address, sizeof function);
  void* p = make(path);
  size_t size = function(p);
  if (size < path->size) broken();
  begin(path);
  for (size_t i = 0; i < path->calls; i++)
    if (function(p) != size) broken();
  end();
}

static pthread_barrier_t made, finished;

struct order {
  const struct path* path;
  size_t blocks;
};

/* The owner of the blocks: it lives on while they are freed. */
static void* own(void* argument) {
  const struct order* order = argument;
  if (order->path->maker.form == OF_HEAP_AND_SIZE) {
    void* (*new_heap)(void);
    void* address = symbol("mi_heap_new");
    memcpy(&new_heap, &address, sizeof new_heap);
    heap = new_heap();
    if (heap == NULL) broken();
  }
  make_all(order->path, order->blocks);
  pthread_barrier_wait(&made);
  pthread_barrier_wait(&finished);
  return NULL;
}

/* A fixed order that has nothing to do with where the blocks lie. */
static void shuffle(size_t n) {
  uint64_t x = 88172645463325252u;
  for (size_t i = n; i > 1; i--) {
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    size_t k = (size_t)(x % i);
    void* p = blocks[i - 1];
    blocks[i - 1] = blocks[k];
    blocks[k] = p;
  }
}

/* Another thread has made LIVE bytes of blocks. This one frees `before` of them, then those that count. */
static void strange(const struct path* path, size_t before, int scattered, int orphaned) {
  struct order order = {path, LIVE / path->size};
  pthread_t owner;
  pairs(path, 1); /* this thread has used the allocator, too */
  if (order.blocks < before + path->calls) broken();
  pthread_barrier_init(&made, NULL, 2);
  pthread_barrier_init(&finished, NULL, 2);
  if (pthread_create(&owner, NULL, own, &order) != 0) broken();
  pthread_barrier_wait(&made);
  if (orphaned) {
    pthread_barrier_wait(&finished);
    pthread_join(owner, NULL);
  }
  if (scattered) shuffle(order.blocks);
  give_all(path, before);
  blocks += before;
  begin(path);
  give_all(path, path->calls);
  end();
}

/* In the order in which they were made. */
void remote_run(const struct path* path) { strange(path, BEFORE_RUN, 0, 0); }
void orphan_run(const struct path* path) { strange(path, BEFORE_RUN, 0, 1); }
/* Each from another page than the last ones, with 16 MiB live. */
void remote_scattered(const struct path* path) { strange(path, BEFORE_SCATTERED, 1, 0); }
void orphan_scattered(const struct path* path) { strange(path, BEFORE_SCATTERED, 1, 1); }
