/* collect.c -- giving back what can be given back. */
#include "heap/collect.h"

#include "heap/alloc.h"
#include "heap/bin.h"
#include "heap/cache.h"
#include "heap/callbacks.h"
#include "heap/first_class/subheap.h"
#include "heap/outbox.h"
#include "heap/vacate.h"
#include "segment/purge.h"

void mica_theap_collect(mica_theap_t* theap) {
  mica_cache_flush_all(theap);
  mica_outbox_flush(theap);
  mica_bins_collect(theap);
}

void mica_theap_collect_and_purge(mica_theap_t* theap) {
  mica_theap_collect(theap);
  mica_theap_t* base = mica_theap_base_of(theap);
  if (base != NULL) mica_sub_drain(base);
  if (base != NULL && base != theap) mica_theap_collect(base);
  mica_purge_all();
}

/* What is free beside blocks in use, here and where nobody is, and what is free altogether. In this order: a page that was left
 * may have become free. */
static size_t give_back(mica_theap_t* mine, mica_theap_t* base) {
  mica_vacating_t vacating = mica_vacating_begin();
  if (mine != NULL && mica_theap_is_real(mine)) mica_vacate_theap(&vacating, mine);
  if (base != NULL) mica_vacate_theap(&vacating, base);
  mica_vacate_abandoned(&vacating);
  return vacating.bytes + ((size_t)mica_purge_all() << MICA_SLICE_SHIFT);
}

size_t mica_collect(bool force) {
  mica_callback_deferred(force);
  mica_theap_t *mine = mica_theap_mine(), *base = mica_theap_base();
  if (mica_theap_is_real(mine) && mine != base) mica_theap_collect(mine);
  if (base != NULL) {
    mica_sub_drain(base);
    mica_theap_collect(base);
  }
  return force ? give_back(base == mine ? NULL : mine, base) : 0;
}
