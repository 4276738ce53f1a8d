/* freed_then_idle.c -- one thread allocates a volume and frees it; nothing is called afterwards.
 *
 * usage: freed_then_idle [in-order|reverse|random [MIB [BLOCK_BYTES [ALLOWED_MIB]]]]
 * default in-order 300 1024 32
 * What was freed has gone back to the system by then, without a timer and without a later call. */
#include "arrange.h"
#include "report.h"

int main(int argc, char** argv) {
  const char* order = order_argument(argc, argv);
  size_t mib = argument(argc, argv, 2, 300);
  size_t size = argument(argc, argv, 3, 1024);
  size_t allowed = argument(argc, argv, 4, 32);
  size_t count = (mib << 20) / size;
  char** blocks = table_new(count, sizeof(char*));
  for (size_t i = 0; i < count; i++) blocks[i] = block_new(size);
  expect_at_least_mib(resident_kib(), mib);
  arrange(order, blocks, count);
  for (size_t i = 0; i < count; i++) free(blocks[i]);
  table_delete(blocks, count, sizeof(char*));
  char name[64];
  snprintf(name, sizeof name, "freed-then-idle/%s", order);
  return check_mib(name, resident_kib(), allowed);
}
