/* faults.c -- the k-th system call fails, for every k of a mixed run; and from the k-th on all calls of one kind fail.
 *
 * Each run is a process of its own, so that its first mmap is mica's first. In it the workload is done under the fault: an
 * allocation may fail, with ENOMEM, and nothing else may happen; then without it: nothing may fail, and when all is freed
 * as much is in use as before. The parent goes on to the next k until a run has not come so far.
 *
 *   usage: faults [STEP]    only each STEP-th k */

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "heap/alloc.h"
#include "observe/counters.h"
#include "segment/os.h"
#include "segment/slices.h"
#include "tests/support/check.h"
#include "tests/support/errno_mark.h"
#include "tests/support/hang.h"

enum { MOST_RUNS = 2000, ALL_FROM_K = 5, NOT_REACHED = 42, STACK_BYTES = 256 * 1024 };

/* ---- the fault: the k-th call; or of one kind the k-th and all later ones ---- */

static long fault_k;
static int fault_kind; /* -1: the k-th call of any kind */
static _Atomic(long) calls;

static bool fault(mica_os_call_t call) {
  if (fault_kind >= 0 && call != (mica_os_call_t)fault_kind) return false;
  const long n = atomic_fetch_add_explicit(&calls, 1, memory_order_relaxed); /* relaxed: a number of its own for each */
  return fault_kind >= 0 ? n >= fault_k : n == fault_k;
}

/* Before any other constructor, and before the first allocation. */
__attribute__((constructor(101))) static void set_fault(void) {
  const char* text = getenv("FAULTS_K");
  if (text == NULL) return;
  fault_k = atol(text);
  fault_kind = atoi(getenv("FAULTS_KIND"));
  mica_os_set_fault(fault);
}

/* ---- allocations that may fail while a fault is set ---- */

static bool may_fail;

static void* judged(void* p) {
  if (p == NULL) {
    CHECK(may_fail);
    CHECK(errno == ENOMEM);
  } else {
    CHECK(errno == ERRNO_MARK);
  }
  return p;
}
static void* try_malloc(size_t size) { return errno = ERRNO_MARK, judged(malloc(size)); }
static void* try_calloc(size_t size) { return errno = ERRNO_MARK, judged(calloc(1, size)); }
static void* try_aligned(size_t align, size_t size) { return errno = ERRNO_MARK, judged(aligned_alloc(align, size)); }
static void* try_realloc(void* p, size_t size) { return errno = ERRNO_MARK, judged(realloc(p, size)); }
static void free_it(void* p) {
  errno = ERRNO_MARK;
  free(p);
  CHECK(errno == ERRNO_MARK);
}

/* A byte of each OS page, of some OS pages where there are many; and both ends. */
static unsigned char byte_at(size_t i, unsigned seed) { return (unsigned char)(i / 4096 * 7 + seed + 1); }
static size_t next(size_t i) { return i + (i < 64 * 1024 ? 4096 : i < 4 << 20 ? 17 * 4096 : 257 * 4096); }
static void fill(unsigned char* p, size_t size, unsigned seed) {
  if (p == NULL || size == 0) return;
  for (size_t i = 0; i < size; i = next(i)) p[i] = byte_at(i, seed);
  p[size - 1] = byte_at(size - 1, seed);
}
static void verify(const unsigned char* p, size_t size, size_t written, unsigned seed) {
  if (p == NULL) return;
  for (size_t i = 0; i < size; i = next(i)) CHECK(p[i] == byte_at(i, seed));
  if (size == written) CHECK(p[size - 1] == byte_at(size - 1, seed));
}

/* ---- the workload ---- */

enum { SMALL = 3000, LARGE = 24 };
static const size_t MiB = 1 << 20;

static void small_blocks(unsigned seed) {
  unsigned char* blocks[SMALL];
  for (unsigned i = 0; i < SMALL; i++) fill(blocks[i] = try_malloc(1 + i * 37 % 2500), 1 + i * 37 % 2500, seed + i);
  for (unsigned i = 0; i < SMALL; i++) {
    const size_t size = 1 + i * 37 % 2500;
    verify(blocks[i], size, size, seed + i);
    free_it(blocks[i]);
  }
}

static void large_blocks(void) {
  unsigned char* blocks[LARGE];
  for (unsigned i = 0; i < LARGE; i++) {
    const size_t size = 20000 + i * i * 5000;
    blocks[i] = i % 3 == 0   ? try_calloc(size)
                : i % 3 == 1 ? try_aligned((size_t)4096 << i / 2, size)
                             : try_malloc(size);
    if (i % 3 == 0 && blocks[i] != NULL)
      for (size_t at = 0; at < size; at++) CHECK(blocks[i][at] == 0);
    fill(blocks[i], size, i);
  }
  for (unsigned i = 0; i < LARGE; i++) {
    verify(blocks[i], 20000 + i * i * 5000, 20000 + i * i * 5000, i);
    free_it(blocks[i]);
  }
}

/* Through the given sizes; what a realloc keeps must be there, and the old block if it fails. */
static void walk(const size_t* sizes, unsigned n, bool neighbour) {
  unsigned char* p = try_malloc(sizes[0]);
  if (p == NULL) return;
  size_t have = sizes[0];
  for (unsigned i = 0; i < n; i++) {
    void* between = neighbour ? try_malloc(2 * MiB) : NULL;
    fill(p, have, i);
    unsigned char* q = try_realloc(p, sizes[i]);
    if (q == NULL) {
      verify(p, have, have, i);
    } else {
      verify(q, have < sizes[i] ? have : sizes[i], have, i);
      p = q;
      have = sizes[i];
    }
    free_it(between);
  }
  free_it(p);
}

static void huge_blocks(void) {
  static const size_t in_arena[] = {1 << 20, 5 << 20, 9 << 20, 30 << 20, 70 << 20, 20 << 20, 2 << 20};
  static const size_t own[] = {200 << 20, 270 << 20, 400 << 20, 300 << 20, 600 << 20, 30 << 20};
  walk(in_arena, sizeof in_arena / sizeof in_arena[0], true);
  walk(own, sizeof own / sizeof own[0], false);
  unsigned char* p = try_malloc(300 * MiB);
  unsigned char* q = try_aligned(512 * MiB, MiB);
  CHECK(((uintptr_t)q & (512 * MiB - 1)) == 0);
  fill(p, 300 * MiB, 1);
  fill(q, MiB, 2);
  verify(p, 300 * MiB, 300 * MiB, 1);
  verify(q, MiB, MiB, 2);
  free_it(p);
  free_it(q);
}

static unsigned char* handed[4][200];

static void* thread_body(void* arg) {
  unsigned char** mine = handed[(size_t)arg];
  for (unsigned i = 0; i < 200; i++) fill(mine[i] = try_malloc(500 + i), 500 + i, i);
  small_blocks((unsigned)(size_t)arg);
  return NULL;
}

/* Threads whose blocks are freed here, after their end. One that cannot be started leaves nothing. */
static void threads(void) {
  pthread_t thread[4];
  bool started[4];
  pthread_attr_t attr;
  CHECK(pthread_attr_init(&attr) == 0 && pthread_attr_setstacksize(&attr, STACK_BYTES) == 0);
  for (size_t t = 0; t < 4; t++) {
    memset(handed[t], 0, sizeof handed[t]);
    started[t] = pthread_create(&thread[t], &attr, thread_body, (void*)t) == 0;
    CHECK(started[t] || may_fail);
  }
  pthread_attr_destroy(&attr);
  for (size_t t = 0; t < 4; t++) {
    if (started[t]) pthread_join(thread[t], NULL);
    for (unsigned i = 0; i < 200; i++) {
      verify(handed[t][i], 500 + i, 500 + i, i);
      free_it(handed[t][i]);
    }
  }
}

/* More than an arena holds, given back in an order that leaves holes: purges. */
static void much(void) {
  enum { BLOCKS = 90 };
  static unsigned char* blocks[BLOCKS];
  for (unsigned i = 0; i < BLOCKS; i++) fill(blocks[i] = try_malloc(4 * MiB - 64 - i * 65536 % (3 * MiB)), MiB, i);
  for (unsigned i = 0; i < BLOCKS; i++) {
    verify(blocks[i * 7 % BLOCKS], MiB, MiB, i * 7 % BLOCKS);
    free_it(blocks[i * 7 % BLOCKS]);
  }
}

static void workload(void) {
  small_blocks(0);
  large_blocks();
  huge_blocks();
  threads();
  much();
  mica_collect(true);
}

/* ---- one run ---- */

typedef struct level_s {
  int64_t slices, pages, large, windows, address_space;
} level_t;

static int64_t in_use(mica_counter_t born, mica_counter_t gone) {
  return (int64_t)(mica_counted(born) - mica_counted(gone));
}

/* KiB of address space by the kernel's count, beyond what mica says it has mapped. */
static int64_t address_space(void) {
  long pages = 0;
  FILE* f = fopen("/proc/self/statm", "r");
  CHECK(f != NULL && fscanf(f, "%ld", &pages) == 1);
  fclose(f);
  return pages * (sysconf(_SC_PAGESIZE) / 1024) - (int64_t)(mica_mapped_bytes() / 1024);
}

static level_t level(void) {
  const int64_t space = address_space();
  mica_collect(true);
  return (level_t){mica_slices_used(), in_use(MICA_COUNTER_PAGES_BORN, MICA_COUNTER_PAGES_GONE),
                   in_use(MICA_COUNTER_LARGE_BORN, MICA_COUNTER_LARGE_GONE),
                   in_use(MICA_COUNTER_WINDOWS_BORN, MICA_COUNTER_WINDOWS_GONE), space};
}

static void same(level_t a, level_t b) {
  CHECK(a.slices == b.slices);
  CHECK(a.pages == b.pages);
  CHECK(a.large == b.large);
  CHECK(a.windows == b.windows);
}

static int run(void) {
  may_fail = true;
  workload();
  const bool reached =
      atomic_load_explicit(&calls, memory_order_relaxed) > fault_k; /* relaxed: the threads are joined */
  mica_os_set_fault(NULL);
  may_fail = false;
  workload();
  const level_t before = level();
  workload();
  const level_t after = level();
  same(before, after);
  /* Nor does a mapping stay that nobody knows, but for stacks that the C library keeps, more or fewer as threads overlap. */
  CHECK(after.address_space <= before.address_space + 5 * STACK_BYTES / 1024);
  CHECK(before.slices <= 8); /* what the C library holds, and nothing that the fault left */
  CHECK(before.large == 0 && before.windows == 0);
  CHECK(mica_slices_dirty() == 0);
  CHECK(before.address_space >= 0);
  return reached ? 0 : NOT_REACHED;
}

/* ---- all runs ---- */

static char* program;

static int run_child(long k, int kind, const char* reserve) {
  char text[32], kind_text[32];
  snprintf(text, sizeof text, "%ld", k);
  snprintf(kind_text, sizeof kind_text, "%d", kind);
  const pid_t pid = fork();
  CHECK(pid >= 0);
  if (pid == 0) {
    setenv("FAULTS_K", text, 1);
    setenv("FAULTS_KIND", kind_text, 1);
    setenv("MICA_ARENA_RESERVE", reserve, 1);
    setenv("MICA_SHOW_ERRORS", "0", 1);
    hang_limit();
    execl(program, program, (char*)NULL);
    _exit(3);
  }
  int status = -1;
  CHECK(waitpid(pid, &status, 0) == pid);
  if (WIFEXITED(status) && (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == NOT_REACHED)) return WEXITSTATUS(status);
  fprintf(stderr, "faults.c: call %ld failing (kind %d, MICA_ARENA_RESERVE=%s): status %x\n", k, kind, reserve,
          (unsigned)status);
  _exit(1);
}

static long step, runs;

/* Every step-th call fails, in a run of its own. The first that no run has reached, or most. */
static long every_call(const char* reserve, int kind, long most) {
  long k = 0;
  for (; k < most && run_child(k, kind, reserve) == 0; k += step) runs++;
  return k < most ? k : most;
}

int main(int argc, char** argv) {
  program = argv[0];
  step = argc > 1 ? atol(argv[1]) : 1;
  CHECK(step > 0);
  if (getenv("FAULTS_K") != NULL) return run();
  static const char* const reserves[] = {"256M", "4M"};
  for (unsigned i = 0; i < 2; i++) {
    const long n = every_call(reserves[i], -1, MOST_RUNS);
    CHECK(n > 20 && n < MOST_RUNS); /* else the workload makes no calls, or there is no end */
    for (int kind = MICA_OS_MMAP; kind <= MICA_OS_MREMAP; kind++) {
      const long reached = every_call(reserves[i], kind, ALL_FROM_K);
      CHECK(reached == ALL_FROM_K);
    }
  }
  printf("faults: %ld runs with a failing system call, or all of a kind: ENOMEM at most, and nothing lost\n", runs);
  return 0;
}
