/* zeroed.c -- under memcheck: every byte that mica promises to be zero counts as set, however the block was resized, and no
 * byte behind what was asked for is the program's. Says how many bytes were looked at, and how many were not zero. */
#include <mica.h>
#include <stdio.h>
#include <string.h>

static size_t looked, found;

/* All that is usable behind the first `written` bytes. */
static void look(const unsigned char* p, size_t written) {
  const size_t usable = mi_usable_size(p);
  for (size_t i = written; i < usable; i++) found += p[i] != 0;
  looked += usable > written ? usable - written : 0;
}

typedef void* resize_t(mi_heap_t* heap, void* p, size_t size);
static void* plain(mi_heap_t* heap, void* p, size_t size) { return (void)heap, mi_rezalloc(p, size); }
static void* counted(mi_heap_t* heap, void* p, size_t size) { return (void)heap, mi_recalloc(p, size, 1); }
static void* in_heap(mi_heap_t* heap, void* p, size_t size) { return mi_heap_rezalloc(heap, p, size); }
static void* aligned(mi_heap_t* heap, void* p, size_t size) { return (void)heap, mi_rezalloc_aligned(p, size, 256); }

int main(void) {
  static resize_t* const forms[] = {plain, counted, in_heap, aligned};
  static const size_t sizes[] = {100,   1000, 900,    5000, 30, 40000, 39000, 300000, 290000, 3000000,
                                 70000, 80,   200000, 16,   17, 5000,  4000,  4500,   1,      2000000};
  mi_heap_t* const heap = mi_heap_new();
  for (size_t f = 0; f < sizeof forms / sizeof forms[0]; f++) {
    unsigned char* p = NULL;
    size_t written = 0;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
      p = forms[f](heap, p, sizes[i]);
      if (p == NULL) return 1;
      if (written > sizes[i]) written = sizes[i];
      look(p, written);
      if (written < sizes[i] / 2) written = sizes[i] / 2;
      memset(p, 1, written);
      if (mi_expand(p, sizes[i]) != p) return 2;
    }
    mi_free(p);
  }
  mi_heap_destroy(heap);
  printf("%s, %zu were not zero\n", looked > 1000000 ? "millions of bytes" : "hardly any bytes", found);
  return 0;
}
