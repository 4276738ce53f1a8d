/* override_new.c -- C++'s operators new and delete, as C functions: the plain ones, and those with an alignment. All others
 * are made of these (operators.h).
 *
 * Contract of [new.delete]: on failure the program's new-handler is called, as long as there is one, and the allocation tried
 * again; without one the plain forms throw std::bad_alloc and the nothrow forms return a null pointer. An alignment that is
 * no power of two fails at once. Size 0 gives a block of its own. delete of a null pointer does nothing; sizes and alignments
 * given to delete are not needed.
 * A handler that throws out of a nothrow form gives a null pointer, too.
 * The blocks are those of whoever has malloc, or aligned_alloc, and go back to its free (front.h).
 * Compiled with -fexceptions: exceptions pass through these frames. */
#include "api/override_new.h"

#include "api/new_handler.h"
#include "api/operators.h"
#include "heap/memalign.h"

/* By whoever is in front. Whose malloc gives nothing for size 0 is asked for a byte. */
static MICA_NOINLINE void* new_by_name(size_t size, bool nothrow) {
  void* p;
  do p = malloc(size == 0 ? 1 : size);
  while (p == NULL && mica_new_again(nothrow));
  return p;
}

static MICA_NOINLINE void* aligned_new_by_name(size_t size, size_t alignment, bool nothrow) {
  void* p;
  do p = mica_front_aligned_alloc(alignment, size);
  while (p == NULL && mica_new_again(nothrow));
  return p;
}

/* relaxed: a hint [F3] */
void* mica_new_general(size_t size, bool nothrow, mica_family_t family, _Atomic(size_t)* own_small) {
  if (!mica_malloc_is_own()) return new_by_name(size, nothrow);
  if (own_small != NULL && atomic_load_explicit(own_small, memory_order_relaxed) == 0)
    atomic_store_explicit(own_small, MICA_SMALL_MAX, memory_order_relaxed);
  void* const p = mica_malloc(size);
  return mica_given_by(p != NULL ? p : mica_new_until(size, 1, nothrow), family);
}

MICA_INLINE void* aligned_new(size_t size, size_t alignment, bool nothrow, mica_family_t family) {
  if (MICA_UNLIKELY(!mica_is_alignment(alignment))) return mica_new_misaligned(nothrow);
  if (MICA_UNLIKELY(!mica_aligned_is_own())) return aligned_new_by_name(size, alignment, nothrow);
  void* const p = mica_memalign(size, alignment);
  return mica_given_by(MICA_LIKELY(p != NULL) ? p : mica_new_until(size, alignment, nothrow), family);
}

void* mica_new_aligned_general(size_t size, size_t alignment, bool nothrow, mica_family_t family) {
  return aligned_new(size, alignment, nothrow, family);
}

static _Atomic(size_t) own_small; /* relaxed: a hint [F3] */

static MICA_NOINLINE void* plain_general(size_t size) {
  return mica_new_general(size, false, MICA_FAMILY_NEW, &own_small);
}

MICA_EXPORT void* _Znwm(size_t size) {
  void* const p = mica_new_in_line(size, MICA_FAMILY_NEW);
  return p != NULL ? p : mica_new_fast(size, &own_small, MICA_FAMILY_NEW, plain_general);
}
MICA_OWN_NAME(mica_own_new, _Znwm);

MICA_EXPORT void* _ZnwmSt11align_val_t(size_t size, size_t alignment) {
  return aligned_new(size, alignment, false, MICA_FAMILY_NEW);
}
MICA_OWN_NAME(mica_own_new_aligned, _ZnwmSt11align_val_t);

MICA_EXPORT void _ZdlPv(void* p) { mica_front_free(p, MICA_FAMILY_NEW, "operator delete"); }
MICA_OWN_NAME(mica_own_delete, _ZdlPv);

MICA_EXPORT void _ZdlPvSt11align_val_t(void* p, size_t alignment) {
  (void)alignment, mica_front_free_aligned(p, MICA_FAMILY_NEW, "operator delete");
}
MICA_OWN_NAME(mica_own_delete_aligned, _ZdlPvSt11align_val_t);
