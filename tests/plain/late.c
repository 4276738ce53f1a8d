/* late.c -- malloc and free when everything is being taken down: atexit handlers, destructors of the latest priority, and
 * destructors of thread-specific data in all the rounds that POSIX promises, in threads whose heap is already gone. */

#include <limits.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>

#include "tests/support/check.h"

enum { THREADS = 50, BLOCKS = 200 };

static void* at_start[BLOCKS];
static pthread_key_t keys[3];
static _Atomic(int) rounds_seen;
static _Atomic(int) handlers_seen;

/* Allocates, fills, checks and frees blocks of many sizes. */
static void churn(void) {
  unsigned char* blocks[BLOCKS];
  for (size_t i = 0; i < BLOCKS; i++) {
    blocks[i] = malloc(i * i);
    CHECK(blocks[i] != NULL);
    memset(blocks[i], (int)i, i * i);
  }
  for (size_t i = 0; i < BLOCKS; i++) {
    for (size_t at = 0; at < i * i; at++) CHECK(blocks[i][at] == (unsigned char)i);
    free(blocks[i]);
  }
}

/* A value of a key: the round it is destroyed in, and a block of the round before. */
typedef struct value_s {
  int round;
  pthread_key_t key;
  void* earlier;
} value_t;

static void destroy(void* arg) {
  value_t* const value = arg;
  churn();
  free(value->earlier);
  if (value->round < PTHREAD_DESTRUCTOR_ITERATIONS) {
    value_t* const next = malloc(sizeof *next);
    CHECK(next != NULL);
    next->round = value->round + 1;
    next->key = value->key;
    next->earlier = malloc(5000);
    CHECK(next->earlier != NULL);
    CHECK(pthread_setspecific(value->key, next) == 0);
  }
  rounds_seen++;
  free(value);
}

static void* thread(void* arg) {
  churn();
  for (int k = 0; k < 3; k++) {
    value_t* const value = malloc(sizeof *value);
    CHECK(value != NULL);
    value->round = 1;
    value->key = keys[k];
    value->earlier = malloc(100);
    CHECK(pthread_setspecific(keys[k], value) == 0);
  }
  return arg;
}

/* The key's values come only from destructors, so the thread's first allocation is made in one. */
static void* thread_without_a_heap(void* arg) {
  CHECK(pthread_setspecific(keys[0], arg) == 0);
  return NULL;
}

static void handler(void) {
  churn();
  for (size_t i = 0; i < BLOCKS / 2; i++) free(at_start[i]);
  handlers_seen++;
}

__attribute__((destructor(101))) static void last(void) {
  CHECK(handlers_seen == 1);
  churn();
  for (size_t i = BLOCKS / 2; i < BLOCKS; i++) free(at_start[i]);
  void* volatile kept = malloc(100000);
  CHECK(kept != NULL);
  SHOWN("late: malloc and free work in TSD destructors of every round, in atexit handlers and in the last destructor");
}

int main(void) {
  for (size_t i = 0; i < BLOCKS; i++) {
    at_start[i] = malloc(i * 50);
    CHECK(at_start[i] != NULL);
  }
  CHECK(atexit(handler) == 0);
  for (int k = 0; k < 3; k++) CHECK(pthread_key_create(&keys[k], destroy) == 0);
  pthread_t threads[THREADS];
  for (int i = 0; i < THREADS; i++) CHECK(pthread_create(&threads[i], NULL, thread, NULL) == 0);
  for (int i = 0; i < THREADS; i++) CHECK(pthread_join(threads[i], NULL) == 0);
  CHECK(rounds_seen == THREADS * 3 * PTHREAD_DESTRUCTOR_ITERATIONS);
  value_t* const handed = malloc(sizeof *handed);
  CHECK(handed != NULL);
  handed->round = 1;
  handed->key = keys[0];
  handed->earlier = NULL;
  pthread_t single;
  CHECK(pthread_create(&single, NULL, thread_without_a_heap, handed) == 0);
  CHECK(pthread_join(single, NULL) == 0);
  CHECK(rounds_seen == (THREADS * 3 + 1) * PTHREAD_DESTRUCTOR_ITERATIONS);
  return 0;
}
