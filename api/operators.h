/* operators.h -- what the files of C++'s operators share: override_new.c, override_new_array.c, override_new_others.c.
 *
 * The plain operators, and those with an alignment, are what all others are made of: a program that replaces these alone has
 * every block of the others made and freed by its own, as with libstdc++. So the others call them by name, and no file holds
 * both: a compiler that saw both would bind them. Where all are mica's own, the others make mica's blocks at once if that is
 * quicker, or if a block bears its family. */
#ifndef MICA_OPERATORS_H
#define MICA_OPERATORS_H
#include "api/front.h"
#include "api/override_new.h"
#include "base/config.h"
#include "base/sizes.h"
#include "heap/fast.h"
#include <stdatomic.h>
#include <stdbool.h>

/* Mica's own, by names that nobody takes. */
void* mica_own_new(size_t size);
void* mica_own_new_array(size_t size);
void* mica_own_new_aligned(size_t size, size_t alignment);
void* mica_own_new_array_aligned(size_t size, size_t alignment);
void mica_own_delete(void* p);
void mica_own_delete_aligned(void* p, size_t alignment);

/* Whether that new is mica's own, and whatever it is made of. */
MICA_INLINE bool mica_new_is_own(void) {
  void* (*called)(size_t) = _Znwm;
  MICA_OPAQUE(called); /* as in front.h */
  return called == mica_own_new;
}
MICA_INLINE bool mica_new_aligned_is_own(void) {
  void* (*called)(size_t, size_t) = _ZnwmSt11align_val_t;
  MICA_OPAQUE(called);
  return called == mica_own_new_aligned;
}
MICA_INLINE bool mica_new_array_is_own(void) {
  void* (*called)(size_t) = _Znam;
  MICA_OPAQUE(called);
  return called == mica_own_new_array && mica_new_is_own();
}
MICA_INLINE bool mica_new_array_aligned_is_own(void) {
  void* (*called)(size_t, size_t) = _ZnamSt11align_val_t;
  MICA_OPAQUE(called);
  return called == mica_own_new_array_aligned && mica_new_aligned_is_own();
}

/* Where the operators are mica's own: a block of mica's, or of whoever has malloc or aligned_alloc. own_small, unless it is
 * NULL, becomes MICA_SMALL_MAX once it was seen that malloc is mica's own. (override_new.c) */
void* mica_new_general(size_t size, bool nothrow, mica_family_t family, _Atomic(size_t)* own_small);
void* mica_new_aligned_general(size_t size, size_t alignment, bool nothrow, mica_family_t family);

MICA_INLINE void* mica_new_cached(mica_cache_t* cache, size_t size, mica_family_t family, void* (*general)(size_t)) {
  if (MICA_UNLIKELY(cache->head == NULL)) return general(size);
  return mica_given_by(mica_given(mica_cache_pop(cache), size, false), family);
}

/* Where blocks are tracked, and all that this operator is made of is mica's own: a block, of which the checker is told in
 * line. NULL: it is to be made in the usual way. */
MICA_INLINE void* mica_new_in_line(size_t size, mica_family_t family) {
  return MICA_TRACKED && mica_malloc_is_own() ? mica_given_by(mica_malloc(size), family) : NULL;
}

/* malloc's fast path (heap/fast.h), or general. own_small: MICA_SMALL_MAX, once it was seen that everything is mica's own;
 * until then, and with somebody in front, 0: so the comparison that finds the class finds that, too. relaxed: a hint [F3] */
MICA_INLINE void* mica_new_fast(size_t size, _Atomic(size_t)* own_small, mica_family_t family,
                                void* (*general)(size_t)) {
  const size_t small = atomic_load_explicit(own_small, memory_order_relaxed);
  const size_t last = mica_padded(size) - 1;
  mica_cache_t* caches = mica_caches_mine();
  if (MICA_LIKELY(last < small))
    return mica_new_cached(mica_cache_at(caches, last & ~(size_t)(MICA_STEP_SMALL - 1)), size, family, general);
  if (MICA_LIKELY(last < small * (MICA_CLASS_MAX / MICA_SMALL_MAX)))
    return mica_new_cached(mica_cache_at(caches, mica_class_steps[last / MICA_STEP_MEDIUM]), size, family, general);
  return general(size);
}

#endif
