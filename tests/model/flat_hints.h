/* flat_hints.h -- page/directory.h with one level: what the models of the page word set and clear instead, which have one page.
 *
 * A hint: a set bit promises nothing (pw_reclaim decides), but an abandoned page with `offer` or more free blocks has its bit
 * set, or a thread is about to. The orders are those of the directory's leaves. */
#ifndef FLAT_HINTS_H
#define FLAT_HINTS_H
#include "page/page_word.h"

#ifndef MODEL_MO_OFFER
#define MODEL_MO_OFFER memory_order_release /* set the bit after the push */
#endif
#ifndef MODEL_MO_SEEK
#define MODEL_MO_SEEK memory_order_acquire /* clear the bit before the look: pairs with offer */
#endif

static inline void model_offer(_Atomic(uint64_t)* hints, uint64_t bit) {
  atomic_fetch_or_explicit(hints, bit, MODEL_MO_OFFER);
}
static inline bool model_seek(_Atomic(uint64_t)* hints, uint64_t bit) {
  if ((atomic_load_explicit(hints, memory_order_relaxed) & bit) == 0) return false; /* relaxed: a hint */
  return (atomic_fetch_and_explicit(hints, ~bit, MODEL_MO_SEEK) & bit) != 0;
}
#endif
