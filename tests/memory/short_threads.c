/* short_threads.c -- many short threads each leave blocks behind; main frees all of them after the last was joined.
 *
 * usage: short_threads [in-order|reverse|random [THREADS [BLOCKS [AT_ONCE [ALLOWED_MIB]]]]]
 * default in-order 10000 100 8 32. Blocks of 16 to 1,039 bytes; AT_ONCE threads live at a time. */
#include "arrange.h"
#include "report.h"

#include <pthread.h>

enum { SMALLEST = 16, SIZES = 1024, MOST_AT_ONCE = 256 };

static size_t blocks_per_thread;

struct worker {
  char** blocks;
  size_t number;
};

static void* allocate(void* argument_of_thread) {
  struct worker* w = argument_of_thread;
  uint64_t random = random_seed(w->number);
  for (size_t i = 0; i < blocks_per_thread; i++) {
    w->blocks[i] = block_new(SMALLEST + (size_t)(random_next(&random) & (SIZES - 1)));
  }
  return NULL;
}

static void run_threads(char** blocks, size_t threads, size_t at_once) {
  static struct worker workers[MOST_AT_ONCE];
  pthread_t ids[MOST_AT_ONCE];
  for (size_t first = 0; first < threads; first += at_once) {
    size_t n = threads - first < at_once ? threads - first : at_once;
    for (size_t i = 0; i < n; i++) {
      workers[i] = (struct worker){blocks + (first + i) * blocks_per_thread, first + i};
      if (pthread_create(&ids[i], NULL, allocate, &workers[i]) != 0) give_up("pthread_create");
    }
    for (size_t i = 0; i < n; i++) pthread_join(ids[i], NULL);
  }
}

int main(int argc, char** argv) {
  const char* order = order_argument(argc, argv);
  size_t threads = argument(argc, argv, 2, 10000);
  blocks_per_thread = argument(argc, argv, 3, 100);
  size_t at_once = argument(argc, argv, 4, 8);
  size_t allowed = argument(argc, argv, 5, 32);
  if (at_once == 0 || at_once > MOST_AT_ONCE) give_up("arguments");
  size_t count = threads * blocks_per_thread;
  char** blocks = table_new(count, sizeof(char*));
  run_threads(blocks, threads, at_once);
  expect_at_least_mib(resident_kib(), count * (SMALLEST + SIZES / 2) / 2 >> 20);
  arrange(order, blocks, count);
  for (size_t i = 0; i < count; i++) free(blocks[i]);
  table_delete(blocks, count, sizeof(char*));
  char name[64];
  snprintf(name, sizeof name, "short-threads/%s", order);
  return check_mib(name, resident_kib(), allowed);
}
