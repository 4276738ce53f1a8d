/* sample.c -- see sample.h.
 *
 * The profiler may call the program's function, which may allocate: so it is told of nothing before all is done, and in the
 * thread's default heap. */
#include "heap/sample.h"

#include "heap/cache.h"
#include "heap/callbacks.h"
#include "heap/fast.h"
#include "heap/malloc.h"
#include "heap/sample_head.h"
#include "heap/shadow.h"
#include "heap/thread.h"

/* ---- which theaps are profiled ---- */

/* The theap is as the epoch says. */
static bool joins(mica_theap_t* theap) {
  /* relaxed: the rate is asked for behind it [PF20] */
  const uint32_t epoch = atomic_load_explicit(&mica_profile_epoch, memory_order_relaxed);
  if (theap->shadow != NULL && theap->shadow->epoch == epoch) return true;
  const uint64_t every = mica_profile_every();
  if (every == 0 || (theap->shadow == NULL && !mica_shadow_give(theap))) {
    mica_shadow_drop(theap);
    if (every == 0) theap->profile_epoch = epoch;
    return false;
  }
  mica_shadow_set_rate(theap, every, epoch);
  theap->profile_epoch = MICA_EPOCH_NONE;
  return true;
}

/* The base alone: of another theap that this thread runs, and does not allocate in now, somebody else may be about to destroy
 * the heap. Those are as the epoch says at their next slow call. */
void mica_sample_begin(void) {
  mica_theap_t* base = mica_theap_get(mica_theap_mine());
  if (base != NULL) base = mica_theap_base_of(base);
  if (base != NULL) joins(base);
}

/* ---- samples are taken ----
 *
 * The unwinder goes through each of mica's own frames first: so these are in line. */

/* How a sample was drawn: the rate, and the steps of the thread's stacks; NULL: a thread past its end, which has none. */
typedef struct draw_s {
  uint64_t every;
  mica_steps_t* steps;
} draw_t;

static draw_t draw_of(mica_shadow_t* shadow) { return (draw_t){shadow->every, &shadow->steps}; }

/* The number of the sample stands where it is found. */
static void tell(uint32_t number, const void* p) {
  if (number == 0) return;
  const uintptr_t self = mica_callback_out();
  mica_profile_tell(number, p);
  mica_callback_in(self);
}

/* Bytes that p needs at most in front of it. */
static size_t in_front(const mica_request_t* asked) {
  const bool lies_so = asked->align <= MICA_STEP_SMALL && asked->offset % asked->align == 0;
  return sizeof(mica_sample_head_t) + (lies_so ? 0 : asked->align - 1);
}

MICA_INLINE void* in_block(char* b, const mica_request_t* asked, size_t usable, size_t block_size, draw_t draw) {
  char* p = b + sizeof(mica_sample_head_t);
  const size_t over = ((uintptr_t)p + asked->offset) & (asked->align - 1);
  if (over != 0) p += asked->align - over;
  mica_sample_head_t* const head = (mica_sample_head_t*)(void*)b;
  *head = (mica_sample_head_t){{0, 0}, 0, (uint32_t)(p - b), usable};
  head->number = mica_profile_take(p, asked->size, block_size, draw.every, draw.steps);
  tell(head->number, p);
  return p;
}

MICA_INLINE void* in_page(mica_page_t* page, const mica_request_t* asked, size_t usable, size_t block_size,
                          draw_t draw) {
  char* const p = mica_remote_first(mica_page_remote(page));
  page->sample_usable = (uint32_t)usable;
  page->sample = mica_profile_take(p, asked->size, block_size, draw.every, draw.steps);
  tell(page->sample, p);
  return p;
}

/* A sample of the class; NULL: no memory for it. */
MICA_INLINE void* make(mica_theap_t* mine, unsigned class, const mica_request_t* asked, draw_t draw) {
  const size_t block_size = mica_classes[class].size;
  /* One that is aligned within a block of its own has what is left of that. */
  const size_t usable = mica_classes[class].inner ? block_size - (asked->align - 1) : block_size;
  const unsigned inner = mica_class_inner(usable + in_front(asked));
  if (inner != MICA_CLASS_NONE) {
    void* const b = mica_malloc_class(mine, inner, true);
    return b != NULL ? in_block(b, asked, usable, block_size, draw) : NULL;
  }
  const size_t align = asked->align < MICA_STEP_SMALL ? MICA_STEP_SMALL : asked->align;
  mica_page_t* const page = mica_malloc_single_bare(mine, usable, align, asked->offset, false);
  return page != NULL ? in_page(page, asked, usable, block_size, draw) : NULL;
}

/* ---- which allocations are samples ---- */

/* A thread past its end: chance has no memory. */
static MICA_NOINLINE bool is_late_sample(unsigned class, draw_t* draw) {
  uint64_t random = mica_shadow_random();
  *draw = (draw_t){mica_profile_every(), NULL};
  return draw->every != 0 && mica_profile_draw(&random, mica_classes[class].size, draw->every);
}

static bool is_sample(mica_shadow_t* shadow, unsigned class) {
  uint64_t* const due = &shadow->due[class];
  if (*due == 0) *due = mica_profile_due(&shadow->random, mica_classes[class].size, shadow->every);
  return --*due == 0;
}

/* Whether it is a sample, of a thread that runs this theap or none, and how it was drawn. */
static MICA_NOINLINE bool decide(mica_theap_t* theap, unsigned class, draw_t* draw) {
  if (theap == NULL) return is_late_sample(class, draw);
  if (!joins(theap)) return false;
  mica_shadow_fold(theap, class); /* there is something if its blocks lie wrongly */
  *draw = draw_of(theap->shadow);
  return is_sample(theap->shadow, class);
}

MICA_INLINE void* of_class(mica_theap_t* mine, unsigned class, const mica_request_t* asked, bool fills, bool exact) {
  draw_t draw;
  mica_theap_t* const theap = mica_theap_get(mine);
  if (decide(theap, class, &draw)) return make(theap != NULL ? theap : mine, class, asked, draw);
  if (fills && theap != NULL && theap->shadow != NULL) mica_shadow_fill(theap, class, exact);
  return NULL;
}

void* mica_sample_class(mica_theap_t* mine, unsigned class, const mica_request_t* asked, bool fills, bool exact) {
  return of_class(mine, class, asked, fills, exact);
}

void* mica_sample_malloc(mica_theap_t* mine, size_t size) {
  const unsigned class = mica_class_of(size == 0 ? 1 : size);
  if (mica_shadow_swap(mine, class)) return mica_cache_take(&mine->shadow->cache[class]);
  mica_callback_deferred(false);
  mine = mica_theap_mine(); /* which may be another one now */
  void* p = of_class(mine, class, &(mica_request_t){size, 1, 0}, true, false);
  if (p == NULL) p = mica_malloc_class(mica_theap_mine(), class, false); /* and may have been started */
  return p != NULL ? p : mica_malloc_failed(size);
}

void mica_sample_single(mica_page_t* page, size_t size) {
  mica_theap_t* const theap = mica_theap_get(mica_theap_mine());
  uint64_t late_random = 0, *random = &late_random;
  draw_t draw = {mica_profile_every(), NULL};
  if (theap != NULL && !joins(theap)) return;
  if (theap != NULL) {
    random = &theap->shadow->random;
    draw = draw_of(theap->shadow);
  } else {
    late_random = mica_shadow_random();
  }
  if (draw.every == 0 || !mica_profile_draw(random, size, draw.every)) return;
  in_page(page, &(mica_request_t){size, 1, 0}, 0, size, draw);
}

void mica_sample_anew(mica_page_t* page, size_t size) {
  if (!mica_profile_began()) return;
  mica_sample_end_single(page);
  page->sample_usable = 0;
  if (mica_sample_looks(mica_theap_mine())) mica_sample_single(page, size);
}

void mica_sample_moved(uint32_t number, const void* from, mica_page_t* to, size_t size) {
  if (number != 0) mica_sample_end(number, from);
  mica_sample_anew(to, size);
}
