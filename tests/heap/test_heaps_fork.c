/* test_heaps_fork.c -- first-class heaps in the child of a fork: of a process with one thread, and with more. */
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/balance.h"
#include "tests/support/heaps.h"
#include "tests/support/pattern.h"
#include "tests/support/require.h"

static mi_heap_t* heap;
static char *mine[100], *others[100];
static bool two_live; /* when it forks */

/* In the child a check that fails is its status: the test's own report is its parent's to make. */
static void is(bool holds, int status) {
  if (!holds) _exit(status);
}
static void is_kept(char* const* blocks, unsigned i, unsigned seed) {
  const size_t size = 700 * i + 1;
  is(pattern_kept(blocks[i], size, heaps_step(size), i + seed, true), 2);
}

/* What the child does; it ends with 0. */
static void in_child(bool alone) {
  for (unsigned i = 0; i < 100; i++) {
    is_kept(mine, i, 0);
    is_kept(others, i, 1);
    is(mi_heap_of(mine[i]) == heap && mi_heap_of(others[i]) == heap, 3);
    if (i % 2 == 0) mi_free(others[i]);
    if (i % 3 == 0) mi_free(mine[i]);
  }
  heaps_litter(heap, 1);
  mi_heap_t* next = heaps_new();
  heaps_litter(next, 1);
  mi_heap_destroy(next);
  mi_heap_collect(heap, true);
  if (alone)
    mi_heap_destroy(heap);
  else
    mi_heap_delete(heap);
  for (unsigned i = 0; !alone && i < 100; i++) {
    if (i % 2 != 0) is_kept(others, i, 1);
    if (i % 3 != 0) is_kept(mine, i, 0);
    if (i % 3 != 0) mi_free(mine[i]);
  }
  heap = heaps_new();
  heaps_litter(heap, 2);
  for (unsigned i = 1; two_live && i < 100; i += 2) is_kept(others, i, 1); /* left alone for good */
  mi_heap_destroy(heap);
}

static void* allocate(void* arg) {
  for (unsigned i = 0; i < 100; i++) others[i] = heaps_block(heap, 700 * i + 1, i + 1);
  if (arg == NULL) return NULL;
  pthread_barrier_wait(arg);
  pthread_barrier_wait(arg);
  return NULL;
}

static void fork_and_wait(bool alone) {
  const pid_t pid = fork();
  REQUIRE(pid >= 0, "no child");
  if (pid == 0) {
    in_child(alone);
    _exit(0);
  }
  int status = -1;
  REQUIRE(waitpid(pid, &status, 0) == pid && status == 0, "the child's status is %d", status);
}

static void begin(void) {
  heap = heaps_new();
  for (unsigned i = 0; i < 100; i++) mine[i] = heaps_block(heap, 700 * i + 1, i);
}
static void end(in_use_t before) {
  for (unsigned i = 0; i < 100; i++) heaps_verify(mine[i], 700 * i + 1, i), heaps_verify(others[i], 700 * i + 1, i + 1);
  heaps_litter(heap, 1);
  mi_heap_destroy(heap);
  require_back(before);
}

Test(heaps_fork, of_one_thread) {
  mi_heap_destroy(heaps_new());
  const in_use_t before = in_use();
  begin();
  allocate(NULL);
  fork_and_wait(true);
  end(before);
}

Test(heaps_fork, of_several_threads) {
  mi_heap_destroy(heaps_new());
  const in_use_t before = in_use();
  for (int round = 0; round < 5; round++) {
    pthread_barrier_t gate;
    pthread_t thread;
    pthread_barrier_init(&gate, NULL, 2);
    begin();
    REQUIRE(pthread_create(&thread, NULL, allocate, &gate) == 0, "no thread");
    pthread_barrier_wait(&gate);
    two_live = true;
    fork_and_wait(round % 2 == 0);
    two_live = false;
    pthread_barrier_wait(&gate);
    pthread_join(thread, NULL);
    fork_and_wait(round % 2 == 0); /* its part is nobody's now */
    pthread_barrier_destroy(&gate);
    end(before);
  }
}
