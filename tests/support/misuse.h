/* misuse.h -- a program's misuse of its memory, each kind in a process of its own, which goes on using everything afterwards:
 * it allocates, frees, resizes, collects, looks through its heaps and prints figures, in several threads. It must end: by
 * itself, by a fault, or by a line of mica's and abort(). What hangs is ended by the alarm clock, after a minute; that is what
 * fails. */
#ifndef MICA_TESTS_MISUSE_H
#define MICA_TESTS_MISUSE_H
#include <malloc.h>
#include <mica.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/check.h"

enum { HANGS_AFTER = 60, MANY = 2000, TEXT = 4096 };

/* Through it what is freed is not looked at by the compiler. */
static void (*volatile release)(void* p) = free;

static size_t size = 48; /* of the blocks that are misused */
static char* blocks[MANY];

static inline void take(int n) {
  for (int i = 0; i < n; i++) CHECK((blocks[i] = malloc(size)) != NULL);
}
static inline void give(int from, int to) {
  for (int i = from; i < to; i++) release(blocks[i]);
}
static inline void* give_all(void* n) {
  give(0, *(int*)n);
  return NULL;
}
static inline void in_thread(void* (*body)(void*), void* arg) {
  pthread_t thread;
  CHECK(pthread_create(&thread, NULL, body, arg) == 0 && pthread_join(thread, NULL) == 0);
}
/* Blocks that stay in use: else all would go home with the last one, and their page with them. */
static inline void keep_some(void) {
  for (int i = 0; i < 100; i++) CHECK(malloc(size) != NULL);
}
/* The link of a freed block. */
static inline void link_to(char* from, const char* to) { memcpy(from, &to, sizeof to); }

/* ---- afterwards: everything that walks ---- */

static bool seen(const mi_heap_t* heap, const mi_heap_area_t* area, void* block, size_t bytes, void* arg) {
  (void)heap, (void)area, (void)block, (void)bytes, (void)arg;
  return true;
}

static void use_all(void) {
  static char* more[MANY];
  for (int i = 0; i < MANY; i++)
    more[i] = i % 3 == 0 ? calloc(1, size) : i % 3 == 1 ? malloc(size) : aligned_alloc(32, size);
  for (int i = 0; i < MANY; i += 2) more[i] = realloc(more[i], size + 16);
  for (int i = 0; i < MANY; i++) free(more[i]);
}
static void* use_in_thread(void* arg) {
  use_all();
  return arg;
}

static void afterwards(void) {
  use_all();
  struct mallinfo2 info = mallinfo2();
  (void)info;
  malloc_stats();
  mi_heap_visit_blocks(mi_heap_main(), true, seen, NULL);
  in_thread(use_in_thread, NULL);
  malloc_trim(0);
  use_all();
  mi_abandoned_visit_blocks(mi_subproc_main(), 0, true, seen, NULL);
  mi_collect(true);
}

/* ---- the kinds ---- */

/* LINE: a ring is walked for certain, in the release variant, too, and the line comes. */
typedef enum ending_e { ANY, LINE } ending_t;

typedef struct misuse_s {
  const char* name;
  void (*act)(void);
  ending_t ending;
} misuse_t;

static void child(int out, void (*act)(void)) {
  setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
  signal(SIGALRM, SIG_DFL);
  alarm(HANGS_AFTER);
  dup2(out, STDERR_FILENO);
  keep_some();
  act();
  afterwards();
  _exit(0);
}

/* What the process wrote last, whole lines. */
static int run_child(void (*act)(void), char text[TEXT]) {
  int ends[2], status = 0;
  CHECK(pipe(ends) == 0);
  const pid_t pid = fork();
  CHECK(pid >= 0);
  if (pid == 0) child(ends[1], act);
  close(ends[1]);
  size_t have = 0;
  for (ssize_t n; (n = read(ends[0], text + have, TEXT - 1 - have)) > 0;) {
    have += (size_t)n;
    if (have > TEXT / 2) {
      memmove(text, text + have - TEXT / 2, TEXT / 2);
      have = TEXT / 2;
    }
  }
  text[have] = '\0';
  close(ends[0]);
  CHECK(waitpid(pid, &status, 0) == pid);
  return status;
}

/* Without its end. */
static const char* last_line(char* text) {
  char* end = strrchr(text, '\n');
  if (end != NULL) *end = '\0';
  char* before = strrchr(text, '\n');
  return before == NULL ? text : before + 1;
}

/* The last line is of mica's, and the process was ended by abort(). */
static bool by_line(int status, const char* said) {
  return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT && strncmp(said, "mica: ", 6) == 0;
}

/* Those of the kinds whose names have that in them; the number of kinds that did not end as they must. */
static inline int misuse_all(const misuse_t* kinds, int count, const char* only) {
  int failed = 0;
  for (int i = 0; i < count; i++) {
    static char text[TEXT];
    if (strstr(kinds[i].name, only) == NULL) continue;
    const int status = run_child(kinds[i].act, text);
    const char* said = last_line(text);
    const bool line = by_line(status, said), hung = WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM;
    const bool faulted = WIFSIGNALED(status) && (WTERMSIG(status) == SIGSEGV || WTERMSIG(status) == SIGBUS);
    const bool ended = line || faulted || (WIFEXITED(status) && WEXITSTATUS(status) == 0);
    const bool right = ended && (line || kinds[i].ending == ANY);
    failed += !right;
    printf("%s%s: %s\n", right ? "" : "FAIL ", kinds[i].name,
           hung      ? "hangs"
           : line    ? "ends by a line"
           : faulted ? "faults"
           : ended   ? "goes on"
                     : "ends otherwise");
    if (line || !right) printf("    %s\n", said);
  }
  return failed;
}

#endif
