/* collect.c -- giving back what can be given back. */
#include "heap/alloc.h"
#include "heap/first_class/first_class.h"
#include "segment/purge.h"

size_t mica_collect(bool force) {
  mica_callback_deferred(force);
  mica_theap_t *mine = mica_theap_mine(), *base = mica_theap_base();
  if (mica_theap_is_real(mine) && mine != base) mica_theap_collect(mine);
  if (base != NULL) {
    mica_sub_drain(base);
    mica_theap_collect(base);
  }
  return force ? (size_t)mica_purge(0) << MICA_SLICE_SHIFT : 0;
}
