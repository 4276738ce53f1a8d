/* test_heaps_crowd.c -- 64 heaps and 8 threads: each allocates in all heaps and frees, and ends one now and then while the
 * others go on in the rest. Who may allocate in a heap, and who may end it, is settled by a count: that is the program's
 * part. Blocks that are freed may be of any heap but one that ends. */
#include <pthread.h>
#include <stdatomic.h>

#include "tests/support/balance.h"
#include "tests/support/heaps.h"
#include "tests/support/pattern.h"
#include "tests/support/random.h"
#include "tests/support/require.h"

enum { HEAPS = 64, THREADS = 8, SLOTS = 12, ENDS = 10000 };

typedef struct place_s {
  _Atomic(int) users; /* threads that allocate in it; -1: it is being ended */
  mi_heap_t* heap;
  _Atomic(char*) slots[SLOTS];
} place_t;

static place_t places[HEAPS];
static _Atomic(int) ends;

/* acquire and release: who ends a heap comes after all who used it, who uses the new one after who made it */
static bool join(place_t* place) {
  int users = atomic_load_explicit(&place->users, memory_order_relaxed); /* relaxed: the CAS decides */
  while (users >= 0)
    if (atomic_compare_exchange_weak_explicit(&place->users, &users, users + 1, memory_order_acquire,
                                              memory_order_relaxed))
      return true;
  return false;
}
static void leave(place_t* place) { atomic_fetch_sub_explicit(&place->users, 1, memory_order_release); }

/* A block says how large it is and what it holds. */
static char* make(mi_heap_t* heap, uint64_t* state) {
  const uint32_t one_in = (uint32_t)random_below(state, 200);
  const size_t size =
      one_in == 0 ? 70000 + random_below(state, 300000) : 16 + random_below(state, one_in < 20 ? 9000 : 400);
  const uint32_t seed = (uint32_t)random_below(state, 1000);
  char* p = mi_heap_malloc(heap, size);
  REQUIRE(p != NULL, "no block");
  pattern_set(p, size, 64, seed);
  memcpy(p, &(uint32_t[2]){(uint32_t)size, seed}, 8);
  return p;
}
static void verify(const char* p) {
  uint32_t head[2];
  memcpy(head, p, sizeof head);
  for (size_t i = 64; i < head[0] - 1; i += 64)
    REQUIRE((unsigned char)p[i] == pattern_byte(i, head[1]), "a block of %u bytes is not as it was", head[0]);
}
static void put(place_t* place, char* p, uint64_t* state) {
  /* acquire and release: a block's contents go from hand to hand */
  char* old = atomic_exchange_explicit(&place->slots[random_below(state, SLOTS)], p, memory_order_acq_rel);
  if (old == NULL) return;
  verify(old);
  mi_free(old);
}

/* The blocks go with their heap, or are freed after it. */
static void end(place_t* place, bool destroy) {
  int nobody = 0;
  if (!atomic_compare_exchange_strong_explicit(&place->users, &nobody, -1, memory_order_acquire, memory_order_relaxed))
    return;
  char* left[SLOTS];
  for (unsigned i = 0; i < SLOTS; i++) {
    left[i] = atomic_exchange_explicit(&place->slots[i], NULL, memory_order_acq_rel);
    if (left[i] != NULL) verify(left[i]);
  }
  (destroy ? mi_heap_destroy : mi_heap_delete)(place->heap);
  for (unsigned i = 0; i < SLOTS && !destroy; i++) mi_free(left[i]);
  place->heap = heaps_new();
  atomic_store_explicit(&place->users, 0, memory_order_release);
  atomic_fetch_add_explicit(&ends, 1, memory_order_relaxed); /* relaxed: a count */
}

static void* work(void* arg) {
  uint64_t state = (uintptr_t)arg + 1;
  char* own[50] = {NULL};
  while (atomic_load_explicit(&ends, memory_order_relaxed) < ENDS) { /* relaxed: a count */
    place_t* place = &places[random_below(&state, HEAPS)];
    if (random_below(&state, 20) == 0) end(place, random_below(&state, 4) != 0);
    const size_t k = random_below(&state, 50);
    if (own[k] != NULL) verify(own[k]);
    mi_free(own[k]);
    own[k] = make(NULL, &state);
    if (!join(place)) continue;
    for (int i = 0; i < 4; i++) put(place, make(place->heap, &state), &state);
    leave(place);
    if (random_below(&state, 500) == 0) break; /* the next thread goes on */
  }
  for (unsigned k = 0; k < 50; k++) mi_free(own[k]);
  return NULL;
}

Test(heaps_crowd, heaps_end_while_all_threads_go_on) {
  mi_heap_destroy(heaps_new());
  const in_use_t before = in_use();
  for (unsigned h = 0; h < HEAPS; h++) places[h].heap = heaps_new();
  pthread_t threads[THREADS];
  for (uintptr_t t = 0; t < THREADS; t++) REQUIRE(pthread_create(&threads[t], NULL, work, (void*)t) == 0, "no thread");
  for (uintptr_t t = 0, n = THREADS; atomic_load_explicit(&ends, memory_order_relaxed) < ENDS;
       t = (t + 1) % THREADS, n++) {
    pthread_join(threads[t], NULL);
    REQUIRE(pthread_create(&threads[t], NULL, work, (void*)n) == 0, "no thread");
  }
  for (unsigned t = 0; t < THREADS; t++) pthread_join(threads[t], NULL);
  for (unsigned h = 0; h < HEAPS; h++) {
    for (unsigned i = 0; i < SLOTS; i++)
      if (places[h].slots[i] != NULL) verify(places[h].slots[i]);
    mi_heap_destroy(places[h].heap);
  }
  require_back(before);
  REQUIRE(mica_counted(MICA_COUNTER_THEAPS) < (HEAPS + 1) * (THREADS + 2), "%lu structures",
          (unsigned long)mica_counted(MICA_COUNTER_THEAPS));
}
