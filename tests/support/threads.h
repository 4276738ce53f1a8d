/* threads.h -- a thread that runs to its end. */
#ifndef MICA_TESTS_THREADS_H
#define MICA_TESTS_THREADS_H
#include <pthread.h>

#include "tests/support/require.h"

static inline void run_thread(void* (*body)(void*), void* arg) {
  pthread_t thread;
  REQUIRE(pthread_create(&thread, NULL, body, arg) == 0, "no thread");
  REQUIRE(pthread_join(thread, NULL) == 0, "not joined");
}

#endif
