/* fork.c -- the child of a process with several threads.
 *
 * fork copies memory page by page while the other threads go on. So in the child the words of a detached page may be older
 * than the links in its blocks, a slice said to be clean may not be, and a parked heap may not be empty. What was in the
 * hands of others is left alone, for good: their pages, the detached pages that have free blocks, the parked heaps. Frees
 * into them are still safe, as a push reads no link. What the forking thread owns is as it was: it was in fork.
 *
 * Nothing is locked before the fork, so nothing can hang in the child. */
#include <pthread.h>

#include "heap/heap.h"
#include "observe/stats.h"

/* Runs in the child's only thread. relaxed throughout for that reason */
static void leave_page(mica_page_t* page) {
  _Atomic(uint64_t)* word = &mica_page_remote(page)->word;
  const uint64_t w = atomic_load_explicit(word, memory_order_relaxed);
  const unsigned class = mica_page_class(page);
  if (pw_state(w) != PW_DETACHED || class >= MICA_CLASSES) return;
  if (pw_count(w) != 0) { /* OWNED by nobody: nobody takes it */
    atomic_store_explicit(PW_HEAP(page), PW_NOBODY, memory_order_relaxed);
    atomic_store_explicit(word, pw_make(PW_OWNED, 0, 0), memory_order_relaxed);
    return;
  }
  page->local_free = NULL; /* full, so this is what a taker must find */
  page->used = page->capacity = page->total = (uint16_t)mica_class_total(class);
}

static void leave_arena(mica_arena_t* arena) {
  const uint64_t skip = atomic_load_explicit(&arena->whole, memory_order_relaxed) |
                        atomic_load_explicit(&arena->absent, memory_order_relaxed);
  for (unsigned i = 0; i < MICA_ARENA_SLICES; i++)
    if ((skip >> (i / MICA_SEGMENT_SLICES) & 1) == 0) leave_page(mica_page_at(mica_arena_base(arena), i));
}

static void in_child(void) {
  if (mica_counted(MICA_STAT_THREADS_BORN) - mica_counted(MICA_STAT_THREADS_GONE) <= 1) return;
  mica_heap_forget_parked();
  mica_slices_distrust();
  for (unsigned i = 0; i < mica_arena_count(); i++)
    if (mica_arena(i) != NULL) leave_arena(mica_arena(i));
}

MICA_CONSTRUCTOR static void watch_forks(void) { pthread_atfork(NULL, NULL, in_child); }
