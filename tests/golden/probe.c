/* probe.c -- the traced program: warms each path up, then runs PROBE_CALLS calls of it between two stops.
 *
 * usage: probe FD         FD: the shared page of probe.h; started by count.c only, with the library preloaded
 * The functions are called through their addresses, so that no stub of the linker is counted. */
#define _GNU_SOURCE 1
#include "probe.h"

#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

typedef void* (*malloc_function)(size_t);
typedef void* (*calloc_function)(size_t, size_t);
typedef void (*free_function)(void*);

enum { WARM_UP = 2000, REMOTE_WARM_UP = 256, REMOTE_BLOCKS = 4096 };

static struct probe* probe;
static malloc_function call_malloc;
static calloc_function call_calloc;
static free_function call_free;
static void* blocks[REMOTE_BLOCKS];

static void address_of(const char* name, void* function) {
  void* symbol = dlsym(RTLD_DEFAULT, name);
  if (symbol == NULL) _exit(2);
  memcpy(function, &symbol, sizeof symbol);
}

static void begin(const char* path, size_t size, const char* how, const void* function, int average) {
  snprintf(probe->name, sizeof probe->name, "%s(%zu)/%s", path, size, how);
  memcpy(&probe->entry, function, sizeof probe->entry);
  probe->average = (uint64_t)average;
  probe->state = PROBE_BEGIN;
  raise(SIGTRAP);
}

static void end(void) {
  probe->state = PROBE_END;
  raise(SIGTRAP);
}

static void pairs(size_t size, size_t n) {
  for (size_t i = 0; i < n; i++) {
    char* p = call_malloc(size);
    p[0] = 1;
    call_free(p);
  }
}

/* malloc and free by turns: the block that was freed is the next one given out. "alternate": beside another live block
 * of the class; "lone": no other is live, so that each free empties a page. */
static void alternate_malloc(size_t size) {
  void* other = call_malloc(size);
  pairs(size, WARM_UP);
  begin("malloc", size, "alternate", &call_malloc, 0);
  pairs(size, PROBE_CALLS);
  end();
  call_free(other);
}

static void alternate_free(size_t size) {
  void* other = call_malloc(size);
  pairs(size, WARM_UP);
  begin("free", size, "alternate", &call_free, 0);
  pairs(size, PROBE_CALLS);
  end();
  call_free(other);
}

static void lone(size_t size) {
  pairs(size, WARM_UP);
  begin("malloc", size, "lone", &call_malloc, 0);
  pairs(size, PROBE_CALLS);
  end();
  begin("free", size, "lone", &call_free, 0);
  pairs(size, PROBE_CALLS);
  end();
}

static void alternate_calloc(size_t size) {
  void* other = call_malloc(size);
  for (size_t i = 0; i < WARM_UP; i++) call_free(call_calloc(1, size));
  begin("calloc", size, "alternate", &call_calloc, 0);
  for (size_t i = 0; i < PROBE_CALLS; i++) call_free(call_calloc(1, size));
  end();
  call_free(other);
}

static void allocate_run(size_t size) {
  for (size_t i = 0; i < PROBE_CALLS; i++) blocks[i] = call_malloc(size);
}

static void free_run(void) {
  for (size_t i = 0; i < PROBE_CALLS; i++) call_free(blocks[i]);
}

/* PROBE_CALLS mallocs, then as many frees. */
static void runs(size_t size) {
  for (size_t i = 0; i < WARM_UP / PROBE_CALLS; i++) {
    allocate_run(size);
    free_run();
  }
  begin("malloc", size, "run", &call_malloc, 0);
  allocate_run(size);
  end();
  begin("free", size, "run", &call_free, 0);
  free_run();
  end();
}

static pthread_barrier_t allocated, finished;

static void* allocate_for_main(void* size) {
  for (size_t i = 0; i < REMOTE_BLOCKS; i++) {
    blocks[i] = call_malloc(*(const size_t*)size);
    *(char*)blocks[i] = 1;
  }
  pthread_barrier_wait(&allocated);
  pthread_barrier_wait(&finished);
  return NULL;
}

/* Blocks of another thread, which lives on; freed one after the other, in the order of allocation or in strides. */
static void remote_free(size_t size, const char* how, size_t stride) {
  pthread_t other;
  pthread_barrier_init(&allocated, NULL, 2);
  pthread_barrier_init(&finished, NULL, 2);
  if (pthread_create(&other, NULL, allocate_for_main, &size) != 0) _exit(2);
  pthread_barrier_wait(&allocated);
  for (size_t i = 0; i < REMOTE_WARM_UP; i++) call_free(blocks[i * stride]);
  begin("free", size, how, &call_free, 1);
  for (size_t i = REMOTE_WARM_UP; i < REMOTE_WARM_UP + PROBE_CALLS; i++) call_free(blocks[i * stride]);
  end();
  pthread_barrier_wait(&finished);
  pthread_join(other, NULL);
}

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  probe = mmap(NULL, sizeof *probe, PROT_READ | PROT_WRITE, MAP_SHARED, atoi(argv[1]), 0);
  if (probe == MAP_FAILED) return 2;
  address_of("malloc", &call_malloc);
  address_of("calloc", &call_calloc);
  address_of("free", &call_free);
  for (size_t size = 8; size <= 32768; size *= 2) alternate_malloc(size);
  alternate_malloc(2000);
  alternate_free(16);
  alternate_free(2000);
  alternate_calloc(16);
  runs(16);
  runs(2000);
  lone(16);
  lone(2000);
  remote_free(16, "remote-in-order", 1);
  remote_free(16, "remote-spread", 12);
  remote_free(528, "remote-in-order", 1);
  remote_free(528, "remote-spread", 12);
  remote_free(2000, "remote-in-order", 1);
  return 0;
}
