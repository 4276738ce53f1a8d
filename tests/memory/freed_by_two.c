/* freed_by_two.c -- main allocates batches of small blocks and frees one of many itself; a second thread frees the rest
 * while main waits. Pages in which main freed a little must be found again, or each batch takes new ones.
 *
 * usage: freed_by_two [STEP [ROUNDS [BLOCK_BYTES [ALLOWED_MIB]]]]
 * default 200 600 64 32; main frees one block of STEP
 * Measured after the last batch, when no block is in use. */
#include "report.h"

#include <pthread.h>

enum { BATCH = 20000 };

struct batch {
  char** blocks;
  size_t count; /* of the second thread's */
  int over;
  pthread_barrier_t full, empty;
};

static void* free_batches(void* argument_of_thread) {
  struct batch* b = argument_of_thread;
  for (;;) {
    pthread_barrier_wait(&b->full);
    if (b->over) return NULL;
    for (size_t i = 0; i < b->count; i++) free(b->blocks[i]);
    pthread_barrier_wait(&b->empty);
  }
}

static void one_round(struct batch* b, char** all, size_t step, size_t size) {
  for (size_t i = 0; i < BATCH; i++) all[i] = block_new(size);
  b->count = 0;
  for (size_t i = 0; i < BATCH; i++) {
    if (i % step == 0)
      free(all[i]);
    else
      b->blocks[b->count++] = all[i];
  }
  pthread_barrier_wait(&b->full);
  pthread_barrier_wait(&b->empty);
}

int main(int argc, char** argv) {
  size_t step = argument(argc, argv, 1, 200);
  size_t rounds = argument(argc, argv, 2, 600);
  size_t size = argument(argc, argv, 3, 64);
  size_t allowed = argument(argc, argv, 4, 32);
  struct batch b = {.blocks = table_new(BATCH, sizeof(char*))};
  char** all = table_new(BATCH, sizeof(char*));
  pthread_barrier_init(&b.full, NULL, 2);
  pthread_barrier_init(&b.empty, NULL, 2);
  pthread_t second;
  if (pthread_create(&second, NULL, free_batches, &b) != 0) give_up("pthread_create");
  for (size_t i = 0; i < rounds; i++) one_round(&b, all, step, size);
  size_t kib = resident_kib();
  b.over = 1;
  pthread_barrier_wait(&b.full);
  pthread_join(second, NULL);
  char name[64];
  snprintf(name, sizeof name, "freed-by-two/1-of-%zu", step);
  return check_mib(name, kib, allowed);
}
