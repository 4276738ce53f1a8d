/* mica.h -- the public interface of mica, a memory allocator. For C (C99 and later) and C++.
 *
 * Common to all functions, unless one says otherwise:
 *   units      sizes, alignments and offsets are in bytes
 *   alignment  a block is aligned to 16 bytes at least
 *   ownership  a block belongs to the caller until it is given to mi_free, mi_realloc*, or free and its kin; any thread may
 *              do that. The malloc family of libmica and the mi_* functions share one pool: their blocks may be mixed freely
 *   threads    every function may be called by any thread at any time: before any constructor, after every destructor, and
 *              in the child of a fork. No call waits for another thread. Two threads must not use one block without order
 *   errors     an allocation that cannot be met returns NULL with errno ENOMEM: no memory, a size above PTRDIFF_MAX, a
 *              count * size that overflows. Nothing is lost by it and nothing is aborted. errno is untouched otherwise
 *   size 0     gives a block of its own, which may be freed like any other
 *
 * The names and signatures are those of mimalloc 3, the errors those of POSIX and C23. */
#ifndef MICA_H
#define MICA_H
#include <stdbool.h>
#include <stddef.h>

/* The version of mica, not of mimalloc. As one number: major * 10000 + minor * 100 + patch. */
#define MICA_VERSION_MAJOR 0
#define MICA_VERSION_MINOR 1
#define MICA_VERSION_PATCH 0
#define MICA_VERSION_STRING "0.1.0"
#define MI_MALLOC_VERSION (MICA_VERSION_MAJOR * 10000 + MICA_VERSION_MINOR * 100 + MICA_VERSION_PATCH)

/* The largest size that the _small functions take. */
#define MI_SMALL_WSIZE_MAX 128
#define MI_SMALL_SIZE_MAX (MI_SMALL_WSIZE_MAX * sizeof(void*))

/* What the compiler is told; nothing, for a compiler that does not know it. */
#if defined(__GNUC__)
#define mi_decl_nodiscard __attribute__((warn_unused_result))
#define mi_attr_malloc __attribute__((malloc))
#define mi_attr_alloc_size(size) __attribute__((alloc_size(size)))
#define mi_attr_alloc_size2(count, size) __attribute__((alloc_size(count, size)))
#define mi_attr_alloc_align(align) __attribute__((alloc_align(align)))
#else
#define mi_decl_nodiscard
#define mi_attr_malloc
#define mi_attr_alloc_size(size)
#define mi_attr_alloc_size2(count, size)
#define mi_attr_alloc_align(align)
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Blocks ---- */

/* A block of at least size bytes, contents undefined. (C23 malloc) */
mi_decl_nodiscard void* mi_malloc(size_t size) mi_attr_malloc mi_attr_alloc_size(1);

/* Gives a block back. NULL is allowed and does nothing. errno is untouched. (C23 free, POSIX 2024) */
void mi_free(void* p);

/* A block of count * size bytes, all zero over its whole usable size. (C23 calloc) */
mi_decl_nodiscard void* mi_calloc(size_t count, size_t size) mi_attr_malloc mi_attr_alloc_size2(1, 2);

/* As mi_calloc(1, size). */
mi_decl_nodiscard void* mi_zalloc(size_t size) mi_attr_malloc mi_attr_alloc_size(1);

/* The block p grown or shrunk to size bytes, in place or moved; the contents up to the smaller size are kept, what is behind
 * them is undefined. p NULL: as mi_malloc. NULL is returned on failure only, and p is then still the caller's, unchanged.
 * size 0 gives the smallest block and p is gone: mimalloc's way. (realloc of the malloc family frees and returns NULL.) */
mi_decl_nodiscard void* mi_realloc(void* p, size_t size) mi_attr_alloc_size(2);

/* As mi_realloc, but on failure p is freed. (BSD reallocf) */
mi_decl_nodiscard void* mi_reallocf(void* p, size_t size) mi_attr_alloc_size(2);

/* As mi_malloc, mi_zalloc and mi_free, for sizes up to MI_SMALL_SIZE_MAX; a larger one is no error. mi_free_small takes only
 * blocks that were asked for with such a size. */
mi_decl_nodiscard void* mi_malloc_small(size_t size) mi_attr_malloc mi_attr_alloc_size(1);
mi_decl_nodiscard void* mi_zalloc_small(size_t size) mi_attr_malloc mi_attr_alloc_size(1);
void mi_free_small(void* p);

/* ---- Aligned blocks ----
 * alignment: a power of two up to 1 GiB. One that is no power of two, 0 included: NULL with errno EINVAL; above 1 GiB: NULL
 * with ENOMEM. size need not be a multiple of it (C23 aligned_alloc). The block is freed with mi_free.
 * The _at forms align p + offset instead of p; p itself then has no alignment that can be relied on. */

mi_decl_nodiscard void* mi_malloc_aligned(size_t size, size_t alignment) mi_attr_malloc mi_attr_alloc_size(1)
    mi_attr_alloc_align(2);
mi_decl_nodiscard void* mi_malloc_aligned_at(size_t size, size_t alignment, size_t offset) mi_attr_malloc
    mi_attr_alloc_size(1);

/* Zero over the whole usable size. */
mi_decl_nodiscard void* mi_zalloc_aligned(size_t size, size_t alignment) mi_attr_malloc mi_attr_alloc_size(1)
    mi_attr_alloc_align(2);
mi_decl_nodiscard void* mi_zalloc_aligned_at(size_t size, size_t alignment, size_t offset) mi_attr_malloc
    mi_attr_alloc_size(1);
mi_decl_nodiscard void* mi_calloc_aligned(size_t count, size_t size, size_t alignment) mi_attr_malloc
    mi_attr_alloc_size2(1, 2) mi_attr_alloc_align(3);
mi_decl_nodiscard void* mi_calloc_aligned_at(size_t count, size_t size, size_t alignment, size_t offset) mi_attr_malloc
    mi_attr_alloc_size2(1, 2);

/* As mi_realloc; the result is aligned as asked, whatever p was. */
mi_decl_nodiscard void* mi_realloc_aligned(void* p, size_t size, size_t alignment) mi_attr_alloc_size(2)
    mi_attr_alloc_align(3);
mi_decl_nodiscard void* mi_realloc_aligned_at(void* p, size_t size, size_t alignment, size_t offset)
    mi_attr_alloc_size(2);

/* ---- Questions ---- */

/* Bytes that may be used from p on: at least what was asked for, and constant for the life of the block. 0 for NULL. */
size_t mi_usable_size(const void* p);

/* The usable size that mi_malloc(size) gives. A size that no allocation can meet is returned as it is. */
size_t mi_good_size(size_t size);

/* Whether p points into memory that mica manages. Any pointer may be asked about, freed ones and foreign ones included. */
bool mi_is_in_heap_region(const void* p);

/* MI_MALLOC_VERSION of the library that is running. */
int mi_version(void);

/* ---- Control ---- */

/* The blocks of other threads that the caller has freed are sent home and its empty pages given back; with force all free
 * memory of the whole process goes back to the system, whichever thread freed it. Never needed for correctness. */
void mi_collect(bool force);

/* The first makes the calling thread's heap now instead of at its first allocation; the second gives it up now instead of
 * when the thread ends. Neither is ever needed, both may be repeated, and a thread may go on allocating after the second. */
void mi_thread_init(void);
void mi_thread_done(void);

/* ---- Figures ---- */

/* The process's times in milliseconds (elapsed: since mica was loaded), its resident size in bytes now and at its peak, and
 * its hard page faults, as the kernel tells them. current_commit: bytes under mica's pages, and freed memory that it has not
 * given back yet; peak_commit: the most it can have been, which is the larger of that and the peak resident size. Any pointer
 * may be NULL. Does not allocate. errno is untouched. */
void mi_process_info(size_t* elapsed_msecs, size_t* user_msecs, size_t* system_msecs, size_t* current_rss,
                     size_t* peak_rss, size_t* current_commit, size_t* peak_commit, size_t* page_faults);

/* Takes one piece of text, of one line at most; arg as it was given. May allocate and free. */
typedef void(mi_output_fun)(const char* msg, void* arg);

/* The statistics of the process as a table, line by line to out(line, arg); to stderr where out is NULL. */
void mi_stats_print_out(mi_output_fun* out, void* arg);

/* The same without an argument. out is NULL or an mi_output_fun*; stdout and stderr are taken as NULL, as in mimalloc. */
void mi_stats_print(void* out);

#ifdef __cplusplus
}
#endif
#endif
