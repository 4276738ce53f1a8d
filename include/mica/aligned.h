/* aligned.h -- aligned blocks: at a multiple of a power of two. The rules common to all functions of mica stand in mica.h.
 *
 * alignment: a power of two up to 1 GiB. One that is no power of two, 0 included: NULL with errno EINVAL; above 1 GiB: NULL
 * with ENOMEM. size need not be a multiple of it (C23 aligned_alloc). The blocks are freed and resized like any other.
 * The _at forms align p + offset instead of p; p itself then has no alignment that can be relied on. */
#ifndef MICA_ALIGNED_H
#define MICA_ALIGNED_H
#include <mica/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Allocating ---- */

/* As mi_malloc, mi_zalloc and mi_calloc; the latter two are zero over the whole usable size. (mimalloc) */
mi_decl_nodiscard void* mi_malloc_aligned(size_t size, size_t alignment) mi_attr_noexcept mi_attr_malloc
    mi_attr_alloc_size(1) mi_attr_alloc_align(2);
mi_decl_nodiscard void* mi_malloc_aligned_at(size_t size, size_t alignment,
                                             size_t offset) mi_attr_noexcept mi_attr_malloc mi_attr_alloc_size(1);
mi_decl_nodiscard void* mi_zalloc_aligned(size_t size, size_t alignment) mi_attr_noexcept mi_attr_malloc
    mi_attr_alloc_size(1) mi_attr_alloc_align(2);
mi_decl_nodiscard void* mi_zalloc_aligned_at(size_t size, size_t alignment,
                                             size_t offset) mi_attr_noexcept mi_attr_malloc mi_attr_alloc_size(1);
mi_decl_nodiscard void* mi_calloc_aligned(size_t count, size_t size, size_t alignment) mi_attr_noexcept mi_attr_malloc
    mi_attr_alloc_size2(1, 2) mi_attr_alloc_align(3);
mi_decl_nodiscard void* mi_calloc_aligned_at(size_t count, size_t size, size_t alignment,
                                             size_t offset) mi_attr_noexcept mi_attr_malloc mi_attr_alloc_size2(1, 2);

/* As mi_malloc_aligned and mi_zalloc_aligned; *block_size, unless block_size is NULL, is set to the usable size, to 0 on
 * failure. (mimalloc) */
mi_decl_nodiscard void* mi_umalloc_aligned(size_t size, size_t alignment,
                                           size_t* block_size) mi_attr_noexcept mi_attr_malloc mi_attr_alloc_size(1)
    mi_attr_alloc_align(2);
mi_decl_nodiscard void* mi_uzalloc_aligned(size_t size, size_t alignment,
                                           size_t* block_size) mi_attr_noexcept mi_attr_malloc mi_attr_alloc_size(1)
    mi_attr_alloc_align(2);

/* ---- Resizing ---- */

/* As mi_realloc; the result is aligned as asked, whatever p was. (mimalloc) */
mi_decl_nodiscard void* mi_realloc_aligned(void* p, size_t size, size_t alignment) mi_attr_noexcept
    mi_attr_alloc_size(2) mi_attr_alloc_align(3);
mi_decl_nodiscard void* mi_realloc_aligned_at(void* p, size_t size, size_t alignment, size_t offset) mi_attr_noexcept
    mi_attr_alloc_size(2);

/* As mi_rezalloc and mi_recalloc; likewise. (mimalloc) */
mi_decl_nodiscard void* mi_rezalloc_aligned(void* p, size_t size, size_t alignment) mi_attr_noexcept
    mi_attr_alloc_size(2) mi_attr_alloc_align(3);
mi_decl_nodiscard void* mi_rezalloc_aligned_at(void* p, size_t size, size_t alignment, size_t offset) mi_attr_noexcept
    mi_attr_alloc_size(2);
mi_decl_nodiscard void* mi_recalloc_aligned(void* p, size_t count, size_t size, size_t alignment) mi_attr_noexcept
    mi_attr_alloc_size2(2, 3) mi_attr_alloc_align(4);
mi_decl_nodiscard void* mi_recalloc_aligned_at(void* p, size_t count, size_t size, size_t alignment,
                                               size_t offset) mi_attr_noexcept mi_attr_alloc_size2(2, 3);

/* The same two once more. (Microsoft _aligned_recalloc, _aligned_offset_recalloc) */
mi_decl_nodiscard void* mi_aligned_recalloc(void* p, size_t count, size_t size, size_t alignment) mi_attr_noexcept
    mi_attr_alloc_size2(2, 3) mi_attr_alloc_align(4);
mi_decl_nodiscard void* mi_aligned_offset_recalloc(void* p, size_t count, size_t size, size_t alignment,
                                                   size_t offset) mi_attr_noexcept mi_attr_alloc_size2(2, 3);

/* ---- Other systems' forms ---- */

/* As mi_malloc_aligned with the parameters in the other order. (C23 aligned_alloc, SunOS memalign) */
mi_decl_nodiscard void* mi_aligned_alloc(size_t alignment, size_t size) mi_attr_noexcept mi_attr_malloc
    mi_attr_alloc_size(2) mi_attr_alloc_align(1);
mi_decl_nodiscard void* mi_memalign(size_t alignment, size_t size) mi_attr_noexcept mi_attr_malloc mi_attr_alloc_size(2)
    mi_attr_alloc_align(1);

/* 0, and the block in *p. Else *p is not written: EINVAL: alignment is no power of two or no multiple of sizeof(void*), or p
 * is NULL; ENOMEM: no memory, or an alignment above 1 GiB. errno is untouched in every case. (POSIX posix_memalign) */
int mi_posix_memalign(void** p, size_t alignment, size_t size) mi_attr_noexcept;

/* A block of size bytes, aligned to an OS page. (BSD valloc) */
mi_decl_nodiscard void* mi_valloc(size_t size) mi_attr_noexcept mi_attr_malloc mi_attr_alloc_size(1);

/* The same; size is rounded up to whole OS pages, to one at least. (SunOS pvalloc) */
mi_decl_nodiscard void* mi_pvalloc(size_t size) mi_attr_noexcept mi_attr_malloc mi_attr_alloc_size(1);

#ifdef __cplusplus
}
#endif
#endif
