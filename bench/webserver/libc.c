/* libc.c -- memory.h on the C library's malloc: for the program that has nothing of mica.
 *
 * The store counts the bytes that it gives out, and so keeps to its limit; what malloc needs on top of them is not in it. */
#include "memory.h"

#include <malloc.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

const char memory_ways[] = "libc", memory_default[] = "libc";

static size_t store_limit;
static atomic_size_t store_bytes; /* relaxed throughout: a figure, raised by a CAS that keeps it below the limit */

bool memory_start(const char* way, size_t block) {
  (void)block;
  return strcmp(way, "libc") == 0;
}

void memory_stop(void) {}

bool memory_begin(struct memory* memory) {
  *memory = (struct memory){0};
  return true;
}

void* memory_get(struct memory* memory, size_t size) {
  void* piece = malloc(size);
  if (piece == NULL) return NULL;
  memory->got++;
  memory->bytes += size;
  return piece;
}

char* memory_get_text(struct memory* memory, size_t size) { return memory_get(memory, size); }

void memory_release(struct memory* memory, void* piece) {
  if (piece == NULL) return;
  free(piece);
  memory->released++;
}

void memory_end(struct memory* memory) { (void)memory; }

void memory_look(struct memory_figures* figures) {
  struct mallinfo2 info = mallinfo2();
  *figures = (struct memory_figures){.in_use = info.uordblks + info.hblkhd};
}

bool store_start(size_t limit) {
  store_limit = limit;
  return true;
}

void store_stop(void) {}

void* store_get(size_t size) {
  size_t now = atomic_load_explicit(&store_bytes, memory_order_relaxed);
  do {
    if (size > store_limit || now > store_limit - size) return NULL;
  } while (!atomic_compare_exchange_weak_explicit(&store_bytes, &now, now + size, memory_order_relaxed,
                                                  memory_order_relaxed));
  void* p = malloc(size);
  if (p == NULL) atomic_fetch_sub_explicit(&store_bytes, size, memory_order_relaxed);
  return p;
}

void store_put(void* p, size_t size) {
  free(p);
  atomic_fetch_sub_explicit(&store_bytes, size, memory_order_relaxed);
}

size_t store_used(void) { return atomic_load_explicit(&store_bytes, memory_order_relaxed); }

size_t store_held(void) {
  struct mallinfo2 info = mallinfo2();
  return info.arena + info.hblkhd;
}
