/* free.c -- free behind the fast path.
 *
 *   the page is          and the block goes
 *   single               with its page, back to the segment (or the system)
 *   mine                 onto the hot list (pages of more slices, and inner pointers, miss the fast path)
 *   detached, by me      home: the page is taken over again. Rule: only the heap that gave a page up last takes it back on
 *                        a free, and only if nobody else has freed into it since; so memory that was handed to other
 *                        threads does not return to one that may be idle
 *   anybody else's       into the outbox */
#include <errno.h>

#include "heap/fast.h"
#include "observe/hooks.h"
#include "segment/arena.h"

static void free_hot(mica_heap_t* heap, mica_block_t* b, unsigned class) {
  if (mica_hot_push(&heap->hot[class], b)) mica_hot_overflow(heap, class);
}

void mica_free_overflow(mica_hot_t* hot) {
  mica_heap_t* heap = mica_heap_mine();
  mica_hot_overflow(heap, (unsigned)(hot - heap->hot));
}

/* Takes a page that this heap detached over again, with the block; unless others have freed into it. */
static bool take_back(mica_heap_t* heap, mica_page_t* page, mica_block_t* b) {
  /* relaxed: a look, for policy; pw_take decides [P9] */
  if (pw_count(atomic_load_explicit(&mica_page_remote(page)->word, memory_order_relaxed)) != 0) return false;
  if (mica_arena_is_exclusive(mica_arena_at(mica_page_window(page)), mica_page_slice(page) / MICA_SEGMENT_SLICES))
    return false; /* this structure was a heap's there */
  mica_block_t* got;
  unsigned n;
  if (!pw_take(page, mica_heap_token(heap), 0, &got, &n)) return false;
  mica_link_set(b, got);
  mica_stock_adopt(heap, page, b, n + 1);
  return true;
}

/* The heap, of those that this thread runs, whose token the tag says; NULL: none of them, as far as can be seen quickly. One
 * that is not seen is as another thread's: its blocks go by the page's word. */
static mica_heap_t* one_of_mine(mica_heap_t* mine, uintptr_t owner) {
  mica_heap_t* base = mica_heap_base_of(mine);
  const uintptr_t token = owner & ~(uintptr_t)MICA_MARK_INNER;
  if (base == NULL) return NULL;
  if (token == (uintptr_t)mica_heap_token(mine)) return mine;
  if (token == (uintptr_t)mica_heap_token(base)) return base;
  return base->bound != NULL && *mica_running(base, token) == token ? mica_heap_of(token) : NULL;
}

static MICA_NOINLINE void free_general(mica_heap_t* mine, const mica_tag_t* tag, void* p) {
  /* relaxed: as in the fast path [T1] */
  const uintptr_t named = (uintptr_t)atomic_load_explicit(&tag->heap, memory_order_relaxed);
  mica_heap_t* owner = one_of_mine(mine, named);
  if (owner != NULL && (named & MICA_MARKS) == 0) { /* a heap that the thread runs, but does not allocate in now */
    mica_hot_t* hot = tag->hot;
    if (mica_hot_push(hot, p)) mica_hot_overflow(owner, (unsigned)(hot - owner->hot));
    return;
  }
  mica_page_t* page = mica_page_of(p);
  const unsigned class = mica_page_class(page);
  if (class == MICA_CLASS_NONE) {
    mica_page_duty(page, class, pw_push(page, p, p, 1));
    return;
  }
  mica_block_t* b = mica_classes[class].inner ? mica_page_block(page, p) : p;
  if (mica_page_tag(page) != tag)
    owner = one_of_mine(mine, mica_page_owner(page)); /* the tag was not the page's first */
  if (owner != NULL) {
    free_hot(owner, b, class);
    return;
  }
  mica_heap_t* heap = mica_heap_get(mine);
  if (heap != NULL) heap = mica_heap_base_of(heap); /* what goes elsewhere goes by the thread's own */
  if (heap != NULL && mica_heap_left(heap, page) && take_back(heap, page, b)) return;
  mica_outbox_send(heap, page, b, class);
}

/* A run of frees into one page of somebody else's adds to its parcel. A thread without a heap has none. */
void mica_free_slow(void* p) {
  mica_heap_t* mine = mica_heap_mine();
  const mica_tag_t* tag = mica_tag_of(p);
  mica_parcel_t* set = mica_outbox_set(mine, tag);
  static_assert(MICA_OUTBOX_WAYS == 2, "both are looked at");
  if (MICA_LIKELY(set[0].tag == tag))
    mica_parcel_add(mine, &set[0], p);
  else if (set[1].tag == tag)
    mica_parcel_add(mine, &set[1], p);
  else
    free_general(mine, tag, p);
}

static bool is_in(const mica_block_t* list, const mica_block_t* start) {
  while (list != NULL && list != start) list = mica_link_get(list);
  return list != NULL;
}

static bool is_hot(const mica_heap_t* heap, unsigned class, const mica_block_t* start) {
  if (is_in(heap->hot[class].head, start)) return true;
  for (const mica_block_t* pile = heap->stock[class].reserve; pile != NULL; pile = mica_pile_below(pile))
    if (is_in(pile, start)) return true;
  return false;
}

/* Debug: the pointer must be mica's, a block's start, and not free already as far as can be seen. */
void mica_free_examine(const void* p) {
  if (p == NULL) return;
  if (mica_window_kind(p) == MICA_WINDOW_FOREIGN) mica_misuse(EINVAL, "free(%p): not a pointer of mica's\n", p);
  const mica_page_t* page = mica_page_find(p);
  if (page == NULL) mica_misuse(EINVAL, "free(%p): not the start of a block in use\n", p);
  const unsigned class = mica_page_class(page);
  if (class == MICA_CLASS_NONE) return;
  mica_heap_t *mine = mica_heap_mine(), *owner = one_of_mine(mine, mica_page_owner(page));
  const mica_block_t* const start = mica_page_block(page, p);
  if (is_hot(mine, class, start) || (owner != NULL && is_hot(owner, class, start)))
    mica_misuse(EAGAIN, "free(%p): this block was freed before\n", p);
}
