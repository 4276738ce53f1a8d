/* tables.h -- every mi_* function that allocates or resizes, in four tables, so that one test holds for all of them.
 *
 * A form takes what all of its kind take; a function with less ignores the rest. heap is NULL, or the first-class heap that the
 * functions with one are to use. */
#ifndef MICA_TESTS_OVERRIDE_TABLES_H
#define MICA_TESTS_OVERRIDE_TABLES_H

#include <mica.h>
#include <stdlib.h>

#include "tests/support/pointers.h"

typedef struct maker_s {
  const char* name;
  void* (*make)(mi_heap_t* heap, size_t size);
  void* (*array)(mi_heap_t* heap, size_t count, size_t size); /* the same by count, or NULL */
  bool zero;
  bool in_heap;
} maker_t;

typedef struct resizer_s {
  const char* name;
  void* (*resize)(mi_heap_t* heap, void* p, size_t size);
  void* (*array)(mi_heap_t* heap, void* p, size_t count, size_t size);
  bool zero;
  bool in_heap;
  bool frees; /* on failure */
} resizer_t;

typedef struct aligned_maker_s {
  const char* name;
  void* (*make)(mi_heap_t* heap, size_t size, size_t alignment, size_t offset);
  void* (*array)(mi_heap_t* heap, size_t count, size_t size, size_t alignment, size_t offset);
  bool zero;
  bool in_heap;
  bool at; /* takes an offset */
} aligned_maker_t;

typedef struct aligned_resizer_s {
  const char* name;
  void* (*resize)(mi_heap_t* heap, void* p, size_t size, size_t alignment, size_t offset);
  void* (*array)(mi_heap_t* heap, void* p, size_t count, size_t size, size_t alignment, size_t offset);
  bool zero;
  bool in_heap;
  bool at;
} aligned_resizer_t;

#define H mi_heap_t* heap
#define MAKER(name, call) \
  static inline void* make_##name(H, size_t size) { return (void)heap, opaque(call); }
#define MAKER_ARRAY(name, call) \
  static inline void* array_##name(H, size_t count, size_t size) { return (void)heap, opaque(call); }
#define RESIZER(name, call) \
  static inline void* resize_##name(H, void* p, size_t size) { return (void)heap, opaque(call); }
#define RESIZER_ARRAY(name, call) \
  static inline void* array_##name(H, void* p, size_t count, size_t size) { return (void)heap, opaque(call); }
#define ALIGNED_MAKER(name, call) \
  static inline void* make_##name(H, size_t size, size_t align, size_t offset) { \
    return (void)heap, (void)offset, opaque(call); \
  }
#define ALIGNED_MAKER_ARRAY(name, call) \
  static inline void* array_##name(H, size_t count, size_t size, size_t align, size_t offset) { \
    return (void)heap, (void)offset, opaque(call); \
  }
#define ALIGNED_RESIZER(name, call) \
  static inline void* resize_##name(H, void* p, size_t size, size_t align, size_t offset) { \
    return (void)heap, (void)offset, opaque(call); \
  }
#define ALIGNED_RESIZER_ARRAY(name, call) \
  static inline void* array_##name(H, void* p, size_t count, size_t size, size_t align, size_t offset) { \
    return (void)heap, (void)offset, opaque(call); \
  }

/* ---- makers ---- */

MAKER(malloc, mi_malloc(size))
MAKER(zalloc, mi_zalloc(size))
MAKER(malloc_small, mi_malloc_small(size))
MAKER(zalloc_small, mi_zalloc_small(size))
MAKER(umalloc, mi_umalloc(size, NULL))
MAKER(umalloc_small, mi_umalloc_small(size, NULL))
MAKER(uzalloc_small, mi_uzalloc_small(size, NULL))
MAKER(calloc, mi_calloc(size, 1))
MAKER_ARRAY(calloc, mi_calloc(count, size))
MAKER(mallocn, mi_mallocn(1, size))
MAKER_ARRAY(mallocn, mi_mallocn(count, size))
MAKER(ucalloc, mi_ucalloc(1, size, NULL))
MAKER_ARRAY(ucalloc, mi_ucalloc(count, size, NULL))
MAKER(new_nothrow, mi_new_nothrow(size))
MAKER(valloc, mi_valloc(size))
MAKER(pvalloc, mi_pvalloc(size))
MAKER(heap_malloc, mi_heap_malloc(heap, size))
MAKER(heap_zalloc, mi_heap_zalloc(heap, size))
MAKER(heap_malloc_small, mi_heap_malloc_small(heap, size))
MAKER(heap_zalloc_small, mi_heap_zalloc_small(heap, size))
MAKER(heap_calloc, mi_heap_calloc(heap, 1, size))
MAKER_ARRAY(heap_calloc, mi_heap_calloc(heap, count, size))
MAKER(heap_mallocn, mi_heap_mallocn(heap, size, 1))
MAKER_ARRAY(heap_mallocn, mi_heap_mallocn(heap, count, size))
MAKER(theap_malloc, mi_theap_malloc(mi_heap_theap(heap), size))
MAKER(theap_zalloc, mi_theap_zalloc(mi_heap_theap(heap), size))
MAKER(theap_malloc_small, mi_theap_malloc_small(mi_heap_theap(heap), size))
MAKER(theap_zalloc_small, mi_theap_zalloc_small(mi_heap_theap(heap), size))
MAKER(theap_calloc, mi_theap_calloc(mi_heap_theap(heap), 1, size))
MAKER_ARRAY(theap_calloc, mi_theap_calloc(mi_heap_theap(heap), count, size))

#define ONE(name) "mi_" #name, make_##name, NULL
#define ALSO_ARRAY(name) "mi_" #name, make_##name, array_##name
static const maker_t makers[] = {
    {ONE(malloc), false, false},
    {ONE(zalloc), true, false},
    {ONE(malloc_small), false, false},
    {ONE(zalloc_small), true, false},
    {ONE(umalloc), false, false},
    {ONE(umalloc_small), false, false},
    {ONE(uzalloc_small), true, false},
    {ALSO_ARRAY(calloc), true, false},
    {ALSO_ARRAY(mallocn), false, false},
    {ALSO_ARRAY(ucalloc), true, false},
    {ONE(new_nothrow), false, false},
    {ONE(valloc), false, false},
    {ONE(pvalloc), false, false},
    {ONE(heap_malloc), false, true},
    {ONE(heap_zalloc), true, true},
    {ONE(heap_malloc_small), false, true},
    {ONE(heap_zalloc_small), true, true},
    {ALSO_ARRAY(heap_calloc), true, true},
    {ALSO_ARRAY(heap_mallocn), false, true},
    {ONE(theap_malloc), false, true},
    {ONE(theap_zalloc), true, true},
    {ONE(theap_malloc_small), false, true},
    {ONE(theap_zalloc_small), true, true},
    {ALSO_ARRAY(theap_calloc), true, true},
};
enum { MAKERS = sizeof makers / sizeof makers[0] };

/* ---- resizers ---- */

RESIZER(realloc, mi_realloc(p, size))
RESIZER(reallocn, mi_reallocn(p, 1, size))
RESIZER_ARRAY(reallocn, mi_reallocn(p, count, size))
RESIZER(reallocarray, mi_reallocarray(p, size, 1))
RESIZER_ARRAY(reallocarray, mi_reallocarray(p, count, size))
RESIZER(reallocf, mi_reallocf(p, size))
RESIZER(urealloc, mi_urealloc(p, size, NULL, NULL))
RESIZER(rezalloc, mi_rezalloc(p, size))
RESIZER(recalloc, mi_recalloc(p, 1, size))
RESIZER_ARRAY(recalloc, mi_recalloc(p, count, size))
RESIZER(heap_realloc, mi_heap_realloc(heap, p, size))
RESIZER(heap_reallocn, mi_heap_reallocn(heap, p, 1, size))
RESIZER_ARRAY(heap_reallocn, mi_heap_reallocn(heap, p, count, size))
RESIZER(heap_reallocf, mi_heap_reallocf(heap, p, size))
RESIZER(heap_rezalloc, mi_heap_rezalloc(heap, p, size))
RESIZER(heap_recalloc, mi_heap_recalloc(heap, p, size, 1))
RESIZER_ARRAY(heap_recalloc, mi_heap_recalloc(heap, p, count, size))
RESIZER(theap_realloc, mi_theap_realloc(mi_heap_theap(heap), p, size))

#define R_ONE(name) "mi_" #name, resize_##name, NULL
#define R_ARRAY(name) "mi_" #name, resize_##name, array_##name
static const resizer_t resizers[] = {
    {R_ONE(realloc), false, false, false},        {R_ARRAY(reallocn), false, false, false},
    {R_ARRAY(reallocarray), false, false, false}, {R_ONE(reallocf), false, false, true},
    {R_ONE(urealloc), false, false, false},       {R_ONE(rezalloc), true, false, false},
    {R_ARRAY(recalloc), true, false, false},      {R_ONE(heap_realloc), false, true, false},
    {R_ARRAY(heap_reallocn), false, true, false}, {R_ONE(heap_reallocf), false, true, true},
    {R_ONE(heap_rezalloc), true, true, false},    {R_ARRAY(heap_recalloc), true, true, false},
    {R_ONE(theap_realloc), false, true, false},
};
enum { RESIZERS = sizeof resizers / sizeof resizers[0] };

/* ---- aligned makers ---- */

ALIGNED_MAKER(malloc_aligned, mi_malloc_aligned(size, align))
ALIGNED_MAKER(zalloc_aligned, mi_zalloc_aligned(size, align))
ALIGNED_MAKER(calloc_aligned, mi_calloc_aligned(1, size, align))
ALIGNED_MAKER_ARRAY(calloc_aligned, mi_calloc_aligned(count, size, align))
ALIGNED_MAKER(umalloc_aligned, mi_umalloc_aligned(size, align, NULL))
ALIGNED_MAKER(uzalloc_aligned, mi_uzalloc_aligned(size, align, NULL))
ALIGNED_MAKER(aligned_alloc, mi_aligned_alloc(align, size))
ALIGNED_MAKER(memalign, mi_memalign(align, size))
ALIGNED_MAKER(new_aligned_nothrow, mi_new_aligned_nothrow(size, align))
ALIGNED_MAKER(malloc_aligned_at, mi_malloc_aligned_at(size, align, offset))
ALIGNED_MAKER(zalloc_aligned_at, mi_zalloc_aligned_at(size, align, offset))
ALIGNED_MAKER(calloc_aligned_at, mi_calloc_aligned_at(1, size, align, offset))
ALIGNED_MAKER_ARRAY(calloc_aligned_at, mi_calloc_aligned_at(count, size, align, offset))
ALIGNED_MAKER(heap_malloc_aligned, mi_heap_malloc_aligned(heap, size, align))
ALIGNED_MAKER(heap_zalloc_aligned, mi_heap_zalloc_aligned(heap, size, align))
ALIGNED_MAKER(heap_calloc_aligned, mi_heap_calloc_aligned(heap, size, 1, align))
ALIGNED_MAKER_ARRAY(heap_calloc_aligned, mi_heap_calloc_aligned(heap, count, size, align))
ALIGNED_MAKER(heap_malloc_aligned_at, mi_heap_malloc_aligned_at(heap, size, align, offset))
ALIGNED_MAKER(heap_zalloc_aligned_at, mi_heap_zalloc_aligned_at(heap, size, align, offset))
ALIGNED_MAKER(heap_calloc_aligned_at, mi_heap_calloc_aligned_at(heap, 1, size, align, offset))
ALIGNED_MAKER_ARRAY(heap_calloc_aligned_at, mi_heap_calloc_aligned_at(heap, count, size, align, offset))
ALIGNED_MAKER(theap_malloc_aligned, mi_theap_malloc_aligned(mi_heap_theap(heap), size, align))

static const aligned_maker_t aligned_makers[] = {
    {ONE(malloc_aligned), false, false, false},
    {ONE(zalloc_aligned), true, false, false},
    {ALSO_ARRAY(calloc_aligned), true, false, false},
    {ONE(umalloc_aligned), false, false, false},
    {ONE(uzalloc_aligned), true, false, false},
    {ONE(aligned_alloc), false, false, false},
    {ONE(memalign), false, false, false},
    {ONE(new_aligned_nothrow), false, false, false},
    {ONE(malloc_aligned_at), false, false, true},
    {ONE(zalloc_aligned_at), true, false, true},
    {ALSO_ARRAY(calloc_aligned_at), true, false, true},
    {ONE(heap_malloc_aligned), false, true, false},
    {ONE(heap_zalloc_aligned), true, true, false},
    {ALSO_ARRAY(heap_calloc_aligned), true, true, false},
    {ONE(heap_malloc_aligned_at), false, true, true},
    {ONE(heap_zalloc_aligned_at), true, true, true},
    {ALSO_ARRAY(heap_calloc_aligned_at), true, true, true},
    {ONE(theap_malloc_aligned), false, true, false},
};
enum { ALIGNED_MAKERS = sizeof aligned_makers / sizeof aligned_makers[0] };

/* ---- aligned resizers ---- */

ALIGNED_RESIZER(realloc_aligned, mi_realloc_aligned(p, size, align))
ALIGNED_RESIZER(realloc_aligned_at, mi_realloc_aligned_at(p, size, align, offset))
ALIGNED_RESIZER(rezalloc_aligned, mi_rezalloc_aligned(p, size, align))
ALIGNED_RESIZER(rezalloc_aligned_at, mi_rezalloc_aligned_at(p, size, align, offset))
ALIGNED_RESIZER(recalloc_aligned, mi_recalloc_aligned(p, 1, size, align))
ALIGNED_RESIZER_ARRAY(recalloc_aligned, mi_recalloc_aligned(p, count, size, align))
ALIGNED_RESIZER(recalloc_aligned_at, mi_recalloc_aligned_at(p, size, 1, align, offset))
ALIGNED_RESIZER_ARRAY(recalloc_aligned_at, mi_recalloc_aligned_at(p, count, size, align, offset))
ALIGNED_RESIZER(aligned_recalloc, mi_aligned_recalloc(p, 1, size, align))
ALIGNED_RESIZER_ARRAY(aligned_recalloc, mi_aligned_recalloc(p, count, size, align))
ALIGNED_RESIZER(aligned_offset_recalloc, mi_aligned_offset_recalloc(p, 1, size, align, offset))
ALIGNED_RESIZER_ARRAY(aligned_offset_recalloc, mi_aligned_offset_recalloc(p, count, size, align, offset))
ALIGNED_RESIZER(heap_realloc_aligned, mi_heap_realloc_aligned(heap, p, size, align))
ALIGNED_RESIZER(heap_realloc_aligned_at, mi_heap_realloc_aligned_at(heap, p, size, align, offset))
ALIGNED_RESIZER(heap_rezalloc_aligned, mi_heap_rezalloc_aligned(heap, p, size, align))
ALIGNED_RESIZER(heap_rezalloc_aligned_at, mi_heap_rezalloc_aligned_at(heap, p, size, align, offset))
ALIGNED_RESIZER(heap_recalloc_aligned, mi_heap_recalloc_aligned(heap, p, 1, size, align))
ALIGNED_RESIZER_ARRAY(heap_recalloc_aligned, mi_heap_recalloc_aligned(heap, p, count, size, align))
ALIGNED_RESIZER(heap_recalloc_aligned_at, mi_heap_recalloc_aligned_at(heap, p, size, 1, align, offset))
ALIGNED_RESIZER_ARRAY(heap_recalloc_aligned_at, mi_heap_recalloc_aligned_at(heap, p, count, size, align, offset))

static const aligned_resizer_t aligned_resizers[] = {
    {R_ONE(realloc_aligned), false, false, false},       {R_ONE(realloc_aligned_at), false, false, true},
    {R_ONE(rezalloc_aligned), true, false, false},       {R_ONE(rezalloc_aligned_at), true, false, true},
    {R_ARRAY(recalloc_aligned), true, false, false},     {R_ARRAY(recalloc_aligned_at), true, false, true},
    {R_ARRAY(aligned_recalloc), true, false, false},     {R_ARRAY(aligned_offset_recalloc), true, false, true},
    {R_ONE(heap_realloc_aligned), false, true, false},   {R_ONE(heap_realloc_aligned_at), false, true, true},
    {R_ONE(heap_rezalloc_aligned), true, true, false},   {R_ONE(heap_rezalloc_aligned_at), true, true, true},
    {R_ARRAY(heap_recalloc_aligned), true, true, false}, {R_ARRAY(heap_recalloc_aligned_at), true, true, true},
};
enum { ALIGNED_RESIZERS = sizeof aligned_resizers / sizeof aligned_resizers[0] };

#endif
