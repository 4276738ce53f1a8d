/* site_table.h -- a bucket of the table of sites: a list to which threads add, each key once, and from which nothing is taken.
 *
 * Invariants: what stands in a bucket's list was written before it was published, and is never changed; a key that two threads
 * add at the same time is there once, and both get the same. Nobody waits: a publication fails only where another succeeded.
 *
 * Before it is included there must be site_t, with the plain `next` (a number, 0: none), site_key_t, SITE_AT(context, number),
 * the site of a number, and SITE_IS(site, key). Used by sites.c and, unmodified, by the models (tests/model): hence the
 * _Atomic(T) spelling, the *_explicit calls only, and the named memory orders. */
#ifndef SITE_TABLE_H
#define SITE_TABLE_H
#include <stdatomic.h>
#include <stdint.h>
/* ---- memory orders, each the weakest that verifies (notes/protocol.md says what pairs with what) ---- */
#ifndef SITE_MO_FIND
#define SITE_MO_FIND memory_order_acquire /* of a bucket: pairs with SITE_MO_PUBLISH, other publications being RMWs */
#endif
#ifndef SITE_MO_PUBLISH
#define SITE_MO_PUBLISH memory_order_release /* the site, with its link */
#endif
#ifndef SITE_MO_MISSED
#define SITE_MO_MISSED memory_order_acquire /* of a bucket that has changed: as SITE_MO_FIND */
#endif

/* The number of the key's site among those from `first` on, as far as `known`, which is not looked at; 0: it is not there. */
static inline uint32_t site_seek(site_context_t* context, uint32_t first, uint32_t known, const site_key_t* key) {
  for (uint32_t at = first; at != known; at = SITE_AT(context, at)->next)
    if (SITE_IS(SITE_AT(context, at), key)) return at;
  return 0;
}

/* The number of the key's site; 0: it is not there yet, and *first is what a publication begins with. [PF1] */
static inline uint32_t site_find(site_context_t* context, _Atomic(uint32_t)* bucket, const site_key_t* key,
                                 uint32_t* first) {
  *first = atomic_load_explicit(bucket, SITE_MO_FIND);
  return site_seek(context, *first, 0, key);
}

/* Adds a site of the key, which was not among those from `first` on, unless another thread has by now. The number of the site
 * that is there: if it is not the caller's, nobody knows of that one. [PF2] [PF17] */
static inline uint32_t site_publish(site_context_t* context, _Atomic(uint32_t)* bucket, const site_key_t* key,
                                    uint32_t first, uint32_t number) {
  for (;;) {
    const uint32_t known = first;
    SITE_AT(context, number)->next = known;
    /* relaxed: a failure tells only that there is more to look at */
    if (atomic_compare_exchange_strong_explicit(bucket, &first, number, SITE_MO_PUBLISH, memory_order_relaxed))
      return number;
    first = atomic_load_explicit(bucket, SITE_MO_MISSED);
    const uint32_t found = site_seek(context, first, known, key);
    if (found != 0) return found;
  }
}
#endif
