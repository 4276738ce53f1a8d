/* visit.c -- see visit.h. The note of the pages is memory from the system, for the time of the visit. */
#include "stats/visit.h"

#include <errno.h>
#include <string.h>

#include "heap/alloc.h"
#include "heap/bin.h"
#include "heap/collect.h"
#include "heap/first_class/heap.h"
#include "heap/first_class/subheap.h"
#include "heap/sample.h"
#include "heap/tracked.h"
#include "segment/os.h"

/* ---- the note ---- */

typedef struct note_s {
  mica_page_t** pages; /* NULL: they are only counted */
  size_t count;
  size_t length; /* of pages */
} note_t;

static void note_page(note_t* note, mica_page_t* page) {
  if (note->pages != NULL && note->count < note->length) note->pages[note->count] = page;
  note->count++;
}

static void note_list(note_t* note, mica_page_t* page) {
  for (; page != NULL; page = page->next) note_page(note, page);
}

static void note_registry(note_t* note, mica_theap_t* theap) {
  for (mica_theap_t* r = theap; r != NULL; r = r->sub.annex)
    for (unsigned i = 0; i < r->sub.registry_end; i++) {
      mica_page_t* page = registry_get(&r->sub.registry[i]);
      if (page != NULL) note_page(note, page);
    }
}

static void note_heap(note_t* note, mica_theap_t* theap) {
  for (unsigned c = 0; c < MICA_CLASSES; c++) {
    const mica_bin_t* bin = &theap->bin[c];
    if (bin->active != NULL) note_page(note, bin->active);
    note_list(note, bin->ready);
    note_list(note, bin->sparse);
    note_list(note, bin->full);
  }
  if (mica_theap_is_sub(theap)) note_registry(note, theap);
}

/* ---- one page ---- */

/* One bit a block: free. */
enum { BITS_WORDS = MICA_SLICE / MICA_STEP_SMALL / 64 };
typedef struct free_bits_s {
  uint64_t words[BITS_WORDS];
} free_bits_t;

static void set_free(free_bits_t* bits, const mica_page_t* page, const mica_block_t* b) {
  const mica_remote_t* r = mica_page_remote(page);
  const size_t i = (size_t)((const char*)b - mica_remote_first(r)) / r->size;
  if (i >= page->capacity) mica_list_damaged(mica_page_class(page), b);
  bits->words[i / 64] |= (uint64_t)1 << (i % 64);
}

/* The usable bytes of a block; in a tracked variant those that were asked for, and *block is the program's pointer then. */
static size_t seen_size(const mica_page_t* page, char** block, size_t size) {
  if (MICA_TRACKED) return mica_tracked_seen(block, size);
  char* const start = mica_sample_start(page, *block);
  if (start == *block) return size;
  *block = start;
  return mica_sample_usable(page, start);
}

/* The area, then its blocks. */
static bool show(const mica_visit_t* visit, const mica_page_t* page, const mi_heap_area_t* area,
                 const free_bits_t* bits, unsigned carved) {
  if (!visit->visitor(visit->heap, area, NULL, area->block_size, visit->arg)) return false;
  if (!visit->blocks) return true;
  for (unsigned i = 0; i < carved; i++) {
    if ((bits->words[i / 64] >> (i % 64) & 1) != 0) continue;
    char* block = (char*)area->blocks + (size_t)i * area->full_block_size;
    const size_t size = seen_size(page, &block, area->block_size);
    if (!visit->visitor(visit->heap, area, block, size, visit->arg)) return false;
  }
  return true;
}

static bool show_single(const mica_visit_t* visit, const mica_page_t* page) {
  const free_bits_t none = {0};
  char* first = mica_remote_first(mica_page_remote(page));
  const size_t usable = mica_page_usable(page, first);
  const mi_heap_area_t area = {first, usable, usable, 1, usable, usable, NULL};
  return show(visit, page, &area, &none, 1);
}

/* The owner's page; *carved and the area are its own afterwards. */
static mi_heap_area_t area_of(const mica_page_t* page) {
  const mica_remote_t* r = mica_page_remote(page);
  return (mi_heap_area_t){mica_remote_first(r),
                          (size_t)r->total * r->size,
                          (size_t)page->capacity * r->size,
                          page->used,
                          r->size,
                          r->size,
                          NULL};
}

static void look_at_list(free_bits_t* bits, const mica_page_t* page) {
  unsigned length = page->capacity - page->used;
  for (const mica_block_t* b = page->local_free; b != NULL; b = mica_link_get(b), length--) {
    if (length == 0) mica_list_damaged(mica_page_class(page), b);
    set_free(bits, page, b);
  }
}

static bool show_owned(const mica_visit_t* visit, const mica_page_t* page) {
  free_bits_t bits = {0};
  look_at_list(&bits, page);
  const mi_heap_area_t area = area_of(page);
  return show(visit, page, &area, &bits, page->capacity);
}

bool mica_visit_heap(mica_theap_t* theap, const mica_visit_t* visit) {
  mica_theap_collect(theap);
  note_t note = {0};
  note_heap(&note, theap);
  if (note.count == 0) return true;
  const size_t bytes = (note.count * sizeof(void*) + MICA_SLICE - 1) & ~(MICA_SLICE - 1);
  note = (note_t){mica_os_map(0, bytes, mica_os_page(), 0), 0, note.count};
  if (note.pages == NULL) {
    errno = ENOMEM;
    return false;
  }
  note_heap(&note, theap);
  bool go_on = true;
  for (size_t i = 0; i < note.length && go_on; i++) {
    mica_page_t* page = note.pages[i];
    go_on = mica_page_single(page) ? show_single(visit, page) : show_owned(visit, page);
  }
  mica_os_unmap(note.pages, bytes);
  return go_on;
}

/* ---- pages that no thread owns ---- */

/* An abandoned page is ours while it is looked at: reclaimed, then abandoned again. */
static bool show_abandoned(const mica_visit_t* visit, mica_page_t* page) {
  free_bits_t bits = {0};
  mica_block_t* got;
  unsigned n;
  if (!pw_reclaim(page, (pw_theap_t*)(uintptr_t)MICA_MARK_PREVIOUS, 0, &got, &n)) return true;
  pw_absorb(page, got, n);
  look_at_list(&bits, page);
  const mi_heap_area_t area = area_of(page);
  const unsigned carved = page->capacity, class = mica_page_class(page);
  mica_page_duty(page, class, pw_abandon(page));
  return show(visit, page, &area, &bits, carved);
}

static bool visit_slice(const mica_visit_t* visit, mica_page_t* page) {
  /* relaxed: a look; reclaiming it decides [P9] */
  const uint64_t word = atomic_load_explicit(&mica_page_remote(page)->word, memory_order_relaxed);
  if (pw_state(word) != PW_ABANDONED) return true;
  if (!mica_page_single(page)) return show_abandoned(visit, page);
  return mica_heap_of_page(page) != &mica_main || show_single(visit, page);
}

static bool visit_arena(const mica_visit_t* visit, const mica_arena_t* arena) {
  /* relaxed: a segment that is not seen yet cannot be visited [S1] [S10] */
  const uint64_t skip = atomic_load_explicit(&arena->whole, memory_order_relaxed) |
                        atomic_load_explicit(&arena->absent, memory_order_relaxed);
  for (unsigned i = MICA_HEAD_SLICES; i < MICA_ARENA_SLICES; i++)
    if ((skip >> (i / MICA_SEGMENT_SLICES) & 1) == 0 && !visit_slice(visit, mica_page_at(mica_arena_base(arena), i)))
      return false;
  return true;
}

/* The page that a mapping of its own holds: the one of its header's lines that is written. */
static mica_page_t* page_in(uintptr_t window) {
  for (unsigned i = MICA_HEAD_SLICES; i < MICA_ARENA_SLICES; i++) {
    mica_page_t* page = mica_page_at(window, i);
    if (mica_page_remote(page)->lead != 0) return page;
  }
  return NULL;
}

/* The next such mapping behind this one. */
static uintptr_t window_behind(uintptr_t window) {
  const uint64_t bytes = mica_arena_at(window)->window_bytes;
  return mica_window_next(window + ((bytes + MICA_ARENA - 1) & ~(MICA_ARENA - 1)));
}

static bool visit_windows(const mica_visit_t* visit) {
  for (uintptr_t window = mica_window_next(0), next; window != 0; window = next) {
    mica_page_t* page = page_in(window);
    next = window_behind(window); /* the visitor may free the block, and the mapping goes */
    if (page != NULL && mica_heap_of_page(page) == &mica_main && !show_single(visit, page)) return false;
  }
  return true;
}

const mica_page_t* mica_visit_page_at(const void* p) {
  const mica_window_t kind = mica_window_kind(p);
  if (kind == MICA_WINDOW_ARENA) return mica_is_ours(p) ? mica_page_holding(p) : NULL;
  const mica_page_t* page = kind == MICA_WINDOW_SINGLE ? page_in(mica_window_first(p)) : NULL;
  return page != NULL && (const char*)p >= mica_remote_first(mica_page_remote(page)) ? page : NULL;
}

bool mica_visit_unowned(const mica_visit_t* visit) {
  for (unsigned i = 0; i < mica_arena_count(); i++)
    if (mica_arena(i) != NULL && !visit_arena(visit, mica_arena(i))) return false;
  return visit_windows(visit);
}
