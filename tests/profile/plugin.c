/* plugin.c -- a library that places.c opens, lets allocate, and closes again: blocks linked to each other, so that all stay. */
#include <stdlib.h>

void* plugin_fill(unsigned n, size_t size);

__attribute__((noinline)) static void** one(size_t size) {
  void** const p = malloc(size); /* line: plugin */
  __asm__ volatile("" ::: "memory");
  return p;
}

void* plugin_fill(unsigned n, size_t size) {
  void* last = NULL;
  while (n-- != 0) {
    void** const p = one(size);
    *p = last;
    last = p;
  }
  return last;
}
