/* override_new_others.c -- C++'s operators new and delete: those that throw nothing, and deletes that are given a size. They
 * are made of those without that, whoever has these (operators.h).
 *
 * Contract: override_new.c. What a program's own operator throws is caught here. Compiled with -fexceptions. */
#include "api/cxx.h"
#include "api/operators.h"

/* An attempt by an operator that may throw. */
typedef struct attempt_s {
  void* (*plain)(size_t);           /* NULL: */
  void* (*aligned)(size_t, size_t); /* that one */
  size_t size, alignment;
  void* result;
} attempt_t;

static void attempt_make(void* attempt) {
  attempt_t* const a = attempt;
  a->result = a->plain != NULL ? a->plain(a->size) : a->aligned(a->size, a->alignment);
}

static MICA_NOINLINE void* caught(attempt_t attempt) {
  return mica_cxx_try(attempt_make, &attempt) ? attempt.result : NULL;
}

static _Atomic(size_t) own_small, own_small_array; /* relaxed: a hint [F3] */

static MICA_NOINLINE void* general(size_t size) {
  if (!mica_new_is_own()) return caught((attempt_t){.plain = _Znwm, .size = size});
  return mica_new_general(size, true, MICA_FAMILY_NEW, &own_small);
}

static MICA_NOINLINE void* general_array(size_t size) {
  if (!mica_new_array_is_own()) return caught((attempt_t){.plain = _Znam, .size = size});
  return mica_new_general(size, true, MICA_FAMILY_NEW_ARRAY, &own_small_array);
}

MICA_EXPORT void* _ZnwmRKSt9nothrow_t(size_t size, const void* nothrow) {
  (void)nothrow;
  void* const p = MICA_TRACKED && mica_new_is_own() ? mica_new_in_line(size, MICA_FAMILY_NEW) : NULL;
  return p != NULL ? p : mica_new_fast(size, &own_small, MICA_FAMILY_NEW, general);
}

MICA_EXPORT void* _ZnamRKSt9nothrow_t(size_t size, const void* nothrow) {
  (void)nothrow;
  void* const p = MICA_TRACKED && mica_new_array_is_own() ? mica_new_in_line(size, MICA_FAMILY_NEW_ARRAY) : NULL;
  return p != NULL ? p : mica_new_fast(size, &own_small_array, MICA_FAMILY_NEW_ARRAY, general_array);
}

MICA_EXPORT void* _ZnwmSt11align_val_tRKSt9nothrow_t(size_t size, size_t alignment, const void* nothrow) {
  (void)nothrow;
  if (!mica_new_aligned_is_own())
    return caught((attempt_t){.aligned = _ZnwmSt11align_val_t, .size = size, .alignment = alignment});
  return mica_new_aligned_general(size, alignment, true, MICA_FAMILY_NEW);
}

MICA_EXPORT void* _ZnamSt11align_val_tRKSt9nothrow_t(size_t size, size_t alignment, const void* nothrow) {
  (void)nothrow;
  if (!mica_new_array_aligned_is_own())
    return caught((attempt_t){.aligned = _ZnamSt11align_val_t, .size = size, .alignment = alignment});
  return mica_new_aligned_general(size, alignment, true, MICA_FAMILY_NEW_ARRAY);
}

/* d as in the names of delete (override_new.h), of which names are made here. */
#define MICA_DELETES(d) \
  MICA_EXPORT void _Zd##d##Pvm(void* p, size_t size) { (void)size, _Zd##d##Pv(p); } \
  MICA_EXPORT void _Zd##d##PvRKSt9nothrow_t(void* p, const void* nothrow) { (void)nothrow, _Zd##d##Pv(p); } \
  MICA_EXPORT void _Zd##d##PvmSt11align_val_t(void* p, size_t size, size_t alignment) { \
    (void)size, _Zd##d##PvSt11align_val_t(p, alignment); \
  } \
  MICA_EXPORT void _Zd##d##PvSt11align_val_tRKSt9nothrow_t(void* p, size_t alignment, const void* nothrow) { \
    (void)nothrow, _Zd##d##PvSt11align_val_t(p, alignment); \
  }

MICA_DELETES(l)
MICA_DELETES(a)
