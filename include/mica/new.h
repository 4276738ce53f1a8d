/* new.h -- operator new: allocating as C++ does, from C and C++. The rules common to all functions of mica stand in mica.h.
 *
 * What cannot be allocated is a matter for the program's new-handler (std::set_new_handler): it is called, and the allocation
 * tried again, until that succeeds or there is no handler. Then std::bad_alloc is thrown, so that NULL is never returned;
 * the _nothrow forms return NULL with errno ENOMEM. The handler may allocate, free and throw. In a program without a C++
 * runtime there is no handler, and instead of throwing the program ends: one line on stderr, and abort().
 * The blocks are freed by mi_free, mi_free_size and the like, not by delete, unless operator delete is defined by these
 * functions (mimalloc-new-delete.h). All forms are mimalloc's. */
#ifndef MICA_PUBLIC_NEW_H
#define MICA_PUBLIC_NEW_H
#include <mica/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A block of size bytes. (C++ operator new) */
mi_decl_nodiscard void* mi_new(size_t size) mi_attr_malloc mi_attr_alloc_size(1);
mi_decl_nodiscard void* mi_new_nothrow(size_t size) mi_attr_malloc mi_attr_alloc_size(1);

/* A block of size bytes at a multiple of alignment. An alignment that is no power of two fails at once, without the handler:
 * std::bad_alloc, or NULL with EINVAL. One above 1 GiB cannot be allocated. (C++17 operator new with std::align_val_t) */
mi_decl_nodiscard void* mi_new_aligned(size_t size, size_t alignment) mi_attr_malloc mi_attr_alloc_size(1)
    mi_attr_alloc_align(2);
mi_decl_nodiscard void* mi_new_aligned_nothrow(size_t size, size_t alignment) mi_attr_malloc mi_attr_alloc_size(1)
    mi_attr_alloc_align(2);

/* A block of count * size bytes. If that overflows, the handler is called once and std::bad_alloc thrown. */
mi_decl_nodiscard void* mi_new_n(size_t count, size_t size) mi_attr_malloc mi_attr_alloc_size2(1, 2);

/* As mi_realloc, and mi_reallocn with an overflow as above. p is the caller's, unchanged, while the handler runs and when
 * std::bad_alloc has been thrown. */
mi_decl_nodiscard void* mi_new_realloc(void* p, size_t size) mi_attr_alloc_size(2);
mi_decl_nodiscard void* mi_new_reallocn(void* p, size_t count, size_t size) mi_attr_alloc_size2(2, 3);

/* As mi_new and mi_new_n; the block is the heap's (mica/heaps.h). The handler's own allocations are not. */
mi_decl_nodiscard void* mi_heap_alloc_new(mi_heap_t* heap, size_t size) mi_attr_malloc mi_attr_alloc_size(2);
mi_decl_nodiscard void* mi_heap_alloc_new_n(mi_heap_t* heap, size_t count, size_t size) mi_attr_malloc
    mi_attr_alloc_size2(2, 3);

/* As mi_heap_alloc_new; with nothrow NULL is returned instead of throwing, errno is ENOMEM then. (mimalloc 2) */
mi_decl_nodiscard void* mi_heap_try_new(mi_heap_t* heap, size_t size, bool nothrow) mi_attr_malloc
    mi_attr_alloc_size(2);

#ifdef __cplusplus
}
#endif
#endif
