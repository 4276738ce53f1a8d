/* base.h -- common parts: the version, attributes for the compiler, and types that several headers use. */
#ifndef MICA_BASE_H
#define MICA_BASE_H
#include <stdbool.h>
#include <stddef.h>

/* The version of mica, not of mimalloc. As one number: major * 10000 + minor * 100 + patch. */
#define MICA_VERSION_MAJOR 0
#define MICA_VERSION_MINOR 2
#define MICA_VERSION_PATCH 0
#define MICA_VERSION_STRING "0.2.0"
#define MI_MALLOC_VERSION (MICA_VERSION_MAJOR * 10000 + MICA_VERSION_MINOR * 100 + MICA_VERSION_PATCH)

/* The largest size that the _small functions take. */
#define MI_SMALL_WSIZE_MAX 128
#define MI_SMALL_SIZE_MAX (MI_SMALL_WSIZE_MAX * sizeof(void*))

/* What the compiler is told; nothing, for a compiler or a language that does not know it. */
#if !defined(__cplusplus)
#define mi_attr_noexcept
#elif __cplusplus >= 201103L
#define mi_attr_noexcept noexcept
#else
#define mi_attr_noexcept throw()
#endif
#if defined(__cplusplus) && __cplusplus >= 201703L
#define mi_decl_nodiscard [[nodiscard]]
#elif defined(__GNUC__)
#define mi_decl_nodiscard __attribute__((warn_unused_result))
#else
#define mi_decl_nodiscard
#endif
#if defined(__GNUC__)
#define mi_attr_malloc __attribute__((malloc))
#define mi_attr_alloc_size(size) __attribute__((alloc_size(size)))
#define mi_attr_alloc_size2(count, size) __attribute__((alloc_size(count, size)))
#define mi_attr_alloc_align(align) __attribute__((alloc_align(align)))
#else
#define mi_attr_malloc
#define mi_attr_alloc_size(size)
#define mi_attr_alloc_size2(count, size)
#define mi_attr_alloc_align(align)
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* Takes one piece of text, of one line at most; arg as it was given. May allocate and free. */
typedef void(mi_output_fun)(const char* msg, void* arg);

/* A first-class heap (mica/heaps.h). */
typedef struct mi_heap_s mi_heap_t;

/* Memory that was reserved or brought along (mica/arenas.h); NULL: none in particular. */
typedef void* mi_arena_id_t;

/* A heap as one thread has it, and a set of threads with a main heap of their own (mica/heaps.h). */
typedef struct mica_theap_s mi_theap_t;
typedef struct mi_subproc_id_s {
  void* _mi_subproc_id; /* NULL: none */
} mi_subproc_id_t;

#ifdef __cplusplus
}
#endif
#endif
