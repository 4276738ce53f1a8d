/* override_new.c -- C++'s operators new and delete, all 20 forms, as C functions.
 *
 * Contract of [new.delete]: on failure the program's new-handler is called, as long as there is one, and the allocation tried
 * again; without one the plain forms throw std::bad_alloc and the nothrow forms return a null pointer. An alignment that is
 * no power of two fails at once. Size 0 gives a block of its own. delete of a null pointer does nothing; sizes and alignments
 * given to delete are not needed.
 * A handler that throws out of a nothrow form gives a null pointer, too.
 * Compiled with -fexceptions: exceptions pass through these frames. */
#include "api/override_new.h"

#include "api/new_handler.h"
#include "base/config.h"
#include "heap/fast.h"
#include "heap/memalign.h"
#include <stdbool.h>

MICA_INLINE void* plain_new(size_t size, bool nothrow, mica_family_t family) {
  void* const p = mica_malloc(size);
  return mica_given_by(MICA_LIKELY(p != NULL) ? p : mica_new_until(size, 1, nothrow), family);
}

MICA_INLINE void* aligned_new(size_t size, size_t alignment, bool nothrow, mica_family_t family) {
  if (MICA_UNLIKELY(alignment == 0 || (alignment & (alignment - 1)) != 0)) return mica_new_misaligned(nothrow);
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
  MICA_EXPORT void _Zd##d##Pv(void* p) { mica_free_of(p, family, name); } \
  MICA_EXPORT void _Zd##d##Pvm(void* p, size_t size) { (void)size, mica_free_of(p, family, name); } \
  MICA_EXPORT void _Zd##d##PvRKSt9nothrow_t(void* p, const void* nothrow) { \
    (void)nothrow, mica_free_of(p, family, name); \
  } \
  MICA_EXPORT void _Zd##d##PvSt11align_val_t(void* p, size_t align) { (void)align, mica_free_of(p, family, name); } \
  MICA_EXPORT void _Zd##d##PvmSt11align_val_t(void* p, size_t size, size_t align) { \
    (void)size, (void)align, mica_free_of(p, family, name); \
  } \
  MICA_EXPORT void _Zd##d##PvSt11align_val_tRKSt9nothrow_t(void* p, size_t align, const void* nothrow) { \
    (void)align, (void)nothrow, mica_free_of(p, family, name); \
  }

MICA_OPERATORS(w, l, MICA_FAMILY_NEW, "operator delete")
MICA_OPERATORS(a, a, MICA_FAMILY_NEW_ARRAY, "operator delete[]")
