/* opened.c -- libmica.so is opened while the program runs, with threads before and after: its blocks are had, handed on, given
 * back. The C library's malloc stays the program's.
 *
 *   usage: opened LIBRARY */

#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>

#include "tests/support/check.h"

enum { BLOCKS = 10000 };

static void* (*give_out)(size_t size);
static void (*take_back)(void* p);
static unsigned char* blocks[2][BLOCKS];
static pthread_barrier_t opened;

static void* work(void* arg) {
  const unsigned mine = (unsigned)(size_t)arg;
  pthread_barrier_wait(&opened);
  for (unsigned i = 0; i < BLOCKS; i++) {
    blocks[mine][i] = give_out(1 + i % 2000);
    CHECK(blocks[mine][i] != NULL);
    memset(blocks[mine][i], (int)(i + mine), 1 + i % 2000);
  }
  return NULL;
}

static void* other(void* arg) {
  const unsigned others = 1 - (unsigned)(size_t)arg;
  for (unsigned i = 0; i < BLOCKS; i++) {
    CHECK(blocks[others][i][i % 2000] == (unsigned char)(i + others));
    take_back(blocks[others][i]);
  }
  return NULL;
}

static void* symbol(void* library, const char* name) {
  void* found = dlsym(library, name);
  CHECK(found != NULL);
  return found;
}

int main(int argc, char** argv) {
  pthread_t before, threads[2];
  CHECK(argc == 2 && pthread_barrier_init(&opened, NULL, 2) == 0);
  CHECK(pthread_create(&before, NULL, work, (void*)0) == 0);
  void* library = dlopen(argv[1], RTLD_NOW);
  if (library == NULL) say(2, dlerror());
  CHECK(library != NULL);
  void* symbols[2] = {symbol(library, "mi_malloc"), symbol(library, "mi_free")};
  memcpy(&give_out, &symbols[0], sizeof give_out);
  memcpy(&take_back, &symbols[1], sizeof take_back);
  work((void*)1);
  CHECK(pthread_join(before, NULL) == 0);
  for (size_t i = 0; i < 2; i++) CHECK(pthread_create(&threads[i], NULL, other, (void*)i) == 0);
  for (size_t i = 0; i < 2; i++) CHECK(pthread_join(threads[i], NULL) == 0);
  free(malloc(100));
  SHOWN("opened while the program ran");
  return 0;
}
