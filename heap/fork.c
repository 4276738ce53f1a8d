/* fork.c -- the child of a process with several threads.
 *
 * fork copies memory page by page while the other threads go on. So in the child the words of an abandoned page may be older
 * than the links in its blocks, a slice said to be clean may not be, and an idle theap may not be empty. What was in the
 * hands of others is left alone, for good: their pages, the abandoned pages that have free blocks, the idle theaps, shadows
 * and records of samples. Frees into them are still safe, as a push reads no link. What the forking thread owns is as it was:
 * it was in fork.
 *
 * Nothing is locked before the fork, so nothing can hang in the child. */
#include <pthread.h>

#include "heap/cache.h"
#include "heap/first_class/subheap.h"
#include "heap/shadow.h"
#include "observe/counters.h"
#include "profile/environment.h"
#include "profile/profile.h"
#include "profile/stack.h"
#include "segment/purge.h"

/* glibc knows it; another C library has no such word, and in its child of a fork a pthread_once that was under way waits for
 * ever. */
extern MICA_WEAK char __libc_single_threaded;

static _Atomic(bool) others; /* written and read by the forking thread; two that fork at once write the same [F3] */

/* Runs in the child's only thread. relaxed throughout for that reason [P9] [P7] [T3] */
static void leave_page(mica_page_t* page) {
  _Atomic(uint64_t)* word = &mica_page_remote(page)->word;
  const uint64_t w = atomic_load_explicit(word, memory_order_relaxed);
  const unsigned class = mica_page_class(page);
  if (pw_state(w) != PW_ABANDONED || class >= MICA_CLASSES) return;
  if (pw_count(w) != 0) { /* OWNED by nobody, and left by nobody: nobody takes it */
    atomic_store_explicit(PW_OWNER(page), (pw_theap_t*)(uintptr_t)MICA_MARK_PREVIOUS, memory_order_relaxed);
    atomic_store_explicit(word, pw_make(PW_OWNED, 0, 0), memory_order_relaxed);
    return;
  }
  page->local_free = NULL; /* full, so this is what a taker must find */
  page->vacant = 0;
  page->used = page->capacity = page->total = (uint16_t)mica_class_total(class);
}

static void leave_arena(mica_arena_t* arena) {
  /* relaxed: as above [S1] [S10] */
  const uint64_t skip = atomic_load_explicit(&arena->whole, memory_order_relaxed) |
                        atomic_load_explicit(&arena->absent, memory_order_relaxed);
  for (unsigned i = 0; i < MICA_ARENA_SLICES; i++)
    if ((skip >> (i / MICA_SEGMENT_SLICES) & 1) == 0) leave_page(mica_page_at(mica_arena_base(arena), i));
}

static uint64_t threads(void) {
  return mica_counted(MICA_COUNTER_THREADS_BORN) - mica_counted(MICA_COUNTER_THREADS_GONE);
}

/* Before the fork: whether there may be others, by our count of those with a theap or by the C library's of all. Threads that
 * only the latter knows hold nothing yet. */
static void before(void) {
  const bool known = &__libc_single_threaded != NULL && !__libc_single_threaded;
  atomic_store_explicit(&others, threads() > 1 || known, memory_order_relaxed);
}

static void in_child(void) {
  mica_profile_forget_writer(); /* which may be a thread without a theap, as may be who is in the unwinder */
  if (&__libc_single_threaded != NULL) mica_stack_forget_first();
  if (!atomic_load_explicit(&others, memory_order_relaxed)) return;
  mica_theap_forget_idle();
  mica_shadow_forget_idle();
  mica_profile_forget_idle();
  mica_sub_forget_others();
  mica_cache_forget_others();
  mica_slices_distrust();
  mica_purge_forget_holders();
  for (unsigned i = 0; i < mica_arena_count(); i++)
    if (mica_arena(i) != NULL) leave_arena(mica_arena(i));
  if (threads() > 1) mica_count(MICA_COUNTER_THREADS_GONE, threads() - 1); /* they are not here */
}

MICA_CONSTRUCTOR static void register_fork_handlers(void) { pthread_atfork(before, NULL, in_child); }
