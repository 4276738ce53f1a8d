/* bug.h -- what the one-bug programs share. C and C++.
 *
 *   a program   NAME bug|clean: with `bug` it makes the one mistake that its header comment names, with `clean` it makes none.
 *               A program named clean_* has no bug to make. Exit status 0 in any case: the tool is to speak, not the program
 *   stdout      "mica", if malloc's blocks are mica's, else "another": a tool that says nothing has shown something only then
 *
 * expected.txt says which tool must say what of which program. Blocks come from the malloc family; compiled with
 * -Dmalloc=mi_malloc and the like they come from the mi_* functions. */
#ifndef MICA_TESTS_BUG_H
#define MICA_TESTS_BUG_H
#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The compiler knows nothing of what comes out: neither where it points nor that it is unused. */
static inline char* bug_hide(void* p) {
  __asm__ volatile("" : "+r"(p) : : "memory");
  return (char*)p;
}
/* Stored, so that valgrind does not leave out the load that it came from. */
static inline void bug_use(int value) {
  volatile int stored = value;
  (void)stored;
}

static inline void bug_check(bool condition, const char* what) {
  if (condition) return;
  fprintf(stderr, "failed: %s\n", what);
  _exit(1);
}
#define BUG_CHECK(condition) bug_check((condition), #condition)

/* Whether the bug is to be made. Says whose malloc it is. */
static inline bool bug_begin(int argc, char** argv) {
  BUG_CHECK(argc == 2 && (strcmp(argv[1], "bug") == 0 || strcmp(argv[1], "clean") == 0));
  typedef bool asked(const void*);
  void* const found = dlsym(RTLD_DEFAULT, "mi_is_in_heap_region");
  asked* is_mica;
  memcpy(&is_mica, &found, sizeof is_mica);
  char* p = bug_hide(malloc(24));
  const bool mine = is_mica != NULL && is_mica(p);
  free(p);
  const char* text = mine ? "mica\n" : "another\n";
  BUG_CHECK(write(1, text, strlen(text)) == (ssize_t)strlen(text));
  return strcmp(argv[1], "bug") == 0;
}

/* A block of so many bytes, all written. */
static inline char* bug_block(size_t size) {
  char* p = bug_hide(malloc(size));
  BUG_CHECK(p != NULL);
  memset(p, 7, size);
  return bug_hide(p);
}

/* ---- threads ---- */

static inline pthread_t bug_start(void* (*run)(void*), void* arg) {
  pthread_t id;
  BUG_CHECK(pthread_create(&id, NULL, run, arg) == 0);
  return id;
}
static inline void bug_join(pthread_t id) { BUG_CHECK(pthread_join(id, NULL) == 0); }

/* Two threads run it side by side, to their ends. */
static inline void bug_twice(void* (*run)(void*), void* arg) {
  const pthread_t a = bug_start(run, arg), b = bug_start(run, arg);
  bug_join(a);
  bug_join(b);
}

/* A signal from one thread to another that orders them in time, and that no tool takes for an order of their accesses. */
static int bug_signal[2];
static inline void bug_signal_make(void) { BUG_CHECK(pipe(bug_signal) == 0); }
static inline void bug_signal_send(void) { BUG_CHECK(write(bug_signal[1], "x", 1) == 1); }
static inline void bug_signal_wait(void) {
  char c;
  BUG_CHECK(read(bug_signal[0], &c, 1) == 1);
}

#endif
