/* fork_threads.c -- fork in a program whose other threads allocate all the time: no child hangs, and each can allocate, free
 * the parent's blocks, and start threads of its own. */

#include "base/track.h"
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "tests/support/check.h"
#include "tests/support/hang.h"

enum { THREADS = 4, CHILDREN = 100, BLOCKS = 500 };

static _Atomic(int) stop;
static _Atomic(size_t) begun;
static unsigned char* shared[BLOCKS];

static void churn(unsigned seed, int rounds) {
  unsigned char* blocks[64] = {NULL};
  size_t sizes[64] = {0};
  for (int i = 0; i < rounds; i++) {
    seed = seed * 1103515245 + 12345;
    const size_t at = seed >> 20 & 63;
    if (blocks[at] != NULL) CHECK(blocks[at][0] == (unsigned char)at && blocks[at][sizes[at] - 1] == (unsigned char)at);
    free(blocks[at]);
    sizes[at] = 1 + (seed >> 8) % (seed % 50 == 0 ? 300000 : 3000);
    blocks[at] = malloc(sizes[at]);
    CHECK(blocks[at] != NULL);
    blocks[at][0] = blocks[at][sizes[at] - 1] = (unsigned char)at;
  }
  for (int i = 0; i < 64; i++) free(blocks[i]);
}

static void* busy(void* arg) {
  begun++;
  for (unsigned seed = (unsigned)(size_t)arg; !stop; seed += THREADS) churn(seed, 1000);
  return NULL;
}

static void* in_child(void* arg) {
  churn((unsigned)(size_t)arg, 5000);
  return NULL;
}

/* A child that hangs is ended by SIGALRM, and the parent sees that. */
static void child(unsigned seed) {
  hang_limit();
  for (int i = 0; i < BLOCKS; i++) {
    CHECK(shared[i][0] == (unsigned char)i);
    free(shared[i]);
  }
  churn(seed, 5000);
  pthread_t threads[2];
  for (size_t i = 0; i < 2; i++) CHECK(pthread_create(&threads[i], NULL, in_child, (void*)(seed + i)) == 0);
  for (size_t i = 0; i < 2; i++) CHECK(pthread_join(threads[i], NULL) == 0);
  _exit(0);
}

int main(void) {
  for (int i = 0; i < BLOCKS; i++) {
    shared[i] = malloc((size_t)i * 20 + 1);
    CHECK(shared[i] != NULL);
    shared[i][0] = (unsigned char)i;
  }
  pthread_t threads[THREADS];
  for (size_t i = 0; i < THREADS; i++) CHECK(pthread_create(&threads[i], NULL, busy, (void*)i) == 0);
  while (MICA_TRACKED && begun < THREADS) sched_yield(); /* a thread that starts may hold the sanitizer's own lock */
  for (unsigned i = 0; i < CHILDREN; i++) {
    const pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) child(i);
    int status = -1;
    CHECK(waitpid(pid, &status, 0) == pid);
    CHECK(!(WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM));
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  }
  stop = 1;
  for (size_t i = 0; i < THREADS; i++) CHECK(pthread_join(threads[i], NULL) == 0);
  SHOWN("fork_threads: 100 children of a program with four allocating threads allocate, free and start threads");
  return 0;
}
