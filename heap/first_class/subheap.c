/* subheap.c -- which thread runs which sub-heap: begun, linked to its thread, left, put idle.
 *
 * `attached`, `running` and `base` belong to the thread; `sibling` is constant once the sub-heap is in its heap's list; the
 * rest of a sub-heap belongs to the thread that allocates in it, or that ends its heap, which the program orders. */
#include "heap/first_class/subheap.h"

#include <string.h>

#include "heap/first_class/dedicated.h"

typedef mica_theap_t list_item_t;
#define LIST_NEXT(theap) ((theap)->sub.sibling)
#include "base/push_list.h"

mica_theap_t* mica_sub_first(mi_heap_t* heap) { return list_first(&heap->subs); }

/* ---- begun and linked ---- */

void mica_sub_begin(mica_theap_t* sub, mi_heap_t* heap) {
  sub->hint = (mica_hint_t){.only = heap->arena};
  sub->sub.lost = false;
  sub->sub.refused = 0;
  sub->sub.pending = 0;
  sub->sub.registry_end = 0;
  mica_theap_set_serial(sub, mica_heap_serial(heap));
  memset(sub->sub.dedicated, 0, sizeof sub->sub.dedicated);
  atomic_store_explicit(&sub->heap, heap, memory_order_relaxed); /* relaxed: published with the sub-heap [U7] */
  ownership_attach(&sub->sub.ownership);
  list_push(&heap->subs, sub);
}

mica_theap_t* mica_sub_claim_idle(mi_heap_t* heap) {
  for (mica_theap_t* sub = mica_sub_first(heap); sub != NULL; sub = sub->sub.sibling)
    if (!sub->sub.lost && ownership_claim(&sub->sub.ownership)) return sub;
  return NULL;
}

void mica_sub_link(mica_theap_t* base, mica_theap_t* sub) {
  mica_theap_set_base(sub, base);
  if (base == NULL) return;
  *mica_running(base, (uintptr_t)mica_theap_id(sub)) = (uintptr_t)mica_theap_id(sub);
  sub->sub.attached_next = base->thread.attached;
  base->thread.attached = sub;
}

/* Whether the base's thread runs it for this heap, and not for one that has gone. */
static bool is_for(const mica_theap_t* sub, const mica_theap_t* base, const mi_heap_t* heap) {
  return mica_theap_base_of(sub) == base && mica_theap_heap(sub) == heap &&
         mica_theap_serial(sub) == mica_heap_serial(heap);
}

/* Of many heaps most are used by the thread that made them: it has the first sub-heap. One that is found comes to the front. */
mica_theap_t* mica_sub_find(mica_theap_t* base, mi_heap_t* heap) {
  mica_theap_t* home = (mica_theap_t*)(void*)((char*)heap - offsetof(mica_theap_t, sub.first));
  if (is_for(home, base, heap)) return home;
  for (mica_theap_t** at = &base->thread.attached; *at != NULL; at = &(*at)->sub.attached_next) {
    mica_theap_t* sub = *at;
    if (!is_for(sub, base, heap)) continue;
    *at = sub->sub.attached_next;
    sub->sub.attached_next = base->thread.attached;
    base->thread.attached = sub;
    return sub;
  }
  return NULL;
}

/* ---- left ---- */

void mica_sub_put_idle(mica_theap_t* sub) {
  mica_assert(sub->owned_bytes == 0 && sub->sub.annex == NULL && !mica_theap_is_sub(sub));
  mica_theap_set_base(sub, NULL);
  sub->sub.attached_next = NULL;
  sub->hint = (mica_hint_t){0};
  sub->sub.pending = 0;
  mica_theap_put_idle(sub);
}

/* It is not run by the base's thread any more; if it was its default, the main heap is. */
static void forget(mica_theap_t* base, mica_theap_t* sub) {
  const uintptr_t id = (uintptr_t)mica_theap_id(sub);
  uintptr_t* running = mica_running(base, id);
  if (*running == id) *running = 0;
  if (base->thread.usual.self == id) base->thread.usual = base->ids;
  if (mica_ids.self == id) mica_ids = base->thread.usual;
}

/* What is left of a sub-heap that the caller has, when its heap has gone. */
static void bury(mica_theap_t* sub) {
  if (ownership_look(&sub->sub.ownership) == OWNERSHIP_ORPHAN) mica_dedicated_release(sub);
  mica_sub_put_idle(sub);
}

static void look(mica_theap_t* base) {
  for (mica_theap_t** at = &base->thread.attached; *at != NULL;) {
    mica_theap_t* sub = *at;
    if (ownership_look(&sub->sub.ownership) == OWNERSHIP_RUN) {
      at = &sub->sub.attached_next;
      continue;
    }
    *at = sub->sub.attached_next;
    forget(base, sub);
    bury(sub);
  }
}

void mica_sub_drain(mica_theap_t* base) {
  if (pw_drain(&base->shared) != 0) look(base);
}

mica_theap_t* mica_sub_unlink(mica_theap_t* base, mi_heap_t* heap) {
  for (mica_theap_t** at = &base->thread.attached; *at != NULL; at = &(*at)->sub.attached_next)
    if (is_for(*at, base, heap)) {
      mica_theap_t* sub = *at;
      *at = sub->sub.attached_next;
      forget(base, sub);
      return sub;
    }
  return NULL;
}

/* Its lists are not touched, those of its shadow neither, which stays with it: the thread that destroys its heap may be at
 * them, as nothing is in use there any more. */
void mica_sub_leave(mica_theap_t* sub) {
  mica_theap_set_base(sub, NULL);
  if (!ownership_leave(&sub->sub.ownership)) bury(sub);
}

void mica_sub_leave_all(mica_theap_t* base) {
  while (base->thread.attached != NULL) {
    mica_theap_t* sub = base->thread.attached;
    base->thread.attached = sub->sub.attached_next;
    forget(base, sub);
    mica_sub_leave(sub);
  }
  if (base->thread.remembers) memset(base->tables.seen, 0, sizeof base->tables.seen);
  base->thread.remembers = false;
}

void mica_sub_forget_others(void) {
  mica_theap_t* base = mica_theap_base();
  if (base != NULL) pw_notify(&base->shared, 1); /* the thread that was about to notify is not here */
  for (mica_theap_t* theap = mica_theap_first(); theap != NULL; theap = theap->all_next)
    if (mica_theap_is_sub(theap) && (base == NULL || mica_theap_base_of(theap) != base)) theap->sub.lost = true;
}
