/* override_new.c -- C++'s operators new and delete, all 20 forms, as C functions.
 *
 * Contract of [new.delete]: on failure the program's new-handler is called, as long as there is one, and the allocation tried
 * again; without one the plain forms throw std::bad_alloc and the nothrow forms return a null pointer. An alignment that is
 * no power of two fails at once. Size 0 gives a block of its own. delete of a null pointer does nothing; sizes and alignments
 * given to delete are not needed.
 * A handler that throws out of a nothrow form gives a null pointer, too.
 * The blocks are those of whoever has malloc, or aligned_alloc, and go back to its free (front.h).
 * Compiled with -fexceptions: exceptions pass through these frames. */
#include "api/override_new.h"

#include "api/front.h"
#include "api/new_handler.h"
#include "base/config.h"
#include "base/sizes.h"
#include "heap/fast.h"
#include "heap/memalign.h"
#include <stdatomic.h>
#include <stdbool.h>

/* MICA_SMALL_MAX, once it was seen that malloc is mica's own; until then, and with somebody in front, 0: so the comparison that
 * finds the class finds that, too. */
static _Atomic(size_t) own_small; /* relaxed: a hint [F3] */

/* Whether somebody is in front; looks. */
static bool is_fronted(void) {
  if (!mica_malloc_is_own()) return true;
  if (atomic_load_explicit(&own_small, memory_order_relaxed) == 0)
    atomic_store_explicit(&own_small, MICA_SMALL_MAX, memory_order_relaxed);
  return false;
}

/* By whoever is in front. */
static MICA_NOINLINE void* new_by_name(size_t size, bool nothrow) {
  void* p;
  do p = malloc(size);
  while (p == NULL && mica_new_again(nothrow));
  return p;
}

static MICA_NOINLINE void* aligned_new_by_name(size_t size, size_t alignment, bool nothrow) {
  void* p;
  do p = aligned_alloc(alignment, size);
  while (p == NULL && mica_new_again(nothrow));
  return p;
}

static MICA_NOINLINE void* new_general(size_t size, bool nothrow, mica_family_t family) {
  if (is_fronted()) return new_by_name(size, nothrow);
  void* const p = mica_malloc(size);
  return mica_given_by(p != NULL ? p : mica_new_until(size, 1, nothrow), family);
}

MICA_INLINE void* new_cached(mica_cache_t* cache, size_t size, bool nothrow, mica_family_t family) {
  if (MICA_UNLIKELY(cache->head == NULL)) return new_general(size, nothrow, family);
  return mica_given_by(mica_given(mica_cache_pop(cache), size, false), family);
}

/* malloc's fast path (heap/fast.h), unless somebody is in front. */
MICA_INLINE void* plain_new(size_t size, bool nothrow, mica_family_t family) {
  const size_t small = atomic_load_explicit(&own_small, memory_order_relaxed);
  const size_t last = mica_padded(size) - 1;
  mica_theap_t* mine = mica_theap_mine();
  if (MICA_LIKELY(last < small))
    return new_cached(mica_cache_at(mine, last & ~(size_t)(MICA_STEP_SMALL - 1)), size, nothrow, family);
  if (MICA_LIKELY(last < small * (MICA_CLASS_MAX / MICA_SMALL_MAX)))
    return new_cached(mica_cache_at(mine, mica_class_steps[last / MICA_STEP_MEDIUM]), size, nothrow, family);
  return new_general(size, nothrow, family);
}

MICA_INLINE void* aligned_new(size_t size, size_t alignment, bool nothrow, mica_family_t family) {
  if (MICA_UNLIKELY(!mica_is_alignment(alignment))) return mica_new_misaligned(nothrow);
  if (MICA_UNLIKELY(!mica_aligned_is_own())) return aligned_new_by_name(size, alignment, nothrow);
  void* const p = mica_memalign(size, alignment);
  return mica_given_by(MICA_LIKELY(p != NULL) ? p : mica_new_until(size, alignment, nothrow), family);
}

/* The ten forms of one family: n and d as in the names of new and delete (override_new.h). Names are made of them here. */
#define MICA_OPERATORS(n, d, family, name) \
  MICA_EXPORT void* _Zn##n##m(size_t size) { return plain_new(size, false, family); } \
  MICA_EXPORT void* _Zn##n##mRKSt9nothrow_t(size_t size, const void* nothrow) { \
    return (void)nothrow, plain_new(size, true, family); \
  } \
  MICA_EXPORT void* _Zn##n##mSt11align_val_t(size_t size, size_t align) { \
    return aligned_new(size, align, false, family); \
  } \
  MICA_EXPORT void* _Zn##n##mSt11align_val_tRKSt9nothrow_t(size_t size, size_t align, const void* nothrow) { \
    return (void)nothrow, aligned_new(size, align, true, family); \
  } \
  MICA_EXPORT void _Zd##d##Pv(void* p) { mica_front_free(p, family, name); } \
  MICA_EXPORT void _Zd##d##Pvm(void* p, size_t size) { (void)size, mica_front_free(p, family, name); } \
  MICA_EXPORT void _Zd##d##PvRKSt9nothrow_t(void* p, const void* nothrow) { \
    (void)nothrow, mica_front_free(p, family, name); \
  } \
  MICA_EXPORT void _Zd##d##PvSt11align_val_t(void* p, size_t align) { \
    (void)align, mica_front_free_aligned(p, family, name); \
  } \
  MICA_EXPORT void _Zd##d##PvmSt11align_val_t(void* p, size_t size, size_t align) { \
    (void)size, (void)align, mica_front_free_aligned(p, family, name); \
  } \
  MICA_EXPORT void _Zd##d##PvSt11align_val_tRKSt9nothrow_t(void* p, size_t align, const void* nothrow) { \
    (void)align, (void)nothrow, mica_front_free_aligned(p, family, name); \
  }

MICA_OPERATORS(w, l, MICA_FAMILY_NEW, "operator delete")
MICA_OPERATORS(a, a, MICA_FAMILY_NEW_ARRAY, "operator delete[]")
