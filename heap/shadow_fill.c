/* shadow_fill.c -- blocks handed over from a theap's caches to its shadow, and what empties the shadow into caches that may
 * be full
 * (shadow.h). For sample.c. */
#include <string.h>

#include "heap/cache.h"
#include "heap/refill.h"
#include "heap/shadow.h"

enum { ENOUGH = 8, ENOUGH_BYTES = 4 * 1024 };

static void empty(mica_theap_t* theap) {
  mica_shadow_fold_all(theap);
  for (unsigned c = 0; c < MICA_CLASSES; c++)
    if (theap->cache[c].left < 0) mica_cache_overflow(theap, c);
}

void mica_shadow_set_rate(mica_theap_t* theap, uint64_t every, uint32_t epoch) {
  mica_shadow_t* const shadow = theap->shadow;
  empty(theap);
  memset(shadow->due, 0, sizeof shadow->due);
  shadow->every = every;
  shadow->epoch = epoch;
}

void mica_shadow_drop(mica_theap_t* theap) {
  if (theap->shadow != NULL) empty(theap);
  mica_shadow_release(theap);
}

/* Whether so many blocks are worth a slow call, or what they have together is too much to be had ready. */
static bool is_enough(unsigned n, unsigned class) {
  return n >= ENOUGH || n * (size_t)mica_classes[class].size >= ENOUGH_BYTES;
}

bool mica_shadow_swap(mica_theap_t* theap, unsigned class) {
  mica_shadow_t* const shadow = theap->shadow;
  /* relaxed: a later epoch is seen at a later call [PF20] */
  if (shadow == NULL || shadow->epoch != atomic_load_explicit(&mica_profile_epoch, memory_order_relaxed)) return false;
  mica_cache_t *from = &theap->cache[class], *to = &shadow->cache[class];
  if (from->head == NULL) return false;
  mica_block_t* const head = from->head;
  const unsigned n = mica_cache_length(theap, class);
  if (shadow->due[class] <= n || !is_enough(n, class) || to->head != NULL) return false;
  from->head = NULL;
  from->left += (int32_t)n;
  shadow->due[class] -= n;
  to->left = -(int32_t)n;
  to->head = head;
  return true;
}

/* Hands over n blocks from the front of the cache. */
static void hand_over(mica_theap_t* theap, unsigned class, unsigned n) {
  mica_shadow_t* const shadow = theap->shadow;
  mica_cache_t *from = &theap->cache[class], *to = &shadow->cache[class];
  mica_block_t *const first = from->head, *const last = mica_shadow_nth(first, n, class);
  from->head = mica_link_get(last);
  from->left += (int32_t)n;
  mica_link_set(last, NULL);
  shadow->due[class] -= n;
  to->left = -(int32_t)n;
  to->head = first;
}

void mica_shadow_fill(mica_theap_t* theap, unsigned class, bool exact) {
  const uint64_t due = theap->shadow->due[class];
  if (due <= 1 || (theap->cache[class].head == NULL && !mica_refill(theap, class, exact))) return;
  const unsigned n = mica_cache_length(theap, class);
  if (n < due && !is_enough(n, class)) {
    hand_over(theap, class, n);
    mica_refill(theap, class, true); /* which the caller takes its block from */
    return;
  }
  if (n > 1) hand_over(theap, class, due <= n - 1 ? (unsigned)due - 1 : n - 1);
}
