/* fork_frees.c -- fork beside another thread, when pages of a thread that ended hold freed blocks: in the child,
 * threads that never allocate free one block each of these pages, the child frees the rest and allocates. */

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "tests/support/check.h"
#include "tests/support/hang.h"

enum {
  BLOCKS = 20000, /* 2.2 MB in some 30 pages */
  SIZE = 100,
  FREED_STEP = 10,   /* the parent frees one of so many */
  THREAD_STEP = 200, /* for one of so many, never one of those, the child has a thread */
};

static unsigned char* blocks[BLOCKS];
static pthread_barrier_t barrier;

static void* make(void* arg) {
  for (int i = 0; i < BLOCKS; i++) {
    blocks[i] = malloc(SIZE);
    CHECK(blocks[i] != NULL);
    memset(blocks[i], i & 0xff, SIZE);
  }
  return arg;
}

static void* wait_for_the_end(void* arg) {
  void* mine = malloc(10);
  pthread_barrier_wait(&barrier);
  pthread_barrier_wait(&barrier);
  free(mine);
  return arg;
}

static void* free_one(void* block) {
  free(block);
  return NULL;
}

static void run(void* (*body)(void*), void* arg) {
  pthread_t thread;
  CHECK(pthread_create(&thread, NULL, body, arg) == 0);
  CHECK(pthread_join(thread, NULL) == 0);
}

/* A child that hangs is ended by SIGALRM, and the parent sees that. */
static void child(void) {
  hang_limit();
  for (int i = 0; i < BLOCKS; i += THREAD_STEP) run(free_one, blocks[i]);
  for (int i = 0; i < BLOCKS; i++) {
    if (i % THREAD_STEP == 0 || i % FREED_STEP == 1) continue;
    CHECK(blocks[i][0] == (i & 0xff) && blocks[i][SIZE - 1] == (i & 0xff));
    free(blocks[i]);
  }
  make(NULL);
  for (int i = 0; i < BLOCKS; i++) CHECK(blocks[i][0] == (i & 0xff) && blocks[i][SIZE - 1] == (i & 0xff));
  _exit(0);
}

int main(void) {
  run(make, NULL);
  for (int i = 1; i < BLOCKS; i += FREED_STEP) free(blocks[i]);
  CHECK(pthread_barrier_init(&barrier, NULL, 2) == 0);
  pthread_t other;
  CHECK(pthread_create(&other, NULL, wait_for_the_end, NULL) == 0);
  pthread_barrier_wait(&barrier);
  const pid_t pid = fork();
  CHECK(pid >= 0);
  if (pid == 0) child();
  int status = -1;
  CHECK(waitpid(pid, &status, 0) == pid);
  CHECK(!WIFSIGNALED(status));
  CHECK(WEXITSTATUS(status) == 0);
  pthread_barrier_wait(&barrier);
  CHECK(pthread_join(other, NULL) == 0);
  SHOWN("fork_frees: in the child, threads that never allocated free blocks of a thread that ended before the fork");
  return 0;
}
