/* where_block.c -- which list a block is on (where.h).
 *
 * A carved block is the program's if it is on none of these lists. They are looked at in the order in which a free block moves,
 * so that one that another thread moves on meanwhile is met later on:
 *
 *   caches of every thread's heap --> parcels --> the page's word --> the page's own list --> vacant units
 *
 * A block in a cache may be of a page that its holder has given up since, or lent to a smaller class: so all heaps are asked,
 * and all classes that may have borrowed it. */
#include "heap/outbox.h"
#include "heap/shadow.h"
#include "heap/where.h"
#include "page/vacant.h"
#include "segment/peek.h"

typedef struct search_s {
  const mica_page_copy_t* copy;
  mica_where_t* where;
  uintptr_t block;
  unsigned left; /* links that may still be followed: what the list can hold at most */
  bool whole;    /* every list was seen to its end */
  mica_stretch_t stretch;
} search_t;

static bool peek_word(search_t* s, const void* at, uintptr_t* word) {
  const bool seen = mica_peek_word(&s->stretch, (uintptr_t)at, word);
  if (!seen) s->whole = false;
  return seen;
}

/* Whether a link could lead there: to a block of this page, or to any of mica's. */
static bool is_link(const search_t* s, uintptr_t at, bool within) {
  const mica_page_copy_t* c = s->copy;
  if (within) return mica_block_index(mica_copy_first(c), c->size, c->capacity, at) < c->capacity;
  return at % MICA_STEP_SMALL == 0 && mica_window_kind((const void*)at) == MICA_WINDOW_ARENA;
}

/* Whether the block is on the list that begins there. within: the list is of this page's blocks. */
static bool is_on(search_t* s, uintptr_t at, bool within) {
  while (at != 0) {
    if (at == s->block) return true;
    if (s->left == 0 || !is_link(s, at, within)) {
      s->whole = false;
      return false;
    }
    s->left--;
    if (!peek_word(s, (const void*)at, &at)) return false;
  }
  return false;
}

/* ---- a thread's heap ---- */

static void found(search_t* s, mica_where_state_t state, const mica_theap_t* holder, int class) {
  s->where->state = state;
  s->where->holder = holder;
  s->where->holder_class = class;
  s->where->holder_thread = mica_where_thread(holder, &s->where->holder_is_caller);
}

/* On the list in that cache. */
static bool is_in(search_t* s, uintptr_t cache) {
  uintptr_t head;
  if (!peek_word(s, (const void*)(cache + offsetof(mica_cache_t, head)), &head)) return false;
  s->left = MICA_CACHE_MOST;
  return is_on(s, head, false);
}

/* What is in a shadow is cached, too. */
static bool is_cached(search_t* s, const mica_theap_t* theap, unsigned class) {
  static_assert(offsetof(mica_shadow_t, cache) == 0, "what a shadow begins with");
  uintptr_t shadow;
  if (!is_in(s, (uintptr_t)&theap->cache[class]) &&
      (!peek_word(s, &theap->shadow, &shadow) || shadow == 0 || !is_in(s, shadow + class * sizeof(mica_cache_t))))
    return false;
  found(s, class == s->copy->kind ? MICA_WHERE_CACHED : MICA_WHERE_LENT, theap, (int)class);
  return true;
}

/* In the lists of its own class, or of one that may have borrowed it. */
static bool is_held(search_t* s, const mica_theap_t* theap) {
  const unsigned own = s->copy->kind;
  for (unsigned class = own + 1; class -- != 0;) {
    if (class != own && (own >= MICA_CLASSES_SMALL || mica_class_last_lender(class) < own)) return false;
    if (is_cached(s, theap, class)) return true;
  }
  return false;
}

static bool is_in_parcel(search_t* s, const mica_theap_t* theap) {
  const mica_tag_t* tag = mica_page_tag(s->copy->page);
  const mica_parcel_t* set = mica_outbox_set((mica_theap_t*)(uintptr_t)theap, tag);
  for (unsigned k = 0; k < MICA_OUTBOX_WAYS; k++) {
    uintptr_t named, first;
    if (!peek_word(s, &set[k].tag, &named) || !peek_word(s, &set[k].first, &first)) return false;
    s->left = s->copy->capacity;
    if (named != (uintptr_t)tag || !is_on(s, first, true)) continue;
    found(s, MICA_WHERE_IN_PARCEL, theap, -1);
    return true;
  }
  return false;
}

static bool any_theap(search_t* s, bool (*has)(search_t* s, const mica_theap_t* theap)) {
  for (const mica_theap_t* theap = mica_theap_first(); theap != NULL; theap = mica_where_next(theap))
    if (has(s, theap)) return true;
  return false;
}

/* ---- the page ---- */

static bool is_pushed(search_t* s) {
  uint64_t word;
  if (!MICA_PEEK(word, &mica_page_remote(s->copy->page)->word)) return false;
  const uintptr_t base = (uintptr_t)s->copy->base, head = pw_head(word);
  s->left = s->copy->capacity;
  if (head == 0 || !is_on(s, base + (head - 1) * sizeof(mica_block_t), true)) return false;
  s->where->state = MICA_WHERE_PUSHED;
  return true;
}

static bool is_local(search_t* s) {
  s->left = s->copy->capacity;
  if (!is_on(s, (uintptr_t)s->copy->local_free, true)) return false;
  s->where->state = MICA_WHERE_LOCAL;
  return true;
}

/* On no list: its memory went back. */
static bool is_vacant(search_t* s) {
  const mica_page_copy_t* c = s->copy;
  if ((c->vacant & mica_block_units(c->extent, c->lead, c->size, s->where->block_index)) == 0) return false;
  s->where->state = MICA_WHERE_VACANT;
  return true;
}

/* Whether no running thread but the caller's can have moved anything: what it runs, and what nobody does, stays as it was. */
static bool is_still(const search_t* s) {
  const mica_where_t* w = s->where;
  const bool held_by_other = w->holder_thread != 0 && !w->holder_is_caller;
  const bool abandoned = pw_state(s->copy->word) == PW_ABANDONED;
  if (!mica_where_goes_on()) return true;
  return !held_by_other && (abandoned || w->owner_is_caller || w->owner_thread == 0);
}

static bool is_unchanged(const mica_page_copy_t* c) {
  uint64_t word;
  uintptr_t owner;
  return MICA_PEEK(word, &mica_page_remote(c->page)->word) && MICA_PEEK(owner, PW_OWNER(c->page)) && word == c->word &&
         owner == c->owner;
}

void mica_where_find(const mica_page_copy_t* copy, mica_where_t* where) {
  search_t s;
  s.copy = copy;
  s.where = where;
  s.block = (uintptr_t)where->block;
  s.left = 0;
  s.whole = true;
  s.stretch.at = 0;
  where->state = MICA_WHERE_IN_USE;
  const bool found_one =
      any_theap(&s, is_held) || any_theap(&s, is_in_parcel) || is_pushed(&s) || is_local(&s) || is_vacant(&s);
  where->sure = (found_one || s.whole) && is_still(&s) && is_unchanged(copy);
}
