/* visit.c -- see visit.h. The note of the pages, and that of a page's blocks, is memory from the system, for the time of the
 * visit: a visitor, and others meanwhile, may free what a page still has to tell. */
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
#include "page/vacant.h"
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

static void set_free(free_bits_t* bits, size_t i) { bits->words[i / 64] |= (uint64_t)1 << (i % 64); }

/* What the program has of a block: from where on, counted from the page's first block, and its usable bytes; in a tracked
 * variant those that were asked for. */
typedef struct seen_s {
  uint32_t at;
  uint32_t size;
} seen_t;
enum { SEEN_BYTES = BITS_WORDS * 64 * sizeof(seen_t) };

/* A visit on its way. */
typedef struct look_s {
  const mica_visit_t* visit;
  seen_t* seen; /* the blocks in use of the page that is shown; NULL: no blocks are shown */
  unsigned count;
} look_t;

/* False: no memory, errno is ENOMEM. */
static bool look_begin(look_t* look, const mica_visit_t* visit) {
  *look = (look_t){visit, NULL, 0};
  if (!visit->blocks) return true;
  look->seen = mica_os_map(0, SEEN_BYTES, mica_os_page(), 0);
  if (look->seen == NULL) errno = ENOMEM;
  return look->seen != NULL;
}

static bool look_end(look_t* look, bool result) {
  if (look->seen != NULL) mica_os_unmap(look->seen, SEEN_BYTES);
  return result;
}

/* The block as the program has it. */
static size_t seen_size(const mica_page_t* page, char** block, size_t size) {
  if (MICA_TRACKED) return mica_tracked_seen(block, size);
  char* const start = mica_sample_start(page, *block);
  if (start == *block) return size;
  *block = start;
  return mica_sample_usable(page, start);
}

/* Notes the blocks in use, while nobody else can have the page: what says where a sample begins stands in the blocks. */
static void note_blocks(look_t* look, const mica_page_t* page, const free_bits_t* bits) {
  const mica_remote_t* const r = mica_page_remote(page);
  char* const first = mica_remote_first(r);
  look->count = 0;
  for (unsigned i = 0; look->seen != NULL && i < page->capacity; i++) {
    if ((bits->words[i / 64] >> (i % 64) & 1) != 0) continue;
    char* block = first + (size_t)i * r->size;
    const size_t size = seen_size(page, &block, r->size);
    look->seen[look->count++] = (seen_t){(uint32_t)(block - first), (uint32_t)size};
  }
}

/* The area, then the blocks that were noted. Of the page nothing is read any more. */
static bool show(const look_t* look, const mi_heap_area_t* area) {
  const mica_visit_t* const visit = look->visit;
  if (!visit->visitor(visit->heap, area, NULL, area->block_size, visit->arg)) return false;
  for (unsigned i = 0; i < look->count; i++) {
    char* const block = (char*)area->blocks + look->seen[i].at;
    if (!visit->visitor(visit->heap, area, block, look->seen[i].size, visit->arg)) return false;
  }
  return true;
}

/* A sample has what its block would have had. */
static bool show_single(const mica_visit_t* visit, const mica_page_t* page) {
  char *const first = mica_remote_first(mica_page_remote(page)), *block = first;
  const size_t usable = mica_page_usable(page, first);
  const size_t size = MICA_TRACKED ? mica_tracked_seen(&block, usable) : mica_sample_usable(page, first);
  const mi_heap_area_t area = {first, usable, usable, 1, usable, usable, NULL};
  if (!visit->visitor(visit->heap, &area, NULL, usable, visit->arg)) return false;
  return !visit->blocks || visit->visitor(visit->heap, &area, block, size, visit->arg);
}

/* The owner's page; the area is its own afterwards. */
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
  const mica_remote_t* r = mica_page_remote(page);
  unsigned length = mica_page_listed(page);
  for (unsigned i = 0; page->vacant != 0 && i < page->capacity; i++)
    if (mica_page_has_vacated(page, i)) set_free(bits, i);
  for (const mica_block_t* b = page->local_free; b != NULL; b = mica_link_get(b), length--) {
    const size_t i = (size_t)((const char*)b - mica_remote_first(r)) / r->size;
    if (length == 0 || i >= page->capacity) mica_list_damaged(mica_page_class(page), b);
    set_free(bits, i);
  }
}

static bool show_owned(look_t* look, const mica_page_t* page) {
  free_bits_t bits = {0};
  look_at_list(&bits, page);
  note_blocks(look, page, &bits);
  const mi_heap_area_t area = area_of(page);
  return show(look, &area);
}

static bool show_noted(look_t* look, const note_t* note) {
  for (size_t i = 0; i < note->length; i++) {
    const mica_page_t* const page = note->pages[i];
    if (!(mica_page_single(page) ? show_single(look->visit, page) : show_owned(look, page))) return false;
  }
  return true;
}

bool mica_visit_heap(mica_theap_t* theap, const mica_visit_t* visit) {
  look_t look;
  mica_theap_collect(theap);
  note_t note = {0};
  note_heap(&note, theap);
  if (note.count == 0) return true;
  if (!look_begin(&look, visit)) return false;
  const size_t bytes = (note.count * sizeof(void*) + MICA_SLICE - 1) & ~(MICA_SLICE - 1);
  note = (note_t){mica_os_map(0, bytes, mica_os_page(), 0), 0, note.count};
  if (note.pages == NULL) {
    errno = ENOMEM;
    return look_end(&look, false);
  }
  note_heap(&note, theap);
  const bool whole = show_noted(&look, &note);
  mica_os_unmap(note.pages, bytes);
  return look_end(&look, whole);
}

/* ---- pages that no thread owns ---- */

/* An abandoned page is ours while it is looked at. When it has been left, others may free its last block, and it is gone. */
static bool show_abandoned(look_t* look, mica_page_t* page) {
  free_bits_t bits = {0};
  if (!mica_page_take(page, 0)) return true;
  look_at_list(&bits, page);
  note_blocks(look, page, &bits);
  const mi_heap_area_t area = area_of(page);
  mica_page_leave(page);
  return show(look, &area);
}

static bool visit_slice(look_t* look, mica_page_t* page) {
  /* relaxed: a look; reclaiming it decides [P9] */
  const uint64_t word = atomic_load_explicit(&mica_page_remote(page)->word, memory_order_relaxed);
  if (pw_state(word) != PW_ABANDONED) return true;
  if (!mica_page_single(page)) return show_abandoned(look, page);
  return mica_heap_of_page(page) != &mica_main || show_single(look->visit, page);
}

static bool visit_arena(look_t* look, const mica_arena_t* arena) {
  /* relaxed: a segment that is not seen yet cannot be visited [S1] [S10] */
  const uint64_t skip = atomic_load_explicit(&arena->whole, memory_order_relaxed) |
                        atomic_load_explicit(&arena->absent, memory_order_relaxed);
  for (unsigned i = MICA_HEAD_SLICES; i < MICA_ARENA_SLICES; i++)
    if ((skip >> (i / MICA_SEGMENT_SLICES) & 1) == 0 && !visit_slice(look, mica_page_at(mica_arena_base(arena), i)))
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
  look_t look;
  bool whole = look_begin(&look, visit);
  for (unsigned i = 0; whole && i < mica_arena_count(); i++)
    whole = mica_arena(i) == NULL || visit_arena(&look, mica_arena(i));
  return look_end(&look, whole && visit_windows(visit));
}
