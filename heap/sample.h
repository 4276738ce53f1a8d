/* sample.h -- which allocations are samples of the profiler (profile/), and what a sample is here.
 *
 * Each class of a profiled theap has a process of its own: every allocation is a sample with the probability 1 - exp(-size
 * / every), of its class's block size. So samples come by bytes, whatever the mixture of sizes is, and the sums of their
 * weights are unbiased. A page of one block is drawn by the size asked for.
 *
 * A sample of a class lies in a block of a class for inner pointers, with its head in front of it:
 *
 *   b                                         p                 p + usable
 *   | pool/'s | number, before | usable | ... | the program's   | ...  |        before = p - b
 *
 * so freeing it misses the fast path, and nothing else does. One that no such block holds, or that is large anyway, has a
 * page of its own, whose owner line has the number. A number that is read where there is none is not mistaken: a record
 * says which p it is of, and that p is live.
 *
 * What is resized in place stays what it is, a sample or none: and whether it is in place depends on what an ordinary block
 * would have, so `usable` says. A page of one block that is resized is drawn anew, as one that is moved. */
#ifndef MICA_SAMPLE_H
#define MICA_SAMPLE_H
#include "heap/theap.h"
#include "heap/tracked.h"
#include "profile/profile.h"

/* Once a sample was taken, one may be met. relaxed: who has a sample's block has seen the start [PF20] */
MICA_INLINE bool mica_profile_began(void) {
  return !MICA_TRACKED && atomic_load_explicit(&mica_profile_epoch, memory_order_relaxed) != 0;
}

/* ---- allocating ---- */

/* In a slow call: whether the theap is profiled, or has to find out. relaxed: a later epoch is seen at a later call [PF20] */
MICA_INLINE bool mica_sample_looks(const mica_theap_t* theap) {
  return !MICA_TRACKED && theap->profile_epoch != atomic_load_explicit(&mica_profile_epoch, memory_order_relaxed);
}

/* What is asked for: as of mica_malloc_aligned. */
typedef struct mica_request_s {
  size_t size, align, offset;
} mica_request_t;

/* An allocation of the class that the thread, which has `mine`, is about to make: it counts as made. A sample, made so;
 * NULL: it is to be made as ever, by the theap that the thread has now. fills: the shadow's cache gets blocks; exact: only
 * of the class. */
void* mica_sample_class(mica_theap_t* mine, unsigned class, const mica_request_t* asked, bool fills, bool exact);

/* The slow entry of malloc where the thread's theap looks; size up to MICA_CLASS_MAX. */
void* mica_sample_malloc(mica_theap_t* mine, size_t size);

/* The page of one block, which was just made for so many bytes, may be a sample. */
void mica_sample_single(mica_page_t* page, size_t size);

/* The calling thread is profiled from now on; its sub-heaps from their next slow calls on, as another thread may be ending
 * their heaps. */
void mica_sample_begin(void);

/* ---- samples ---- */

/* Bytes at p that are the program's, of a block that it has: those that it would have if it were no sample. */
size_t mica_sample_usable_slow(const mica_page_t* page, const void* p);
MICA_INLINE size_t mica_sample_usable(const mica_page_t* page, const void* p) {
  return MICA_UNLIKELY(mica_profile_began()) ? mica_sample_usable_slow(page, p) : mica_page_usable(page, p);
}

/* The block has size bytes now, where it is. */
void mica_sample_resized_slow(mica_page_t* page, const void* p, size_t size);
MICA_INLINE void mica_sample_resized(mica_page_t* page, const void* p, size_t size) {
  if (MICA_UNLIKELY(mica_profile_began())) mica_sample_resized_slow(page, p, size);
}

/* The page of one block was resized to so many bytes. Or its block, the sample of that number if it was one, has gone from
 * `from` to this page. */
void mica_sample_anew(mica_page_t* page, size_t size);
void mica_sample_moved(uint32_t number, const void* from, mica_page_t* to, size_t size);

/* What the program has at p, further on in the block at b of a page for inner pointers, is about to be freed: the sample that it
 * may be ends. And the one that the page of one block is, if it is one. */
void mica_sample_freed(const mica_page_t* page, void* b, const void* p);
void mica_sample_end_single(mica_page_t* page);

/* Every block of the page is gone, those in the program's hands too. */
void mica_sample_forget(mica_page_t* page);

/* Where what the program has of the block begins: further on in a sample. */
void* mica_sample_start_slow(const mica_page_t* page, void* b);
MICA_INLINE void* mica_sample_start(const mica_page_t* page, void* b) {
  return MICA_UNLIKELY(mica_profile_began()) ? mica_sample_start_slow(page, b) : b;
}

#endif
