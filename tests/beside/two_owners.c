/* two_owners.c -- a program in which malloc is not mica's (MICA_OVERRIDE=OFF, or a sanitizer's): each owner gets back its own.
 *
 *   usage: two_owners [bug]    bug: a block of mica's is read after its end, which AddressSanitizer must report
 *
 * Threads hand blocks of mica's to one another, written by one and read by the next: ThreadSanitizer may find no race. */
#include <mica.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCKS = 1000, THREADS = 4, ROUNDS = 20 };

static char* blocks[BLOCKS];

static int holds(const char* p, size_t n, char value) {
  for (size_t i = 0; i < n; i++)
    if (p[i] != value) return 0;
  return 1;
}

static size_t size_of(size_t i) { return 1 + i * 37 % 5000; }

/* Frees what another thread made, and makes blocks anew. */
static void* work(void* first) {
  for (size_t i = (size_t)(uintptr_t)first; i < BLOCKS; i += THREADS) {
    if (!holds(blocks[i], size_of(i), (char)i)) return "a block of mica's was lost";
    mi_free(blocks[i]);
    blocks[i] = mi_malloc(size_of(i));
    memset(blocks[i], (char)i, size_of(i));
  }
  return NULL;
}

static const char* rounds(void) {
  for (size_t round = 0; round < ROUNDS; round++) {
    pthread_t threads[THREADS];
    void* said[THREADS];
    for (size_t t = 0; t < THREADS; t++) pthread_create(&threads[t], NULL, work, (void*)(uintptr_t)t);
    for (size_t t = 0; t < THREADS; t++) pthread_join(threads[t], &said[t]);
    for (size_t t = 0; t < THREADS; t++)
      if (said[t] != NULL) return said[t];
  }
  return NULL;
}

static const char* run(void) {
  char* foreign[BLOCKS];
  for (size_t i = 0; i < BLOCKS; i++) {
    blocks[i] = mi_malloc(size_of(i));
    foreign[i] = malloc(size_of(i));
    memset(blocks[i], (char)i, size_of(i));
    memset(foreign[i], (char)~i, size_of(i));
    if (!mi_is_in_heap_region(blocks[i])) return "mi_malloc is not mica's";
    if (mi_is_in_heap_region(foreign[i])) return "malloc is mica's";
  }
  const char* const wrong = rounds();
  if (wrong != NULL) return wrong;
  for (size_t i = 0; i < BLOCKS; i++) {
    if (!holds(foreign[i], size_of(i), (char)~i)) return "a block of malloc's was lost";
    mi_free(blocks[i]);
    free(foreign[i]);
  }
  return NULL;
}

int main(int count, char** arguments) {
  if (count > 1 && strcmp(arguments[1], "bug") == 0) {
    const volatile char* const p = mi_malloc(100);
    mi_free((void*)(uintptr_t)p);
    return p[0];
  }
  const char* const wrong = run();
  printf("two_owners: %s\n", wrong == NULL ? "ok" : wrong);
  return wrong != NULL;
}
