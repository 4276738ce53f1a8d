/* mimalloc-new-delete.h -- the C++ operators new and delete, all twenty, defined in the program that includes it, by mica's
 * functions. To be included in one source file only: these are definitions, and none is inline. A program that is linked with
 * libmica needs it not: the operators are mica's there. In C it is empty.
 *
 * Contract: [new.delete] of the C++ standard; the functions they call have the new-handler's loop. Those that take an
 * std::align_val_t exist where the compiler has it: from C++17 on. */
#ifndef MIMALLOC_NEW_DELETE_H
#define MIMALLOC_NEW_DELETE_H
#ifdef __cplusplus
#include <cstddef>
#include <mimalloc.h>
#include <new>

void* operator new(std::size_t size) { return mi_new(size); }
void* operator new[](std::size_t size) { return mi_new(size); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return mi_new_nothrow(size); }
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept { return mi_new_nothrow(size); }

void operator delete(void* p) noexcept { mi_free(p); }
void operator delete[](void* p) noexcept { mi_free(p); }
void operator delete(void* p, const std::nothrow_t&) noexcept { mi_free(p); }
void operator delete[](void* p, const std::nothrow_t&) noexcept { mi_free(p); }
void operator delete(void* p, std::size_t size) noexcept { mi_free_size(p, size); }
void operator delete[](void* p, std::size_t size) noexcept { mi_free_size(p, size); }

#if defined(__cpp_aligned_new)
void* operator new(std::size_t size, std::align_val_t align) { return mi_new_aligned(size, std::size_t(align)); }
void* operator new[](std::size_t size, std::align_val_t align) { return mi_new_aligned(size, std::size_t(align)); }
void* operator new(std::size_t size, std::align_val_t align, const std::nothrow_t&) noexcept {
  return mi_new_aligned_nothrow(size, std::size_t(align));
}
void* operator new[](std::size_t size, std::align_val_t align, const std::nothrow_t&) noexcept {
  return mi_new_aligned_nothrow(size, std::size_t(align));
}

void operator delete(void* p, std::align_val_t align) noexcept { mi_free_aligned(p, std::size_t(align)); }
void operator delete[](void* p, std::align_val_t align) noexcept { mi_free_aligned(p, std::size_t(align)); }
void operator delete(void* p, std::align_val_t align, const std::nothrow_t&) noexcept {
  mi_free_aligned(p, std::size_t(align));
}
void operator delete[](void* p, std::align_val_t align, const std::nothrow_t&) noexcept {
  mi_free_aligned(p, std::size_t(align));
}
void operator delete(void* p, std::size_t size, std::align_val_t align) noexcept {
  mi_free_size_aligned(p, size, std::size_t(align));
}
void operator delete[](void* p, std::size_t size, std::align_val_t align) noexcept {
  mi_free_size_aligned(p, size, std::size_t(align));
}
#endif
#endif
#endif
