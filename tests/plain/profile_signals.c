/* profile_signals.c -- a timer interrupts threads that allocate and are profiled, at any instruction, and its handler looks
 * at the profile, writes it, takes and ends samples, and switches profiling off: nothing waits, and the sums come out. */
#include <errno.h>
#include <mica.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include "profile/profile.h"
#include "tests/support/check.h"
#include "tests/support/sanitizer.h"

enum { SLOTS = 512, ENOUGH = SANITIZED ? 200 : 2000, MICROSECONDS = 200, THREADS = 2 };

static volatile sig_atomic_t signals;
static _Atomic(bool) done;
static const char own[2][64]; /* what the handler says it has */

static void swallow(const char* text, void* arg) { *(size_t*)arg += strlen(text); }

static void interrupt(int number) {
  (void)number;
  const int saved = errno;
  mi_profile_sums_t sums;
  size_t length = 0;
  signals++;
  CHECK(mi_profile_sums(&sums, sizeof sums));
  CHECK(sums.live_bytes < (size_t)1 << 40 && sums.live_count < (size_t)1 << 32);
  const uint32_t one = mica_profile_take(own[0], 10, 16, 64, NULL), two = mica_profile_take(own[1], 10, 16, 1, NULL);
  CHECK(one != 0 && two != 0 && mica_profile_is(one, own[0]) && mica_profile_is(two, own[1]));
  mica_profile_gone(two, own[1]);
  if (signals % 16 == 0) mi_profile_dump_out(swallow, &length);
  CHECK(signals % 16 != 0 || length > 1000);
  mica_profile_gone(one, own[0]);
  CHECK(!mica_profile_is(one, own[0]));
  if (signals % 32 == 0) mi_profile_stop();
  if (signals % 64 == 1) mi_profile_reset();
  errno = saved;
}

static size_t size_of(size_t i) {
  static const size_t sizes[] = {16, 40, 100, 333, 1000, 2500, 7000, 30000, 70000, 600000};
  return sizes[i * 7919 / 13 % (sizeof sizes / sizeof *sizes)];
}

static void* work(void* arg) {
  static const size_t rates[] = {1, 100, 5000, 70000};
  char* slots[SLOTS] = {NULL};
  const size_t mark = (size_t)arg + 1;
  for (size_t i = 0; !atomic_load_explicit(&done, memory_order_acquire); i++) {
    const size_t at = i * 31 % SLOTS, size = size_of(i);
    if (i % 1000 == 0) mi_profile_start(rates[i / 1000 % 4]);
    if (slots[at] != NULL) CHECK(slots[at][0] == (char)(at + mark));
    if (i % 3 == 0) {
      slots[at] = realloc(slots[at], size);
    } else {
      free(slots[at]);
      slots[at] = i % 3 == 1 ? malloc(size) : aligned_alloc(64, size / 64 * 64 + 64);
    }
    CHECK(slots[at] != NULL && mi_usable_size(slots[at]) >= size);
    slots[at][0] = (char)(at + mark);
    slots[at][size - 1] = slots[at][0];
    if (signals >= ENOUGH) atomic_store_explicit(&done, true, memory_order_release);
  }
  for (size_t i = 0; i < SLOTS; i++) free(slots[i]);
  return NULL;
}

int main(void) {
  pthread_t threads[THREADS];
  if (!mi_profile_start(1000)) {
    SHOWN("this build does not profile");
    return 0;
  }
  struct sigaction action = {.sa_handler = interrupt, .sa_flags = SA_RESTART};
  const struct itimerval often = {{0, MICROSECONDS}, {0, MICROSECONDS}}, never = {{0, 0}, {0, 0}};
  CHECK(sigaction(SIGALRM, &action, NULL) == 0);
  mi_profile_sums_t before, after;
  for (size_t i = 0; i < THREADS; i++) CHECK(pthread_create(&threads[i], NULL, work, (void*)i) == 0);
  sigset_t mine;
  sigemptyset(&mine);
  sigaddset(&mine, SIGALRM); /* for those that work */
  CHECK(pthread_sigmask(SIG_BLOCK, &mine, NULL) == 0 && setitimer(ITIMER_REAL, &often, NULL) == 0);
  for (size_t i = 0; i < THREADS; i++) CHECK(pthread_join(threads[i], NULL) == 0);
  setitimer(ITIMER_REAL, &never, NULL);
  mi_profile_stop();
  CHECK(mi_profile_sums(&before, sizeof before) && before.samples > 1000);
  mi_collect(true);
  CHECK(mi_profile_sums(&after, sizeof after) && after.live_count < 10000 && mica_profile_live() < 20);
  SHOWN("samples in signal handlers");
  return 0;
}
