/* usage.c -- the sums of usage.h.
 *
 * The outstanding blocks of a heap's bins are those that are not on its pages' local lists. Of these are free: those that
 * others have pushed onto the pages' words, by the words' counts; those in caches and in outboxes, which only the thread that
 * has them may look at. An abandoned page's word counts all its free blocks.
 *
 * All loads are relaxed: figures. Of other threads' heaps only atomic members are read: pages and heaps may end at any moment.
 * Their structures are never unmapped. */
#include "stats/usage.h"

#include "heap/first_class/heap.h"
#include "heap/first_class/subheap.h"
#include "heap/shadow.h"
#include "segment/limit.h"

/* ---- the wanted theaps ---- */

enum { KNOWN = 256, KNOWN_MOST = KNOWN / 2 };

/* Which theaps are wanted: all; a thread's own; or the parts of a first-class heap, heap NULL: of the main one. The parts are
 * looked up before pages are: a page's tag names a theap that may be newer than this thread has seen, so it is compared with
 * known ones only. */
typedef struct wanted_s {
  bool all;
  const mica_theap_t* thread;
  const mi_heap_t* heap;
  const mica_theap_t* first;  /* of the list of all, when it was looked at */
  unsigned count;             /* of parts; more than KNOWN_MOST are sought in the list */
  const mica_theap_t** known; /* KNOWN places, NULL at first; of a heap only */
} wanted_t;

/* Not a remainder of the heap that lay in the same structure before. */
static bool is_part(const mica_theap_t* theap, const mi_heap_t* heap) {
  const mi_heap_t* of = mica_theap_heap(theap);
  if (of != NULL && !mica_heap_is(of, mica_theap_serial(theap))) of = NULL;
  return of == heap;
}

static bool is_wanted(const mica_theap_t* theap, const wanted_t* wanted) {
  if (wanted->thread != NULL) return theap == wanted->thread;
  return wanted->all || is_part(theap, wanted->heap);
}

/* Its place in the table, or that of nothing. */
static unsigned place_of(const mica_theap_t* theap, const wanted_t* wanted) {
  unsigned at = (unsigned)((uintptr_t)theap / MICA_THEAP_BYTES % KNOWN);
  while (wanted->known[at] != NULL && wanted->known[at] != theap) at = (at + 1) % KNOWN;
  return at;
}

static void look_up(wanted_t* wanted) {
  wanted->first = mica_theap_first();
  if (wanted->all || wanted->thread != NULL) return;
  for (const mica_theap_t* theap = wanted->first; theap != NULL; theap = theap->all_next)
    if (is_wanted(theap, wanted) && wanted->count++ < KNOWN_MOST) wanted->known[place_of(theap, wanted)] = theap;
}

static bool is_known(const mica_theap_t* owner, const wanted_t* wanted) {
  if (wanted->all || wanted->thread != NULL) return wanted->all || owner == wanted->thread;
  if (wanted->known[place_of(owner, wanted)] != NULL) return true;
  if (wanted->count <= KNOWN_MOST) return false;
  const mica_theap_t* theap = wanted->first;
  while (theap != NULL && theap != owner) theap = theap->all_next;
  return theap != NULL && is_wanted(theap, wanted);
}

/* ---- outstanding blocks ---- */

static void tally_outstanding(mica_tally_t* tally, const wanted_t* wanted) {
  for (const mica_theap_t* theap = wanted->first; theap != NULL; theap = theap->all_next)
    for (unsigned c = 0; is_wanted(theap, wanted) && c < MICA_CLASSES; c++)
      tally->blocks[c] += mica_outstanding(&theap->bin[c]);
}

/* A list of that length at most. In a signal handler that interrupted a call of mica's the length may be off by what that call
 * was about: so one that is longer is no reason to end the program here. */
static void leave_out_list(mica_tally_t* tally, const mica_block_t* b, int length) {
  for (; b != NULL && length > 0; b = mica_link_get(b), length--) {
    const unsigned class = mica_page_class(mica_page_of(b));
    if (class < MICA_CLASSES) tally->blocks[class]--;
  }
}

/* Blocks that are ready in a theap that the calling thread runs, or on their way to others' pages, are free. NULL: none. */
static void leave_out_free(mica_tally_t* tally, const mica_theap_t* mine) {
  for (unsigned c = 0; mine != NULL && c < MICA_CLASSES; c++) {
    leave_out_list(tally, mine->cache[c].head, (int)mine->bin[c].bound - mine->cache[c].left);
    if (mine->shadow != NULL) leave_out_list(tally, mine->shadow->cache[c].head, -mine->shadow->cache[c].left);
  }
  for (unsigned i = 0; mine != NULL && i < MICA_OUTBOX_SETS * MICA_OUTBOX_WAYS; i++) {
    const mica_parcel_t* parcel = &mine->tables.outbox[i / MICA_OUTBOX_WAYS][i % MICA_OUTBOX_WAYS];
    if (parcel->tag != NULL) tally->blocks[parcel->class] -= parcel->count;
  }
}

/* The sub-heap that the calling thread runs in a heap, or NULL. */
static const mica_theap_t* part_of_thread(const mi_heap_t* heap) {
  const mica_theap_t* base = mica_theap_base();
  const mica_theap_t* sub = base == NULL ? NULL : base->thread.attached;
  while (sub != NULL && !is_part(sub, heap)) sub = sub->sub.attached_next;
  return sub;
}

/* ---- pages ---- */

/* relaxed: figures [P9] */
static void tally_page(mica_tally_t* tally, const mica_page_t* page, const wanted_t* wanted) {
  const uint64_t word = atomic_load_explicit(&mica_page_remote(page)->word, memory_order_relaxed);
  const uintptr_t tag = mica_page_owner(page);
  const unsigned class = mica_page_class(page);
  if (class >= MICA_CLASSES) return;
  if (pw_state(word) == PW_ABANDONED) { /* in the main heap */
    if (!wanted->all && (wanted->heap != NULL || wanted->thread != NULL)) return;
    tally->pages[class]++;
    tally->abandoned++;
    tally->blocks[class] += (int64_t)mica_class_total(class) - pw_count(word);
    return;
  }
  /* Where no page begins there is no owner's tag, or that of the page that was there before, with its previous owner. */
  if (tag == 0 || tag == (uintptr_t)PW_NOBODY || (tag & MICA_MARK_PREVIOUS) != 0) return;
  if (!is_known(mica_theap_of(tag & ~(uintptr_t)MICA_MARKS), wanted)) return;
  tally->pages[class]++;
  tally->blocks[class] -= pw_count(word);
}

static void tally_pages(mica_tally_t* tally, const wanted_t* wanted) {
  for (unsigned n = 0; n < mica_arena_count(); n++) {
    const mica_arena_t* arena = mica_arena(n);
    if (arena == NULL) continue;
    /* relaxed: figures [S1] [S10] */
    const uint64_t skip = atomic_load_explicit(&arena->whole, memory_order_relaxed) |
                          atomic_load_explicit(&arena->absent, memory_order_relaxed);
    for (unsigned i = 0; i < MICA_ARENA_SLICES; i++)
      if ((skip >> (i / MICA_SEGMENT_SLICES) & 1) == 0)
        tally_page(tally, mica_page_at(mica_arena_base(arena), i), wanted);
  }
}

int64_t mica_tally_bytes(const mica_tally_t* tally) {
  int64_t bytes = 0;
  for (unsigned c = 0; c < MICA_CLASSES; c++) bytes += tally->blocks[c] * (int64_t)mica_classes[c].size;
  return bytes;
}

int64_t mica_tally_page_bytes(const mica_tally_t* tally) {
  int64_t bytes = 0;
  for (unsigned c = 0; c < MICA_CLASSES; c++) bytes += tally->pages[c] * (int64_t)mica_class_extent(c);
  return bytes;
}

/* ---- pages of one block ---- */

/* On one registry. */
static int64_t registered(mica_theap_t* theap) {
  int64_t n = 0;
  for (unsigned i = 0; i < MICA_REGISTRY_SLOTS; i++) n += registry_get(&theap->sub.registry[i]) != NULL;
  return n;
}

static int64_t quota_of(mi_heap_t* heap) { return (int64_t)quota_bytes(quota_get(&heap->quota)); }

/* A first-class heap's are on its registries, and their bytes in its quota with those of its other pages. */
static void tally_large(mica_tally_t* tally, mi_heap_t* heap, bool named) {
  for (mica_theap_t* theap = mica_theap_first(); theap != NULL; theap = theap->all_next) {
    if (!is_part(theap, heap)) continue;
    tally->large += registered(theap);
    for (mica_theap_t* r = named ? theap->sub.annex : NULL; r != NULL; r = r->sub.annex) tally->large += registered(r);
  }
  tally->large_bytes = quota_of(heap) - mica_tally_page_bytes(tally);
}

/* The main heap's are the process's less those of all others. */
static void tally_large_rest(mica_tally_t* tally) {
  mica_tally_t all = {0};
  tally_pages(&all, &(wanted_t){.all = true});
  int64_t quotas = 0;
  for (mica_theap_t* theap = mica_theap_first(); theap != NULL; theap = theap->all_next)
    tally->large -= registered(theap);
  mica_theap_t* at = mica_theap_first();
  for (mi_heap_t* heap; (heap = mica_heap_next(&at)) != NULL;) quotas += quota_of(heap);
  tally->large_bytes -= quotas - (mica_tally_page_bytes(&all) - mica_tally_page_bytes(tally));
}

static void tally_large_all(mica_tally_t* tally) {
  tally->large = mica_remaining(MICA_COUNTER_LARGE_BORN, MICA_COUNTER_LARGE_GONE);
  tally->large_bytes = mica_remaining(MICA_COUNTER_LARGE_BYTES_BORN, MICA_COUNTER_LARGE_BYTES_GONE);
}

/* ---- whole ---- */

/* Blocks that share pages; those that are ready in `mine` are free. */
static void tally_all(mica_tally_t* tally, wanted_t wanted, const mica_theap_t* mine) {
  *tally = (mica_tally_t){0};
  look_up(&wanted);
  tally_outstanding(tally, &wanted);
  leave_out_free(tally, mine);
  tally_pages(tally, &wanted);
}

/* Out of line, so that the figures of the process, which a signal's handler gathers, do without the table of the parts. */
static MICA_NOINLINE void tally_parts(mica_tally_t* tally, mi_heap_t* heap, const mica_theap_t* mine) {
  const mica_theap_t* known[KNOWN] = {NULL};
  tally_all(tally, (wanted_t){.heap = heap, .known = known}, mine);
}

void mica_tally_process(mica_tally_t* to) {
  tally_all(to, (wanted_t){.all = true}, mica_theap_base());
  tally_large_all(to);
}

void mica_tally_heap(mica_tally_t* to, mi_heap_t* heap, bool named) {
  if (mica_heap_is_main(heap)) {
    tally_parts(to, NULL, mica_theap_base());
    tally_large_all(to);
    tally_large_rest(to);
  } else {
    tally_parts(to, heap, named ? part_of_thread(heap) : NULL);
    tally_large(to, heap, named);
  }
}

void mica_tally_thread(mica_tally_t* to) {
  const mica_theap_t* theap = mica_theap_mine();
  *to = (mica_tally_t){0};
  if (mica_theap_is_real(theap)) tally_all(to, (wanted_t){.thread = theap}, theap);
}

static size_t not_below_zero(int64_t n) { return n > 0 ? (size_t)n : 0; }

mica_usage_t mica_usage(void) {
  mica_usage_t u = {0};
  mica_tally_t tally;
  u.mapped = mica_mapped_bytes();
  u.paged = mica_limit_used();
  u.dirty = not_below_zero(mica_slices_dirty()) << MICA_SLICE_SHIFT;
  mica_tally_process(&tally);
  u.large = not_below_zero(tally.large_bytes);
  u.large_count = not_below_zero(tally.large);
  u.used = u.large + not_below_zero(mica_tally_bytes(&tally));
  return u;
}
