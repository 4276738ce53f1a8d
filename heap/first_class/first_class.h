/* first_class.h -- first-class heaps: a set of sub-heaps, one for each thread that allocates in it.
 *
 *   mi_heap_t --subs--> sub-heap --sibling--> sub-heap --> ...        of one heap, by different threads
 *   base ------bound--> sub-heap --attached_next--> sub-heap --> ...     of one thread, in different heaps
 *
 * A sub-heap is a mica_theap_t whose pages are kept (kept.c) and whose large blocks are on a registry (rolled.c). Which thread has
 * it is one word (bond.h). It is found from its thread's base, by the heap's serial number; at the thread's end it stays with
 * its heap, for the next thread. When the heap ends, its sub-heaps are emptied by who ends it, and each structure is parked
 * by whoever has it; a deleted heap's are left to the threads that run them, which are told. Nobody waits. What a program
 * has to order is said in mica/heaps.h. Used by this room. */
#ifndef MICA_FIRST_CLASS_H
#define MICA_FIRST_CLASS_H
#include "heap/first_class/enter.h"
#include "heap/theap.h"

/* ---- subheap.c ---- */

/* The calling thread's sub-heap of the heap, made or claimed if need be; of the main heap its base. NULL: no memory. */
mica_theap_t* mica_sub_of(mi_heap_t* heap);

/* Sub-heaps of the thread whose heaps have gone are given up, if it was told of any. */
void mica_sub_drain(mica_theap_t* base);

/* A thread ends: its sub-heaps stay with their heaps, or are parked if those have gone. */
void mica_sub_leave_all(mica_theap_t* base);

/* The calling thread's sub-heap of a heap that is about to end is its own no more. NULL: it had none. */
mica_theap_t* mica_sub_unlink(mi_heap_t* heap);

/* Parks an emptied sub-heap that is the caller's. */
void mica_sub_put_idle(mica_theap_t* sub);

/* Makes an empty structure a sub-heap of the heap, run by the caller. */
void mica_sub_begin(mica_theap_t* sub, mi_heap_t* heap);

/* The calling thread runs it from now on; one that is past its end leaves it. */
void mica_sub_attach(mica_theap_t* sub);

/* The newest sub-heap of a heap; the others through `sibling`. */
mica_theap_t* mica_sub_first(mi_heap_t* heap);

/* Child of a fork with threads: what the other threads were running is not known. */
void mica_sub_forget_others(void);

/* ---- first_class.c ---- */

/* A new heap; subproc NULL: the head of a subprocess. NULL: no memory. */
mi_heap_t* mica_heap_make(uint32_t arena, bool outlives, mi_heap_t* subproc);

/* Ends it: its blocks are gone, or live on. */
void mica_heap_end(mi_heap_t* heap, bool destroy);

/* The main heap of the calling thread's subprocess. */
mi_heap_t* mica_heap_main(void);

/* The next heap that is alive in the list of all structures, from this one on; NULL: no more. */
mi_heap_t* mica_heap_next(mica_theap_t** from);

/* The heap that the page belongs to; of which the caller holds a block, or knows that nobody frees it. */
mi_heap_t* mica_heap_of_page(const mica_page_t* page);

/* Whether the heap with that number is still alive in that structure. */
bool mica_heap_is(const mi_heap_t* heap, uint64_t serial);

/* Bytes that may lie under its pages; all there are, without a limit. */
uint64_t mica_heap_limit(const mi_heap_t* heap);

/* Whether so many bytes more would exceed the limit. */
bool mica_heap_refuses(mi_heap_t* heap, uint64_t bytes);

#endif
