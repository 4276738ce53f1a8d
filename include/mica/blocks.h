/* blocks.h -- allocating, resizing and freeing blocks, and asking about them. The rules common to all functions of mica stand
 * in mica.h. */
#ifndef MICA_BLOCKS_H
#define MICA_BLOCKS_H
#include <mica/base.h>

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

#ifdef __cplusplus
}
#endif
#endif
