/* subheap.c -- which thread runs which sub-heap, and allocating in one: enter and leave.
 *
 * `bound`, `seen` and `base` belong to the thread; `sibling` is constant once the sub-heap is in its heap's list; the
 * rest of a sub-heap is of the thread that allocates in it, or of who ends its heap, which the program orders. */
#include <errno.h>
#include <string.h>

#include "heap/first_class.h"

typedef mica_heap_t list_item_t;
#define LIST_NEXT(heap) ((heap)->sibling)
#include "block/list.h"

mica_heap_t* mica_sub_first(mi_heap_t* set) { return list_first(&set->subs); }

/* ---- binding ---- */

void mica_sub_park(mica_heap_t* sub) {
  mica_assert(sub->owned_bytes == 0 && sub->annex == NULL && !mica_heap_is_sub(sub));
  mica_heap_set_base(sub, NULL);
  sub->bound_next = NULL;
  sub->spot = (mica_spot_t){0};
  sub->heard = 0;
  mica_heap_park(sub);
}

/* It is not run by the base's thread any more; if it was its default, the main heap is. */
static void unlink_from(mica_heap_t* base, mica_heap_t* sub) {
  const uintptr_t token = (uintptr_t)mica_heap_token(sub);
  uintptr_t* running = mica_running(base, token);
  if (*running == token) *running = 0;
  if (base->usual == token) base->usual = (uintptr_t)mica_heap_token(base);
  if (mica_self == token) mica_self = base->usual;
}

/* What is left of a sub-heap that the caller has, when its heap has gone. */
static void bury(mica_heap_t* sub) {
  if (bond_look(&sub->bond) == BOND_ORPHAN) mica_kept_release(sub);
  mica_sub_park(sub);
}

static void look(mica_heap_t* base) {
  for (mica_heap_t** at = &base->bound; *at != NULL;) {
    mica_heap_t* sub = *at;
    if (bond_look(&sub->bond) == BOND_RUN) {
      at = &sub->bound_next;
      continue;
    }
    *at = sub->bound_next;
    unlink_from(base, sub);
    bury(sub);
  }
}

void mica_sub_hear(mica_heap_t* base) {
  if (pw_hear(&base->shared) != 0) look(base);
}

/* Whether the base's thread runs it for this heap, and not for one that has gone. */
static bool is_for(const mica_heap_t* sub, const mica_heap_t* base, const mi_heap_t* set) {
  return mica_heap_base_of(sub) == base && mica_heap_set(sub) == set && mica_heap_serial(sub) == mica_set_serial(set);
}

/* Of many heaps most are used by the thread that made them: it has the first sub-heap. One that is found comes to the front. */
static mica_heap_t* find_bound(mica_heap_t* base, mi_heap_t* set) {
  mica_heap_t* home = (mica_heap_t*)(void*)((char*)set - offsetof(mica_heap_t, first));
  if (is_for(home, base, set)) return home;
  for (mica_heap_t** at = &base->bound; *at != NULL; at = &(*at)->bound_next) {
    mica_heap_t* sub = *at;
    if (!is_for(sub, base, set)) continue;
    *at = sub->bound_next;
    sub->bound_next = base->bound;
    base->bound = sub;
    return sub;
  }
  return NULL;
}

static mica_heap_t* claim_idle(mi_heap_t* set) {
  for (mica_heap_t* sub = mica_sub_first(set); sub != NULL; sub = sub->sibling)
    if (!sub->lost && bond_claim(&sub->bond)) return sub;
  return NULL;
}

void mica_sub_begin(mica_heap_t* sub, mi_heap_t* set) {
  sub->spot = (mica_spot_t){.only = set->arena};
  sub->lost = false;
  sub->refused = 0;
  sub->heard = 0;
  sub->roll_end = 0;
  mica_heap_set_serial(sub, mica_set_serial(set));
  memset(sub->kept, 0, sizeof sub->kept);
  atomic_store_explicit(&sub->set, set, memory_order_relaxed); /* relaxed: published with the sub-heap [U7] */
  bond_bind(&sub->bond);
  list_push(&set->subs, sub);
}

static mica_heap_t* make(mi_heap_t* set) {
  mica_heap_t* sub = mica_heap_borrow();
  if (sub != NULL) mica_sub_begin(sub, set);
  return sub;
}

static void link(mica_heap_t* base, mica_heap_t* sub) {
  mica_heap_set_base(sub, base);
  if (base == NULL) return;
  *mica_running(base, (uintptr_t)mica_heap_token(sub)) = (uintptr_t)mica_heap_token(sub);
  sub->bound_next = base->bound;
  base->bound = sub;
}

void mica_sub_bound(mica_heap_t* sub) {
  mica_heap_t* heap = mica_heap_get(mica_heap_mine());
  if (heap == NULL)
    bond_leave(&sub->bond);
  else
    link(mica_heap_base_of(heap), sub);
}

/* base NULL: for one call of a thread that is past its end. */
static mica_heap_t* bind(mica_heap_t* base, mi_heap_t* set) {
  mica_heap_t* sub = NULL;
  if (base != NULL) {
    mica_sub_hear(base);
    sub = find_bound(base, set);
    if (sub != NULL) return sub;
  }
  sub = claim_idle(set);
  if (sub == NULL) sub = make(set);
  if (sub == NULL) return NULL;
  link(base, sub);
  return sub;
}

static mica_heap_t* remember(mica_heap_t* base, mi_heap_t* set) {
  mica_heap_t* sub = set == &mica_main ? base : bind(base, set);
  if (sub == NULL) return NULL;
  const uint64_t serial = mica_set_serial(set);
  base->seen[serial % MICA_SEEN] = (mica_seen_t){serial, sub};
  base->remembers = true;
  return sub;
}

MICA_INLINE mica_heap_t* sub_of(mica_heap_t* base, mi_heap_t* set) {
  const uint64_t serial = mica_set_serial(set);
  const mica_seen_t* seen = &base->seen[serial % MICA_SEEN];
  return MICA_LIKELY(seen->serial == serial) ? seen->sub : remember(base, set);
}

mica_heap_t* mica_sub_of(mi_heap_t* set) {
  mica_heap_t* heap = mica_heap_get(mica_heap_mine());
  if (heap == NULL) return NULL;
  mica_heap_t* base = mica_heap_base_of(heap);
  return set == NULL ? base : sub_of(base, set);
}

/* ---- leaving ---- */

static void leave(mica_heap_t* sub) {
  mica_heap_set_base(sub, NULL);
  if (!bond_leave(&sub->bond)) bury(sub);
}

void mica_sub_leave_all(mica_heap_t* base) {
  while (base->bound != NULL) {
    mica_heap_t* sub = base->bound;
    base->bound = sub->bound_next;
    unlink_from(base, sub);
    leave(sub);
  }
  if (base->remembers) memset(base->seen, 0, sizeof base->seen);
  base->remembers = false;
}

mica_heap_t* mica_sub_unbind(mi_heap_t* set) {
  mica_heap_t* base = mica_heap_base();
  if (base == NULL) return NULL;
  if (mica_heap_set(mica_heap_mine()) == set) {
    mi_heap_t* main = mica_set_main();
    mica_heap_t* usual = main != set ? mica_sub_of(main) : base;
    mica_heap_run(usual != NULL ? usual : base);
    base->usual = mica_self;
  }
  for (mica_heap_t** at = &base->bound; *at != NULL; at = &(*at)->bound_next)
    if (is_for(*at, base, set)) {
      mica_heap_t* sub = *at;
      *at = sub->bound_next;
      unlink_from(base, sub);
      return sub;
    }
  return NULL;
}

void mica_sub_forget_others(void) {
  mica_heap_t* base = mica_heap_base();
  if (base != NULL) pw_tell(&base->shared, 1); /* who was about to tell is not here */
  for (mica_heap_t* heap = mica_heap_first(); heap != NULL; heap = heap->all_next)
    if (mica_heap_is_sub(heap) && (base == NULL || mica_heap_base_of(heap) != base)) heap->lost = true;
}

/* ---- entering ---- */

/* The thread has no heap yet, or has none any more, or there is no memory. */
bool mica_enter_slow(mi_heap_t* set, uintptr_t* before) {
  const int saved = errno;
  const bool is_main = set == &mica_main;
  mica_heap_t* heap = mica_heap_get(mica_heap_mine()); /* which may start the thread */
  *before = mica_self;
  mica_heap_t* sub = NULL;
  if (heap != NULL)
    sub = mica_sub_of(set);
  else if (mica_heap_mine() == &mica_heap_gone && !is_main)
    sub = bind(NULL, set);
  else if (is_main)
    sub = mica_heap_mine();
  if (sub == NULL) {
    mica_tell_failure(MICA_HEAP_BYTES);
    errno = ENOMEM;
    return false;
  }
  errno = saved;
  mica_heap_run(sub);
  return true;
}

/* A thread past its end had the sub-heap for one call. */
void mica_leave_late(uintptr_t before) {
  mica_heap_t* sub = mica_heap_mine();
  mica_self = before;
  if (mica_heap_is_sub(sub)) leave(sub);
}
