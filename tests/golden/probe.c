/* probe.c -- the traced program: warms one path up, then makes its calls between two stops. Here is the table of paths.
 *
 * usage: probe FD NUMBER [PATTERN]    FD: the shared page of probe.h; started by count.c only, with the library preloaded
 * Each path has a process of its own, so that none depends on the others. A function that the library has and the C library
 * has not is looked up; without it there is no such path. */
#define _GNU_SOURCE 1
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "paths.h"

enum { MOST_PATHS = 128 };

static const struct maker by_malloc = {"malloc", OF_SIZE};
static const struct maker by_calloc = {"calloc", OF_COUNT_AND_SIZE};
static const struct maker by_aligned = {"aligned_alloc", OF_ALIGN_AND_SIZE};

static struct path paths[MOST_PATHS];
static unsigned path_count;

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
    for (int i = 0; i < 3; i++) add(both[k], runs[i], "run-new", run_new)->calls = RUN;
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

static struct path* add_within(const char* counted, size_t size, const char* how, void (*act)(const struct path*)) {
  struct path* path = add(counted, size, how, act);
  path->maker = (struct maker){"mi_pool_alloc", OF_HEAP_AND_SIZE};
  path->giver = "mi_pool_free";
  path->within = "mi_pool_create";
  return path;
}

static void add_pools(void) {
  static const char* const ends[] = {"mi_pool_group_enter", "mi_pool_group_leave"};
  add_within("mi_pool_alloc", 32, "run", run_within)->calls = RUN;
  add_within("mi_pool_alloc", 32, "run-of-other", run_within_others)->calls = RUN;
  add_within("mi_pool_alloc_unaligned", 32, "run", run_within)->maker.symbol = "mi_pool_alloc_unaligned";
  add_within("mi_pool_alloc", 32, "alternate", alternate_within);
  add_within("mi_pool_free", 32, "alternate", alternate_within);
  add_within("mi_pool_alloc", 10000, "alternate", alternate_within);
  add_within("mi_pool_free", 10000, "alternate", alternate_within);
  add_named("mi_pool_create", "mi_pool_create", "mi_pool_destroy", "alternate");
  add_named("mi_pool_destroy", "mi_pool_create", "mi_pool_destroy", "alternate");
  for (int i = 0; i < 2; i++) {
    struct path* path = add_within(ends[i], 0, "alternate", alternate_within);
    path->maker.symbol = ends[0];
    path->giver = ends[1];
    path->within = "mi_pool_group_create";
  }
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
  add_pools();
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
