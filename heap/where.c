/* where.c -- what lies at an address: the window, the slice, the page (where.h). */
#include "heap/where.h"

#include <errno.h>
#include <string.h>

#include "segment/peek.h"

static_assert(MICA_WHERE_NAME == (int)MICA_MAPPING_NAME, "a name is handed on whole");

static void set_owner(mica_where_t* w, const mica_theap_t* theap) {
  w->owner = theap;
  w->owner_thread = mica_where_thread(theap, &w->owner_is_caller);
}

/* ---- a page ---- */

/* relaxed atomics and plain fields alike are taken out of a copy of their line. */
#define TAKE(to, line, record, field) memcpy(&(to), (line) + offsetof(record, field), sizeof(to))

/* A page that could begin at base: else only its base is copied, which is another one.
 * NOLINTBEGIN(bugprone-sizeof-expression): of pointers, which are what is copied */
static bool copy_page(const mica_page_t* page, uintptr_t base, mica_page_copy_t* c) {
  char owner[sizeof(mica_page_t)], remote[sizeof(mica_remote_t)];
  c->page = page;
  if (!MICA_PEEK(c->base, &mica_page_remote(page)->base)) return false;
  if ((uintptr_t)c->base != base) return true;
  if (!MICA_PEEK(owner, page) || !MICA_PEEK(remote, mica_page_remote(page))) return false;
  if (!MICA_PEEK(c->owner, PW_OWNER(page))) return false;
  TAKE(c->word, remote, mica_remote_t, word);
  TAKE(c->base, remote, mica_remote_t, base);
  TAKE(c->lead, remote, mica_remote_t, lead);
  TAKE(c->total, remote, mica_remote_t, total);
  TAKE(c->size, remote, mica_remote_t, size);
  TAKE(c->slices, remote, mica_remote_t, slices);
  TAKE(c->extent, remote, mica_remote_t, extent);
  TAKE(c->kind, remote, mica_remote_t, kind);
  TAKE(c->dedicated, remote, mica_remote_t, dedicated);
  TAKE(c->local_free, owner, mica_page_t, local_free);
  TAKE(c->used, owner, mica_page_t, used);
  TAKE(c->capacity, owner, mica_page_t, capacity);
  TAKE(c->place, owner, mica_page_t, place);
  TAKE(c->vacant, owner, mica_page_t, vacant);
  TAKE(c->registry, owner, mica_page_t, registry);
  TAKE(c->registry_at, owner, mica_page_t, registry_at);
  TAKE(c->heap, owner, mica_page_t, heap);
  TAKE(c->serial, owner, mica_page_t, serial);
  return true;
}
/* NOLINTEND(bugprone-sizeof-expression) */

/* Whether a page begins with this slice, as its lines say. */
static bool begins(const mica_page_copy_t* c, uintptr_t base) {
  if ((uintptr_t)c->base != base || c->lead == 0 || c->lead > c->extent || c->total == 0) return false;
  if (c->kind == MICA_CLASS_NONE) return c->size == 0 && c->word != 0;
  return c->kind < MICA_CLASSES && c->size == mica_classes[c->kind].size && c->total == mica_class_total(c->kind) &&
         c->capacity <= c->total;
}

/* The page in a window that has the byte at `at`, which lies in this slice or behind them all. A large block's slices behind
 * its first say nothing; so the page is sought from there down. False: there is none, or no look is allowed. */
static bool find_page(uintptr_t window, unsigned slice, uintptr_t at, mica_page_copy_t* c) {
  for (unsigned s = slice + 1; s-- != 0;) {
    const uintptr_t base = window + ((uintptr_t)s << MICA_SLICE_SHIFT);
    if (!copy_page(mica_page_at(window, s), base, c)) return false;
    if (begins(c, base)) return at - base < c->extent;
  }
  return false;
}

static const mica_where_page_t places[] = {
    [MICA_PLACE_NONE] = MICA_PAGE_MOVING, [MICA_PLACE_ACTIVE] = MICA_PAGE_ACTIVE,
    [MICA_PLACE_READY] = MICA_PAGE_READY, [MICA_PLACE_SPARSE] = MICA_PAGE_SPARSE,
    [MICA_PLACE_FULL] = MICA_PAGE_FULL,
};

static mica_where_page_t page_of(const mica_page_copy_t* c, bool mapping) {
  if (mapping) return MICA_PAGE_MAPPING;
  if (c->kind == MICA_CLASS_NONE) return c->slices <= MICA_SEGMENT_SLICES ? MICA_PAGE_LARGE : MICA_PAGE_HUGE;
  if (pw_state(c->word) == PW_ABANDONED) return MICA_PAGE_ABANDONED;
  return c->place <= MICA_PLACE_FULL ? places[c->place] : MICA_PAGE_MOVING;
}

/* The heap, if it is still the one with that number: the structure is type-stable. */
static mi_heap_t* still(mi_heap_t* heap, uint64_t serial) {
  uint64_t now;
  const bool may_be = heap != NULL && serial != 0 && (uintptr_t)heap % _Alignof(mi_heap_t) == 0;
  return may_be && MICA_PEEK(now, &heap->serial) && now == serial ? heap : NULL;
}

static mi_heap_t* part_of(const mica_theap_t* theap) {
  mi_heap_t* heap;
  uint64_t serial;
  /* NOLINTNEXTLINE(bugprone-sizeof-expression): of a pointer, which is what is copied */
  return MICA_PEEK(heap, &theap->heap) && MICA_PEEK(serial, &theap->sub.serial) ? still(heap, serial) : NULL;
}

static mi_heap_t* heap_of(const mica_page_copy_t* c, const mica_theap_t* owner) {
  if (c->kind != MICA_CLASS_NONE) return pw_state(c->word) == PW_DEDICATED && owner != NULL ? part_of(owner) : NULL;
  const mica_page_t* registered;
  if (c->registry == NULL || (uintptr_t)c->registry % MICA_THEAP_ALIGN != 0 || c->registry_at >= MICA_REGISTRY_SLOTS)
    return NULL;
  /* NOLINTNEXTLINE(bugprone-sizeof-expression): likewise */
  return MICA_PEEK(registered, &c->registry->sub.registry[c->registry_at]) && registered == c->page
             ? still(c->heap, c->serial)
             : NULL;
}

/* Nothing has changed of a page of one block, and so the program has the block. */
static bool same_word(const mica_page_copy_t* c) {
  uint64_t word;
  return MICA_PEEK(word, &mica_page_remote(c->page)->word) && word == c->word;
}

static void set_block(const mica_page_copy_t* c, mica_where_t* w) {
  const uintptr_t at = (uintptr_t)w->p, first = mica_copy_first(c);
  w->sure = same_word(c);
  w->state = MICA_WHERE_GAP;
  if (at < first) return;
  const size_t size = c->size != 0 ? c->size : c->extent - c->lead, index = (at - first) / size;
  w->block = (const void*)(first + index * size);
  w->block_size = size;
  w->block_index = (unsigned)index;
  w->offset = at - (uintptr_t)w->block;
  w->state = MICA_WHERE_IN_USE;
  if (c->size != 0 && index >= c->capacity) {
    w->state = MICA_WHERE_UNCARVED;
    w->sure = w->owner_is_caller || w->owner_thread == 0 || !mica_where_goes_on();
  } else if (c->size != 0) {
    mica_where_find(c, w);
  }
}

static void set_page(const mica_page_copy_t* c, bool mapping, mica_where_t* w) {
  const bool single = c->kind == MICA_CLASS_NONE;
  w->page = page_of(c, mapping);
  w->dedicated = !single && pw_state(c->word) == PW_DEDICATED;
  w->page_class = single ? -1 : (int)c->kind;
  w->page_base = c->base;
  w->page_slices = c->slices;
  w->page_first = (const void*)mica_copy_first(c);
  w->page_blocks = c->total;
  w->page_carved = single ? 1 : c->capacity;
  if (!single) set_owner(w, mica_where_theap(c->owner));
  w->heap = heap_of(c, w->owner);
  set_block(c, w);
}

/* ---- memory that is not mica's ---- */

static void look_at_mapping(mica_where_t* w) {
  mica_mapping_t mapping;
  const mica_mapped_t mapped = mica_mapping_at(w->p, &mapping);
  w->sure = mapped != MICA_MAPPED_UNKNOWN;
  w->state = mapped == MICA_NOT_MAPPED ? MICA_WHERE_UNMAPPED : MICA_WHERE_FOREIGN;
  if (mapped != MICA_MAPPED) return;
  if (mica_where_on_stack(mapping.from, mapping.to)) w->state = MICA_WHERE_STACK;
  w->from = (const void*)mapping.from;
  w->to = (const void*)mapping.to;
  memcpy(w->name, mapping.name, sizeof w->name);
}

static void look_outside(mica_where_t* w) {
  const mica_theap_t* theap = mica_where_theap_at(w->p);
  if (theap == NULL) {
    look_at_mapping(w);
    return;
  }
  w->state = MICA_WHERE_THEAP;
  w->sure = true;
  set_owner(w, theap);
}

/* ---- windows ---- */

static void set_place(mica_where_t* w, uintptr_t window) {
  const uintptr_t at = (uintptr_t)w->p - window;
  w->base = (const void*)window;
  w->slice = (int)(at >> MICA_SLICE_SHIFT);
  w->segment = (int)(at >> MICA_SEGMENT_SHIFT);
}

/* A head's part. False: p lies behind the head. */
static bool look_at_head(mica_where_t* w) {
  const uintptr_t at = (uintptr_t)w->p - (uintptr_t)w->base;
  if (at >= MICA_HEAD) return false;
  w->state = at < MICA_WORDS          ? MICA_WHERE_TAGS
             : at < MICA_OWNER_LINES  ? MICA_WHERE_WORDS
             : at < MICA_REMOTE_LINES ? MICA_WHERE_OWNERS
                                      : MICA_WHERE_REMOTE;
  w->sure = true;
  return true;
}

static void look_at_free_slice(const mica_arena_t* arena, mica_where_t* w) {
  const unsigned bit = (unsigned)w->slice % MICA_SEGMENT_SLICES;
  uint64_t dirty, gone;
  w->sure = MICA_PEEK(dirty, &arena->slices_dirty[w->segment]) && MICA_PEEK(gone, &arena->slices_gone[w->segment]);
  w->state = MICA_WHERE_UNSEEN;
  if (w->sure)
    w->state = (gone >> bit & 1) != 0 ? MICA_WHERE_GONE : (dirty >> bit & 1) != 0 ? MICA_WHERE_DIRTY : MICA_WHERE_CLEAN;
}

/* Somebody else's mapping may lie where a segment could be. */
static void look_at_absent(mica_where_t* w) {
  look_outside(w);
  if (w->state == MICA_WHERE_UNMAPPED) w->state = MICA_WHERE_ABSENT;
}

/* A slice in use: of a page, or of threads' heaps, or somebody is about to do something with it. */
static void look_at_used_slice(mica_where_t* w) {
  mica_page_copy_t copy;
  const mica_theap_t* theap = mica_where_theap_at(w->p);
  w->state = MICA_WHERE_UNSEEN;
  if (theap != NULL)
    look_outside(w);
  else if (find_page((uintptr_t)w->base, (unsigned)w->slice, (uintptr_t)w->p, &copy))
    set_page(&copy, false, w);
}

/* The head of a reserved window may be all that is mica's of its first segment. */
static bool is_head_alone(const mica_arena_t* arena, int segment) {
  uint16_t reserve;
  unsigned char fixed; /* a bool, or what else may lie there */
  return segment == 0 && MICA_PEEK(fixed, &arena->fixed) && fixed != 0 && MICA_PEEK(reserve, &arena->reserve[0]) &&
         reserve == 0;
}

static void look_at_arena(const mica_arena_t* arena, mica_where_t* w) {
  uint64_t absent, whole, slices_free;
  set_place(w, mica_arena_base(arena));
  if (look_at_head(w)) return;
  w->state = MICA_WHERE_UNSEEN;
  if (!MICA_PEEK(absent, &arena->absent) || !MICA_PEEK(whole, &arena->whole) ||
      !MICA_PEEK(slices_free, &arena->slices_free[w->segment]))
    return;
  const mica_slice_kind_t kind = mica_slice_kind((unsigned)w->slice, absent, whole, slices_free);
  if (kind == MICA_SLICE_ABSENT || is_head_alone(arena, w->segment))
    look_at_absent(w);
  else if (kind == MICA_SLICE_FREE)
    look_at_free_slice(arena, w);
  else
    look_at_used_slice(w);
}

/* The arena whose window it is. Not by the map of windows alone: that knows one that is about to be given up, too. */
static const mica_arena_t* arena_of(uintptr_t window, int* number) {
  const unsigned count = mica_arena_count();
  for (unsigned i = 0; i < count; i++) {
    const mica_arena_t* arena = mica_arena(i);
    if (arena == NULL || mica_arena_base(arena) != window) continue;
    *number = (int)i;
    return arena;
  }
  return NULL;
}

/* A large block's own mapping, which may go at any moment. One of its header's lines is written. Behind its end, in the last of
 * its windows, nothing is mica's. */
static void look_at_single(uintptr_t window, mica_where_t* w) {
  mica_page_copy_t copy;
  set_place(w, window);
  if (look_at_head(w)) return;
  w->state = MICA_WHERE_UNSEEN;
  for (unsigned s = 0; s < MICA_ARENA_SLICES && copy_page(mica_page_at(window, s), window, &copy); s++) {
    if (!begins(&copy, window)) continue;
    if ((uintptr_t)w->p - window < copy.extent) {
      set_page(&copy, true, w);
    } else {
      mica_where_begin(w, w->p);
      look_outside(w);
    }
    return;
  }
}

/* The map of windows is asked for the byte: a pointer is of the byte before it, to it. */
static void look(mica_where_t* w) {
  const void* behind = (const void*)((uintptr_t)w->p + 1);
  const mica_window_t kind = mica_window_kind(behind);
  const mica_arena_t* arena = kind == MICA_WINDOW_ARENA ? arena_of(mica_window_of(behind), &w->arena) : NULL;
  if (arena != NULL)
    look_at_arena(arena, w);
  else if (kind == MICA_WINDOW_SINGLE)
    look_at_single(mica_window_first(behind), w);
  else
    look_outside(w);
}

void mica_where_begin(mica_where_t* where, const void* p) {
  memset(where, 0, sizeof *where);
  where->size = sizeof *where;
  where->p = p;
  where->arena = where->segment = where->slice = where->page_class = where->holder_class = -1;
}

void mica_where_look(const void* p, mica_where_t* where) {
  const int saved = errno;
  mica_where_begin(where, p);
  look(where);
  errno = saved;
}
