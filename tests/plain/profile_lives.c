/* profile_lives.c -- samples where a thread's or a process's life is unusual: in the child of a fork, also one that came in the
 * middle of another thread's sample, past a thread's end, and where a heap ends while the thread does that allocated in it.
 * Nothing waits, and what lives comes back to what it was. */
#include <fcntl.h>
#include <mica.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "profile/environment.h"
#include "profile/profile.h"
#include "tests/support/check.h"
#include "tests/support/hang.h"
#include "tests/support/sanitizer.h"

enum { FORKS = SANITIZED ? 10 : 40, HELD = 300, ROUNDS = 4, HEAPS = SANITIZED ? 200 : 2000 };

static _Atomic(bool) done;

static mi_profile_sums_t sums(void) {
  mi_profile_sums_t now;
  CHECK(mi_profile_sums(&now, sizeof now));
  return now;
}

/* ---- fork ---- */

static __attribute__((noinline)) void* deep(unsigned levels, size_t size) {
  void* const p = levels == 0 ? malloc(size) : deep(levels - 1, size);
  __asm__ volatile("" ::: "memory");
  return p;
}

static void* always_busy(void* arg) {
  (void)arg;
  /* relaxed: a wish; the join orders the rest */
  for (unsigned i = 0; !atomic_load_explicit(&done, memory_order_relaxed); i++) free(deep(i % 50, i % 5000));
  return NULL;
}

static void hold_and_free(void) {
  void* held[HELD];
  for (unsigned i = 0; i < HELD; i++) held[i] = deep(i % 60, 1 + i * i % 100000);
  for (unsigned i = 0; i < HELD; i++) free(held[i]);
}

/* The other thread's block of that moment stays, in the child. */
static void in_child(size_t live) {
  hang_limit();
  const size_t before = sums().samples;
  hold_and_free();
  const mi_profile_sums_t after = sums();
  CHECK(after.samples >= before + HELD && mica_profile_live() <= live + 1);
  char* const text = mi_profile_get_text(0, NULL);
  CHECK(text != NULL && strncmp(text, "heap profile: ", 14) == 0);
  free(text);
  _exit(0);
}

static void forks(void) {
  pthread_t other;
  void* const kept = deep(3, 1000);
  CHECK(pthread_create(&other, NULL, always_busy, NULL) == 0);
  for (int i = 0; i < FORKS; i++) {
    const size_t live = (size_t)mica_profile_live();
    const pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) in_child(live + 1);
    int status;
    CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0);
    hold_and_free();
  }
  atomic_store_explicit(&done, true, memory_order_relaxed); /* relaxed: as above */
  CHECK(pthread_join(other, NULL) == 0);
  free(kept);
}

/* ---- the end of a thread ---- */

static pthread_key_t late_key;
static void* left[ROUNDS * 10];
static _Atomic(unsigned) left_count; /* shows what is left, to a checker that sees no end of a thread here */

/* The first call may come before mica's own end of the thread, the next ones do not. */
static void late(void* arg) {
  const size_t rounds = (size_t)arg;
  hold_and_free();
  for (unsigned i = 0; i < 10; i++) {
    /* acquire: what the thread before has left */
    const unsigned n = atomic_load_explicit(&left_count, memory_order_acquire);
    left[n] = deep(i, 100 * i + 1);
    atomic_store_explicit(&left_count, n + 1, memory_order_release); /* release: pairs with it */
  }
  if (rounds > 1) CHECK(pthread_setspecific(late_key, (void*)(rounds - 1)) == 0);
}

static void* with_late(void* arg) {
  hold_and_free();
  CHECK(pthread_setspecific(late_key, arg) == 0);
  return NULL;
}

static void thread_ends(void) {
  pthread_t thread;
  CHECK(pthread_key_create(&late_key, late) == 0);
  const size_t live = (size_t)mica_profile_live(), samples = sums().samples;
  CHECK(pthread_create(&thread, NULL, with_late, (void*)(size_t)ROUNDS) == 0 && pthread_join(thread, NULL) == 0);
  const unsigned n = atomic_load_explicit(&left_count, memory_order_acquire);
  CHECK(n == ROUNDS * 10 && sums().samples >= samples + (ROUNDS + 1) * HELD);
  CHECK(mica_profile_live() >= live + n);
  for (unsigned i = 0; i < n; i++) free(left[i]);
  CHECK(mica_profile_live() <= live + 1); /* the C library's, for the thread */
}

/* ---- the end of a heap, and of the thread that allocated in it ---- */

static mi_heap_t* heap;
static _Atomic(bool) used;

static void* uses_heap(void* arg) {
  for (size_t size = 16; size <= 4096; size += size / 8 / 16 * 16 + 16) {
    void* held[40];
    for (unsigned i = 0; i < 40; i++) held[i] = mi_heap_malloc(heap, size);
    for (unsigned i = 0; i < 40; i++) mi_free(held[i]);
    mi_free(mi_heap_malloc(heap, size)); /* by a slow call, which has more at hand */
  }
  atomic_store_explicit(&used, true, memory_order_release);
  CHECK(mi_profile_start(((size_t)1 << 30) + (size_t)arg));
  return arg;
}

/* Nothing of it is in use any more when it ends: where its last thread is on its way out does not matter. */
static void heap_ends(void) {
  for (int i = 0; i < HEAPS; i++) {
    pthread_t thread;
    heap = mi_heap_new();
    atomic_store_explicit(&used, false, memory_order_release);
    CHECK(heap != NULL && pthread_create(&thread, NULL, uses_heap, (void*)(size_t)(i % 2)) == 0);
    while (!atomic_load_explicit(&used, memory_order_acquire)) {
    }
    mi_heap_destroy(heap);
    CHECK(pthread_join(thread, NULL) == 0);
  }
}

/* ---- a thread that begins within the free of a sample ---- */

static void* frees(void* p) {
  free(p);
  return NULL;
}

static void allocates(mi_profile_event_t event, const void* p, size_t size, double weight, void* arg) {
  (void)event, (void)p, (void)size, (void)weight;
  void** const place = arg;
  free(*place);
  *place = malloc(100);
}

static int64_t threads_now(void) {
  mi_stats_t stats;
  mi_stats_init(&stats);
  CHECK(mi_stats_get(&stats));
  return stats.threads.current;
}

static void thread_begins(void) {
  pthread_t thread;
  void *place = NULL, *sample = malloc(100);
  const int64_t before = threads_now();
  mi_profile_register(allocates, &place);
  CHECK(pthread_create(&thread, NULL, frees, sample) == 0 && pthread_join(thread, NULL) == 0);
  mi_profile_register(NULL, NULL);
  CHECK(place != NULL);
  free(place);
  CHECK(threads_now() == before);
}

/* ---- a fork in the middle of another thread's writing ---- */

static void* writes(void* arg) {
  mica_profile_end();
  return arg;
}

static void write_in_child(const char* file) {
  char path[64];
  hang_limit();
  snprintf(path, sizeof path, "%s.%d", file, (int)getpid());
  mica_profile_end();
  CHECK(unlink(path) == 0);
  _exit(0);
}

/* In a process of its own, as what the environment says is read once. The file is a pipe that is full. */
static void writer(const char* file) {
  char piece[4096];
  pthread_t thread;
  int status;
  hang_limit();
  CHECK(mkfifo(file, 0600) == 0 && setenv("MICA_PROFILE", file, 1) == 0 && mica_profile_begin() != 0);
  const int pipe = open(file, O_RDONLY | O_NONBLOCK);
  CHECK(pipe >= 0 && fcntl(pipe, F_SETPIPE_SZ, sizeof piece) >= 0);
  CHECK(pthread_create(&thread, NULL, writes, NULL) == 0);
  struct pollfd filled = {pipe, POLLIN, 0};
  CHECK(poll(&filled, 1, -1) == 1);
  const pid_t child = fork();
  CHECK(child >= 0);
  if (child == 0) write_in_child(file);
  CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0);
  while (poll(&filled, 1, -1) == 1 && read(pipe, piece, sizeof piece) > 0) {
  }
  CHECK(pthread_join(thread, NULL) == 0);
  close(pipe);
  mica_profile_end(); /* nobody reads: that is said, and nobody waits */
  CHECK(unlink(file) == 0);
  _exit(0);
}

static void fork_while_writing(void) {
  char file[] = "/tmp/mica-lives-XXXXXX";
  int status;
  const int made = mkstemp(file);
  CHECK(made >= 0 && close(made) == 0 && unlink(file) == 0);
  const pid_t child = fork();
  CHECK(child >= 0);
  if (child == 0) writer(file);
  CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

int main(void) {
  if (!mi_profile_start((size_t)1 << 30)) {
    SHOWN("this build does not profile");
    return 0;
  }
  hang_limit();
  heap_ends();
  CHECK(mi_profile_start(1));
  thread_ends();
  thread_begins();
  forks();
  fork_while_writing();
  SHOWN("samples in children and at threads' ends");
  return 0;
}
