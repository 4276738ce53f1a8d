/* collect.c -- asking the whole: giving back what can be, and whether a pointer is in it. */
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

bool mica_is_ours(const void* p) {
  const mica_window_t kind = mica_window_kind(p);
  if (kind != MICA_WINDOW_ARENA) return kind == MICA_WINDOW_SINGLE;
  return mica_arena_holds(mica_arena_at(mica_window_of(p)), p);
}
