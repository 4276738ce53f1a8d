/* heaps.h -- bug.h for the one-bug programs about first-class heaps: the functions of mica/heaps.h that they call.
 *
 * They are looked up by name when the program runs, as it may be compiled without mica and have it preloaded. Without mica a
 * heap is NULL and its blocks are malloc's; heap_end frees nothing then: such a program shows nothing, as it says. */
#ifndef MICA_TESTS_BUGS_HEAPS_H
#define MICA_TESTS_BUGS_HEAPS_H
#include "tests/bugs/bug.h"

typedef struct mi_heap_s mi_heap_t;

static inline void heap_find(void* function, const char* name) {
  void* const found = dlsym(RTLD_DEFAULT, name);
  memcpy(function, &found, sizeof found);
}

static inline mi_heap_t* heap_make(void) {
  mi_heap_t* (*make)(void);
  heap_find(&make, "mi_heap_new");
  mi_heap_t* heap = make == NULL ? NULL : make();
  BUG_CHECK(make == NULL || heap != NULL);
  return heap;
}

/* A block of so many bytes in the heap, all written. */
static inline char* heap_block(mi_heap_t* heap, size_t size) {
  void* (*allocate)(mi_heap_t*, size_t);
  heap_find(&allocate, "mi_heap_malloc");
  char* p = bug_hide(allocate == NULL ? malloc(size) : allocate(heap, size));
  BUG_CHECK(p != NULL);
  memset(p, 7, size);
  return bug_hide(p);
}

/* NULL: the process's own. Returns the one before. */
static inline mi_heap_t* heap_set_default(mi_heap_t* heap) {
  mi_heap_t* (*set)(mi_heap_t*);
  mi_heap_t* (*of_process)(void);
  heap_find(&set, "mi_heap_set_default");
  heap_find(&of_process, "mi_heap_main");
  return set == NULL ? NULL : set(heap == NULL ? of_process() : heap);
}

static inline void heap_end(mi_heap_t* heap, const char* how) {
  void (*end)(mi_heap_t*);
  heap_find(&end, how);
  if (end != NULL) end(heap);
}
static inline void heap_destroy(mi_heap_t* heap) { heap_end(heap, "mi_heap_destroy"); }
static inline void heap_delete(mi_heap_t* heap) { heap_end(heap, "mi_heap_delete"); }

#endif
