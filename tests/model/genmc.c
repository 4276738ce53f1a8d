/* genmc.c -- any model as a program of POSIX threads: for GenMC, which runs every execution of it under RC11, and natively.
 *   genmc --rc11 --disable-estimation --disable-spin-assume -- -I. -Itests/model \
 *     -DMODEL='"page_word_model.h"' -DSITUATION=1 tests/model/genmc.c
 *   gcc -std=c11 -O2 -pthread -I. -Itests/model -DMODEL=... -DSITUATION=1 -DROUNDS=10000 tests/model/genmc.c -o t && ./t
 *
 * See relacy.cpp for what a model supplies. GenMC finds memory left over by itself; natively it is counted here. */
#define _POSIX_C_SOURCE 200809L
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#ifndef ROUNDS
#define ROUNDS 1
#endif

#if ROUNDS > 1
static _Atomic(long) in_use;
static pthread_barrier_t together;
static inline void* new_zero(size_t size) {
  atomic_fetch_add_explicit(&in_use, 1, memory_order_relaxed); /* relaxed: read when the threads are joined */
  return calloc(1, size);
}
static inline void delete_it(void* p) {
  atomic_fetch_sub_explicit(&in_use, 1, memory_order_relaxed); /* relaxed: as above */
  free(p);
}
#define begin_all() pthread_barrier_init(&together, NULL, THREADS)
#define begin_thread() pthread_barrier_wait(&together)
static void end_round(void) {
  assert(atomic_load_explicit(&in_use, memory_order_relaxed) == 0); /* relaxed: one thread is left */
}
#define NEW(size) new_zero(size)
#define DELETE(p) delete_it(p)
#else
#define NEW(size) malloc(size)
#define DELETE(p) free(p)
#define begin_all() ((void)0)
#define begin_thread() ((void)0)
#define end_round() ((void)0)
#endif

#define MODEL_ASSERT(x) assert(x)
#define MODEL_NEW(T) ((T*)NEW(sizeof(T)))
#define MODEL_NEW_ARRAY(T, n) ((T*)NEW((n) * sizeof(T)))
#define MODEL_DELETE(p) DELETE(p)
#define MODEL_DELETE_ARRAY(p) DELETE(p)
#include MODEL

static model_t model;
static int number[THREADS];

static void* run(void* mine) {
  begin_thread();
  model_thread(&model, *(int*)mine);
  return NULL;
}

int main(void) {
  pthread_t threads[THREADS];
  begin_all();
  for (int round = 0; round < ROUNDS; round++) {
    model_setup(&model);
    for (int i = 0; i < THREADS; i++) {
      number[i] = i;
      pthread_create(&threads[i], NULL, run, &number[i]);
    }
    for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
    model_check(&model);
    end_round();
  }
  return 0;
}
