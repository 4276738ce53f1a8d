/* map_known.c -- a program whose heap's contents are known: what the tests of `mica map` and `mica top` look at.
 *
 * It allocates, writes a line of JSON that says what is in use, and waits until stdin ends. At each line from stdin it
 * allocates some more of one class, frees all of another, and says anew. */
#include <inttypes.h>
#include <malloc.h>
#include <mica.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SMALL = 3000, MIDDLE = 400, LARGE = 5, PUSHED = 700, MORE = 2000 };

typedef struct kept_s {
  void* small[SMALL];   /* of 112 bytes */
  void* middle[MIDDLE]; /* of 10 KiB */
  void* large[LARGE];   /* of 300 KiB */
  void* pushed[PUSHED]; /* of 240 bytes; a helper frees every second one */
  void* more[MORE];     /* of 1 KiB */
  void* huge;
} kept_t;

static kept_t kept;

static void* free_some(void* unused) {
  (void)unused;
  for (unsigned i = 0; i < PUSHED; i += 2) free(kept.pushed[i]);
  mi_collect(false);
  return NULL;
}

static void fill(void** blocks, unsigned count, size_t size) {
  for (unsigned i = 0; i < count; i++) {
    blocks[i] = malloc(size);
    if (blocks[i] == NULL) abort();
    memset(blocks[i], 0x5a, 16);
  }
}

static size_t sum(void* const* blocks, unsigned count, unsigned step) {
  size_t bytes = 0;
  for (unsigned i = 0; i < count; i += step)
    if (blocks[i] != NULL) bytes += malloc_usable_size(blocks[i]);
  return bytes;
}

/* Of the blocks above alone: the C library has a few more. */
static void say(void) {
  char line[512];
  const size_t large = sum(kept.large, LARGE, 1) + (kept.huge != NULL ? malloc_usable_size(kept.huge) : 0);
  snprintf(
      line, sizeof line,
      "{\"small\":%zu,\"middle\":%zu,\"large\":%zu,\"pushed\":%zu,\"more\":%zu,\"address\":\"%p\",\"freed\":\"%p\"}\n",
      sum(kept.small, SMALL, 1), sum(kept.middle, MIDDLE, 1), large, sum(kept.pushed + 1, PUSHED - 1, 2),
      sum(kept.more, MORE, 1), kept.small[17], kept.pushed[0]);
  fputs(line, stdout);
  fflush(stdout);
}

int main(void) {
  char line[64];
  pthread_t helper;
  static char buffer[4096]; /* stdio allocates nothing of its own */
  setvbuf(stdout, buffer, _IOLBF, sizeof buffer);
  setvbuf(stdin, NULL, _IONBF, 0);
  fill(kept.small, SMALL, 112);
  fill(kept.middle, MIDDLE, 10240);
  fill(kept.large, LARGE, 300000);
  fill(kept.pushed, PUSHED, 240);
  kept.huge = malloc((size_t)300 << 20);
  if (pthread_create(&helper, NULL, free_some, NULL) != 0) return 1;
  pthread_join(helper, NULL);
  say();
  while (fgets(line, sizeof line, stdin) != NULL) {
    fill(kept.more, MORE, 1024);
    for (unsigned i = 0; i < MIDDLE; i++) free(kept.middle[i]);
    memset(kept.middle, 0, sizeof kept.middle);
    say();
  }
  return 0;
}
