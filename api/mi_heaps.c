/* mi_heaps.c -- the functions of mica/heaps.h: first-class heaps, subprocesses, visits. Their contracts stand there.
 *
 * A subprocess is a first-class heap that its threads have for their main one; its id is that heap. */
#include <errno.h>
#include <mica/heaps.h>

#include "heap/alloc.h"
#include "heap/bin.h"
#include "heap/callbacks.h"
#include "heap/collect.h"
#include "heap/first_class/enter.h"
#include "heap/first_class/life.h"
#include "heap/first_class/subheap.h"
#include "heap/thread.h"
#include "heap/vacate.h"
#include "page/page.h"
#include "segment/purge.h"
#include "segment/reserve.h"
#include "stats/visit.h"

/* ---- made and ended ---- */

static mi_heap_t* make(mi_arena_id_t arena, bool outlives, mi_heap_t* subproc) {
  const uint32_t number = arena == NULL ? 0 : mica_reserve_number(arena);
  if (arena != NULL && number == 0) {
    errno = EINVAL;
    return NULL;
  }
  mi_heap_t* heap = mica_heap_make(number, outlives, subproc);
  if (heap == NULL) {
    mica_callback_failure(MICA_THEAP_BYTES);
    errno = ENOMEM;
  }
  return heap;
}

MICA_EXPORT mi_heap_t* mi_heap_new(void) { return make(NULL, false, mica_heap_main()); }

MICA_EXPORT mi_heap_t* mi_heap_new_in_arena(mi_arena_id_t arena) { return make(arena, false, mica_heap_main()); }

MICA_EXPORT mi_heap_t* mi_heap_new_ex(int heap_tag, bool allow_destroy, mi_arena_id_t arena) {
  (void)heap_tag;
  return make(arena, !allow_destroy, mica_heap_main());
}

/* Whether the heap is of the subprocess with that main heap. */
static bool is_of(const mi_heap_t* heap, const mi_heap_t* subproc) {
  if (heap == &mica_main) return subproc == &mica_main;
  return atomic_load_explicit(&heap->subproc, memory_order_relaxed) ==
         subproc; /* relaxed: constant while it lives [U8] */
}

/* The main heap of a subprocess ends with that. */
static bool may_end(const mi_heap_t* heap) { return !mica_heap_is_main(heap) && !is_of(heap, heap); }

MICA_EXPORT void mi_heap_delete(mi_heap_t* heap) {
  if (may_end(heap)) mica_heap_end(heap, false);
}

MICA_EXPORT void mi_heap_destroy(mi_heap_t* heap) {
  if (may_end(heap)) mica_heap_end(heap, true);
}

static void collect(mica_theap_t* theap, bool force) {
  if (theap != NULL) mica_theap_collect(theap);
  if (!force) return;
  mica_vacating_t vacating = mica_vacating_begin();
  if (theap != NULL) mica_vacate_theap(&vacating, theap);
  mica_purge_all();
}

MICA_EXPORT void mi_heap_collect(mi_heap_t* heap, bool force) {
  if (mica_heap_is_main(heap))
    mica_collect(force);
  else
    collect(mica_sub_of(heap), force);
}

/* ---- a limit ---- */

MICA_EXPORT bool mi_heap_set_limit(mi_heap_t* heap, size_t bytes) {
  if (mica_heap_is_main(heap)) return false;
  atomic_store_explicit(&heap->limit, bytes, memory_order_relaxed); /* relaxed: a figure [F1] */
  return true;
}

MICA_EXPORT size_t mi_heap_get_limit(const mi_heap_t* heap) {
  if (mica_heap_is_main(heap)) return 0;
  return (size_t)atomic_load_explicit(&heap->limit, memory_order_relaxed); /* relaxed: a figure [F1] */
}

MICA_EXPORT size_t mi_heap_get_used(const mi_heap_t* heap) {
  return mica_heap_is_main(heap) ? 0 : (size_t)quota_bytes(quota_get((_Atomic(uint64_t)*)&heap->quota));
}

/* ---- main and default ---- */

MICA_EXPORT mi_heap_t* mi_heap_main(void) { return mica_heap_main(); }

MICA_EXPORT mi_heap_t* mi_heap_get_backing(void) { return mica_heap_main(); }

/* The heap that it is part of. */
static mi_heap_t* heap_of(const mica_theap_t* theap) {
  mi_heap_t* heap = mica_theap_heap(theap);
  return heap != NULL ? heap : &mica_main;
}

MICA_EXPORT mi_heap_t* mi_heap_get_default(void) { return heap_of(mica_theap_mine()); }

static void make_default(mica_theap_t* theap) {
  if (theap == NULL) return;
  mica_theap_base_of(theap)->thread.usual = theap->ids;
  mica_theap_run(theap);
}

MICA_EXPORT mi_heap_t* mi_heap_set_default(mi_heap_t* heap) {
  mi_heap_t* before = mi_heap_get_default();
  if (heap != NULL) make_default(mica_sub_of(heap));
  return before;
}

/* ---- the thread's part ---- */

MICA_EXPORT mi_theap_t* mi_heap_theap(mi_heap_t* heap) {
  mica_theap_t* sub = mica_sub_of(heap);
  if (sub == NULL) errno = ENOMEM;
  return sub;
}

MICA_EXPORT mi_theap_t* mi_theap_get_default(void) {
  mica_theap_t* theap = mica_theap_get(mica_theap_mine());
  if (theap == NULL) errno = ENOMEM;
  return theap;
}

MICA_EXPORT mi_theap_t* mi_theap_set_default(mi_theap_t* theap) {
  mi_theap_t* before = mi_theap_get_default();
  if (before != NULL) make_default(theap);
  return before;
}

MICA_EXPORT void mi_theap_collect(mi_theap_t* theap, bool force) { collect(theap, force); }

/* ---- the heap of a block ---- */

MICA_EXPORT mi_heap_t* mi_heap_of(const void* p) {
  const mica_page_t* page = mica_visit_page_at(p);
  return page == NULL ? NULL : mica_heap_of_page(page);
}

MICA_EXPORT bool mi_heap_contains(const mi_heap_t* heap, const void* p) {
  return heap != NULL && mi_heap_of(p) == heap;
}

MICA_EXPORT bool mi_heap_check_owned(mi_heap_t* heap, const void* p) { return mi_heap_contains(heap, p); }

MICA_EXPORT bool mi_any_heap_contains(const void* p) { return mica_visit_page_at(p) != NULL; }

MICA_EXPORT bool mi_check_owned(const void* p) { return mi_heap_contains(mi_heap_get_default(), p); }

MICA_EXPORT bool mi_heap_contains_block(mi_heap_t* heap, const void* p) {
  const mica_page_t* page = mica_visit_page_at(p);
  return page != NULL && mica_heap_of_page(page) == heap && mica_page_plausible(page, p);
}

MICA_EXPORT bool mi_unsafe_heap_page_is_under_utilized(mi_heap_t* heap, void* p, size_t perc_threshold) {
  mica_theap_t* sub = p == NULL ? NULL : mica_sub_of(heap);
  if (sub == NULL) return false;
  const mica_page_t* page = mica_page_of(p);
  if (mica_page_single(page) || !mica_theap_owns(sub, page) || page->place == MICA_PLACE_ACTIVE) return false;
  return (size_t)page->used * 100 < perc_threshold * page->total;
}

/* ---- looking through ---- */

/* idle: only pages that no running thread allocates from. */
static bool visit(const mi_heap_t* heap, bool blocks, bool idle, mi_block_visit_fun* visitor, void* arg) {
  const mica_visit_t v = {heap, visitor, arg, blocks};
  if (mica_heap_is_main(heap)) {
    mica_theap_t* base = mica_theap_base();
    if (base != NULL) mica_sub_drain(base); /* its pages of heaps that were deleted are abandoned then */
    if (idle) base = NULL;
    return (base == NULL || mica_visit_heap(base, &v)) && mica_visit_unowned(&v);
  }
  for (mica_theap_t* sub = mica_sub_first((mi_heap_t*)(uintptr_t)heap); sub != NULL; sub = sub->sub.sibling)
    if (!sub->sub.lost && (!idle || ownership_is_idle(&sub->sub.ownership)) && !mica_visit_heap(sub, &v)) return false;
  return true;
}

MICA_EXPORT bool mi_heap_visit_blocks(mi_heap_t* heap, bool visit_blocks, mi_block_visit_fun* visitor, void* arg) {
  return visit(heap == NULL ? &mica_main : heap, visit_blocks, false, visitor, arg);
}

MICA_EXPORT bool mi_heap_visit_abandoned_blocks(mi_heap_t* heap, bool visit_blocks, mi_block_visit_fun* visitor,
                                                void* arg) {
  return visit(heap == NULL ? &mica_main : heap, visit_blocks, true, visitor, arg);
}

MICA_EXPORT bool mi_theap_visit_blocks(const mi_theap_t* theap, bool visit_blocks, mi_block_visit_fun* visitor,
                                       void* arg) {
  mica_theap_t* at = theap != NULL ? (mica_theap_t*)(uintptr_t)theap : mica_theap_mine();
  if (!mica_theap_is_real(at)) return true;
  const mica_visit_t v = {heap_of(at), visitor, arg, visit_blocks};
  return mica_visit_heap(at, &v);
}

static mi_heap_t* main_of(mi_subproc_id_t subproc) {
  return subproc._mi_subproc_id == NULL ? &mica_main : (mi_heap_t*)subproc._mi_subproc_id;
}

MICA_EXPORT bool mi_abandoned_visit_blocks(mi_subproc_id_t subproc, int heap_tag, bool visit_blocks,
                                           mi_block_visit_fun* visitor, void* arg) {
  (void)heap_tag;
  return visit(main_of(subproc), visit_blocks, true, visitor, arg);
}

/* ---- subprocesses ---- */

MICA_EXPORT mi_subproc_id_t mi_subproc_new(void) { return (mi_subproc_id_t){make(NULL, false, NULL)}; }

MICA_EXPORT mi_subproc_id_t mi_subproc_main(void) { return (mi_subproc_id_t){&mica_main}; }

MICA_EXPORT mi_subproc_id_t mi_subproc_current(void) { return (mi_subproc_id_t){mica_heap_main()}; }

MICA_EXPORT void mi_subproc_add_current_thread(mi_subproc_id_t subproc) {
  mi_heap_t* heap = main_of(subproc);
  mica_theap_t* sub = mica_sub_of(heap);
  if (sub == NULL) {
    errno = ENOMEM;
    return;
  }
  make_default(sub);
  mica_theap_base()->thread.subproc = heap;
  mica_theap_base()->thread.subproc_serial = mica_heap_serial(heap);
}

MICA_EXPORT bool mi_subproc_visit_heaps(mi_subproc_id_t subproc, mi_heap_visit_fun* visitor, void* arg) {
  mi_heap_t* main = main_of(subproc);
  if (!visitor(main, arg)) return false;
  mica_theap_t* at = mica_theap_first();
  for (mi_heap_t* heap; (heap = mica_heap_next(&at)) != NULL;)
    if (heap != main && is_of(heap, main) && !visitor(heap, arg)) return false;
  return true;
}

/* Its main heap ends last: the others are known by it. */
static void end(mi_subproc_id_t subproc, bool destroy) {
  mi_heap_t* main = main_of(subproc);
  if (main == &mica_main) return;
  mica_theap_t* at = mica_theap_first();
  for (mi_heap_t* heap; (heap = mica_heap_next(&at)) != NULL;)
    if (heap != main && is_of(heap, main)) mica_heap_end(heap, destroy);
  mica_theap_t* base = mica_theap_base();
  if (base != NULL && base->thread.subproc == main) base->thread.subproc = NULL;
  mica_heap_end(main, destroy);
}

MICA_EXPORT void mi_subproc_destroy(mi_subproc_id_t subproc) { end(subproc, true); }

MICA_EXPORT void mi_subproc_delete(mi_subproc_id_t subproc) { end(subproc, false); }

/* ---- giving back ---- */

MICA_EXPORT void mi_collect_reduce(size_t target_thread_owned) {
  mica_theap_t* base = mica_theap_base();
  if (base == NULL) return;
  mica_sub_drain(base);
  mica_theap_collect(base);
  mica_bins_reduce(base, target_thread_owned);
}

/* ---- without effect ---- */

MICA_EXPORT void mi_heap_set_numa_affinity(mi_heap_t* heap, int numa_node) { (void)heap, (void)numa_node; }

MICA_EXPORT void mi_heap_guarded_set_sample_rate(mi_heap_t* heap, size_t sample_rate, size_t seed) {
  (void)heap, (void)sample_rate, (void)seed;
}

MICA_EXPORT void mi_heap_guarded_set_size_bound(mi_heap_t* heap, size_t min, size_t max) {
  (void)heap, (void)min, (void)max;
}

MICA_EXPORT void mi_theap_guarded_set_sample_rate(mi_theap_t* theap, size_t sample_rate, size_t seed) {
  (void)theap, (void)sample_rate, (void)seed;
}

MICA_EXPORT void mi_theap_guarded_set_size_bound(mi_theap_t* theap, size_t min, size_t max) {
  (void)theap, (void)min, (void)max;
}
