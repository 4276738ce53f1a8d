/* places.c -- a program that allocates known amounts in known places, and ends with some of it. What tests/tool/report.sh
 * expects of it stands there. With an argument the path of plugin.c's library, which allocates, too, and is closed again. */
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define OUT_OF_LINE __attribute__((noinline))
#define HERE __asm__ volatile("" ::: "memory") /* and no call is the last thing that a function does */

void* kept[4000];
unsigned kept_count;

OUT_OF_LINE void* take(size_t size) {
  void* const p = malloc(size); /* line: take */
  HERE;
  return p;
}
OUT_OF_LINE void keep_small(void) {
  for (volatile unsigned i = 0; i < 1000; i++) kept[kept_count++] = take(100); /* line: keep_small */
  HERE;
}
OUT_OF_LINE void drop_some(void) {
  for (volatile unsigned i = 0; i < 500; i++) free(take(3000)); /* line: drop_some */
  HERE;
}
OUT_OF_LINE void keep_large(void) {
  for (volatile unsigned i = 0; i < 4; i++) kept[kept_count++] = malloc(1 << 20); /* line: keep_large */
  HERE;
}
static inline __attribute__((always_inline)) void* take_in_line(void) {
  return calloc(10, 20); /* line: take_in_line */
}
OUT_OF_LINE void keep_in_line(void) {
  for (volatile unsigned i = 0; i < 50; i++) kept[kept_count++] = take_in_line(); /* line: keep_in_line */
  HERE;
}
OUT_OF_LINE void* in_thread(void* arg) {
  (void)arg;
  for (volatile unsigned i = 0; i < 300; i++) kept[kept_count++] = take(40); /* line: in_thread */
  HERE;
  return NULL;
}
OUT_OF_LINE int deep(unsigned levels) {
  if (levels == 0) kept[kept_count++] = take(5000);
  const int below = levels == 0 ? 0 : deep(levels - 1); /* line: deep */
  HERE;
  return below + 1;
}

static void plugin(const char* path) {
  void* const library = dlopen(path, RTLD_NOW);
  if (library == NULL) exit(1);
  void* (*const fill)(unsigned, size_t) = (void* (*)(unsigned, size_t))dlsym(library, "plugin_fill");
  kept[kept_count++] = fill(20, 700);
  dlclose(library);
}

int main(int argc, char** argv) {
  pthread_t thread;
  keep_small();
  drop_some();
  keep_large();
  keep_in_line();
  if (pthread_create(&thread, NULL, in_thread, NULL) != 0 || pthread_join(thread, NULL) != 0) return 1;
  deep(100);
  if (argc > 1) plugin(argv[1]);
  return 0;
}
