/* life.h -- first-class heaps, made and ended. Any thread; the program orders the end after every use. */
#ifndef MICA_FIRST_CLASS_LIFE_H
#define MICA_FIRST_CLASS_LIFE_H
#include "heap/first_class/heap.h"

/* A new heap; subproc NULL: the head of a subprocess. NULL: no memory. */
mi_heap_t* mica_heap_make(uint32_t arena, bool outlives, mi_heap_t* subproc);

/* Ends it: its blocks are gone, or live on. */
void mica_heap_end(mi_heap_t* heap, bool destroy);

#endif
