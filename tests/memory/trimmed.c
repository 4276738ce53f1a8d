/* trimmed.c -- one small block in eight stays, and malloc_trim is called: what is free beside them goes back, too.
 *
 * usage: trimmed [random|runs [MIB [LEAST [MOST [ALLOWED_MIB]]]]]         default random 300 16 8192 80
 * The blocks have LEAST to MOST bytes. random: each of them stays with that chance; runs: 64 blocks side by side stay, of 512.
 * Measured after the call; then all are allocated again, and those that stayed must be as they were. */
#include "report.h"

#include <malloc.h>

enum { OF = 8, RUN = 64 };

static int stays(int runs, size_t i, uint64_t* random) {
  return runs ? i / RUN % OF == 0 : random_below(random_next(random), OF) == 0;
}

static char* filled(size_t size, size_t i) {
  char* p = malloc(size);
  if (p == NULL) give_up("malloc returned NULL");
  return memset(p, (int)(i % 251), size);
}

static void expect_filled(const char* p, size_t size, size_t i) {
  for (size_t k = 0; k < size; k++)
    if ((unsigned char)p[k] != i % 251) give_up("a block was overwritten");
}

int main(int argc, char** argv) {
  const char* which = argc > 1 ? argv[1] : "random";
  size_t mib = argument(argc, argv, 2, 300), least = argument(argc, argv, 3, 16);
  size_t most = argument(argc, argv, 4, 8192), allowed = argument(argc, argv, 5, 80);
  size_t count = (mib << 20) / ((least + most) / 2);
  int runs = strcmp(which, "runs") == 0;
  char** blocks = table_new(count, sizeof(char*));
  size_t* sizes = table_new(count, sizeof(size_t));
  uint64_t random = random_seed(1);
  for (size_t i = 0; i < count; i++) {
    sizes[i] = least + random_below(random_next(&random), most - least + 1);
    blocks[i] = filled(sizes[i], i);
  }
  expect_at_least_mib(resident_kib(), mib);
  for (size_t i = 0; i < count; i++) {
    if (stays(runs, i, &random)) continue;
    free(blocks[i]);
    blocks[i] = NULL;
  }
  malloc_trim(0);
  size_t kib = resident_kib();
  for (size_t i = 0; i < count; i++)
    if (blocks[i] == NULL) blocks[i] = filled(sizes[i], i);
  for (size_t i = 0; i < count; i++) {
    expect_filled(blocks[i], sizes[i], i);
    free(blocks[i]);
  }
  char name[64];
  snprintf(name, sizeof name, "trimmed/%s/%zu-%zu", which, least, most);
  return check_mib(name, kib, allowed);
}
