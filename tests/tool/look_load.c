/* look_load.c -- a program under full load: threads allocate, free one another's blocks, grow large ones, make heaps and end
 * them, and end themselves. For who looks at it from outside meanwhile (look.py).
 *
 * look_load THREADS MIB [SECONDS]: so many MiB in use, more or less; until it is killed, or so many seconds have gone by; then
 * it says how many operations there were. */
#include <mica.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

enum { SLOTS = 1 << 16, AVERAGE = 2200, LIFE = 2000000 };

static _Atomic(void*) slots[SLOTS * 64];
static size_t slot_count;
static _Atomic(unsigned long) operations;
static _Atomic(int) over;

static uint64_t next(uint64_t* state) {
  *state ^= *state << 13;
  *state ^= *state >> 7;
  *state ^= *state << 17;
  return *state;
}

static size_t size_of(uint64_t random) {
  const unsigned kind = random % 1000;
  if (kind == 0) return 1 + (random >> 16) % (2u << 20);
  if (kind < 30) return 1 + (random >> 16) % 60000;
  return 1 + (random >> 16) % (kind < 700 ? 200 : 2000);
}

/* A heap, with blocks that end with it. */
static void use_heap(uint64_t* state) {
  mi_heap_t* heap = mi_heap_new();
  for (unsigned i = 0; i < 300; i++) {
    char* p = mi_heap_malloc(heap, size_of(next(state)));
    if (p != NULL) p[0] = 1;
  }
  mi_heap_destroy(heap);
}

/* Whoever comes to a slot frees what is there, whosever it was. */
static void* work(void* arg) {
  uint64_t state = (uint64_t)(uintptr_t)arg * 0x9e3779b97f4a7c15u + 1;
  for (unsigned long n = 0; n < LIFE && atomic_load_explicit(&over, memory_order_acquire) == 0; n++) {
    const uint64_t random = next(&state);
    const size_t size = size_of(next(&state));
    char* p = malloc(size);
    if (p != NULL) p[0] = p[size - 1] = 1;
    p = atomic_exchange_explicit(&slots[(random >> 8) % slot_count], p, memory_order_acq_rel);
    if (p != NULL && random % 256 == 0 && (p = realloc(p, size * 2)) != NULL) p[0] = 2;
    free(p);
    if (random % 16384 == 0) use_heap(&state);
    if (n % 1024 == 0) atomic_fetch_add_explicit(&operations, 1024, memory_order_relaxed);
  }
  return NULL;
}

/* A thread that ended is followed by another. */
static void* keep_going(void* arg) {
  for (uintptr_t n = (uintptr_t)arg; atomic_load_explicit(&over, memory_order_acquire) == 0; n += 1000) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, work, (void*)(n + 1)) != 0) return NULL;
    pthread_join(thread, NULL);
  }
  return NULL;
}

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  prctl(PR_SET_PDEATHSIG, SIGKILL); /* whoever looks may be ended */
  const unsigned threads = (unsigned)atoi(argv[1]), seconds = argc > 3 ? (unsigned)atoi(argv[3]) : 0;
  const size_t wanted = ((size_t)atoi(argv[2]) << 20) / AVERAGE;
  pthread_t thread;
  slot_count = wanted < 64 ? 64 : wanted > SLOTS * 64 ? SLOTS * 64 : wanted;
  for (unsigned i = 0; i < threads; i++) pthread_create(&thread, NULL, keep_going, (void*)(uintptr_t)i);
  printf("ready\n");
  fflush(stdout);
  if (seconds == 0)
    for (;;) pause();
  sleep(seconds);
  atomic_store_explicit(&over, 1, memory_order_release);
  printf("%lu\n", atomic_load_explicit(&operations, memory_order_acquire));
  return 0;
}
