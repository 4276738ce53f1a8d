/* heaps.h -- first-class heaps: made, allocated in by any thread, deleted or destroyed, looked through. The rules common to
 * all functions of mica stand in mica.h.
 *
 * A first-class heap is a set of blocks that can go at once. Any thread may allocate in it (heap_alloc.h) and any thread may
 * free its blocks with mi_free. What is not allocated in a heap of its own is in the main heap.
 *
 * Order between threads: mi_heap_delete, mi_heap_destroy and visiting a heap come before or after every other call that is
 * given the heap or allocates in it, never at the same time; and no other thread has it for its default. With
 * mi_heap_delete other threads may go on freeing the heap's blocks meanwhile. With mi_heap_destroy and visits they may not:
 * a free into a heap that is being destroyed, or after, is a free of what is no block any more (the debug and secure
 * variants end the program where they can see it). Other heaps are not concerned at all: no call waits for another thread. A
 * heap that was deleted or destroyed must not be named again. */
#ifndef MICA_PUBLIC_HEAPS_H
#define MICA_PUBLIC_HEAPS_H
#include <mica/arenas.h>
#include <mica/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Made and ended ---- */

/* A new heap, empty, in the calling thread's subprocess. NULL with ENOMEM: no memory. (mimalloc) */
mi_decl_nodiscard mi_heap_t* mi_heap_new(void) mi_attr_noexcept;

/* The same; all its memory comes from that arena, and an allocation that finds no room there fails. Arena NULL: as
 * mi_heap_new. NULL with EINVAL: there is no such arena. (mimalloc 3) */
mi_decl_nodiscard mi_heap_t* mi_heap_new_in_arena(mi_arena_id_t arena) mi_attr_noexcept;

/* The same. The tag is accepted and not used; a heap that does not allow to be destroyed is deleted by mi_heap_destroy.
 * (mimalloc 2) */
mi_decl_nodiscard mi_heap_t* mi_heap_new_ex(int heap_tag, bool allow_destroy, mi_arena_id_t arena) mi_attr_noexcept;

/* Ends the heap; its blocks live on in the main heap and are freed as before. The main heap, and NULL, are left alone. If it
 * was the calling thread's default, the main heap is from now on. Costs time in proportion to the heap's pages. What other
 * running threads have allocated in it they give up when they next take fresh blocks for themselves, make a heap, collect,
 * or end: until then it is theirs, free blocks in it too. (mimalloc) */
void mi_heap_delete(mi_heap_t* heap) mi_attr_noexcept;

/* Ends the heap with all its blocks; its memory goes back. Otherwise as mi_heap_delete. (mimalloc) */
void mi_heap_destroy(mi_heap_t* heap) mi_attr_noexcept;

/* Blocks of the heap that others have freed are collected and its empty pages given back, as far as the calling thread
 * allocates in it; force: free memory of the whole process goes back to the system. heap NULL: as mi_collect. (mimalloc) */
void mi_heap_collect(mi_heap_t* heap, bool force) mi_attr_noexcept;

/* ---- A limit ----
 * The bytes under the heap's pages, slices of 64 KiB that are only partly used included, stay at or below bytes; 0: no
 * limit. An allocation that would exceed it fails with ENOMEM, after the function of mi_register_limit was called. What the
 * heap holds already stays. false: the main heap, whose limit is the process's (mi_process_set_limit). */
bool mi_heap_set_limit(mi_heap_t* heap, size_t bytes) mi_attr_noexcept;

/* The limit of the heap in bytes; 0: none, as of the main heap always. */
size_t mi_heap_get_limit(const mi_heap_t* heap) mi_attr_noexcept;

/* The bytes that are now under the heap's pages; 0 for the main heap. */
size_t mi_heap_get_used(const mi_heap_t* heap) mi_attr_noexcept;

/* ---- Main and default ---- */

/* The main heap of the calling thread's subprocess: where mi_malloc allocates, unless a default is set. Never NULL.
 * (mimalloc 3; in mimalloc 2 the backing heap, the same here) */
mi_heap_t* mi_heap_main(void) mi_attr_noexcept;
mi_heap_t* mi_heap_get_backing(void) mi_attr_noexcept;

/* The heap that mi_malloc, malloc and all functions without a heap allocate in, in the calling thread: the main heap unless
 * set. Never NULL. (mimalloc 2) */
mi_heap_t* mi_heap_get_default(void) mi_attr_noexcept;

/* Sets that heap, for the calling thread, and returns the one before, which is never NULL. NULL as the heap, or no memory:
 * nothing changes. (mimalloc 2) */
mi_heap_t* mi_heap_set_default(mi_heap_t* heap) mi_attr_noexcept;

/* ---- The thread's part of a heap (mimalloc 3) ----
 * An mi_theap_t is a heap as one thread has it: it must be used by the thread that asked for it only, and not after that
 * thread's end, nor after the heap's. */

/* The calling thread's part of the heap, which is made if there is none yet. NULL: no memory, errno is ENOMEM. */
mi_theap_t* mi_heap_theap(mi_heap_t* heap) mi_attr_noexcept;

/* As mi_heap_get_default, mi_heap_set_default and mi_heap_collect. NULL: no memory, errno is ENOMEM. */
mi_theap_t* mi_theap_get_default(void) mi_attr_noexcept;
mi_theap_t* mi_theap_set_default(mi_theap_t* theap) mi_attr_noexcept;
void mi_theap_collect(mi_theap_t* theap, bool force) mi_attr_noexcept;

/* ---- Whose is it ----
 * p may be any pointer, also into a block's middle; what it points into must not be freed or resized, nor its heap
 * be ended, meanwhile. */

/* The heap that the block at p belongs to; NULL if p is not in memory of mica's. (mimalloc 3) */
mi_heap_t* mi_heap_of(const void* p) mi_attr_noexcept;

/* Whether p points into memory of that heap. (mimalloc; check_owned of mimalloc 2 asks the same as contains) */
bool mi_heap_contains(const mi_heap_t* heap, const void* p) mi_attr_noexcept;
bool mi_heap_check_owned(mi_heap_t* heap, const void* p) mi_attr_noexcept;

/* Whether p points into memory of any heap. (mimalloc 3) */
bool mi_any_heap_contains(const void* p) mi_attr_noexcept;

/* Whether p points into memory of the calling thread's default heap. (mimalloc) */
bool mi_check_owned(const void* p) mi_attr_noexcept;

/* Whether p is the start of a block of that heap, in use or free. (mimalloc 2) */
bool mi_heap_contains_block(mi_heap_t* heap, const void* p) mi_attr_noexcept;

/* Whether less than perc_threshold per cent of the blocks of p's page are in use, and the page is one that the calling thread
 * allocates from in that heap: moving the block elsewhere may empty it. p: a block in use. (mimalloc, for defragmentation) */
bool mi_unsafe_heap_page_is_under_utilized(mi_heap_t* heap, void* p, size_t perc_threshold) mi_attr_noexcept;

/* ---- Looking through ---- */

/* A page, as visitors see it. */
typedef struct mi_heap_area_s {
  void* blocks;           /* where its blocks begin */
  size_t reserved;        /* bytes for blocks */
  size_t committed;       /* bytes of them that were ever used */
  size_t used;            /* blocks in use, or on their way back */
  size_t block_size;      /* bytes that may be used in a block */
  size_t full_block_size; /* bytes from one block to the next */
  void* reserved1;        /* nothing */
} mi_heap_area_t;

/* Is called for an area with block NULL, then for each of its blocks; false ends the visit. It may free the block that it is
 * given, and must not allocate in or free anything else of the heap that is visited. Of a block given out by an _aligned_at
 * function with an offset, block is the start of the space it lies in. */
typedef bool(mi_block_visit_fun)(const mi_heap_t* heap, const mi_heap_area_t* area, void* block, size_t block_size,
                                 void* arg);

/* Visits all areas of the heap and, if visit_blocks, their blocks in use; pages of threads that have ended, and of one large
 * block, are among them. Blocks freed by another thread that are still on their way (mi_collect sends them) count as in use.
 * The main heap: the calling thread's pages, those that no thread owns, and those of one large block; not what other
 * running threads own, which cannot be looked at without stopping them. While it is visited no other thread may free or
 * resize a large block (above 64 KiB), of whatever heap; and a visitor that reads a block must know that no other thread
 * frees it: its memory may be unmapped then. false: the visitor said so, or there was no memory (ENOMEM). (mimalloc) */
bool mi_heap_visit_blocks(mi_heap_t* heap, bool visit_blocks, mi_block_visit_fun* visitor, void* arg) mi_attr_noexcept;

/* As mi_heap_visit_blocks, of the calling thread's part of a heap. (mimalloc 3) */
bool mi_theap_visit_blocks(const mi_theap_t* theap, bool visit_blocks, mi_block_visit_fun* visitor,
                           void* arg) mi_attr_noexcept;

/* As mi_heap_visit_blocks, of the heap's pages that no running thread allocates from. (mimalloc 3) */
bool mi_heap_visit_abandoned_blocks(mi_heap_t* heap, bool visit_blocks, mi_block_visit_fun* visitor,
                                    void* arg) mi_attr_noexcept;

/* As mi_heap_visit_abandoned_blocks, of the main heap of a subprocess, whatever the tag. (mimalloc 2) */
bool mi_abandoned_visit_blocks(mi_subproc_id_t subproc, int heap_tag, bool visit_blocks, mi_block_visit_fun* visitor,
                               void* arg) mi_attr_noexcept;

/* ---- Subprocesses ----
 * A set of threads with a main heap of their own, as if they were a process. mimalloc 3's type; mimalloc 2 has a pointer. */

/* A new subprocess; ._mi_subproc_id is NULL and errno ENOMEM if there is no memory. */
mi_subproc_id_t mi_subproc_new(void) mi_attr_noexcept;

/* The main subprocess, where every thread begins. */
mi_subproc_id_t mi_subproc_main(void) mi_attr_noexcept;

/* The calling thread's subprocess. */
mi_subproc_id_t mi_subproc_current(void) mi_attr_noexcept;

/* The calling thread belongs to it from now on: its main heap, and its default, are that subprocess's. What it allocated
 * before stays where it is. To be called at a thread's start. No memory: nothing changes, errno is ENOMEM. */
void mi_subproc_add_current_thread(mi_subproc_id_t subproc) mi_attr_noexcept;

/* Destroys all its heaps, the main one too. Its threads must have ended, or allocate and collect no more until that is done; if
 * they go on afterwards they are in the main subprocess, as the calling thread is. The main subprocess is left alone.
 * (mimalloc 3) */
void mi_subproc_destroy(mi_subproc_id_t subproc) mi_attr_noexcept;

/* As mi_subproc_destroy, but its heaps are deleted, so that their blocks live on. (mimalloc 2) */
void mi_subproc_delete(mi_subproc_id_t subproc) mi_attr_noexcept;

/* Is called for a heap; false ends the visit. */
typedef bool(mi_heap_visit_fun)(mi_heap_t* heap, void* arg);

/* Calls visitor(heap, arg) for each heap of the subprocess, its main one first, until one returns false, which is then
 * returned. Heaps made or ended meanwhile by other threads may be visited or not. */
bool mi_subproc_visit_heaps(mi_subproc_id_t subproc, mi_heap_visit_fun* visitor, void* arg) mi_attr_noexcept;

/* ---- Giving back ---- */

/* The calling thread sends home what it has freed and gives up pages until those that it owns are no more than so many bytes:
 * other threads may then use, and free, what is in them. (mimalloc 3) */
void mi_collect_reduce(size_t target_thread_owned) mi_attr_noexcept;

/* ---- Accepted, without effect ----
 * mica asks no NUMA node for memory: the system gives it where a thread touches it first. It places no guard pages. */
void mi_heap_set_numa_affinity(mi_heap_t* heap, int numa_node) mi_attr_noexcept;
void mi_heap_guarded_set_sample_rate(mi_heap_t* heap, size_t sample_rate, size_t seed) mi_attr_noexcept;
void mi_heap_guarded_set_size_bound(mi_heap_t* heap, size_t min, size_t max) mi_attr_noexcept;
void mi_theap_guarded_set_sample_rate(mi_theap_t* theap, size_t sample_rate, size_t seed) mi_attr_noexcept;
void mi_theap_guarded_set_size_bound(mi_theap_t* theap, size_t min, size_t max) mi_attr_noexcept;

#ifdef __cplusplus
}
#endif
#endif
