/* paths.h -- what a path is, and the acts that make its calls.
 *
 * Shared by probe.c, which has the table of paths, and acts.c. Blocks are written to, and read again before they are freed. */
#ifndef MICA_TESTS_GOLDEN_PATHS_H
#define MICA_TESTS_GOLDEN_PATHS_H
#include <stddef.h>
#include <stdint.h>

#include "probe.h"

/* A step takes the tracer some 3 us, on a virtual machine some 30: the calls are as few as show the path. */
enum { CALLS = 32, FEW_CALLS = 128, RUN = 512, FULL_RUN = 4096 };
enum { LARGE = 1000000, WARM_UP = 2000, ROUNDS = 16 };
enum { BEFORE_RUN = 1024, BEFORE_SCATTERED = 4096, LIVE = 16 << 20 };

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
  const char* within; /* what makes the pool or group that the calls are given; NULL: none */
};

/* The page that is shared with the tracer; room for LIVE / 16 pointers; what the path calls. */
extern struct probe* probe;
extern void** blocks;
extern void *maker_function, *giver_function;

/* The library does wrong; the address of a function, which the library may lack. */
_Noreturn void broken(void);
void* symbol(const char* name);

/* ---- acts, each told of in acts.c ---- */
void lone(const struct path* path);
void alternate(const struct path* path);
void run(const struct path* path);
void run_new(const struct path* path);
void alternate_within(const struct path* path);
void run_within(const struct path* path);
void run_within_others(const struct path* path);
void resize(const struct path* path);
void ask(const struct path* path);
void remote_run(const struct path* path);
void orphan_run(const struct path* path);
void remote_scattered(const struct path* path);
void orphan_scattered(const struct path* path);

#endif
