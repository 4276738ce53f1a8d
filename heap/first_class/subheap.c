/* subheap.c -- which thread runs which sub-heap, and allocating in one: enter and leave.
 *
 * `bound`, `seen` and `base` belong to the thread; `sibling` is constant once the sub-heap is in its heap's list; the
 * rest of a sub-heap is of the thread that allocates in it, or of who ends its heap, which the program orders. */
#include <errno.h>
#include <string.h>

#include "heap/first_class/first_class.h"

typedef mica_theap_t list_item_t;
#define LIST_NEXT(theap) ((theap)->sibling)
#include "base/push_list.h"

mica_theap_t* mica_sub_first(mi_heap_t* heap) { return list_first(&heap->subs); }

/* ---- binding ---- */

void mica_sub_put_idle(mica_theap_t* sub) {
  mica_assert(sub->owned_bytes == 0 && sub->annex == NULL && !mica_theap_is_sub(sub));
  mica_theap_set_base(sub, NULL);
  sub->attached_next = NULL;
  sub->hint = (mica_hint_t){0};
  sub->pending = 0;
  mica_theap_put_idle(sub);
}

/* It is not run by the base's thread any more; if it was its default, the main heap is. */
static void unlink_from(mica_theap_t* base, mica_theap_t* sub) {
  const uintptr_t id = (uintptr_t)mica_theap_id(sub);
  uintptr_t* running = mica_running(base, id);
  if (*running == id) *running = 0;
  if (base->usual == id) base->usual = (uintptr_t)mica_theap_id(base);
  if (mica_self == id) mica_self = base->usual;
}

/* What is left of a sub-heap that the caller has, when its heap has gone. */
static void bury(mica_theap_t* sub) {
  if (ownership_look(&sub->ownership) == OWNERSHIP_ORPHAN) mica_dedicated_release(sub);
  mica_sub_put_idle(sub);
}

static void look(mica_theap_t* base) {
  for (mica_theap_t** at = &base->attached; *at != NULL;) {
    mica_theap_t* sub = *at;
    if (ownership_look(&sub->ownership) == OWNERSHIP_RUN) {
      at = &sub->attached_next;
      continue;
    }
    *at = sub->attached_next;
    unlink_from(base, sub);
    bury(sub);
  }
}

void mica_sub_drain(mica_theap_t* base) {
  if (pw_drain(&base->shared) != 0) look(base);
}

/* Whether the base's thread runs it for this heap, and not for one that has gone. */
static bool is_for(const mica_theap_t* sub, const mica_theap_t* base, const mi_heap_t* heap) {
  return mica_theap_base_of(sub) == base && mica_theap_heap(sub) == heap &&
         mica_theap_serial(sub) == mica_heap_serial(heap);
}

/* Of many heaps most are used by the thread that made them: it has the first sub-heap. One that is found comes to the front. */
static mica_theap_t* find_attached(mica_theap_t* base, mi_heap_t* heap) {
  mica_theap_t* home = (mica_theap_t*)(void*)((char*)heap - offsetof(mica_theap_t, first));
  if (is_for(home, base, heap)) return home;
  for (mica_theap_t** at = &base->attached; *at != NULL; at = &(*at)->attached_next) {
    mica_theap_t* sub = *at;
    if (!is_for(sub, base, heap)) continue;
    *at = sub->attached_next;
    sub->attached_next = base->attached;
    base->attached = sub;
    return sub;
  }
  return NULL;
}

static mica_theap_t* claim_idle(mi_heap_t* heap) {
  for (mica_theap_t* sub = mica_sub_first(heap); sub != NULL; sub = sub->sibling)
    if (!sub->lost && ownership_claim(&sub->ownership)) return sub;
  return NULL;
}

void mica_sub_begin(mica_theap_t* sub, mi_heap_t* heap) {
  sub->hint = (mica_hint_t){.only = heap->arena};
  sub->lost = false;
  sub->refused = 0;
  sub->pending = 0;
  sub->registry_end = 0;
  mica_theap_set_serial(sub, mica_heap_serial(heap));
  memset(sub->dedicated, 0, sizeof sub->dedicated);
  atomic_store_explicit(&sub->heap, heap, memory_order_relaxed); /* relaxed: published with the sub-heap [U7] */
  ownership_attach(&sub->ownership);
  list_push(&heap->subs, sub);
}

static mica_theap_t* make(mi_heap_t* heap) {
  mica_theap_t* sub = mica_theap_borrow();
  if (sub != NULL) mica_sub_begin(sub, heap);
  return sub;
}

static void link(mica_theap_t* base, mica_theap_t* sub) {
  mica_theap_set_base(sub, base);
  if (base == NULL) return;
  *mica_running(base, (uintptr_t)mica_theap_id(sub)) = (uintptr_t)mica_theap_id(sub);
  sub->attached_next = base->attached;
  base->attached = sub;
}

void mica_sub_attach(mica_theap_t* sub) {
  mica_theap_t* theap = mica_theap_get(mica_theap_mine());
  if (theap == NULL)
    ownership_leave(&sub->ownership);
  else
    link(mica_theap_base_of(theap), sub);
}

/* base NULL: for one call of a thread that is past its end. */
static mica_theap_t* attach(mica_theap_t* base, mi_heap_t* heap) {
  mica_theap_t* sub = NULL;
  if (base != NULL) {
    mica_sub_drain(base);
    sub = find_attached(base, heap);
    if (sub != NULL) return sub;
  }
  sub = claim_idle(heap);
  if (sub == NULL) sub = make(heap);
  if (sub == NULL) return NULL;
  link(base, sub);
  return sub;
}

static mica_theap_t* remember(mica_theap_t* base, mi_heap_t* heap) {
  mica_theap_t* sub = heap == &mica_main ? base : attach(base, heap);
  if (sub == NULL) return NULL;
  const uint64_t serial = mica_heap_serial(heap);
  base->seen[serial % MICA_SEEN] = (mica_seen_t){serial, sub};
  base->remembers = true;
  return sub;
}

MICA_INLINE mica_theap_t* sub_of(mica_theap_t* base, mi_heap_t* heap) {
  const uint64_t serial = mica_heap_serial(heap);
  const mica_seen_t* seen = &base->seen[serial % MICA_SEEN];
  return MICA_LIKELY(seen->serial == serial) ? seen->sub : remember(base, heap);
}

mica_theap_t* mica_sub_of(mi_heap_t* heap) {
  mica_theap_t* theap = mica_theap_get(mica_theap_mine());
  if (theap == NULL) return NULL;
  mica_theap_t* base = mica_theap_base_of(theap);
  return heap == NULL ? base : sub_of(base, heap);
}

/* ---- leaving ---- */

static void leave(mica_theap_t* sub) {
  mica_theap_set_base(sub, NULL);
  if (!ownership_leave(&sub->ownership)) bury(sub);
}

void mica_sub_leave_all(mica_theap_t* base) {
  while (base->attached != NULL) {
    mica_theap_t* sub = base->attached;
    base->attached = sub->attached_next;
    unlink_from(base, sub);
    leave(sub);
  }
  if (base->remembers) memset(base->seen, 0, sizeof base->seen);
  base->remembers = false;
}

mica_theap_t* mica_sub_unlink(mi_heap_t* heap) {
  mica_theap_t* base = mica_theap_base();
  if (base == NULL) return NULL;
  if (mica_theap_heap(mica_theap_mine()) == heap) {
    mi_heap_t* main = mica_heap_main();
    mica_theap_t* usual = main != heap ? mica_sub_of(main) : base;
    mica_theap_run(usual != NULL ? usual : base);
    base->usual = mica_self;
  }
  for (mica_theap_t** at = &base->attached; *at != NULL; at = &(*at)->attached_next)
    if (is_for(*at, base, heap)) {
      mica_theap_t* sub = *at;
      *at = sub->attached_next;
      unlink_from(base, sub);
      return sub;
    }
  return NULL;
}

void mica_sub_forget_others(void) {
  mica_theap_t* base = mica_theap_base();
  if (base != NULL) pw_notify(&base->shared, 1); /* who was about to tell is not here */
  for (mica_theap_t* theap = mica_theap_first(); theap != NULL; theap = theap->all_next)
    if (mica_theap_is_sub(theap) && (base == NULL || mica_theap_base_of(theap) != base)) theap->lost = true;
}

/* ---- entering ---- */

/* The thread has no heap yet, or has none any more, or there is no memory. */
bool mica_enter_slow(mi_heap_t* heap, uintptr_t* before) {
  const int saved = errno;
  const bool is_main = heap == &mica_main;
  mica_theap_t* theap = mica_theap_get(mica_theap_mine()); /* which may start the thread */
  *before = mica_self;
  mica_theap_t* sub = NULL;
  if (theap != NULL)
    sub = mica_sub_of(heap);
  else if (mica_theap_mine() == &mica_theap_gone && !is_main)
    sub = attach(NULL, heap);
  else if (is_main)
    sub = mica_theap_mine();
  if (sub == NULL) {
    mica_callback_failure(MICA_THEAP_BYTES);
    errno = ENOMEM;
    return false;
  }
  errno = saved;
  mica_theap_run(sub);
  return true;
}

/* A thread past its end had the sub-heap for one call. */
void mica_leave_late(uintptr_t before) {
  mica_theap_t* sub = mica_theap_mine();
  mica_self = before;
  if (mica_theap_is_sub(sub)) leave(sub);
}
