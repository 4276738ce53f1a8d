/* blocks.h -- blocks: allocating, resizing and freeing them, and asking about them. The rules common to all functions of mica
 * stand in mica.h; aligned blocks are in aligned.h, copies of texts in strings.h, C++'s way of failing in new.h. */
#ifndef MICA_BLOCKS_H
#define MICA_BLOCKS_H
#include <mica/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Allocating ---- */

/* A block of at least size bytes, contents undefined. (C23 malloc) */
mi_decl_nodiscard void* mi_malloc(size_t size) mi_attr_noexcept mi_attr_malloc mi_attr_alloc_size(1);

/* A block of count * size bytes, all zero over its whole usable size. (C23 calloc) */
mi_decl_nodiscard void* mi_calloc(size_t count, size_t size) mi_attr_noexcept mi_attr_malloc mi_attr_alloc_size2(1, 2);

/* As mi_calloc(1, size). (mimalloc) */
mi_decl_nodiscard void* mi_zalloc(size_t size) mi_attr_noexcept mi_attr_malloc mi_attr_alloc_size(1);

/* As mi_calloc, but the contents are undefined. (mimalloc) */
mi_decl_nodiscard void* mi_mallocn(size_t count, size_t size) mi_attr_noexcept mi_attr_malloc mi_attr_alloc_size2(1, 2);

/* As mi_malloc and mi_zalloc, for sizes up to MI_SMALL_SIZE_MAX; a larger one is no error. (mimalloc) */
mi_decl_nodiscard void* mi_malloc_small(size_t size) mi_attr_noexcept mi_attr_malloc mi_attr_alloc_size(1);
mi_decl_nodiscard void* mi_zalloc_small(size_t size) mi_attr_noexcept mi_attr_malloc mi_attr_alloc_size(1);

/* ---- Resizing ---- */

/* The block p grown or shrunk to size bytes, in place or moved; the contents up to the smaller size are kept, what is behind
 * them is undefined. p NULL: as mi_malloc. NULL is returned on failure only, and p is then still the caller's, unchanged.
 * size 0 gives the smallest block and p is gone: mimalloc's way. (realloc of the malloc family frees and returns NULL.) */
mi_decl_nodiscard void* mi_realloc(void* p, size_t size) mi_attr_noexcept mi_attr_alloc_size(2);

/* As mi_realloc to count * size bytes. (mimalloc; BSD reallocarray, but for a total of 0) */
mi_decl_nodiscard void* mi_reallocn(void* p, size_t count, size_t size) mi_attr_noexcept mi_attr_alloc_size2(2, 3);
mi_decl_nodiscard void* mi_reallocarray(void* p, size_t count, size_t size) mi_attr_noexcept mi_attr_alloc_size2(2, 3);

/* As mi_realloc, but on failure p is freed. (BSD reallocf) */
mi_decl_nodiscard void* mi_reallocf(void* p, size_t size) mi_attr_noexcept mi_attr_alloc_size(2);

/* p is the address of a pointer of any type to a block, or to NULL; the block is resized to count * size bytes and the
 * pointer replaced: 0. Else an error number, and pointer and block are as before: EOVERFLOW, ENOMEM; EINVAL: p is NULL. A
 * total of 0 frees the block and stores NULL. errno is untouched in every case. (NetBSD reallocarr) */
int mi_reallocarr(void* p, size_t count, size_t size) mi_attr_noexcept;

/* As mi_realloc and mi_reallocn, for blocks that were zeroed when they were made (mi_zalloc, mi_calloc) and resized by
 * functions of this kind only: whatever came in between, shrinking included, every byte of the whole usable size that the
 * program has not written is zero. What lay behind a smaller size is gone. A failure leaves p as it was. (mimalloc; recalloc
 * is Microsoft's _recalloc) */
mi_decl_nodiscard void* mi_rezalloc(void* p, size_t size) mi_attr_noexcept mi_attr_alloc_size(2);
mi_decl_nodiscard void* mi_recalloc(void* p, size_t count, size_t size) mi_attr_noexcept mi_attr_alloc_size2(2, 3);

/* p itself if its block holds size bytes, or could be made to where it lies; else NULL with ENOMEM, and p is as it was. It is
 * never moved; contents are kept, what is new is undefined. A smaller size is always met and need not make the block smaller.
 * p NULL: NULL with ENOMEM. That it cannot be met is told to no registered function. (Microsoft _expand) */
void* mi_expand(void* p, size_t size) mi_attr_noexcept mi_attr_alloc_size(2);
void* mi__expand(void* p, size_t size) mi_attr_noexcept mi_attr_alloc_size(2);

/* ---- Freeing ---- */

/* Gives a block back. NULL is allowed and does nothing. errno is untouched. (C23 free, POSIX 2024) */
void mi_free(void* p) mi_attr_noexcept;

/* As mi_free, for blocks that were asked for with a size up to MI_SMALL_SIZE_MAX. (mimalloc) */
void mi_free_small(void* p) mi_attr_noexcept;

/* As mi_free; size and alignment are those that p was asked for with, or last resized to, which the debug and secure variants
 * look at. (C23 free_sized, free_aligned_sized) */
void mi_free_size(void* p, size_t size) mi_attr_noexcept;
void mi_free_size_aligned(void* p, size_t size, size_t alignment) mi_attr_noexcept;
void mi_free_aligned(void* p, size_t alignment) mi_attr_noexcept;

/* As mi_free if p lies in memory that mica manages; any other pointer is left alone. (mimalloc; named after SunOS's cfree) */
void mi_cfree(void* p) mi_attr_noexcept;

/* ---- The same, saying how large the block is ----
 * *block_size, unless block_size is NULL, is set to the usable size (mi_usable_size) of the block that is returned or freed;
 * to 0 when there is none. Otherwise these are mi_malloc, mi_calloc, mi_malloc_small, mi_zalloc_small, mi_realloc and mi_free.
 * (mimalloc) */
mi_decl_nodiscard void* mi_umalloc(size_t size, size_t* block_size) mi_attr_noexcept mi_attr_malloc
    mi_attr_alloc_size(1);
mi_decl_nodiscard void* mi_ucalloc(size_t count, size_t size, size_t* block_size) mi_attr_noexcept mi_attr_malloc
    mi_attr_alloc_size2(1, 2);
mi_decl_nodiscard void* mi_umalloc_small(size_t size, size_t* block_size) mi_attr_noexcept mi_attr_malloc
    mi_attr_alloc_size(1);
mi_decl_nodiscard void* mi_uzalloc_small(size_t size, size_t* block_size) mi_attr_noexcept mi_attr_malloc
    mi_attr_alloc_size(1);
void mi_ufree(void* p, size_t* block_size) mi_attr_noexcept;

/* *size_before is that of p, also when it could not be resized; *size_after that of the block returned. */
mi_decl_nodiscard void* mi_urealloc(void* p, size_t size, size_t* size_before, size_t* size_after) mi_attr_noexcept
    mi_attr_alloc_size(2);

/* ---- Questions ---- */

/* Bytes that may be used from p on, the start of a block in use: at least what was asked for, and constant until the block is
 * resized. 0 for NULL. Any other pointer is misuse: the debug and secure variants end the program. The three are one; the
 * other names are macOS's and glibc's. errno is untouched. */
size_t mi_usable_size(const void* p) mi_attr_noexcept;
size_t mi_malloc_size(const void* p) mi_attr_noexcept;
size_t mi_malloc_usable_size(const void* p) mi_attr_noexcept;

/* The usable size that mi_malloc(size) gives. A size that no allocation can meet is returned as it is. The second name is
 * macOS's. errno is untouched. */
size_t mi_good_size(size_t size) mi_attr_noexcept;
size_t mi_malloc_good_size(size_t size) mi_attr_noexcept;

/* Whether p points into memory that mica manages. Any pointer may be asked about, freed ones and foreign ones included.
 * (mimalloc) */
bool mi_is_in_heap_region(const void* p) mi_attr_noexcept;

#ifdef __cplusplus
}
#endif

/* ---- By type ----
 * One object of the type, or n of them, as the function of that name; the result has the right type. (mimalloc) */
#define mi_malloc_tp(type) ((type*)mi_malloc(sizeof(type)))
#define mi_zalloc_tp(type) ((type*)mi_zalloc(sizeof(type)))
#define mi_calloc_tp(type, n) ((type*)mi_calloc((n), sizeof(type)))
#define mi_mallocn_tp(type, n) ((type*)mi_mallocn((n), sizeof(type)))
#define mi_reallocn_tp(p, type, n) ((type*)mi_reallocn((p), (n), sizeof(type)))
#define mi_recalloc_tp(p, type, n) ((type*)mi_recalloc((p), (n), sizeof(type)))

#endif
