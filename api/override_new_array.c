/* override_new_array.c -- C++'s operators new[] and delete[]: the plain ones, and those with an alignment. They are made of
 * those without brackets, whoever has these (operators.h); where a block bears its family, mica's own are made and freed
 * here.
 *
 * Contract: override_new.c. Compiled with -fexceptions: exceptions pass through these frames. */
#include "api/operators.h"

enum { BEARS_FAMILY = MICA_EXAMINES || MICA_TRACKED };

static bool delete_is_own(void) {
  void (*called)(void*) = _ZdlPv;
  MICA_OPAQUE(called); /* as in front.h */
  return called == mica_own_delete;
}

static bool delete_aligned_is_own(void) {
  void (*called)(void*, size_t) = _ZdlPvSt11align_val_t;
  MICA_OPAQUE(called);
  return called == mica_own_delete_aligned;
}

MICA_EXPORT void* _Znam(size_t size) {
  if (!BEARS_FAMILY || !mica_new_is_own()) return _Znwm(size);
  void* const p = mica_new_in_line(size, MICA_FAMILY_NEW_ARRAY);
  return p != NULL ? p : mica_new_general(size, false, MICA_FAMILY_NEW_ARRAY, NULL);
}
MICA_OWN_NAME(mica_own_new_array, _Znam);

MICA_EXPORT void* _ZnamSt11align_val_t(size_t size, size_t alignment) {
  if (BEARS_FAMILY && mica_new_aligned_is_own())
    return mica_new_aligned_general(size, alignment, false, MICA_FAMILY_NEW_ARRAY);
  return _ZnwmSt11align_val_t(size, alignment);
}
MICA_OWN_NAME(mica_own_new_array_aligned, _ZnamSt11align_val_t);

MICA_EXPORT void _ZdaPv(void* p) {
  if (BEARS_FAMILY && delete_is_own())
    mica_front_free(p, MICA_FAMILY_NEW_ARRAY, "operator delete[]");
  else
    _ZdlPv(p);
}

MICA_EXPORT void _ZdaPvSt11align_val_t(void* p, size_t alignment) {
  if (BEARS_FAMILY && delete_aligned_is_own())
    mica_front_free_aligned(p, MICA_FAMILY_NEW_ARRAY, "operator delete[]");
  else
    _ZdlPvSt11align_val_t(p, alignment);
}
