/* probe.c -- the traced program: warms one path up, then makes its calls between two stops.
 *
 * usage: probe FD NUMBER [PATTERN]    FD: the shared page of probe.h; started by count.c only, with the library preloaded
 * Each path has a process of its own, so that none depends on the others. A function that the library has and the C library
 * has not is looked up; without it there is no such path. Functions are called through their addresses, so that no stub of
 * the linker is counted. Blocks are written to, and read again before they are freed. */
#define _GNU_SOURCE 1
#include "probe.h"

#include <dlfcn.h>
#include <fnmatch.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* A step takes the tracer some 3 us, on a virtual machine some 30: the calls are as few as show the path. */
enum { CALLS = 32, FEW_CALLS = 128, RUN = 512, FULL_RUN = 4096 };
enum { LARGE = 1000000, WARM_UP = 2000, ROUNDS = 16 };
enum { BEFORE_RUN = 1024, BEFORE_SCATTERED = 4096, LIVE = 16 << 20, MOST_PATHS = 128 };

/* How a function is called. */
enum form { OF_SIZE, OF_COUNT_AND_SIZE, OF_ALIGN_AND_SIZE, OF_SIZE_AND_ALIGN, OF_POINTER_ALIGN_SIZE, OF_HEAP_AND_SIZE };

struct maker {
  const char* symbol;
  enum form form;
};

struct path {
  const char* function; /* whose calls are counted */
  size_t size;
  const char* how;
  void (*act)(const struct path* path);
  struct maker maker;
  const char* giver; /* what frees the blocks */
  size_t other;      /* an alignment, or the size to resize from */
  size_t calls;
};

static const struct maker by_malloc = {"malloc", OF_SIZE};
static const struct maker by_calloc = {"calloc", OF_COUNT_AND_SIZE};
static const struct maker by_aligned = {"aligned_alloc", OF_ALIGN_AND_SIZE};

static struct probe* probe;
static struct path paths[MOST_PATHS];
static unsigned path_count;
static void* heap;
static void** blocks;

static _Noreturn void broken(void) { _exit(PROBE_BROKEN); }

static void* symbol(const char* name) {
  void* address = dlsym(RTLD_DEFAULT, name);
  if (address == NULL) _exit(PROBE_ABSENT);
  return address;
}

/* What a path calls. */
static void* maker_function;
static void* giver_function;

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
  if (path->maker.symbol == by_calloc.symbol && *(const uint64_t*)p != 0) broken();
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
  } f = {giver_function};
  if (*(void**)p != p) broken();
  if (strcmp(path->giver, "_ZdlPvm") == 0)
    f.sized(p, path->size);
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
static void lone(const struct path* path) {
  pairs(path, WARM_UP);
  begin(path);
  pairs(path, path->calls);
  end();
}

/* The same beside another live block of the class. */
static void alternate(const struct path* path) {
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
static void run(const struct path* path) {
  for (size_t i = 0; i < ROUNDS; i++) {
    make_all(path, path->calls);
    give_all(path, path->calls);
  }
  begin(path);
  make_all(path, path->calls);
  give_all(path, path->calls);
  end();
}

/* A block is resized, there and back within what it can hold. The calls there are counted. */
static void resize(const struct path* path) {
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
static void ask(const struct path* path) {
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
static void remote_run(const struct path* path) { strange(path, BEFORE_RUN, 0, 0); }
static void orphan_run(const struct path* path) { strange(path, BEFORE_RUN, 0, 1); }
/* Each from another page than the last ones, with 16 MiB live. */
static void remote_scattered(const struct path* path) { strange(path, BEFORE_SCATTERED, 1, 0); }
static void orphan_scattered(const struct path* path) { strange(path, BEFORE_SCATTERED, 1, 1); }

static struct path* add(const char* function, size_t size, const char* how, void (*act)(const struct path*)) {
  if (path_count == MOST_PATHS) broken();
  struct path* path = &paths[path_count++];
  *path = (struct path){
      .function = function, .size = size, .how = how, .act = act, .maker = by_malloc, .giver = "free", .calls = CALLS};
  return path;
}

static struct path* add_alternate(const char* function, size_t size, const char* how, struct maker maker,
                                  size_t align) {
  struct path* path = add(function, size, how, alternate);
  path->maker = maker;
  path->other = align;
  return path;
}

static void add_plain(void) {
  static const size_t runs[] = {16, 528, 2000}, zeroed[] = {16, 64, 528, 2000, 32768};
  static const char* const both[] = {"malloc", "free"};
  for (int k = 0; k < 2; k++) {
    for (size_t size = 8; size <= 32768; size *= 2) add(both[k], size, "alternate", alternate);
    add(both[k], 2000, "alternate", alternate);
    add(both[k], 16, "lone", lone);
    add(both[k], 2000, "lone", lone);
    add(both[k], LARGE, "large", alternate);
    for (int i = 0; i < 3; i++) add(both[k], runs[i], "run", run)->calls = RUN;
  }
  for (int i = 0; i < 5; i++) add_alternate("calloc", zeroed[i], "alternate", by_calloc, 0);
  add("realloc", 110, "grow", resize)->other = 100;
  add("realloc", 100, "shrink", resize)->other = 110;
  add("realloc", LARGE + 100, "grow", resize)->other = LARGE;
  add("realloc", LARGE, "shrink", resize)->other = LARGE + 100;
  add("malloc_usable_size", 16, "ask", ask);
  add("malloc_usable_size", 2000, "ask", ask);
  add("malloc_usable_size", LARGE, "ask", ask);
}

static void add_aligned(void) {
  static const size_t sizes[] = {64, 528, 2000};
  static const struct maker posix = {"posix_memalign", OF_POINTER_ALIGN_SIZE};
  static const struct maker mi = {"mi_malloc_aligned", OF_SIZE_AND_ALIGN};
  for (int i = 0; i < 3; i++) add_alternate(by_aligned.symbol, sizes[i], "to-64", by_aligned, 64);
  add_alternate(posix.symbol, 528, "to-64", posix, 64);
  add_alternate(mi.symbol, 528, "to-64", mi, 64);
  add_alternate(by_aligned.symbol, 100, "to-4096", by_aligned, 4096);
  for (int i = 0; i < 3; i++) add_alternate("free", sizes[i], "to-64", by_aligned, 64);
  add_alternate("free", 100, "to-4096", by_aligned, 4096);
}

/* Under other names: what a maker makes is freed by the giver; `counted` is one of the two. */
static void add_named(const char* counted, const char* maker, const char* giver, const char* how) {
  add_alternate(counted, 16, how, (struct maker){maker, OF_SIZE}, 0)->giver = giver;
}

static void add_names(void) {
  add_named("_Znwm", "_Znwm", "_ZdlPv", "operator-new");
  add_named("_ZdlPv", "_Znwm", "_ZdlPv", "operator-delete");
  add_named("_ZdlPvm", "_Znwm", "_ZdlPvm", "operator-delete");
  add_named("mi_malloc", "mi_malloc", "mi_free", "alternate");
  add_named("mi_malloc_small", "mi_malloc_small", "mi_free", "alternate");
  add_named("mi_zalloc", "mi_zalloc", "mi_free", "alternate");
  add_named("mi_new", "mi_new", "mi_free", "alternate");
  add_named("mi_free", "mi_malloc", "mi_free", "alternate");
}

static void add_remote(void) {
  static const size_t sizes[] = {16, 528, 2000};
  for (int i = 0; i < 3; i++) {
    add("free", sizes[i], "remote-run", remote_run)->calls = sizes[i] == 16 ? FULL_RUN : FEW_CALLS;
    add("free", sizes[i], "remote-scattered", remote_scattered)->calls = FEW_CALLS;
  }
  add("free", 528, "orphan-run", orphan_run)->calls = FEW_CALLS;
  add("free", 528, "orphan-scattered", orphan_scattered)->calls = FEW_CALLS;
  struct path* path = add("free", 3000, "remote-to-4096", remote_run);
  path->maker = by_aligned;
  path->other = 4096;
  add("free", 528, "remote-of-heap", remote_run)->maker = (struct maker){"mi_heap_malloc", OF_HEAP_AND_SIZE};
}

int main(int argc, char** argv) {
  if (argc < 3) return PROBE_BROKEN;
  void* page = mmap(NULL, sizeof *probe, PROT_READ | PROT_WRITE, MAP_SHARED, atoi(argv[1]), 0);
  void* table = mmap(NULL, LIVE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED || table == MAP_FAILED) return PROBE_BROKEN;
  probe = page;
  blocks = table;
  add_plain();
  add_aligned();
  add_names();
  add_remote();
  unsigned long number = strtoul(argv[2], NULL, 10);
  if (number >= path_count) return PROBE_NO_PATH;
  const struct path* path = &paths[number];
  snprintf(probe->name, sizeof probe->name, "%s(%zu)/%s", path->function, path->size, path->how);
  if (argc > 3 && fnmatch(argv[3], probe->name, 0) != 0) return PROBE_NOT_WANTED;
  static const char* const outside[PROBE_OUTSIDE] = {"memset", "memcpy", "memmove"};
  for (int i = 0; i < PROBE_OUTSIDE; i++) probe->outside[i] = (uint64_t)(uintptr_t)symbol(outside[i]);
  symbol(path->function);
  maker_function = symbol(path->maker.symbol);
  giver_function = symbol(path->giver);
  path->act(path);
  _exit(PROBE_DONE);
}
