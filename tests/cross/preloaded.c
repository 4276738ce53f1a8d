/* preloaded.c -- a program that knows nothing of mica, with the shared library preloaded: what malloc's family gives, and what
 * the C library itself allocates, is mica's, in every thread, and errno is set as it is said. */

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/support/check.h"

enum { BLOCKS = 20000, THREADS = 3 };

static bool (*is_micas)(const void* p);

static void family(void) {
  void* p = malloc(10);
  void* q = calloc(10, 10);
  void* r = NULL;
  char* text = strdup("text");
  char* written = NULL;
  CHECK(is_micas(p) && is_micas(q) && is_micas(text) && strcmp(text, "text") == 0);
  p = realloc(p, 100000);
  CHECK(is_micas(p) && posix_memalign(&r, 4096, 10) == 0 && is_micas(r) && (size_t)r % 4096 == 0);
  CHECK(asprintf(&written, "%d and %s", 12, text) == 11 && is_micas(written) && strcmp(written, "12 and text") == 0);
  errno = 0;
  CHECK(malloc((size_t)1 << 60) == NULL && errno == ENOMEM); /* NOLINT(clang-analyzer-unix.Malloc) */
  free(p);
  free(q);
  free(r);
  free(text);
  free(written);
}

static void* work(void* unused) {
  static _Thread_local unsigned char* blocks[BLOCKS];
  for (unsigned i = 0; i < BLOCKS; i++) {
    blocks[i] = malloc(1 + i % 3000);
    CHECK(is_micas(blocks[i]));
    memset(blocks[i], (int)i, 1 + i % 3000);
  }
  for (unsigned i = 0; i < BLOCKS; i++) {
    CHECK(blocks[i][i % 3000] == (unsigned char)i);
    free(blocks[i]);
  }
  family();
  return unused;
}

int main(void) {
  pthread_t threads[THREADS];
  void* symbol = dlsym(RTLD_DEFAULT, "mi_is_in_heap_region");
  CHECK(symbol != NULL);
  memcpy(&is_micas, &symbol, sizeof is_micas);
  family();
  for (unsigned i = 0; i < THREADS; i++) CHECK(pthread_create(&threads[i], NULL, work, NULL) == 0);
  work(NULL);
  for (unsigned i = 0; i < THREADS; i++) CHECK(pthread_join(threads[i], NULL) == 0);
  SHOWN("preloaded: every block was mica's");
  return 0;
}
