/* sleepers.c -- memory of threads that sleep: what is resident when others have freed it, or have called malloc_trim.
 *
 * usage: sleepers warm|pool|heap [MIB [THREADS]]         default warm 400 4
 * warm: the main thread allocates MIB MiB in blocks of 1,000 bytes, frees every 60th, one in each 64 KiB, and sleeps;
 * THREADS others free the rest. pool: THREADS threads allocate MIB MiB each in blocks of 16 to 1,039 bytes, free all but
 * every 100th, and sleep; then the main thread calls malloc_trim(0), which is the C library's own where the allocator has
 * none. heap: as warm, but all blocks come from one mi_heap_t, and one other thread frees them; without mi_heap_new the
 * program is broken.
 * `time` is milliseconds of wall time from the first free of these to the end, `resident_kib` what is resident then, while
 * the sleepers still sleep. */
#include "measure.h"

#include "stamp.h"
#include "team.h"

#include <dlfcn.h>
#include <malloc.h>

enum { BLOCK = 1000, EACH_PAGE = 60, SMALLEST = 16, SIZES = 1024, AVERAGE = SMALLEST + SIZES / 2, HELD = 100 };

struct share {
  char** blocks;
  size_t count, number, threads;
};

static pthread_barrier_t ready, freed, ended; /* all threads and the main thread */

static void free_some(const struct share* s, size_t first, size_t step) {
  for (size_t i = first; i < s->count; i += step) {
    if (s->blocks[i] == NULL) continue;
    stamp_check(s->blocks[i], i);
    free(s->blocks[i]);
  }
}

/* Another thread than the one that allocated. */
static void* free_rest(void* share_of_thread) {
  const struct share* s = share_of_thread;
  pthread_barrier_wait(&ready);
  free_some(s, s->number, s->threads);
  pthread_barrier_wait(&freed);
  pthread_barrier_wait(&ended);
  return NULL;
}

/* A thread that allocates, frees nearly all, and sleeps. */
static void* sleep_long(void* share_of_thread) {
  struct share* s = share_of_thread;
  uint64_t random = random_seed(s->number);
  for (size_t i = 0; i < s->count; i++) {
    s->blocks[i] = block_new(SMALLEST + (size_t)(random_next(&random) & (SIZES - 1)));
    stamp_put(s->blocks[i], i);
  }
  pthread_barrier_wait(&ready);
  for (size_t i = 0; i < s->count; i++)
    if (i % HELD != 0) free(s->blocks[i]);
  pthread_barrier_wait(&freed);
  pthread_barrier_wait(&ended);
  return NULL;
}

typedef void* heap_malloc_t(void* heap, size_t size);

/* The address of a function that the allocator may have. */
static void* found(const char* name) {
  void* function = dlsym(RTLD_DEFAULT, name);
  if (function == NULL) give_up("this allocator has no first-class heaps");
  return function;
}

/* The blocks of warm and heap, of which the main thread frees one in each page. */
static void warm_up(struct share* s, int in_heap) {
  void* (*heap_new)(void) = NULL;
  heap_malloc_t* heap_malloc = NULL;
  if (in_heap) {
    void* functions[2] = {found("mi_heap_new"), found("mi_heap_malloc")};
    memcpy(&heap_new, &functions[0], sizeof heap_new);
    memcpy(&heap_malloc, &functions[1], sizeof heap_malloc);
  }
  void* heap = in_heap ? heap_new() : NULL;
  for (size_t i = 0; i < s->count; i++) {
    s->blocks[i] = in_heap ? heap_malloc(heap, BLOCK) : malloc(BLOCK);
    if (s->blocks[i] == NULL) give_up("malloc returned NULL");
    stamp_put(block_touch(s->blocks[i], BLOCK), i);
  }
  for (size_t i = 0; i < s->count; i += EACH_PAGE) {
    free(s->blocks[i]);
    s->blocks[i] = NULL;
  }
}

int main(int argc, char** argv) {
  static struct share shares[TEAM_MOST];
  pthread_t ids[TEAM_MOST];
  const char* mode = argc > 1 ? argv[1] : "warm";
  size_t mib = argument(argc, argv, 2, 400), threads = argument(argc, argv, 3, 4);
  int pool = strcmp(mode, "pool") == 0, in_heap = strcmp(mode, "heap") == 0;
  if (!pool && !in_heap && strcmp(mode, "warm") != 0) give_up("arguments");
  if (mib == 0 || threads == 0 || threads > TEAM_MOST || (in_heap && threads != 1)) give_up("the number of threads");
  size_t count = (mib << 20) / (pool ? (size_t)AVERAGE : (size_t)BLOCK), tables = pool ? threads : 1;
  for (size_t i = 0; i < threads; i++) {
    char** blocks = i < tables ? table_new(count, sizeof(char*)) : shares[0].blocks;
    shares[i] = (struct share){blocks, count, i, threads};
  }
  pthread_barrier_init(&ready, NULL, (unsigned)threads + 1);
  pthread_barrier_init(&freed, NULL, (unsigned)threads + 1);
  pthread_barrier_init(&ended, NULL, (unsigned)threads + 1);
  if (!pool) warm_up(&shares[0], in_heap);
  for (size_t i = 0; i < threads; i++)
    if (pthread_create(&ids[i], NULL, pool ? sleep_long : free_rest, &shares[i]) != 0) give_up("pthread_create");
  pthread_barrier_wait(&ready);
  struct measured begun = measured_begin();
  pthread_barrier_wait(&freed);
  if (pool) malloc_trim(0);
  double ms = (wall_seconds() - begun.wall) * 1e3;
  report_resident(&begun, ms, resident_kib() - tables * count * sizeof(char*) / 1024);
  pthread_barrier_wait(&ended);
  for (size_t i = 0; i < threads; i++) pthread_join(ids[i], NULL);
  return 0;
}
