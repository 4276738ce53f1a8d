/* free.c -- free behind the fast path.
 *
 *   the page is          and the block goes
 *   single               with its page, back to the segment (or the system)
 *   mine                 into the cache (pages of more slices, and inner pointers, miss the fast path)
 *   abandoned, by me     home: the page is reclaimed. Rule: only the theap that gave a page up last takes it back on
 *                        a free, and only if nobody else has freed into it since; so memory that was handed to other
 *                        threads does not return to one that may be idle
 *   anybody else's       into the outbox */
#include "heap/free.h"

#include <errno.h>

#include "heap/bin.h"
#include "heap/cache.h"
#include "heap/fast.h"
#include "heap/outbox.h"
#include "heap/sample.h"
#include "heap/shadow.h"
#include "heap/thread.h"
#include "heap/where.h"
#include "observe/hooks.h"
#include "page/vacant.h"
#include "segment/arena.h"

static void free_cached(mica_theap_t* theap, mica_block_t* b, unsigned class) {
  if (mica_cache_push(&theap->cache[class], b)) mica_cache_overflow(theap, class);
}

void mica_free_overflow(mica_cache_t* cache) {
  mica_theap_t* theap = mica_theap_mine();
  mica_cache_overflow(theap, (unsigned)(cache - theap->cache));
}

/* Takes a page that this heap abandoned over again, with the block; unless others have freed into it. */
static bool reclaim_own(mica_theap_t* theap, mica_page_t* page, mica_block_t* b) {
  /* relaxed: a look, for policy; pw_reclaim decides [P9] */
  if (pw_count(atomic_load_explicit(&mica_page_remote(page)->word, memory_order_relaxed)) != 0) return false;
  if (mica_arena_is_exclusive(mica_arena_at(mica_page_window(page)), mica_page_slice(page) / MICA_SEGMENT_SLICES))
    return false; /* this theap was a heap's there */
  mica_block_t* got;
  unsigned n;
  if (!pw_reclaim(page, mica_theap_incoming(theap), 0, &got, &n)) return false;
  mica_link_set(b, got);
  mica_bin_adopt(theap, page, b, n + 1);
  return true;
}

/* The heap, of those that this thread runs, whose owner id the tag says; NULL: none of them, as far as can be seen quickly. One
 * that is not seen is as another thread's: its blocks go by the page's word. */
static mica_theap_t* one_of_mine(mica_theap_t* mine, uintptr_t owner) {
  mica_theap_t* base = mica_theap_base_of(mine);
  const uintptr_t id = owner & ~(uintptr_t)MICA_MARK_INNER;
  if (base == NULL) return NULL;
  if (id == (uintptr_t)mica_theap_id(mine)) return mine;
  if (id == (uintptr_t)mica_theap_id(base)) return base;
  return base->thread.attached != NULL && *mica_running(base, id) == id ? mica_theap_of(id) : NULL;
}

/* The block of a page that blocks of a class share, to where it belongs. owner: of mine, as the tag says. */
MICA_INLINE void free_shared(mica_theap_t* mine, mica_theap_t* owner, const mica_tag_t* tag, mica_page_t* page,
                             unsigned class, mica_block_t* b) {
  if (mica_page_tag(page) != tag)
    owner = one_of_mine(mine, mica_page_owner(page)); /* the tag was not the page's first */
  if (owner != NULL) {
    free_cached(owner, b, class);
    return;
  }
  mica_theap_t* theap = mica_theap_get(mine);
  if (theap != NULL) theap = mica_theap_base_of(theap); /* what goes elsewhere goes by the thread's own */
  if (theap != NULL && mica_theap_owned_last(theap, page) && reclaim_own(theap, page, b)) return;
  mica_outbox_send(theap, page, b, class);
}

/* relaxed: as in the fast path [T1] */
static uintptr_t named_by(const mica_tag_t* tag) {
  return (uintptr_t)atomic_load_explicit(&tag->owner, memory_order_relaxed);
}

/* p may be a sample: then the program's function is called, and the thread's theap may be another one behind that. */
static MICA_NOINLINE void free_inner(const mica_tag_t* tag, mica_page_t* page, unsigned class, void* p) {
  mica_block_t* const b = mica_page_block(page, p);
  if (mica_profile_began() && (void*)b != p) mica_sample_freed(page, b, p);
  mica_theap_t* const mine = mica_theap_mine();
  free_shared(mine, one_of_mine(mine, named_by(tag)), tag, page, class, b);
}

static MICA_NOINLINE void free_general(mica_theap_t* mine, const mica_tag_t* tag, void* p) {
  const uintptr_t named = named_by(tag);
  mica_theap_t* owner = one_of_mine(mine, named);
  if (owner != NULL && (named & MICA_MARKS) == 0) { /* a theap that the thread runs, but does not allocate in now */
    mica_cache_t* cache = tag->cache;
    if (mica_cache_push(cache, p)) mica_cache_overflow(owner, (unsigned)(cache - owner->cache));
    return;
  }
  mica_page_t* page = mica_page_of(p);
  const unsigned class = mica_page_class(page);
  if (class == MICA_CLASS_NONE) {
    if (MICA_UNLIKELY(page->sample != 0)) mica_sample_end_single(page);
    mica_page_duty(page, class, pw_push(page, p, p, 1));
    return;
  }
  if (mica_classes[class].inner)
    free_inner(tag, page, class, p);
  else
    free_shared(mine, owner, tag, page, class, p);
}

/* A run of frees into one page of somebody else's adds to its parcel. A thread without a theap has none. */
void mica_free_slow(void* p) {
  mica_theap_t* mine = mica_theap_mine();
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

/* Whether start is on a list of that length at most, of the class's blocks or of borrowed ones. What is no block's address was
 * written by somebody else: it is not followed. asks: it is only a question, perhaps of a signal handler that has interrupted a
 * change of this very list; a list that makes no sense says nothing then. */
static bool is_in(const mica_block_t* b, unsigned length, const mica_block_t* start, unsigned class, bool asks) {
  for (; b != NULL && b != start; b = mica_link_get(b)) {
    const bool followed = (uintptr_t)b % MICA_STEP_SMALL == 0 && mica_is_ours(b);
    if (length-- != 0 && followed) continue;
    if (asks) return false;
    mica_list_damaged(class, b);
  }
  return b != NULL;
}

static bool is_cached(const mica_theap_t* theap, unsigned class, const mica_block_t* start, bool asks) {
  const mica_shadow_t* shadow = theap->shadow;
  if (is_in(theap->cache[class].head, mica_cache_length(theap, class), start, class, asks)) return true;
  if (shadow != NULL && is_in(shadow->cache[class].head, mica_shadow_length(shadow, class), start, class, asks))
    return true;
  return false;
}

/* What the program called, with what, why that is wrong, and what lies there. */
static _Noreturn void refuse(int code, const char* function, const void* p, const char* why) {
  char text[MICA_WHERE_TEXT];
  mica_where_say(p, text);
  mica_misuse(code, "%s(%p): %s%s\n", function, p, why, text);
}

/* Debug: the pointer must be mica's, a block's start, and not free already as far as can be seen. */
static void examine(const void* p, const char* function, bool asks) {
  if (p == NULL) return;
  if (mica_window_kind(p) == MICA_WINDOW_FOREIGN) refuse(EINVAL, function, p, "");
  const mica_page_t* page = mica_page_find(p);
  if (page == NULL) refuse(EINVAL, function, p, "not the start of a block in use: ");
  const unsigned class = mica_page_class(page);
  if (class == MICA_CLASS_NONE) return;
  mica_theap_t *mine = mica_theap_mine(), *owner = one_of_mine(mine, mica_page_owner(page));
  const mica_block_t* const start = mica_page_block(page, p);
  if (owner != NULL && !mica_page_has_carved(page, start))
    refuse(EINVAL, function, p, "not the start of a block in use: ");
  if (owner != NULL && mica_page_is_vacant(page, start)) refuse(EAGAIN, function, p, "this block was freed before: ");
  if (is_cached(mine, class, start, asks) || (owner != NULL && is_cached(owner, class, start, asks)))
    refuse(EAGAIN, function, p, "this block was freed before: ");
}

void mica_free_examine(const void* p, const char* function) { examine(p, function, false); }

void mica_ask_examine(const void* p, const char* function) { examine(p, function, true); }
