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

MICA_EXPORT void* _Znwm(size_t size) { return plain_new(size, false, MICA_FAMILY_NEW); }

MICA_EXPORT void* _Znam(size_t size) { return plain_new(size, false, MICA_FAMILY_NEW_ARRAY); }

MICA_EXPORT void* _ZnwmRKSt9nothrow_t(size_t size, const void* nothrow) {
  (void)nothrow;
  return plain_new(size, true, MICA_FAMILY_NEW);
}

MICA_EXPORT void* _ZnamRKSt9nothrow_t(size_t size, const void* nothrow) {
  (void)nothrow;
  return plain_new(size, true, MICA_FAMILY_NEW_ARRAY);
}

MICA_EXPORT void* _ZnwmSt11align_val_t(size_t size, size_t alignment) {
  return aligned_new(size, alignment, false, MICA_FAMILY_NEW);
}

MICA_EXPORT void* _ZnamSt11align_val_t(size_t size, size_t alignment) {
  return aligned_new(size, alignment, false, MICA_FAMILY_NEW_ARRAY);
}

MICA_EXPORT void* _ZnwmSt11align_val_tRKSt9nothrow_t(size_t size, size_t alignment, const void* nothrow) {
  (void)nothrow;
  return aligned_new(size, alignment, true, MICA_FAMILY_NEW);
}

MICA_EXPORT void* _ZnamSt11align_val_tRKSt9nothrow_t(size_t size, size_t alignment, const void* nothrow) {
  (void)nothrow;
  return aligned_new(size, alignment, true, MICA_FAMILY_NEW_ARRAY);
}

MICA_EXPORT void _ZdlPv(void* p) { mica_free_of(p, MICA_FAMILY_NEW, "operator delete"); }

MICA_EXPORT void _ZdaPv(void* p) { mica_free_of(p, MICA_FAMILY_NEW_ARRAY, "operator delete[]"); }

MICA_EXPORT void _ZdlPvm(void* p, size_t size) {
  (void)size;
  mica_free_of(p, MICA_FAMILY_NEW, "operator delete");
}

MICA_EXPORT void _ZdaPvm(void* p, size_t size) {
  (void)size;
  mica_free_of(p, MICA_FAMILY_NEW_ARRAY, "operator delete[]");
}

MICA_EXPORT void _ZdlPvRKSt9nothrow_t(void* p, const void* nothrow) {
  (void)nothrow;
  mica_free_of(p, MICA_FAMILY_NEW, "operator delete");
}

MICA_EXPORT void _ZdaPvRKSt9nothrow_t(void* p, const void* nothrow) {
  (void)nothrow;
  mica_free_of(p, MICA_FAMILY_NEW_ARRAY, "operator delete[]");
}

MICA_EXPORT void _ZdlPvSt11align_val_t(void* p, size_t alignment) {
  (void)alignment;
  mica_free_of(p, MICA_FAMILY_NEW, "operator delete");
}

MICA_EXPORT void _ZdaPvSt11align_val_t(void* p, size_t alignment) {
  (void)alignment;
  mica_free_of(p, MICA_FAMILY_NEW_ARRAY, "operator delete[]");
}

MICA_EXPORT void _ZdlPvmSt11align_val_t(void* p, size_t size, size_t alignment) {
  (void)size;
  (void)alignment;
  mica_free_of(p, MICA_FAMILY_NEW, "operator delete");
}

MICA_EXPORT void _ZdaPvmSt11align_val_t(void* p, size_t size, size_t alignment) {
  (void)size;
  (void)alignment;
  mica_free_of(p, MICA_FAMILY_NEW_ARRAY, "operator delete[]");
}

MICA_EXPORT void _ZdlPvSt11align_val_tRKSt9nothrow_t(void* p, size_t alignment, const void* nothrow) {
  (void)alignment;
  (void)nothrow;
  mica_free_of(p, MICA_FAMILY_NEW, "operator delete");
}

MICA_EXPORT void _ZdaPvSt11align_val_tRKSt9nothrow_t(void* p, size_t alignment, const void* nothrow) {
  (void)alignment;
  (void)nothrow;
  mica_free_of(p, MICA_FAMILY_NEW_ARRAY, "operator delete[]");
}
