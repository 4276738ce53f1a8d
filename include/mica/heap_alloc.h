/* heap_alloc.h -- blocks of a heap: allocating and resizing in a first-class heap (heaps.h). The rules common to all functions
 * of mica stand in mica.h, those about alignments in aligned.h.
 *
 * Each function is the one of the same name without heap_, and the block it returns is the heap's. heap NULL is the main heap,
 * whatever the thread's default is. Any thread may allocate in any heap that exists; a thread's first allocation in a
 * heap may fail with ENOMEM for want of the thread's part of it. Blocks of all heaps are freed by mi_free and its kin.
 * A block p that is resized and has to move becomes the heap's, whichever it came from; one that stays, stays where it is.
 * All are mimalloc's. */
#ifndef MICA_HEAP_ALLOC_H
#define MICA_HEAP_ALLOC_H
#include <mica/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Blocks (blocks.h) ---- */

/* As mi_malloc, mi_zalloc, mi_calloc, mi_mallocn, mi_malloc_small, mi_zalloc_small: NULL with ENOMEM on failure. */
mi_decl_nodiscard void* mi_heap_malloc(mi_heap_t* heap, size_t size) mi_attr_noexcept mi_attr_malloc
    mi_attr_alloc_size(2);
mi_decl_nodiscard void* mi_heap_zalloc(mi_heap_t* heap, size_t size) mi_attr_noexcept mi_attr_malloc
    mi_attr_alloc_size(2);
mi_decl_nodiscard void* mi_heap_calloc(mi_heap_t* heap, size_t count, size_t size) mi_attr_noexcept mi_attr_malloc
    mi_attr_alloc_size2(2, 3);
mi_decl_nodiscard void* mi_heap_mallocn(mi_heap_t* heap, size_t count, size_t size) mi_attr_noexcept mi_attr_malloc
    mi_attr_alloc_size2(2, 3);
mi_decl_nodiscard void* mi_heap_malloc_small(mi_heap_t* heap, size_t size) mi_attr_noexcept mi_attr_malloc
    mi_attr_alloc_size(2);
mi_decl_nodiscard void* mi_heap_zalloc_small(mi_heap_t* heap, size_t size) mi_attr_noexcept mi_attr_malloc
    mi_attr_alloc_size(2);

/* As mi_realloc, mi_reallocn, mi_reallocf: NULL with ENOMEM on failure; p is then as it was, but freed by reallocf. */
mi_decl_nodiscard void* mi_heap_realloc(mi_heap_t* heap, void* p, size_t size) mi_attr_noexcept mi_attr_alloc_size(3);
mi_decl_nodiscard void* mi_heap_reallocn(mi_heap_t* heap, void* p, size_t count, size_t size) mi_attr_noexcept
    mi_attr_alloc_size2(3, 4);
mi_decl_nodiscard void* mi_heap_reallocf(mi_heap_t* heap, void* p, size_t size) mi_attr_noexcept mi_attr_alloc_size(3);

/* As mi_rezalloc, mi_recalloc: what the program has not written of a block that was made zero is zero. */
mi_decl_nodiscard void* mi_heap_rezalloc(mi_heap_t* heap, void* p, size_t size) mi_attr_noexcept mi_attr_alloc_size(3);
mi_decl_nodiscard void* mi_heap_recalloc(mi_heap_t* heap, void* p, size_t count, size_t size) mi_attr_noexcept
    mi_attr_alloc_size2(3, 4);

/* ---- Aligned blocks (aligned.h) ---- */

/* As mi_malloc_aligned, mi_zalloc_aligned, mi_calloc_aligned and their _at forms: EINVAL, ENOMEM. */
mi_decl_nodiscard void* mi_heap_malloc_aligned(mi_heap_t* heap, size_t size,
                                               size_t alignment) mi_attr_noexcept mi_attr_malloc mi_attr_alloc_size(2)
    mi_attr_alloc_align(3);
mi_decl_nodiscard void* mi_heap_malloc_aligned_at(mi_heap_t* heap, size_t size, size_t alignment,
                                                  size_t offset) mi_attr_noexcept mi_attr_malloc mi_attr_alloc_size(2);
mi_decl_nodiscard void* mi_heap_zalloc_aligned(mi_heap_t* heap, size_t size,
                                               size_t alignment) mi_attr_noexcept mi_attr_malloc mi_attr_alloc_size(2)
    mi_attr_alloc_align(3);
mi_decl_nodiscard void* mi_heap_zalloc_aligned_at(mi_heap_t* heap, size_t size, size_t alignment,
                                                  size_t offset) mi_attr_noexcept mi_attr_malloc mi_attr_alloc_size(2);
mi_decl_nodiscard void* mi_heap_calloc_aligned(mi_heap_t* heap, size_t count, size_t size,
                                               size_t alignment) mi_attr_noexcept mi_attr_malloc
    mi_attr_alloc_size2(2, 3) mi_attr_alloc_align(4);
mi_decl_nodiscard void* mi_heap_calloc_aligned_at(mi_heap_t* heap, size_t count, size_t size, size_t alignment,
                                                  size_t offset) mi_attr_noexcept mi_attr_malloc
    mi_attr_alloc_size2(2, 3);

/* As mi_realloc_aligned, mi_rezalloc_aligned, mi_recalloc_aligned and their _at forms: EINVAL, ENOMEM; p is then as it was. */
mi_decl_nodiscard void* mi_heap_realloc_aligned(mi_heap_t* heap, void* p, size_t size,
                                                size_t alignment) mi_attr_noexcept mi_attr_alloc_size(3)
    mi_attr_alloc_align(4);
mi_decl_nodiscard void* mi_heap_realloc_aligned_at(mi_heap_t* heap, void* p, size_t size, size_t alignment,
                                                   size_t offset) mi_attr_noexcept mi_attr_alloc_size(3);
mi_decl_nodiscard void* mi_heap_rezalloc_aligned(mi_heap_t* heap, void* p, size_t size,
                                                 size_t alignment) mi_attr_noexcept mi_attr_alloc_size(3)
    mi_attr_alloc_align(4);
mi_decl_nodiscard void* mi_heap_rezalloc_aligned_at(mi_heap_t* heap, void* p, size_t size, size_t alignment,
                                                    size_t offset) mi_attr_noexcept mi_attr_alloc_size(3);
mi_decl_nodiscard void* mi_heap_recalloc_aligned(mi_heap_t* heap, void* p, size_t count, size_t size,
                                                 size_t alignment) mi_attr_noexcept mi_attr_alloc_size2(3, 4)
    mi_attr_alloc_align(5);
mi_decl_nodiscard void* mi_heap_recalloc_aligned_at(mi_heap_t* heap, void* p, size_t count, size_t size,
                                                    size_t alignment, size_t offset) mi_attr_noexcept
    mi_attr_alloc_size2(3, 4);

/* ---- Texts (strings.h) ---- */

/* As mi_strdup, mi_strndup, and mi_realpath, whose errno is that of realpath. */
mi_decl_nodiscard char* mi_heap_strdup(mi_heap_t* heap, const char* text) mi_attr_noexcept mi_attr_malloc;
mi_decl_nodiscard char* mi_heap_strndup(mi_heap_t* heap, const char* text,
                                        size_t limit) mi_attr_noexcept mi_attr_malloc;
char* mi_heap_realpath(mi_heap_t* heap, const char* path, char* resolved) mi_attr_noexcept;

/* ---- In a heap as the thread has it ----
 * theap is the calling thread's own part of a heap (mi_heap_theap), which no other thread may use. NULL: the thread's default.
 * Otherwise as the functions of the same name with heap_. (mimalloc 3) */
mi_decl_nodiscard void* mi_theap_malloc(mi_theap_t* theap, size_t size) mi_attr_noexcept mi_attr_malloc
    mi_attr_alloc_size(2);
mi_decl_nodiscard void* mi_theap_zalloc(mi_theap_t* theap, size_t size) mi_attr_noexcept mi_attr_malloc
    mi_attr_alloc_size(2);
mi_decl_nodiscard void* mi_theap_calloc(mi_theap_t* theap, size_t count, size_t size) mi_attr_noexcept mi_attr_malloc
    mi_attr_alloc_size2(2, 3);
mi_decl_nodiscard void* mi_theap_malloc_small(mi_theap_t* theap, size_t size) mi_attr_noexcept mi_attr_malloc
    mi_attr_alloc_size(2);
mi_decl_nodiscard void* mi_theap_zalloc_small(mi_theap_t* theap, size_t size) mi_attr_noexcept mi_attr_malloc
    mi_attr_alloc_size(2);
mi_decl_nodiscard void* mi_theap_malloc_aligned(mi_theap_t* theap, size_t size,
                                                size_t alignment) mi_attr_noexcept mi_attr_malloc mi_attr_alloc_size(2)
    mi_attr_alloc_align(3);
mi_decl_nodiscard void* mi_theap_realloc(mi_theap_t* theap, void* p, size_t size) mi_attr_noexcept
    mi_attr_alloc_size(3);

#ifdef __cplusplus
}
#endif

/* ---- By type ----
 * One object of the type, or n of them, as the function of that name. */
#define mi_heap_malloc_tp(heap, type) ((type*)mi_heap_malloc((heap), sizeof(type)))
#define mi_heap_zalloc_tp(heap, type) ((type*)mi_heap_zalloc((heap), sizeof(type)))
#define mi_heap_calloc_tp(heap, type, n) ((type*)mi_heap_calloc((heap), (n), sizeof(type)))
#define mi_heap_mallocn_tp(heap, type, n) ((type*)mi_heap_mallocn((heap), (n), sizeof(type)))
#define mi_heap_reallocn_tp(heap, p, type, n) ((type*)mi_heap_reallocn((heap), (p), (n), sizeof(type)))
#define mi_heap_recalloc_tp(heap, p, type, n) ((type*)mi_heap_recalloc((heap), (p), (n), sizeof(type)))

#endif
