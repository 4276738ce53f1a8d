/* limit_process.c -- a program under MICA_MEMORY_LIMIT: it gets nearly all of the limit, never more, ENOMEM beyond, and the
 * same again after freeing; with one thread and with four, whose blocks keep their contents. Its resident memory stays below
 * the limit and a little for tables, by the kernel's count.
 *
 * Runs itself again with the limit in the environment. */

#include <errno.h>
#include <fcntl.h>
#include <mica.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "base/track.h"
#include "tests/support/check.h"
#include "tests/support/errno_mark.h"
#include "tests/support/hang.h"
#include "tests/support/sanitizer.h"

enum { THREADS = 4, STEPS = 60000, SLOTS = 400 };
#define KiB ((size_t)1024)
#define MiB (1024 * KiB)
#define LIMIT (64 * MiB)
/* What the program may have beside: heaps, the heads of arenas, its code that is touched later, stacks. */
#define BESIDE (6 * MiB)

/* A figure of /proc/self/status in bytes. No allocation. */
static size_t status(const char* name) {
  static char text[8192];
  const int f = open("/proc/self/status", O_RDONLY);
  const ssize_t n = read(f, text, sizeof text - 1);
  CHECK(f >= 0 && n > 0);
  close(f);
  text[n] = 0;
  const char* at = strstr(text, name);
  CHECK(at != NULL);
  return strtoul(at + strlen(name), NULL, 10) * KiB;
}

/* ---- one thread ---- */

typedef struct block_s {
  struct block_s* next;
} block_t;

/* Allocates and writes until there is no more; the bytes. */
static size_t take(block_t** list, size_t size) {
  size_t sum = 0;
  for (;;) {
    errno = ERRNO_MARK;
    block_t* b = malloc(size);
    if (b == NULL) break;
    CHECK(errno == ERRNO_MARK);
    memset(b, 0x5a, size);
    b->next = *list;
    *list = b;
    sum += size;
    CHECK(sum <= LIMIT);
  }
  CHECK(errno == ENOMEM);
  return sum;
}

static void give(block_t** list) {
  while (*list != NULL) {
    block_t* b = *list;
    *list = b->next;
    free(b);
  }
}

static void one_thread(void) {
  /* and the part of the limit, in per cent, that blocks of that size can fill */
  static const size_t sizes[] = {64, 1000, 30000, 100 * KiB, 128 * KiB - 64, 3 * MiB, 20 * MiB, 16};
  static const size_t parts[] = {99, 98, 84, 77, 99, 93, 93, 99};
  for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
    for (int again = 0; again < 2; again++) {
      block_t* list = NULL;
      const size_t sum = take(&list, sizes[i]);
      CHECK(sum >= LIMIT / 100 * parts[i] || MICA_PAD != 0);
      errno = 0;
      CHECK(malloc(LIMIT + 1) == NULL && errno == ENOMEM);
      if (sizes[i] > KiB) {
        errno = 0;
        CHECK(realloc(list, LIMIT) == NULL && errno == ENOMEM); /* nor by growing; the block is as it was */
        CHECK(((unsigned char*)list)[sizes[i] - 1] == 0x5a);
      }
      give(&list);
    }
}

/* ---- four threads ---- */

typedef struct slot_s {
  unsigned char* p;
  size_t size;
  unsigned char mark;
} slot_t;

static uint64_t next_random(uint64_t* state) {
  *state ^= *state << 13;
  *state ^= *state >> 7;
  *state ^= *state << 17;
  return *state >> 16;
}
static size_t random_size(uint64_t* state) {
  const uint64_t kind = next_random(state) % 100;
  return 1 + next_random(state) % (kind < 60 ? 2 * KiB : kind < 95 ? 200 * KiB : 6 * MiB);
}
static void verify(const slot_t* s) {
  if (s->p != NULL) CHECK(s->p[0] == s->mark && s->p[s->size / 2] == s->mark && s->p[s->size - 1] == s->mark);
}

static void* thread_body(void* arg) {
  static _Thread_local slot_t slots[SLOTS];
  uint64_t random = 99 + (uint64_t)(uintptr_t)arg;
  unsigned refused = 0;
  for (unsigned i = 0; i < (SANITIZED ? STEPS / 10 : STEPS); i++) {
    slot_t* s = &slots[next_random(&random) % SLOTS];
    verify(s);
    const size_t size = random_size(&random);
    unsigned char* p = s->p;
    if (p != NULL && next_random(&random) % 2 == 0) {
      free(p);
      p = NULL;
      s->p = NULL;
      continue;
    }
    p = p != NULL ? realloc(p, size) : malloc(size);
    if (p == NULL) {
      refused++;
      continue; /* what was there is still there */
    }
    *s = (slot_t){p, size, (unsigned char)i};
    memset(p, (int)s->mark, size);
  }
  for (unsigned i = 0; i < SLOTS; i++) {
    verify(&slots[i]);
    free(slots[i].p);
  }
  CHECK(refused != 0 || SANITIZED);
  return NULL;
}

static void four_threads(void) {
  pthread_t threads[THREADS];
  for (uintptr_t i = 0; i < THREADS; i++) CHECK(pthread_create(&threads[i], NULL, thread_body, (void*)i) == 0);
  for (unsigned i = 0; i < THREADS; i++) CHECK(pthread_join(threads[i], NULL) == 0);
}

/* ---- under the limit ---- */

static int under_limit(void) {
  CHECK(mi_process_get_limit() == LIMIT);
  const size_t before = status("VmRSS:");
  one_thread();
  four_threads();
  one_thread();
  const size_t peak = status("VmHWM:");
  CHECK(peak > before + LIMIT / 2);
  CHECK(SANITIZED || peak <= before + LIMIT + BESIDE);
  mi_process_set_limit(2 * LIMIT);
  void* p = malloc(LIMIT + MiB);
  CHECK(p != NULL);
  mi_process_set_limit(0);
  void* q = malloc(10 * LIMIT);
  CHECK(q != NULL);
  free(p);
  free(q);
  return 0;
}

int main(int argc, char** argv) {
  if (argc == 2) return under_limit();
  const pid_t pid = fork();
  CHECK(pid >= 0);
  if (pid == 0) {
    hang_limit();
    setenv("MICA_MEMORY_LIMIT", "64M", 1);
    setenv("MICA_SHOW_ERRORS", "0", 1);
    execl(argv[0], argv[0], "limited", (char*)NULL);
    _exit(3);
  }
  int result = -1;
  CHECK(waitpid(pid, &result, 0) == pid);
  CHECK(WIFEXITED(result) && WEXITSTATUS(result) == 0);
  SHOWN("limit_process: a limit of 64 MiB is used, never exceeded, run out of, and used again by 1 and by 4 threads");
  return 0;
}
