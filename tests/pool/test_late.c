/* test_late.c -- pools where a thread's or a process's life is unusual: past a thread's end, in the child of a fork. */
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/pool/pools.h"
#include "tests/support/balance.h"
#include "tests/support/require.h"
#include "tests/support/threads.h"

/* ---- past a thread's end ---- */

static pthread_key_t late_key;
static mi_pool_t* late_pool;
static unsigned late_calls;

/* The first call may come before mica's own end of the thread, the next ones do not. */
static void late(void* arg) {
  const size_t rounds = (size_t)arg;
  late_calls++;
  const piece_t small = pools_piece(late_pool, 100, 1), large = pools_piece(late_pool, 20000, 2);
  mi_pool_cleanup_t* c = mi_pool_cleanup_add(late_pool, 10);
  REQUIRE(c != NULL, "no cleanup");
  pools_free(late_pool, large);
  if (rounds % 2 == 0) pools_free(late_pool, small);
  mi_pool_t* own = pools_new(0);
  pools_free(own, pools_piece(own, 50, 1));
  pools_verify(pools_piece(own, 5000, 2));
  mi_pool_destroy(own);
  if (rounds > 1) pthread_setspecific(late_key, (void*)(rounds - 1));
}
static void* with_late(void* arg) {
  pools_piece(late_pool, 10, 1);
  pthread_setspecific(late_key, arg);
  return NULL;
}

Test(pool_late, destructors_use_pools) {
  REQUIRE(pthread_key_create(&late_key, late) == 0, "no key");
  mi_pool_destroy(pools_new(0));
  const in_use_t before = in_use();
  for (int i = 0; i < 10; i++) {
    late_pool = pools_new(0);
    for (int k = 0; k < 3; k++) run_thread(with_late, (void*)(size_t)4);
    const mi_pool_stat_t stat = pools_stat(late_pool);
    REQUIRE(stat.live >= 3 * (1 + 2 + 4) && stat.large == 0, "%zu pieces, %zu large", stat.live, stat.large);
    REQUIRE(stat.threads <= 4, "%zu threads", stat.threads);
    mi_pool_destroy(late_pool);
  }
  REQUIRE(late_calls == 10 * 3 * 4, "%u late calls", late_calls);
  require_back(before);
}

/* ---- in a child ---- */

enum { BLOCKS = 2000 };
static piece_t pieces[2][BLOCKS];
static mi_pool_t* shared;

static void* allocate(void* arg) {
  piece_t* mine = arg;
  for (unsigned i = 0; i < BLOCKS; i++) mine[i] = pools_piece(shared, i % 100 == 0 ? 6000 : i % 250, i);
  return NULL;
}
static void release(const piece_t* some) {
  for (unsigned i = 0; i < BLOCKS; i++) pools_free(shared, some[i]);
}
static void verify(void) {
  for (unsigned i = 0; i < BLOCKS; i++) {
    pools_verify(pieces[0][i]);
    pools_verify(pieces[1][i]);
  }
}

Test(pool_late, the_child_of_a_fork_goes_on_in_its_pools) {
  shared = pools_new(0);
  allocate(pieces[0]);
  run_thread(allocate, pieces[1]);
  const pid_t pid = fork();
  REQUIRE(pid >= 0, "no child");
  if (pid == 0) {
    verify();
    release(pieces[0]);
    release(pieces[1]);
    allocate(pieces[0]);
    allocate(pieces[1]);
    verify();
    mi_pool_destroy(shared);
    _exit(0);
  }
  int status = 0;
  REQUIRE(waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %d", status);
  verify();
  release(pieces[1]);
  const mi_pool_stat_t stat = pools_stat(shared);
  REQUIRE(stat.live + stat.large == BLOCKS, "%zu pieces, %zu large", stat.live, stat.large);
  mi_pool_destroy(shared);
}
