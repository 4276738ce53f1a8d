/* test_where_threads.c -- mica_where while others run: what another thread holds, in a handler that interrupts malloc, and
 * beside threads that allocate and free blocks of all kinds. */
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>

#include "tests/heap/where.h"

enum { SIZE = 64, BLOCKS = 40 };

/* relaxed: a number, or a sign to end. What a look needs to be right, it must not get from the tests' own order. */
#define GET(object) atomic_load_explicit((object), memory_order_relaxed)
#define SET(object, value) atomic_store_explicit((object), (value), memory_order_relaxed)
/* acquire and release: a block changes hands */
#define SWAP(object, value) atomic_exchange_explicit((object), (value), memory_order_acq_rel)

static void* blocks[BLOCKS];
static pthread_barrier_t together;

/* ---- what another thread holds ---- */

static void* free_and_wait(void* own) {
  void** here = own;
  here[0] = mica_malloc(SIZE);
  here[1] = mica_malloc(SIZE);
  for (unsigned i = 0; i < BLOCKS / 2; i++) mica_free(blocks[i]);
  mica_free(here[1]);
  pthread_barrier_wait(&together);
  pthread_barrier_wait(&together);
  mica_free(here[0]);
  return NULL;
}

Test(where_threads, what_another_one_holds) {
  void* own[2];
  pthread_t thread;
  pthread_barrier_init(&together, NULL, 2);
  for (unsigned i = 0; i < BLOCKS; i++) blocks[i] = mica_malloc(SIZE);
  REQUIRE(pthread_create(&thread, NULL, free_and_wait, own) == 0, "no thread");
  pthread_barrier_wait(&together);
  for (unsigned i = 0; i < BLOCKS; i++) {
    const mica_where_t w = where_of(blocks[i]);
    REQUIRE(w.owner_is_caller, "block %u: of %p", i, w.owner);
    if (i >= BLOCKS / 2) {
      REQUIRE(w.state == MICA_WHERE_IN_USE && w.sure, "block %u: state %d, sure %d", i, w.state, w.sure);
      continue;
    }
    REQUIRE(w.state == MICA_WHERE_IN_PARCEL && !w.sure, "block %u: state %d, sure %d", i, w.state, w.sure);
    REQUIRE(w.holder_thread == (uintptr_t)thread && !w.holder_is_caller, "block %u: thread %zx", i,
            (size_t)w.holder_thread);
  }
  const mica_where_t used = where_of(own[0]), cached = where_of(own[1]);
  REQUIRE(used.state == MICA_WHERE_IN_USE && cached.state == MICA_WHERE_CACHED, "states %d and %d", used.state,
          cached.state);
  REQUIRE(used.owner_thread == (uintptr_t)thread && cached.holder == used.owner, "of %p, held by %p", used.owner,
          cached.holder);
  REQUIRE(!used.sure && !cached.sure && !used.owner_is_caller, "sure of what another thread may move");
  pthread_barrier_wait(&together);
  pthread_join(thread, NULL);
  for (unsigned i = 0; i < BLOCKS; i++) where_is(blocks[i], i < BLOCKS / 2 ? MICA_WHERE_PUSHED : MICA_WHERE_IN_USE);
}

/* ---- in a signal handler ---- */

enum { SIGNALS = 600, RING = 64 };

static _Atomic(void*) ring[RING];
static char* stays;
static _Atomic(unsigned) handled;
static _Atomic(bool) sent;

/* A block that is not touched meanwhile is in use, whatever was interrupted. Of others the answer is a possible one. */
static void look(int signal) {
  (void)signal;
  const int saved = errno;
  const unsigned n = GET(&handled);
  const mica_where_t w = where_of(stays + n % SIZE);
  REQUIRE(w.state == MICA_WHERE_IN_USE && w.block == stays && w.offset == n % SIZE && w.owner_is_caller,
          "state %d of a block in use", w.state);
  const char* p = GET(&ring[n % RING]);
  const mica_where_t v = where_of(p);
  if (v.block != NULL)
    REQUIRE((const char*)v.block <= p && p < (const char*)v.block + v.block_size, "%p is not in %p", (const void*)p,
            v.block);
  errno = saved;
  SET(&handled, n + 1);
}

static void* send_signals(void* to) {
  for (unsigned i = 0; i < SIGNALS; i++) {
    REQUIRE(pthread_kill(*(pthread_t*)to, SIGUSR1) == 0, "not sent");
    while (GET(&handled) == i) sched_yield();
  }
  SET(&sent, true);
  return NULL;
}

Test(where_threads, in_a_handler_that_interrupts_malloc) {
  uint64_t state = 1;
  pthread_t thread, self = pthread_self();
  stays = mica_malloc(SIZE);
  REQUIRE(signal(SIGUSR1, look) != SIG_ERR, "no handler");
  REQUIRE(pthread_create(&thread, NULL, send_signals, &self) == 0, "no thread");
  while (!GET(&sent)) {
    const size_t size = random_below(&state, 64) == 0 ? 100000 : random_below(&state, 2000);
    void* p = mica_malloc(size);
    REQUIRE(p != NULL, "no memory");
    memset(p, 0, size < 64 ? size : 64);
    mica_free(SWAP(&ring[random_below(&state, RING)], p));
    if (random_below(&state, 1000) == 0) mica_collect(false);
  }
  pthread_join(thread, NULL);
  REQUIRE(GET(&handled) == SIGNALS, "%u handled", GET(&handled));
  for (unsigned i = 0; i < RING; i++) mica_free(GET(&ring[i]));
  where_is(stays, MICA_WHERE_IN_USE);
}

/* ---- beside threads that do everything ---- */

enum { WORKERS = 3, LOOKERS = 2, LOOKS = 2000, PLACES = 256 };

static _Atomic(void*) places[PLACES];
static _Atomic(bool) done;

static size_t some_size(uint64_t* state) {
  static const size_t sizes[] = {16, 64, 512, 560, 1000, 5000, 20000, 100000, (size_t)5 << 20};
  const size_t n = random_below(state, 2000);
  return n == 0 ? (size_t)300 << 20 : n < 40 ? sizes[5 + random_below(state, 4)] : sizes[random_below(state, 5)];
}

/* Blocks change hands by way of the places, so that most are freed by another thread. */
static void* work(void* number) {
  uint64_t state = 77 + (uintptr_t)number;
  mi_heap_t* heap = NULL;
  for (unsigned i = 0; !GET(&done); i++) {
    const size_t size = some_size(&state);
    if (i % 4096 == 0) {
      mi_heap_delete(heap);
      heap = mi_heap_new();
    }
    char* p = i % 8 == 0 ? mi_heap_malloc(heap, size) : mica_malloc(size);
    if (p != NULL) p[0] = p[size - 1] = 1;
    mica_free(SWAP(&places[random_below(&state, PLACES)], p));
    if (i % 1000 == 0) mica_collect(random_below(&state, 10) == 0);
  }
  mi_heap_delete(heap);
  return NULL;
}

static void look_at(const char* p) {
  const mica_where_t w = where_of(p);
  char text[400];
  const size_t length = mica_where_text(&w, text, sizeof text);
  REQUIRE(length == strlen(text) && length < MICA_WHERE_TEXT, "%zu bytes of text", length);
  if (w.block != NULL)
    REQUIRE((const char*)w.block + w.offset == p && w.offset < w.block_size, "%p is not in %p", (const void*)p,
            w.block);
  if (w.page != MICA_PAGE_NONE)
    REQUIRE(w.page_base <= (const void*)p && w.page_carved <= w.page_blocks, "%p is not in page %p", (const void*)p,
            w.page_base);
}

static void* look_around(void* number) {
  uint64_t state = 99 + (uintptr_t)number;
  char* own = mica_malloc(SIZE);
  memset(own, 0, SIZE);
  for (unsigned i = 0; i < LOOKS; i++) {
    const mica_where_t w = where_of(own + i % SIZE);
    REQUIRE(w.state == MICA_WHERE_IN_USE && w.block == own && w.owner_is_caller, "state %d of a block in use", w.state);
    char* p = GET(&places[random_below(&state, PLACES)]);
    look_at(p);
    look_at((char*)((uintptr_t)p + random_below(&state, 70000)));
    look_at((char*)(((uintptr_t)p & ~(MICA_ARENA - 1)) + random_below(&state, MICA_ARENA)));
  }
  mica_free(own);
  return NULL;
}

Test(where_threads, beside_threads_that_do_everything) {
  pthread_t workers[WORKERS], lookers[LOOKERS];
  for (uintptr_t i = 0; i < WORKERS; i++) REQUIRE(pthread_create(&workers[i], NULL, work, (void*)i) == 0, "no thread");
  for (uintptr_t i = 0; i < LOOKERS; i++)
    REQUIRE(pthread_create(&lookers[i], NULL, look_around, (void*)i) == 0, "no thread");
  for (unsigned i = 0; i < LOOKERS; i++) pthread_join(lookers[i], NULL);
  SET(&done, true);
  for (unsigned i = 0; i < WORKERS; i++) pthread_join(workers[i], NULL);
  for (unsigned i = 0; i < PLACES; i++) mica_free(GET(&places[i]));
}
