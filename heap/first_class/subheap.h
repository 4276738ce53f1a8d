/* subheap.h -- which thread runs which sub-heap, from the sub-heap's side: begun, linked to its thread, left, put idle. */
#ifndef MICA_SUBHEAP_H
#define MICA_SUBHEAP_H
#include "heap/theap.h"

/* The newest sub-heap of a heap; the others through `sibling`. */
mica_theap_t* mica_sub_first(mi_heap_t* heap);

/* Makes an empty theap a sub-heap of the heap, run by the caller. */
void mica_sub_begin(mica_theap_t* sub, mi_heap_t* heap);

/* A sub-heap of the heap that no thread has is the caller's from now on; NULL: there is none. */
mica_theap_t* mica_sub_claim_idle(mi_heap_t* heap);

/* The thread of the base runs it from now on; base NULL: no thread, but for one call. */
void mica_sub_link(mica_theap_t* base, mica_theap_t* sub);

/* The sub-heap of the heap that the base's thread runs; NULL: it runs none. And the same, which it runs no more. */
mica_theap_t* mica_sub_find(mica_theap_t* base, mi_heap_t* heap);
mica_theap_t* mica_sub_unlink(mica_theap_t* base, mi_heap_t* heap);

/* Sub-heaps of the base's thread whose heaps have gone are given up, if it was notified of any. */
void mica_sub_drain(mica_theap_t* base);

/* The calling thread has it no more: it stays with its heap, or is put idle if that has gone. All that a base's thread runs. */
void mica_sub_leave(mica_theap_t* sub);
void mica_sub_leave_all(mica_theap_t* base);

/* Puts an emptied sub-heap that is the caller's back. */
void mica_sub_put_idle(mica_theap_t* sub);

/* Child of a fork with threads: what the other threads were running is not known. */
void mica_sub_forget_others(void);

#endif
