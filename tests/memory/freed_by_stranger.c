/* freed_by_stranger.c -- main allocates a volume; a thread that never allocates frees it while main sleeps.
 *
 * usage: freed_by_stranger [in-order|reverse|random [MIB [BLOCK_BYTES [ALLOWED_MIB]]]]
 * default in-order 400 1024 32
 * Measured twice: while the freeing thread still lives, and after it has been joined. */
#include "arrange.h"
#include "report.h"

#include <pthread.h>

struct volume {
  char** blocks;
  size_t count;
  size_t kib_while_alive;
};

static void* free_all(void* argument_of_thread) {
  struct volume* v = argument_of_thread;
  for (size_t i = 0; i < v->count; i++) free(v->blocks[i]);
  table_delete(v->blocks, v->count, sizeof(char*));
  v->kib_while_alive = resident_kib();
  return NULL;
}

int main(int argc, char** argv) {
  const char* order = order_argument(argc, argv);
  size_t mib = argument(argc, argv, 2, 400);
  size_t size = argument(argc, argv, 3, 1024);
  size_t allowed = argument(argc, argv, 4, 32);
  struct volume v = {.count = (mib << 20) / size};
  v.blocks = table_new(v.count, sizeof(char*));
  for (size_t i = 0; i < v.count; i++) v.blocks[i] = block_new(size);
  expect_at_least_mib(resident_kib(), mib);
  arrange(order, v.blocks, v.count);
  pthread_t stranger;
  if (pthread_create(&stranger, NULL, free_all, &v) != 0) give_up("pthread_create");
  pthread_join(stranger, NULL);
  size_t kib_after_join = resident_kib();
  char name[64];
  snprintf(name, sizeof name, "freed-by-stranger/%s/alive", order);
  int failed = check_mib(name, v.kib_while_alive, allowed);
  snprintf(name, sizeof name, "freed-by-stranger/%s/joined", order);
  return failed | check_mib(name, kib_after_join, allowed);
}
