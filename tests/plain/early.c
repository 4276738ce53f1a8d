/* early.c -- malloc before anything is set up: from an IFUNC resolver of the executable, while relocations are being
 * processed, from a .preinit_array entry, and from a constructor of the earliest priority. The blocks are freed in main. */

#include <mica.h>
#include <stdint.h>
#include <stdlib.h>

#include "tests/support/check.h"

enum { SIZE = 3000 };

static unsigned char* from_resolver;
static unsigned char* from_preinit;
static unsigned char* from_constructor;

/* Loops of their own: memset may itself be an IFUNC that is not resolved yet. */
static void fill(volatile unsigned char* p, unsigned char value) {
  for (int i = 0; i < SIZE; i++) p[i] = value;
}

static int filled(const volatile unsigned char* p, unsigned char value) {
  for (int i = 0; i < SIZE; i++) {
    if (p[i] != value) return 0;
  }
  return 1;
}

static int answer(void) { return 42; }

typedef int answer_t(void);

__attribute__((used)) static answer_t* choose(void) {
  free(NULL);
  from_resolver = malloc(SIZE);
  if (from_resolver != NULL) fill(from_resolver, 1);
  void* volatile passing = malloc(100);
  free(passing);
  return answer;
}

int chosen(void) __attribute__((ifunc("choose")));

static void preinit(void) {
  from_preinit = malloc(SIZE);
  if (from_preinit != NULL) fill(from_preinit, 2);
}
__attribute__((section(".preinit_array"), used)) static void (*const preinit_entry)(void) = preinit;

__attribute__((constructor(101))) static void construct(void) {
  from_constructor = calloc(1, SIZE);
  if (from_constructor != NULL && filled(from_constructor, 0)) fill(from_constructor, 3);
}

int main(void) {
  CHECK(chosen() == 42);
  CHECK(from_resolver != NULL && filled(from_resolver, 1));
  CHECK(from_preinit != NULL && filled(from_preinit, 2));
  CHECK(from_constructor != NULL && filled(from_constructor, 3));
  CHECK(mi_is_in_heap_region(from_resolver));
  CHECK(mi_is_in_heap_region(from_preinit));
  CHECK(mi_is_in_heap_region(from_constructor));
  CHECK((uintptr_t)from_resolver % 16 == 0);
  free(from_resolver);
  free(from_preinit);
  free(from_constructor);
  for (int i = 0; i < 10000; i++) {
    unsigned char* volatile p = malloc(SIZE);
    CHECK(p != NULL);
    p[0] = p[SIZE - 1] = 1;
    free(p);
  }
  SHOWN(
      "early: blocks from an IFUNC resolver, a preinit function and a constructor are whole, mica's, and can be freed");
  return 0;
}
