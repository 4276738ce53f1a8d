/* heaps_early.c -- first-class heaps before main: made, used and ended by a constructor; what it left is used by main. */
#include <mica.h>

#include "tests/support/check.h"

enum { SIZE = 1000, LARGE = 300000 };

static mi_heap_t *heap, *deleted;
static unsigned char *block, *large, *by_default, *survivor;

static unsigned char* fill(void* p, size_t size, int value) {
  CHECK(p != NULL);
  return memset(p, value, size);
}

static int filled(const unsigned char* p, size_t size, unsigned char value) {
  for (size_t i = 0; i < size; i++)
    if (p[i] != value) return 0;
  return 1;
}

__attribute__((constructor(101))) static void use_heaps(void) {
  heap = mi_heap_new();
  CHECK(heap != NULL);
  block = fill(mi_heap_malloc(heap, SIZE), SIZE, 1);
  large = fill(mi_heap_malloc(heap, LARGE), LARGE, 2);
  CHECK(mi_heap_set_default(heap) == mi_heap_main());
  by_default = fill(mi_malloc(SIZE), SIZE, 3);
  CHECK(mi_heap_set_default(mi_heap_main()) == heap);
  deleted = mi_heap_new();
  survivor = fill(mi_heap_malloc(deleted, SIZE), SIZE, 4);
  mi_heap_delete(deleted);
  mi_heap_t* gone = mi_heap_new();
  fill(mi_heap_malloc(gone, SIZE), SIZE, 5);
  fill(mi_heap_malloc(gone, LARGE), LARGE, 5);
  mi_heap_destroy(gone);
}

int main(void) {
  CHECK(filled(block, SIZE, 1) && filled(large, LARGE, 2) && filled(by_default, SIZE, 3) && filled(survivor, SIZE, 4));
  CHECK(mi_heap_of(block) == heap && mi_heap_of(large) == heap && mi_heap_of(by_default) == heap);
  CHECK(mi_heap_of(survivor) == mi_heap_main() && mi_heap_get_default() == mi_heap_main());
  mi_free(block);
  mi_free(survivor);
  unsigned char* more = fill(mi_heap_malloc(heap, SIZE), SIZE, 6);
  CHECK(filled(by_default, SIZE, 3) && filled(large, LARGE, 2) && mi_heap_of(more) == heap);
  mi_heap_destroy(heap);
  CHECK(!mi_any_heap_contains(large));
  SHOWN("heaps of a constructor were used by main");
  return 0;
}
