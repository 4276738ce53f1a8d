/* limit_address_space.c -- little address space: under RLIMIT_AS of 200,000 KiB, and of 100 MiB, most of it can be had, running
 * out is NULL with ENOMEM, nothing is lost by it, and large blocks and threads work.
 *
 * Runs itself again under each limit, so that it holds from mica's first call on; and under each of three rules for free
 * memory. A long run is placed where most slices are dirty, and by the usual rule the clock has a say in which are: as long
 * runs leave other gaps then, fewer may fit. The number of long blocks is exact where all free slices are dirty, or all are
 * clean. */

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "tests/support/check.h"
#include "tests/support/errno_mark.h"
#include "tests/support/hang.h"

enum {
  THREADS = 4,
  STACK = 128 * 1024,
  ONE_SLICE = 8192, /* pages of larger blocks are several slices */
  SLACK = 65536,    /* one page that other classes have blocks in */
};
#define MiB ((size_t)1 << 20)

typedef struct block_s {
  struct block_s* next;
  size_t size;
} block_t;

static bool usual; /* the usual rule for free memory */
static pthread_barrier_t all_there;

static unsigned char* end_of(block_t* b) { return (unsigned char*)b + b->size - 1; }

/* Allocates until there is no more (or `most` bytes); the number of bytes. */
static size_t take(block_t** list, size_t size, size_t most) {
  size_t sum = 0;
  while (sum < most) {
    errno = ERRNO_MARK;
    block_t* b = malloc(size);
    if (b == NULL) {
      CHECK(errno == ENOMEM);
      break;
    }
    CHECK(errno == ERRNO_MARK);
    memset(b, 0x5a, size);
    *b = (block_t){*list, size};
    *list = b;
    sum += size;
  }
  return sum;
}

static void give(block_t** list) {
  while (*list != NULL) {
    block_t* b = *list;
    *list = b->next;
    CHECK(b->size <= sizeof *b || *end_of(b) == 0x5a);
    free(b);
  }
}

/* Takes all there is in blocks of one size; twice: what was had once is had again, but for a page that other classes have
 * blocks in now. Of long runs `least` bytes by the usual rule. */
static size_t all_twice(size_t size, size_t least) {
  block_t* list = NULL;
  const size_t first = take(&list, size, SIZE_MAX);
  CHECK(first >= least);
  CHECK(malloc(size) == NULL); /* at the end it stays the end */
  give(&list);
  const size_t second = take(&list, size, first), again = usual && size > ONE_SLICE ? least : first;
  CHECK(second + SLACK >= again);
  give(&list);
  return first;
}

/* By the usual rule it may lie where it cannot grow: then it stays as it is. */
static void large_block(size_t size) {
  unsigned char* p = malloc(size);
  CHECK(p != NULL);
  memset(p, 1, size);
  errno = ERRNO_MARK;
  unsigned char* q = realloc(p, size + size / 8);
  CHECK(q != NULL ? errno == ERRNO_MARK : usual && errno == ENOMEM);
  if (q != NULL) p = q;
  CHECK(p[0] == 1 && p[size - 1] == 1);
  free(p);
}

static void* thread_body(void* arg) {
  block_t* list = NULL;
  pthread_barrier_wait(&all_there); /* as many theaps and stacks each time: none is new in the end */
  CHECK(take(&list, 100 + (size_t)arg * 700, 2 * MiB) >= 2 * MiB);
  pthread_barrier_wait(&all_there);
  give(&list);
  return NULL;
}

static void threads(void) {
  pthread_t thread[THREADS];
  pthread_attr_t attributes;
  CHECK(pthread_barrier_init(&all_there, NULL, THREADS) == 0);
  CHECK(pthread_attr_init(&attributes) == 0 && pthread_attr_setstacksize(&attributes, STACK) == 0);
  for (size_t i = 0; i < THREADS; i++) CHECK(pthread_create(&thread[i], &attributes, thread_body, (void*)i) == 0);
  for (size_t i = 0; i < THREADS; i++) CHECK(pthread_join(thread[i], NULL) == 0);
  pthread_attr_destroy(&attributes);
  pthread_barrier_destroy(&all_there);
}

/* least: bytes of small blocks that must be had. */
static void under_limit(size_t least, size_t large) {
  threads();
  large_block(large);
  const size_t small = all_twice(1000, least);
  large_block(large);
  all_twice(64, least / 2);
  all_twice(30000, least / 2);
  all_twice(3 * MiB, least / 2);
  errno = 0;
  CHECK(malloc(400 * MiB) == NULL && errno == ENOMEM);
  const size_t end = all_twice(1000, least);
  CHECK(end + SLACK >= small);
  large_block(large);
  threads();
}

static void run_limited(const char* program, const char* limit, const char* delay) {
  const pid_t pid = fork();
  CHECK(pid >= 0);
  if (pid == 0) {
    const rlim_t bytes = strtoul(limit, NULL, 10) * 1024;
    CHECK(setrlimit(RLIMIT_AS, &(struct rlimit){bytes, bytes}) == 0);
    hang_limit();
    setenv("MICA_SHOW_ERRORS", "0", 1);
    setenv("MICA_PURGE_DELAY", delay, 1);
    execl(program, program, limit, delay, (char*)NULL);
    _exit(3);
  }
  int status = -1;
  CHECK(waitpid(pid, &status, 0) == pid);
  CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

int main(int argc, char** argv) {
  static const char* const delays[] = {"0", "-1",
                                       "1000"}; /* free memory is clean; dirty, but for failures; the usual rule */
  if (argc == 3) {
    const size_t limit = strtoul(argv[1], NULL, 10) * 1024;
    usual = strtol(argv[2], NULL, 10) > 0;
    under_limit(limit / 100 * (limit > 100 * MiB ? 80 : 70), 50 * MiB);
    return 0;
  }
  for (size_t i = 0; i < sizeof delays / sizeof delays[0]; i++) {
    run_limited(argv[0], "200000", delays[i]);
    run_limited(argv[0], "102400", delays[i]);
  }
  SHOWN("limit_address_space: 200,000 KiB and 100 MiB of address space are used, run out of, and used again");
  return 0;
}
