/* mimalloc-override.h -- the C library's names for allocating, Microsoft's too, as macros for mica's functions: a source file
 * that includes it calls mi_malloc where it says malloc. A program that is linked with mica does not need it: malloc is mica's
 * there. No pointer from a library that has another malloc may be freed by such a file, and none of its pointers by that.
 *
 * The names are mimalloc's list, and C23's free_sized and free_aligned_sized. The headers that declare these functions are
 * included first, so that they keep their own names there. In C++ write malloc, not std::malloc: that would be
 * std::mi_malloc. */
#ifndef MIMALLOC_OVERRIDE_H
#define MIMALLOC_OVERRIDE_H
#ifdef __cplusplus
#include <cstdlib>
#include <cstring>
#endif
#include <malloc.h>
#include <mimalloc.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

/* C */
#define malloc(size) mi_malloc(size)
#define calloc(count, size) mi_calloc(count, size)
#define realloc(p, size) mi_realloc(p, size)
#define free(p) mi_free(p)
#define aligned_alloc(alignment, size) mi_aligned_alloc(alignment, size)
#define free_sized(p, size) mi_free_size(p, size)
#define free_aligned_sized(p, alignment, size) mi_free_size_aligned(p, size, alignment)

/* POSIX, BSD and glibc */
#define strdup(s) mi_strdup(s)
#define strndup(s, n) mi_strndup(s, n)
#define realpath(path, resolved) mi_realpath(path, resolved)
#define posix_memalign(out, alignment, size) mi_posix_memalign(out, alignment, size)
#define memalign(alignment, size) mi_memalign(alignment, size)
#define valloc(size) mi_valloc(size)
#define pvalloc(size) mi_pvalloc(size)
#define reallocarray(p, count, size) mi_reallocarray(p, count, size)
#define reallocarr(p, count, size) mi_reallocarr(p, count, size)
#define reallocf(p, size) mi_reallocf(p, size)
#define malloc_size(p) mi_malloc_size(p)
#define malloc_usable_size(p) mi_malloc_usable_size(p)
#define malloc_good_size(size) mi_malloc_good_size(size)
#define cfree(p) mi_cfree(p)

/* Microsoft */
#define _expand(p, size) mi_expand(p, size)
#define _msize(p) mi_usable_size(p)
#define _recalloc(p, count, size) mi_recalloc(p, count, size)
#define _strdup(s) mi_strdup(s)
#define _strndup(s, n) mi_strndup(s, n)
#define _wcsdup(s) mi_wcsdup(s)
#define _mbsdup(s) mi_mbsdup(s)
#define _dupenv_s(out, size, name) mi_dupenv_s(out, size, name)
#define _wdupenv_s(out, size, name) mi_wdupenv_s(out, size, name)
#define _posix_memalign(out, alignment, size) mi_posix_memalign(out, alignment, size)
#define _aligned_malloc(size, alignment) mi_malloc_aligned(size, alignment)
#define _aligned_realloc(p, size, alignment) mi_realloc_aligned(p, size, alignment)
#define _aligned_recalloc(p, count, size, alignment) mi_aligned_recalloc(p, count, size, alignment)
#define _aligned_msize(p, alignment, offset) mi_usable_size(p)
#define _aligned_free(p) mi_free(p)
#define _aligned_offset_malloc(size, alignment, offset) mi_malloc_aligned_at(size, alignment, offset)
#define _aligned_offset_realloc(p, size, alignment, offset) mi_realloc_aligned_at(p, size, alignment, offset)
#define _aligned_offset_recalloc(p, count, size, alignment, offset) \
  mi_aligned_offset_recalloc(p, count, size, alignment, offset)
#endif
